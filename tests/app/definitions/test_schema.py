"""The published schema and the readers say the same of the same documents."""

from __future__ import annotations

import copy
import random
import re
from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest

from kairos import registry
from kairos.app.definitions.documents import Definition, Documents, check_brand_documents, check_definition
from kairos.app.definitions.schema import KINDS, build_schema
from tests.app.brands import brand, journey, segment, template

SEND = {"send": "hello"}
RETRY = {"send": "hello", "until": {"event": "x"}, "every": "1d", "times": 3}
ARMS: list[dict[str, Any]] = [
    {"name": "none", "share": "50%", "steps": []},
    {"name": "coupon", "share": "50%", "steps": [SEND]},
]
EXPERIMENT: dict[str, Any] = {"success": {"event": "x", "within": "7d"}, "arms": ARMS}
VARIED = template(
    variants=[
        {"id": "rain", "if": {"field": "weather", "in": ["rain", "snow"]}, "sms": {"text": "x"}},
        {"id": "day", "phase": ["before", "on_the_day"], "time_band": ["morning", "21:00-05:00"]},
        {"id": "who", "segment": "x", "languages": {"en": {"sms": {"text": "x"}}}},
    ]
)
TIMED = {
    "id": "care",
    "class": "transactional",
    "anchor": {"entry": "booking"},
    "timeline": [{"at": "-2h", "send": "hello"}],
}


def stepped(*steps: Any) -> dict[str, Any]:
    return journey(steps=list(steps))


def timed(**other: Any) -> dict[str, Any]:
    return TIMED | other


def around(**step: Any) -> dict[str, Any]:
    return TIMED | {"timeline": [{"at": "-2h", "send": "hello"} | step]}


def when(**condition: Any) -> dict[str, Any]:
    return {"id": "some", "where": condition}


GOOD: list[tuple[str, Any]] = [
    ("brand", brand()),
    ("brand", {"timezone": "UTC", "language": "ko"}),
    ("brand", brand(zones=["Asia/Seoul", "Europe/Paris"], policies=["kr"])),
    ("brand", brand(quiet_hours={"sms": "21:00-08:00", "push": "12:00 - 13:30"})),
    ("brand", brand(quiet_hours={"transactional": {"sms": "00:00-06:00"}})),
    ("brand", brand(prices={"sms": 0.02}, limits={"sms_spend": 300}, warm_up={"from": "2026-11-22"})),
    ("brand", brand(webhooks=[{"to": "crm", "events": ["unsubscribed", "message_sent"], "traits": ["tier"]}])),
    ("brand", brand(webhooks=[])),
    ("brand", brand(seeds=["qa@example.com", "+821000000000", "fcm:" + "x" * 300])),
    ("brand", brand(allowed={"email": {"mon-fri": "09:00-18:00", "sat": ["10:00-12:00"], "holidays": "closed"}})),
    ("brand", brand(allowed={"sms": "all day", "transactional": {"sms": ["07:00-09:00", "12:00-22:00"]}})),
    ("brand", brand(caps=[{"channel": "any", "max": 1, "per": "week", "class": "any"}], week_starts="sun")),
    ("brand", brand(rest=[{"after": {"event": "x"}, "for": "7d", "channels": ["sms"], "do": "not_sent"}], spread="1h")),
    ("brand", brand(offers={"s": {"valid_for": "14d", "until": "2026-12-31", "fallback": "A", "each": "passage"}})),
    ("journey", stepped(SEND | {"over_cap": "not_sent", "priority": 100, "spread": "30m"}) | {"priority": 0}),
    ("brand", brand(caps=[{"channel": "any", "max": 3, "per": "7d"}])),
    ("brand", brand(rates={"email": {"per_second": 0.5, "per_day": 200}})),
    ("template", template()),
    ("template", {"sms": {"text": "x"}}),
    ("template", template(id="hello", name="Hello", channels=["sms", "email"])),
    ("template", template(language="ko", languages={"en": {"sms": {"text": "x"}}, "pt-br": {}})),
    ("template", VARIED),
    ("template", {"email": {"subject": "x", "mjml": "<mjml><mj-body></mj-body></mjml>"}}),
    ("template", {"id": "x", "partial": {"text": "x"}, "languages": {"en": {"partial": {"html": "x"}}}}),
    ("segment", when(trait="tier", eq="vip")),
    ("segment", when(trait="tier", eq=None)),
    ("segment", when(trait="tier", exists=False)),
    ("segment", when(all=[])),
    ("segment", when(any=[{"segment": "b"}, {"not": {"field": "x", "lt": "2026-01-01"}}])),
    ("segment", when(segment="b") | {"name": "A", "description": "B"}),
    ("segment", when(did="page_viewed", times={"gte": 3}, within="7d", where={"field": "category", "eq": "shoes"})),
    ("segment", when(did="page_viewed")),
    ("segment", when(entry="booking", field="service", **{"in": ["a", 2]})),
    ("segment", when(entry="booking", field="starts_at", gte="2026-01-01")),
    ("journey", journey(trigger=[{"segment": "vip", "on": "entered"}, {"event": "x"}], goal={"event": "y"})),
    ("journey", journey(trigger={"segment": "vip", "on": "left", "where": {"trait": "x", "eq": 1}})),
    ("journey", journey(goal={"segment": "vip", "on": "entered", "within": "7d"}, exit={"segment": "b", "on": "left"})),
    ("journey", stepped({"wait_for": {"segment": "vip", "on": "left", "timeout": "1d"}, "then": [SEND]})),
    ("journey", stepped({"wait_for": {"any": [{"segment": "vip", "on": "left"}, {"event": "x"}], "timeout": "1d"}})),
    ("segment", when(trait="tier", eq="vip") | {"track": True}),
    ("segment", when(trait="renews_on", within="+14d")),
    ("segment", when(trait="since", after="-365d", before="2026-12-24")),
    ("segment", when(trait="since", before="now")),
    ("segment", when(entry="booking", field="starts_at", after="2026-12-24T09:00:00Z")),
    ("segment", when(entry="booking")),
    ("segment", when(entry="booking", status="any", times={"gte": 2}, where={"field": "starts_at", "within": "-7d"})),
    ("segment", when(journey="welcome", was="completed", times={"lt": 2}, within="90d")),
    ("segment", when(message="hello", was="clicked")),
    ("segment", when(message="hello")),
    ("journey", journey(name="Welcome", description="Says hello")),
    ("journey", journey(trigger=[{"event": "a"}, {"event": "b", "where": {"field": "total", "gte": 1.5}}])),
    ("journey", journey(trigger=[{"event": "a", "subject": "cart"}, {"journey": "b", "on": "goal"}, {"api": True}])),
    ("journey", journey(trigger={"api": True, "subject": "x", "where": {"field": "y", "eq": 1}})),
    ("journey", journey(goal=[{"event": "x", "subject": "y", "within": "2d"}, {"event": "z"}])),
    ("journey", journey(entries={"max": 3, "per": "30d"})),
    ("journey", journey(trigger={"at": "2026-12-24 10:00", "zone": "customer", "segment": "vip"})),
    ("journey", journey(trigger=[{"at": "2026-12-24 10:00", "where": {"trait": "a", "eq": 1}, "if_past": "send_now"}])),
    ("journey", journey(subject="cart_id", restart=True, reenter="always", fresh_for="2h")),
    ("journey", journey(reenter={"after": "3d"}, holdout="5.25 %", exit={"event": "cart_emptied"})),
    ("journey", journey(goal={"event": "order_completed", "within": "1w2d"}, exit=[])),
    ("journey", stepped({"wait": "1d12h"}, {"wait": "0m"}, {"id": "mine", **SEND})),
    ("journey", stepped({"wait_until": {"time": "09:00", "weekdays": ["mon", "thu"], "business_day": True}}, SEND)),
    ("journey", stepped({"wait_until": {"date": "2026-12-24"}})),
    ("journey", stepped({"wait_until": {"date": "2026-12-24", "if_past": "stop"}})),
    ("journey", stepped({"wait_until": {"moment": {"anniversary": "birthday"}, "time": "09:00"}})),
    ("journey", stepped({"wait_for": {"event": "x", "timeout": "1d"}, "then": [], "else": [SEND]})),
    ("journey", stepped({"wait_for": {"event": "x", "timeout": "1d", "where": {"trait": "a", "ne": 1}}})),
    ("journey", stepped({"branch": [{"if": {"segment": "vip"}, "steps": [SEND]}, {"else": []}]})),
    ("journey", stepped({"split": [{"share": "50%", "steps": [SEND]}, {"share": "0.5%", "steps": []}]})),
    ("journey", stepped({"update": {"tier": "gold", "count": 3, "new": True, "old": None}}, {"stop": "done"})),
    ("journey", stepped(SEND | {"channel": "sms", "at": {"best_within": "6h"}, "over_cap": "hold", "expires": "2h"})),
    ("journey", stepped(SEND | {"if": {"trait": "tier", "eq": "vip"}})),
    ("journey", stepped({"wait_for": {"any": [{"event": "x", "then": [SEND]}, {"event": "y"}], "timeout": "1d"}})),
    ("journey", stepped({"tag": "vip"}, {"untag": ["vip", "new"]})),
    ("journey", stepped({"retry": RETRY, "then": [SEND], "else": []})),
    ("journey", stepped({"retry": RETRY | {"channels": ["sms", "email"], "over_cap": "hold", "expires": "2h"}})),
    ("journey", stepped({"enter": "win-back"})),
    ("journey", stepped({"experiment": EXPERIMENT})),
    ("journey", stepped({"webhook": {"to": "crm"}, "then": [], "else": [SEND]})),
    ("journey", stepped({"webhook": {"to": "CRM-1", "traits": ["a"], "timeout": "1h", "keep": {"score": "a.b"}}})),
    ("journey", around(**{"if": {"entry": "booking", "field": "service", "exists": True}})),
    ("journey", timed(on_move=SEND, on_cancel={"send": "hello", "channel": "email"}, goal={"event": "x"})),
    ("journey", timed(anchor={"entry": "booking", "at": "ends_at"}, exit=[{"event": "x"}], holdout="10%")),
    *(("journey", around(at=at)) for at in ("-14d 10:00", "+1d", "-1w", "0d 09:00:30", "-1w2d 23:59")),
    *(("journey", around(at=at)) for at in ("0m", "+0d", "+90m", "-1h30m")),
    ("journey", timed(anchor={"predicted": "next_order"})),
    ("journey", timed(anchor={"predicted": "lapse", "chance": "82.5 %"})),
    ("journey", stepped({"wait_until": {"moment": {"predicted": "next_order", "chance": "30%"}}})),
    ("journey", timed(anchor={"predicted": "next_order", "category": "Coffee beans"})),
    ("journey", timed(anchor={"predicted": "visit"})),
    ("journey", stepped({"wait_until": {"moment": {"predicted": "payday"}}})),
    ("journey", timed(anchor={"predicted": "event", "event": "class_attended"})),
    ("journey", around(best_within="6h")),
    ("brand", {"timezone": "UTC", "timing": {"keep": ["rhythm", "hours"], "order": "paid", "explore": "5%"}}),
    ("brand", {"timezone": "UTC", "timing": {"active": ["page_viewed"]}}),
    ("journey", timed(anchor={"anniversary": "birthday"})),
    ("journey", timed(anchor={"anniversary": "birthday", "calendar": "lunar"})),
    ("journey", timed(anchor={"anniversary": "joined", "feb29": "mar1", "every": "month"})),
    ("journey", timed(anchor={"holiday": "Chuseok"})),
    ("journey", timed(anchor={"holiday": "Patriots' Day", "country": "US", "subdivision": "MA"})),
    ("journey", timed(anchor={"payday": {"day": 25, "shift": "previous"}})),
    ("journey", timed(anchor={"payday": {"day": "last"}})),
    ("journey", timed(anchor={"payday": {"weekday": "fri", "nth": "last", "shift": "next"}})),
    ("journey", timed(anchor={"rrule": "FREQ=WEEKLY;BYDAY=FR"})),
    ("journey", timed(anchor={"rrule": "RRULE:FREQ=DAILY;INTERVAL=3", "start": "2026-01-02", "shift": "none"})),
    ("brand", brand(calendar={"sale": [{"from": "2026-07-01", "to": "2026-07-14"}, "02-14", {"lunar": "01-15"}]})),
    ("brand", brand(holidays={"add": [{"date": "2026-06-15", "name": "Ours", "country": "KR"}]})),
    ("brand", brand(holidays={"move": [{"name": "A", "from": "2026-09-25", "to": "2026-09-28"}]})),
    ("brand", brand(holidays={"remove": [{"date": "2026-09-25"}]})),
    ("journey", around(if_past="next_occurrence")),
    ("journey", around(**{"if_past": "send_now", "id": "mine", "class": "marketing"})),
]  # fmt: skip

NO_DOCUMENT: tuple[Any, ...] = ([], "text", 7, None, {}, {"unknown": 1})
BAD: list[tuple[str, Any]] = [
    *((kind, wrong) for kind in KINDS for wrong in NO_DOCUMENT),
    ("brand", brand(timezone=9)),
    ("brand", brand(language="한국어")),
    ("brand", brand(currency="won")),
    ("brand", brand(offers={"spring": {"valid_for": "two weeks"}})),
    ("brand", brand(offers={"spring": {"until": "soon"}})),
    ("brand", brand(offers={"spring": {"fallback": "two words"}})),
    ("brand", brand(offers={"Spring!": {}})),
    ("brand", brand(offers={"spring": {"codes": ["A"]}})),
    ("brand", brand(country="kr")),
    ("brand", brand(country="KR\n")),
    ("brand", brand(name="")),
    ("brand", brand(name="two\nlines")),
    ("brand", brand(name=["x"])),
    ("brand", brand(zones=[])),
    ("brand", brand(zones="Asia/Seoul")),
    ("brand", brand(sender={"mail": "x"})),
    ("brand", brand(sender="x")),
    ("brand", brand(policies=["atlantis"])),
    ("brand", brand(policies="kr")),
    ("brand", brand(quiet_hours="21:00-08:00")),
    ("brand", brand(quiet_hours={"sms": "21:00"})),
    ("brand", brand(quiet_hours={"sms": "25:00-08:00"})),
    ("brand", brand(quiet_hours={"pigeon": "21:00-08:00"})),
    ("brand", brand(quiet_hours={"transactional": {"pigeon": "21:00-08:00"}})),
    ("brand", brand(allowed={"email": {"monday": "09:00-18:00"}})),
    ("brand", brand(allowed={"email": {"mon": []}})),
    ("brand", brand(caps=[{"channel": "any", "max": 1, "per": "year"}])),
    ("brand", brand(caps=[{"channel": "any", "max": 201, "per": "7d"}])),
    ("brand", brand(rest=[{"after": {"event": "x"}}])),
    ("brand", brand(rest=[{"after": {"event": "x"}, "for": "7d", "do": "drop"}])),
    ("brand", brand(week_starts="monday")),
    ("journey", stepped(SEND | {"priority": 101})),
    ("journey", stepped(SEND) | {"priority": "high"}),
    ("brand", brand(caps={"channel": "any"})),
    ("brand", brand(caps=[{"channel": "any", "max": 0, "per": "7d"}])),
    ("brand", brand(caps=[{"channel": "any", "max": True, "per": "7d"}])),
    ("brand", brand(caps=[{"channel": "any", "max": 3}])),
    ("brand", brand(caps=[{"channel": "pigeon", "max": 3, "per": "7d"}])),
    ("brand", brand(rates={"email": {"per_day": 5}})),
    ("brand", brand(rates={"email": {"per_second": 0}})),
    ("template", {"id": "x"}),
    ("template", {"email": "Hello"}),
    ("template", {"email": {"text": "no subject"}}),
    ("template", {"email": {"subject": "nothing to read", "preheader": "x"}}),
    ("template", {"sms": {"text": ""}}),
    ("template", {"sms": {"text": "  "}}),
    ("template", {"sms": {"text": 5}}),
    ("template", {"sms": {"text": "x", "html": "x"}}),
    ("template", {"sms": {"txt": "x"}}),
    ("template", {"sms": {"text": "x", "mjml": "x"}}),
    ("template", {"email": {"subject": "x", "html": "x", "mjml": "<mjml><mj-body></mj-body></mjml>"}}),
    ("template", template(languages={"EN": {"sms": {"text": "x"}}})),
    ("template", template(languages={"en": {"sms": {"txt": "x"}}})),
    ("template", template(languages={"en": {"fax": {"text": "x"}}})),
    ("template", template(language="Korean!")),
    ("template", template(variants=[{"id": "x", "sms": {"text": "x"}}])),
    ("template", template(variants=[{"phase": "before", "sms": {"text": "x"}}])),
    ("template", template(variants=[{"id": "x", "phase": "during"}])),
    ("template", template(variants=[{"id": "x", "time_band": "9-5"}])),
    ("template", template(variants=[{"id": "x", "if": {"weather": "rain"}}])),
    ("template", template(variants=[{"id": "x", "segment": ["Not An Id"]}])),
    ("template", template(variants=[{"id": "x", "phase": "before", "sms": {"text": ""}}])),
    ("template", {"partial": {}}),
    ("template", {"partial": "x"}),
    ("template", {"partial": {"text": "x"}, "sms": {"text": "x"}}),
    ("template", template(channels=["email", "email"])),
    ("template", template(channels="sms")),
    ("template", template(id="Not An Id")),
    ("template", template(name=5)),
    ("segment", {"id": "x"}),
    ("segment", {"where": {"trait": "x", "eq": 1}}),
    ("segment", {"id": "X", "where": {"trait": "x", "eq": 1}}),
    ("segment", when()),
    ("segment", when(trait="tier")),
    ("segment", when(trait="tier", eq=1, ne=2)),
    ("segment", when(trait="tier", like="x")),
    ("segment", when(trait="9lives", eq=1)),
    ("segment", when(trait="tier", gt=True)),
    ("segment", when(trait="tier", gt=[1])),
    ("segment", when(trait="tier", exists="yes")),
    ("segment", when(trait="tier", **{"in": "a"})),
    ("segment", when(field="x", trait="y", eq=1)),
    ("segment", when(entry="booking", eq=1)),
    ("segment", when(all={"trait": "x", "eq": 1})),
    ("segment", when(all=[], any=[])),
    ("segment", when(**{"not": []})),
    ("segment", when(segment="Not An Id")),
    ("segment", when(segment="x", eq=1)),
    ("journey", journey(trigger={"segment": "vip"})),
    ("journey", journey(trigger={"segment": "vip", "on": "changed"})),
    ("journey", journey(trigger={"segment": "vip", "on": "left", "subject": "x"})),
    ("journey", journey(exit={"segment": "vip", "on": "left", "event": "x"})),
    ("journey", stepped({"wait_for": {"event": "x", "on": "left", "timeout": "1d"}})),
    ("journey", stepped({"wait_for": {"segment": "vip", "timeout": "1d"}})),
    ("segment", when(trait="tier", eq="vip") | {"track": "yes"}),
    ("segment", when(trait="x", within="14d")),
    ("segment", when(trait="x", within="+14")),
    ("segment", when(trait="x", within="+1d", before="now")),
    ("segment", when(trait="x", after="-1d", eq=1)),
    ("segment", when(trait="x", before="tomorrow")),
    ("segment", when(trait="x", before=5)),
    ("segment", when(trait="x", **{"in": list(range(1001))})),
    ("segment", when(entry="booking", status="over")),
    ("segment", when(entry="booking", where={"trait": "x", "eq": 1})),
    ("segment", when(entry="booking", where={"field": "x", "eq": 1}, field="x")),
    ("segment", when(journey="welcome", was="started")),
    ("segment", when(journey="Not An Id")),
    ("segment", when(message="hello", was="entered")),
    ("segment", when(message="hello", where={"field": "x", "eq": 1})),
    ("segment", when(did="x", times=3)),
    ("segment", when(did="x", times={"gte": 101})),
    ("segment", when(did="x", times={"gte": -1})),
    ("segment", when(did="x", times={"in": [1]})),
    ("segment", when(did="x", times={"gte": 1, "lte": 2})),
    ("segment", when(did="x", within=7)),
    ("segment", when(did="x", where={"trait": "a", "eq": 1})),
    ("segment", when(did="x", where={"not": {"did": "y"}})),
    ("journey", journey(id="Welcome")),
    ("journey", journey(id="x\n")),
    ("journey", {key: value for key, value in journey().items() if key != "id"}),
    ("journey", {key: value for key, value in journey().items() if key != "class"}),
    ("journey", {key: value for key, value in journey().items() if key != "trigger"}),
    ("journey", {key: value for key, value in journey().items() if key != "steps"}),
    ("journey", journey(**{"class": "promo"})),
    ("journey", journey(trigger="signed_up")),
    ("journey", journey(trigger=[])),
    ("journey", journey(trigger={"where": {"field": "x", "eq": 1}})),
    ("journey", journey(trigger={"event": "x", "when": {}})),
    ("journey", journey(trigger={"event": ""})),
    ("journey", journey(subject=5)),
    ("journey", journey(restart="yes")),
    ("journey", journey(reenter="sometimes")),
    ("journey", journey(reenter={"after": "soon"})),
    ("journey", journey(reenter={"after": "3d", "times": 2})),
    ("journey", journey(holdout=5)),
    ("journey", journey(holdout="5")),
    ("journey", journey(goal={"within": "7d"})),
    ("journey", journey(goal="order_completed")),
    ("journey", journey(exit="cart_emptied")),
    ("journey", journey(fresh_for="1 hour")),
    ("journey", journey(fresh_for=3600)),
    ("journey", journey(anchor={"entry": "booking"})),
    ("journey", journey(steps=[])),
    ("journey", journey(steps={"send": "hello"})),
    ("journey", journey(description=["x"])),
    ("journey", stepped("send")),
    ("journey", stepped({})),
    ("journey", stepped({"sned": "hello"})),
    ("journey", stepped({"send": "hello", "wait": "1h"})),
    ("journey", stepped({"send": "Hello World"})),
    ("journey", stepped({"send": "hello", "chanel": "sms"})),
    ("journey", stepped({"send": "hello", "at": "-2h"})),
    ("journey", stepped({"send": "hello", "over_cap": "wait"})),
    ("journey", stepped({"wait": 30})),
    ("journey", stepped({"wait": "30"})),
    ("journey", stepped({"wait": "-30m"})),
    ("journey", stepped({"wait": "30m1h"})),
    ("journey", stepped({"wait": ""})),
    ("journey", stepped({"wait_until": {}})),
    ("journey", stepped({"wait_until": {"time": 720}})),
    ("journey", stepped({"wait_until": {"time": "9:00"}})),
    ("journey", stepped({"wait_until": {"time": "24:00"}})),
    ("journey", stepped({"wait_until": {"time": "09:00", "weekdays": ["monday"]}})),
    ("journey", stepped({"wait_until": {"time": "09:00", "weekdays": []}})),
    ("journey", stepped({"wait_until": {"date": "24.12.2026"}})),
    ("journey", stepped({"wait_until": {"time": "09:00", "if_past": "stop"}})),
    ("journey", stepped({"wait_until": {"business_day": "true"}})),
    ("journey", stepped({"wait_for": {"event": "x"}})),
    ("journey", stepped({"wait_for": "x"})),
    ("journey", stepped({"wait_for": {"event": "x", "timeout": "1d"}, "then": SEND})),
    ("journey", stepped({"wait_for": {"any": [], "timeout": "1d"}})),
    ("journey", stepped({"wait_for": {"any": [{"event": "x"}] * 11, "timeout": "1d"}})),
    ("journey", stepped({"wait_for": {"any": [{"event": "x"}], "event": "x", "timeout": "1d"}})),
    ("journey", stepped({"wait_for": {"any": [{"event": "x", "else": []}], "timeout": "1d"}})),
    ("journey", stepped({"wait_for": {"any": [{"event": "x"}]}})),
    ("journey", stepped({"send": "hello", "if": "vip"})),
    ("journey", stepped({"tag": []})),
    *(("journey", stepped({"retry": {k: v for k, v in RETRY.items() if k != key}})) for key in RETRY),
    ("journey", stepped({"retry": RETRY | {"times": 11}})),
    ("journey", stepped({"retry": RETRY | {"times": True}})),
    ("journey", stepped({"retry": RETRY | {"channel": "sms"}})),
    ("journey", stepped({"retry": RETRY | {"channels": []}})),
    ("journey", stepped({"retry": RETRY | {"until": "x"}})),
    ("journey", stepped({"enter": ["win-back"]})),
    ("journey", stepped({"experiment": EXPERIMENT | {"arms": ARMS[:1]}})),
    ("journey", stepped({"webhook": "crm"})),
    ("journey", stepped({"webhook": {}})),
    ("journey", stepped({"webhook": {"to": "https://example.com"}})),
    ("journey", stepped({"webhook": {"to": "crm", "traits": "tier"}})),
    ("journey", stepped({"webhook": {"to": "crm", "keep": {"score": 5}}})),
    ("journey", stepped({"experiment": EXPERIMENT | {"success": {"event": "x"}}})),
    ("journey", stepped({"experiment": EXPERIMENT | {"arms": [{**ARMS[0], "name": "A"}, ARMS[1]]}})),
    ("journey", stepped({"experiment": EXPERIMENT | {"arms": [{**ARMS[0], "share": 50}, ARMS[1]]}})),
    ("journey", stepped({"tag": "Not An Id"})),
    ("journey", stepped({"untag": [f"t{n}" for n in range(11)]})),
    ("journey", stepped({"branch": []})),
    ("journey", stepped({"branch": [{"steps": []}]})),
    ("journey", stepped({"branch": [{"if": {"segment": "x"}}]})),
    ("journey", stepped({"branch": [{"if": {"segment": "x"}, "then": []}]})),
    ("journey", stepped({"split": []})),
    ("journey", stepped({"split": [{"share": 50, "steps": []}]})),
    ("journey", stepped({"split": [{"share": "50%"}]})),
    ("journey", stepped({"update": {}})),
    ("journey", stepped({"update": {"tier": ["gold"]}})),
    ("journey", stepped({"update": {"9lives": 1}})),
    ("journey", stepped({"stop": ""})),
    ("journey", timed(anchor="booking")),
    ("journey", timed(anchor={"at": "starts_at"})),
    ("journey", timed(anchor={"entry": "booking", "at": "now"})),
    ("journey", timed(timeline=[])),
    ("journey", timed(steps=[SEND])),
    ("journey", timed(trigger={"event": "x"})),
    ("journey", timed(on_move="hello")),
    ("journey", timed(on_move={"send": "hello", "at": "-2h"})),
    ("journey", timed(timeline=[{"send": "hello"}])),
    ("journey", timed(timeline=[{"at": "-2h"}])),
    *(("journey", around(at=at)) for at in ("2h", "1d", "-2", "-2h 10:00", "-1d2h", "-14d 24:00", "-14d10:00")),
    *(("journey", around(at=at)) for at in ("", 0, "-1d\n")),
    ("journey", around(if_past="maybe")),
    ("journey", timed(anchor={})),
    ("journey", timed(anchor={"entry": "booking", "holiday": "Chuseok"})),
    ("journey", timed(anchor={"anniversary": "birthday", "calendar": "chinese"})),
    ("journey", timed(anchor={"anniversary": "birthday", "feb29": "feb27"})),
    ("journey", timed(anchor={"holiday": "Chuseok", "country": "Korea"})),
    ("journey", timed(anchor={"holiday": "Patriots' Day", "subdivision": "MA"})),
    ("journey", timed(anchor={"payday": {"day": 32}})),
    ("journey", timed(anchor={"predicted": "visit", "chance": "50%"})),
    ("journey", timed(anchor={"predicted": "payday", "category": "coffee"})),
    ("journey", timed(anchor={"predicted": "event"})),
    ("journey", timed(anchor={"predicted": "next_order", "event": "class_attended"})),
    ("journey", timed(anchor={"predicted": "next_order", "category": " "})),
    ("journey", timed(anchor={"payday": {"day": True}})),
    ("journey", timed(anchor={"payday": {"day": 25, "weekday": "fri"}})),
    ("journey", timed(anchor={"payday": {"day": 25, "nth": 1}})),
    ("journey", timed(anchor={"payday": {"weekday": "fri", "nth": 5}})),
    ("journey", timed(anchor={"payday": {"day": 25, "shift": "nearest"}})),
    ("journey", timed(anchor={"rrule": "FREQ=HOURLY"})),
    ("journey", timed(anchor={"rrule": "every friday"})),
    ("journey", timed(anchor={"rrule": "FREQ=WEEKLY", "start": "2026-01"})),
    ("brand", brand(calendar={"sale": []})),
    ("brand", brand(calendar={"Sale": ["2026-07-01"]})),
    ("brand", brand(calendar={"sale": [{"from": "2026-07-01"}]})),
    ("brand", brand(calendar={"sale": ["2026-7-1"]})),
    ("brand", brand(holidays={"add": [{"date": "2026-06-15"}]})),
    ("brand", brand(holidays={"add": [{"date": "2026-06-15", "name": "A; B"}]})),
    ("brand", brand(holidays={"drop": []})),
    ("brand", brand(prices={"sms": -1})),
    ("brand", brand(limits={"sms_spend": "300"})),
    ("brand", brand(limits={"email_spend": 300})),
    ("brand", brand(warm_up={})),
    ("brand", brand(webhooks=[{"to": "crm"}])),
    ("brand", brand(webhooks=[{"to": "crm", "events": []}])),
    ("brand", brand(webhooks=[{"to": "crm", "events": ["order_completed"]}])),
    ("brand", brand(webhooks=[{"to": "crm", "events": [["unsubscribed"]]}])),
    ("brand", brand(webhooks=[{"to": "c r m", "events": ["unsubscribed"]}])),
    ("brand", brand(webhooks=[{"to": "crm\n", "events": ["unsubscribed"]}])),
    ("brand", brand(webhooks=[{"to": "crm", "events": ["unsubscribed"], "traits": [""]}])),
    ("brand", brand(webhooks=[{"to": "crm", "events": ["unsubscribed"], "traits": ["t"] * 21}])),
    ("brand", brand(webhooks=[{"to": "crm", "events": ["unsubscribed"], "url": "https://crm.example.com"}])),
    ("brand", brand(webhooks=[{"to": f"crm{n}", "events": ["unsubscribed"]} for n in range(11)])),
    ("brand", brand(webhooks=["crm"])),
    ("brand", brand(seeds=[5])),
    ("brand", brand(seeds=["x"] * 51)),
    ("brand", brand(warm_up={"from": "2026-02-30"})),
    ("brand", brand(warm_up={"from": "20261122"})),
    ("journey", around(**{"class": "promo"})),
]  # fmt: skip

FORMATS = jsonschema.FormatChecker(["date"])


@pytest.fixture(scope="module")
def validators() -> dict[str, jsonschema.Draft202012Validator]:
    return {kind: jsonschema.Draft202012Validator(build_schema(kind), format_checker=FORMATS) for kind in KINDS}


@pytest.mark.parametrize("kind", [None, *KINDS])
def test_the_schema_is_one(kind: str | None) -> None:
    jsonschema.Draft202012Validator.check_schema(build_schema(kind))


@pytest.mark.parametrize(("kind", "document"), GOOD)
def test_what_the_reader_takes_the_schema_takes(
    kind: str, document: Any, validators: dict[str, jsonschema.Draft202012Validator]
) -> None:
    assert [str(error) for error in check_definition(Definition(kind, "x", document, "x"))] == []
    validators[kind].validate(document)


@pytest.mark.parametrize(("kind", "document"), BAD)
def test_what_the_reader_refuses_the_schema_refuses(
    kind: str, document: Any, validators: dict[str, jsonschema.Draft202012Validator]
) -> None:
    assert check_definition(Definition(kind, "x", document, "x")) != []
    assert not validators[kind].is_valid(document)


ODD: tuple[Any, ...] = (
    *(5, -1, 1.5, 10**30, True, "", "x", "hello", "5%", "1d", "09:00", "2026-02-30", "x" * 500),
    *([], {}, [1], {"a": 1}, {"event": "x"}, {"send": "hello"}, [{"send": "hello"}]),
)
# What a schema cannot say: `validate` does.
BEYOND = re.compile(
    r"IANA time zone|once, best first|no hour to send in|adds? up|which is never|a date stands alone"
    r"|stands beside each|lasts at most|no channel is called|to take the place of|another variant"
    r"|has no offer|at most 730d|MJML|<mj|in a circle"
    r"|no holiday of|no season of|the holidays of|is no rule|not before `from`|of which country"
)


def places(node: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    children = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, child in children:
        yield (*path, key)
        yield from places(child, (*path, key))


def spoilt(document: Any, chance: random.Random) -> Any:
    """Return the document with one value replaced, one key taken out, or one put in."""
    document = copy.deepcopy(document)
    *path, last = chance.choice(list(places(document)))
    node = document
    for key in path:
        node = node[key]
    way = chance.random()
    if way < 0.7:
        node[last] = copy.deepcopy(chance.choice(ODD))
    elif way < 0.85 or not isinstance(node, dict):
        del node[last]
    else:
        node[chance.choice(["foo", "id", "at", "send", "where", "eq", "if"])] = copy.deepcopy(chance.choice(ODD))
    return document


def test_reader_and_schema_agree_on_documents_spoilt_at_random(
    validators: dict[str, jsonschema.Draft202012Validator],
) -> None:
    chance = random.Random(20261122)
    for _ in range(600):
        kind, document = chance.choice(GOOD)
        wrong = spoilt(document, chance)
        found = Documents((Definition(kind, "x", wrong, "x"), Definition("template", "hello", template(), "y")))
        told = [problem for problem in check_brand_documents(found) if problem.file == "x"]
        own = [
            problem for problem in told if not re.search(r"no (template|segment|journey) is called", problem.message)
        ]
        if not any(BEYOND.search(problem.message) for problem in own):
            assert validators[kind].is_valid(wrong) is (own == []), (kind, wrong, own)


def test_every_step_has_a_good_example_here() -> None:
    written = str([document for kind, document in GOOD if kind == "journey"])
    assert [name for name in registry.names("steps") if f"'{name}'" not in written] == []


def test_a_schema_of_no_kind_is_refused() -> None:
    with pytest.raises(KeyError):
        build_schema("flow")
    jsonschema.Draft202012Validator(build_schema()).validate(segment("x"))
