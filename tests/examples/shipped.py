"""Every e-mail that is shipped, as its readers get it: those of the Korean example brand, and the ready-made ones in
Korean and English, with what law packs add to advertising."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from kairos import registry
from kairos.app.definitions.folder import load_brand
from kairos.app.definitions.references import find_mappings
from kairos.app.definitions.template import PARTIAL, channels_of
from kairos.app.render.choose import partials_in
from kairos.app.render.local_time import Wall
from kairos.app.render.render import render
from tests.examples.ready_made import NAMES, Mail, full, mails

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "spring-day"
NOW = datetime(2026, 3, 14, 1, 0, tzinfo=UTC)
SEOUL = ZoneInfo("Asia/Seoul")
URL = "https://api.example.com/u/a-token-that-is-as-long-as-those-of-messages-are-and-names-nobody-at-all"
ADVERTISING = ("cart-waiting", "coupon-today")
"""Of the ready-made ones, those that go as marketing."""

PACKS = {"ko": ("kr",), "en": ("us", "mailbox")}
SENDER = {
    "email": "hello@example.com",
    "contact": "02-000-0000",
    "opt_out": "080-000-0000",
    "postal": "1 Harbour Street, Springfield, IL 62701",
}


def shipped_mails(name: Mapping[str, str] | None = None) -> Iterator[Mail]:
    """Yield every e-mail in every language and variant; `name` is what somebody is called, by language."""
    called = name or {}
    for mail in mails("email", {language: full(language, called.get(language)) for language in NAMES}):
        yield _lawful(
            mail, marketing=mail.template in ADVERTISING, brand={"name": NAMES[mail.language], "sender": SENDER}
        )
    yield from _of_the_example(called.get("ko", "모란"))


def _of_the_example(name: str) -> Iterator[Mail]:
    documents = load_brand(EXAMPLE)
    assert documents.brand is not None
    brand: dict[str, Any] = documents.brand.document
    found = documents.documents("template")
    partials = partials_in({id: each for id, each in found.items() if PARTIAL in each}, "ko", "ko")
    advertised = _advertised(documents.documents("journey").values())
    scope = {**_blanks(name), "brand": {"name": brand["name"], "sender": brand["sender"]}}
    wall, parts = Wall(SEOUL, "ko", NOW, "KRW"), registry.load("channels", "email").parts
    for id, document in sorted(found.items()):
        if PARTIAL not in document and "email" in channels_of(document):
            rendered = render(id, document, "email", scope, wall, parts, partials)
            mail = Mail(id, "ko", "", "email", rendered)
            yield _lawful(mail, marketing=id in advertised, brand=brand)


def _advertised(journeys: Any) -> set[str]:
    """Return the templates that some journey sends as marketing; a step's own class goes before its journey's."""
    sends = ((each["class"], sent) for each in journeys for _, sent in find_mappings(each, "send"))
    return {str(sent["send"]) for kind, sent in sends if sent.get("class", kind) == "marketing"}


def _blanks(name: str) -> dict[str, Any]:
    link = "https://shop.example.com/a/very/long/path/that/no/line/can/hold?with=parameters&and=more"
    entry = {"starts_at": NOW + timedelta(days=3, hours=4), "location": "봄날 상점 작업실 2층", "tracking_url": link}
    event = {"channel": "email", "given": True, "date": "2026-03-14"}
    person = {"first_name": name, "name": name, "item_count": 3, "checkout_url": link}
    return {**person, "entry": entry, "event": event, "unsubscribe_url": URL, "confirm_url": URL}


def _lawful(mail: Mail, *, marketing: bool, brand: Mapping[str, Any]) -> Mail:
    rendered = mail.rendered
    for pack in PACKS[mail.language]:
        rendered = registry.load("policies", pack).apply(
            rendered, "email", marketing, brand, URL if marketing else None
        )
    return Mail(mail.template, mail.language, mail.variant, mail.channel, rendered)
