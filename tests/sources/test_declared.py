"""A source that its owner declares: what its definition may say, and what it makes of bodies."""

from __future__ import annotations

import contextlib
import copy
import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kairos.app.definitions.schema import build_schema
from kairos.app.ingest.listed import listed
from kairos.domain.errors import BadDefinition, BadInput, BadSignature, TooLarge
from kairos.domain.event import EntryFact, event_to_json
from kairos.registry import Parsed, Request
from kairos.sources._declared import ENCODINGS, FAMILIES, SCHEMES, SOURCE_KEYS, check_source, compile_source
from kairos.sources._declared_rule import ENTRY_KEYS, KINDS, RULE_KEYS
from kairos.sources._declared_values import TIMES, TYPES
from tests.sources import bodies
from tests.sources.test_hostile import junk, mutate, paths

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "sources.md").read_text("utf-8")
SECTION = PAGE[PAGE.index("## A source of your own") :]
COURSES: dict[str, Any] = yaml.safe_load(re.findall(r"```yaml\n(.*?)```", SECTION, re.DOTALL)[0])
BOOKED: dict[str, Any] = json.loads(re.findall(r"```json\n(.*?)```", SECTION, re.DOTALL)[0])
POINTS = {
    "type": "points.earned",
    "data": {"at": 1790902740, "points": "12.50", "balance": 99, "student": {"id": 7, "tier": "gold"}},
}


def changed(document: Any, where: str, value: Any) -> Any:
    """Return a copy with one value replaced; `...` takes it away. Numbers count in lists."""
    copied = copy.deepcopy(document)
    *parents, last = [int(key) if key.isdigit() else key for key in where.split(".")]
    here = copied
    for key in parents:
        here = here[key]
    if value is ...:
        del here[last]
    else:
        here[last] = value
    return copied


def parse(body: Any, document: Any = COURSES, **headers: str) -> list[Parsed]:
    given = {"webhook-id": "msg_1"} | {name.replace("_", "-"): value for name, value in headers.items()}
    request = Request(given, json.dumps(body).encode(), bodies.NOW, "main")
    return list(compile_source(document).parse(request, trusted=True))


def test_the_example_of_the_documentation_is_what_it_says() -> None:
    (parsed,) = parse(BOOKED)
    assert parsed.event.name == "entry_updated"
    assert parsed.event.properties == {"lesson_id": "l-1"}
    assert parsed.event.entry == EntryFact(
        "lesson",
        "l-1",
        datetime(2026, 10, 20, 1, tzinfo=UTC),
        datetime(2026, 10, 20, 2, tzinfo=UTC),
        {"level": "beginner", "seats": 4},
    )
    assert parsed.event.occurred_at == datetime(2026, 10, 2, tzinfo=UTC)
    assert parsed.key == "msg_1:0:entry_updated"
    assert [(one.kind, one.value, one.verified) for one in parsed.who] == [
        ("customer", "s-7", True),
        ("email", "haneul@example.com", False),
    ]
    assert bodies.contact(parsed) == {"first_name": "Haneul", "email": "haneul@example.com"}
    assert bodies.contact(parsed, "entry#lesson#l-1") == {"meeting_url": "https://meet.example.com/l-1"}
    assert parsed.event.reach == {"email": True}


def test_every_word_of_a_definition_is_in_the_reference() -> None:
    words = {*SOURCE_KEYS, *RULE_KEYS, *ENTRY_KEYS, *KINDS, *TYPES, *TIMES, *SCHEMES, *FAMILIES, *ENCODINGS}
    said = SECTION[: SECTION.index("## Identifiers")]
    assert {word for word in words - {"id", "name", "description"} if not re.search(rf"\b{word}\b", said)} == set()


def test_an_entry_is_cancelled_by_what_the_definition_says() -> None:
    (parsed,) = parse(changed(BOOKED, "type", "lesson.cancelled"))
    assert parsed.event.name == "entry_cancelled"
    bare = changed(changed(BOOKED, "type", "lesson.cancelled"), "data.lesson", {"id": "l-1"})
    assert parse(bare)[0].event.entry == EntryFact("lesson", "l-1")


def test_an_event_has_its_own_time_properties_and_traits() -> None:
    (parsed,) = parse(POINTS)
    assert parsed.event.occurred_at == datetime(2026, 10, 2, 0, 59, tzinfo=UTC)
    assert parsed.event.properties == {"points": 12.5, "balance": 99}
    assert parsed.event.traits == {"tier": "gold"}
    assert bodies.who(parsed) == [("customer", "7")]


def test_bodies_that_no_rule_is_about_say_nothing() -> None:
    for body in ({}, {"type": "other"}, {"type": ["lesson.booked"]}, changed(POINTS, "data.points", None)):
        assert parse(body) == []


def test_true_is_not_one() -> None:
    document = changed(COURSES, "events.1.when", {"path": "live", "eq": 1})
    assert len(parse({**POINTS, "live": 1}, document)) == 1
    assert parse({**POINTS, "live": True}, document) == []


def test_a_header_may_say_what_a_body_is() -> None:
    document = changed(COURSES, "events.1.when", {"header": "X-Event-Type", "eq": "earned"})
    assert len(parse(POINTS, document, **{"x-event-type": "earned"})) == 1
    assert parse(POINTS, document) == []


def test_each_item_of_a_list_makes_a_fact_of_its_own() -> None:
    rule = {
        "when": {"path": "type", "eq": "lesson.full"},
        "each": "data.students",
        "event": "lesson_filled",
        "identity": {"customer": "each.id"},
        "properties": {"lesson": "data.lesson.id", "paid": {"path": "each.paid", "type": "flag"}},
    }
    body = {
        "type": "lesson.full",
        "data": {"lesson": {"id": "l-1"}, "students": [{"id": "a", "paid": True}, {"id": "b"}]},
    }
    facts = parse(body, changed(COURSES, "events.0", rule))
    assert [(bodies.who(one), one.event.properties) for one in facts] == [
        ([("customer", "a")], {"lesson": "l-1", "paid": True}),
        ([("customer", "b")], {"lesson": "l-1"}),
    ]
    assert len({one.key for one in facts}) == 2


def test_a_consent_is_said_with_its_channel() -> None:
    rule = {"when": {"path": "type", "eq": "opt"}, "event": "consent_given", "consent": {"channel": "email"}}
    (parsed,) = parse({"type": "opt"}, changed(COURSES, "events.1", rule))
    assert parsed.event.consent is not None
    assert (parsed.event.consent.channel, parsed.event.consent.purpose) == ("email", "marketing")


def test_an_address_in_a_property_stays_out() -> None:
    (parsed,) = parse(changed(BOOKED, "data.lesson.level", "for haneul@example.com"))
    assert parsed.event.entry is not None
    assert parsed.event.entry.properties == {"seats": 4}


@pytest.mark.parametrize(
    ("where", "value", "field"),
    [
        ("data.lesson.starts", "soon", "data.lesson.starts"),
        ("data.lesson.starts", None, "data.lesson.starts"),
        ("data.lesson", [], "data.lesson.starts"),
        ("data.lesson.id", None, "data.lesson.id"),
        ("data.lesson.seats", "four", "data.lesson.seats"),
        ("data.student.id", {}, "data.student.id"),
        ("created_at", 7, "created_at"),
    ],
)
def test_what_is_wrong_in_a_body_is_named_by_its_path(where: str, value: Any, field: str) -> None:
    with pytest.raises(BadInput) as caught:
        parse(changed(BOOKED, where, value))
    assert caught.value.field == field


WRONG = [
    ("id", ..., "id"),
    ("id", "shopify", "id"),
    ("id", "email", "id"),
    ("id", "Courses", "id"),
    ("verify", ..., "verify"),
    ("verify.scheme", "none", "verify.scheme"),
    ("verify.family", "other", "verify.family"),
    ("verify", {"scheme": "hmac"}, "verify.header"),
    ("verify", {"scheme": "hmac", "header": "X Y"}, "verify.header"),
    ("verify", {"scheme": "hmac", "header": "X", "encoding": "utf"}, "verify.encoding"),
    ("verify", {"scheme": "stamped-hmac", "header": "X", "encoding": "hex"}, "verify.encoding"),
    ("verify", {"scheme": "hmac", "header": "X"}, "key"),
    ("timezone", "Seoul", "timezone"),
    ("retry_for", "8d", "retry_for"),
    ("retry_for", "soon", "retry_for"),
    ("identity.mail", "data.x", "identity.mail"),
    ("identity.customer", "data..id", "identity.customer"),
    ("identity.customer", 7, "identity.customer"),
    ("identity.email.verified", "no", "identity.email.verified"),
    ("events", ..., "events"),
    ("events", [], "events"),
    ("events.0.when", ..., "events.0.when"),
    ("events.0.when", {"path": "type"}, "events.0.when"),
    ("events.0.when.eq", "x", "events.0.when"),
    ("events.0.when", {"path": "type", "eq": {}}, "events.0.when.eq"),
    ("events.0.event", "lesson_booked", "events.0"),
    ("events.0.entry", ..., "events.0"),
    ("events.0.entry.starts_at", ..., "events.0.entry.starts_at"),
    ("events.0.entry.kind", "A lesson", "events.0.entry.kind"),
    ("events.0.entry.begins", "x", "events.0.entry.begins"),
    ("events.0.properties.seats.type", "integer", "events.0.properties.seats.type"),
    ("events.0.properties", {"a-b!": "x"}, "events.0.properties.a-b!"),
    ("events.0.contact.email", {"path": "x", "type": "number"}, "events.0.contact.email.type"),
    ("events.1.event", "message_sent", "events.1.event"),
    ("events.1.event", "entry_updated", "events.1.event"),
    ("events.1.event", "consent_given", "events.1.consent"),
    ("events.1.consent", {"channel": "email"}, "events.1.consent"),
    ("events.1.details", {"x": "y"}, "events.1.details"),
    ("events.1.occurred_at.type", "hours", "events.1.occurred_at.type"),
    ("events.1.code", "import os", "events.1.code"),
    ("script", "x", "script"),
]


@pytest.mark.parametrize(("where", "value", "path"), WRONG, ids=[f"{where}={value}" for where, value, _ in WRONG])
def test_what_is_wrong_in_a_definition_is_named_by_its_path(where: str, value: Any, path: str) -> None:
    problems = check_source(changed(COURSES, where, value))
    assert [".".join(map(str, problem.path)) for problem in problems] == [path]
    with pytest.raises(BadDefinition):
        compile_source(changed(COURSES, where, value))


# What a schema cannot know: names that are taken, zones, how long eight days are, and what belongs together.
BEYOND = ("shopify", "email", "Seoul", "8d", "message_sent", "entry_updated", "consent_given")
TOGETHER = ("events.1.consent", "events.1.details")
MARKED = [(where, value) for where, value, path in WRONG if value not in BEYOND and path not in TOGETHER]


@pytest.mark.parametrize(("where", "value"), MARKED, ids=[f"{where}={value}" for where, value in MARKED])
def test_an_editor_marks_what_publish_refuses(where: str, value: Any) -> None:
    validator = jsonschema.Draft202012Validator(build_schema("source"))
    assert not validator.is_valid(changed(COURSES, where, value))
    assert validator.is_valid(COURSES)


def test_every_problem_is_told_at_once() -> None:
    document = changed(changed(changed(COURSES, "timezone", "Seoul"), "events.0.when", ...), "events.1.event", 7)
    assert len(check_source(document)) == 3


def spoil(value: Any, data: st.DataObject, ways: list[str]) -> None:
    """Change one to three places of a value, as drawn."""
    every = list(paths(value))
    for _ in range(data.draw(st.integers(1, 3))):
        how, filler = data.draw(st.sampled_from(ways)), copy.deepcopy(data.draw(junk))
        mutate(value, data.draw(st.sampled_from(every)), how, filler)


@given(st.data())
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_spoilt_definition_has_problems_or_compiles(data: st.DataObject) -> None:
    document = copy.deepcopy(COURSES)
    spoil(document, data, ["drop", "null", "retype", "nest"])
    if not check_source(document):
        compile_source(document)


@given(st.data())
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_spoilt_body_gives_listed_facts_or_names_the_field(data: st.DataObject) -> None:
    body = copy.deepcopy(data.draw(st.sampled_from([BOOKED, POINTS])))
    spoil(body, data, ["drop", "null", "retype", "nest", "enlarge"])
    facts: list[Parsed] = []
    with contextlib.suppress(BadInput, TooLarge):
        facts = parse(body)
    for one in facts:
        assert listed(compile_source(COURSES), one.event, {}) == one.event
        assert "haneul@example.com" not in json.dumps(event_to_json(one.event))


def signed(body: bytes, document: Any, headers: dict[str, str]) -> bool:
    secret = "whsec_" + "QUJD" * 8
    request = Request(headers, body, bodies.NOW, "main", {"secrets": [secret, "not base64!"]})
    try:
        return compile_source(document).verify(request)
    except BadSignature:
        return False


def test_each_scheme_takes_what_is_signed_and_nothing_else() -> None:
    secret, body = "whsec_" + "QUJD" * 8, b'{"a": 1}'
    for family in ("webhook", "svix"):
        document = changed(COURSES, "verify", {"scheme": "standard-webhooks", "family": family})
        right = bodies.webhook(body, secret, bodies.NOW, family)
        assert signed(body, document, right)
        for name in right:
            assert not signed(body, document, right | {name: right[name] + "0"}), name
            assert not signed(body, document, {key: value for key, value in right.items() if key != name})
        late = bodies.webhook(body, secret, bodies.NOW - timedelta(seconds=301), family)
        assert not signed(body, document, late)
        assert not signed(body + b" ", document, right)
    plain = {"scheme": "hmac", "header": "X-Hub-Signature-256", "prefix": "sha256="}
    document = changed(changed(COURSES, "verify", plain), "key", "id")
    mac = bodies.proof("calcom", body, secret, bodies.NOW)["x-cal-signature-256"]
    assert signed(body, document, {"x-hub-signature-256": f"sha256={mac}"})
    assert not signed(body, document, {"x-hub-signature-256": mac})
    document = changed(changed(COURSES, "verify", {"scheme": "stamped-hmac", "header": "X-Sig"}), "key", "id")
    stamped = bodies.proof("stripe", body, secret, bodies.NOW)["stripe-signature"]
    assert signed(body, document, {"x-sig": stamped})
    assert not signed(body, document, {"x-sig": stamped.replace("t=", "t=1")})
