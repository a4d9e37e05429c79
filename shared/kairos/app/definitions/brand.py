"""The brand as its owner writes it: who sends, where, and within which limits. Every problem is collected."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from kairos import registry
from kairos.app.definitions.compile import Problems
from kairos.domain.document import Document
from kairos.domain.duration import parse_duration
from kairos.domain.errors import BadDefinition
from kairos.domain.localtime import load_zone
from kairos.domain.quiet_hours import Window, next_open

BRAND_KEYS = (
    "id",
    "name",
    "description",
    "language",
    "timezone",
    "country",
    "zones",
    "sender",
    "policies",
    "quiet_hours",
    "caps",
    "rates",
    "walks",
)
SENDER_KEYS = ("name", "email", "contact", "opt_out", "sms")
LANGUAGES = ("en", "ko")
"""In which names of days and months are written; Korean by itself where the country is KR."""
CHANNELS = ("email", "sms", "push", "web", "kakao", "webhook")
"""Every channel that limits may be written for; those that send are the files in `channels`."""

TEXT_MAX = 200
ZONES_MAX = 50
WALK_RATE_MAX = 1_000
CAPS_MAX = 20
EMAIL_FORM = re.compile(r"[^@\s<>,;:]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?")


def check_brand(raw: object) -> list[BadDefinition]:
    """Return every problem of a brand document."""
    problems = Problems()
    document = problems.gather(lambda: Document(raw), None)
    if document is None:
        return problems.found
    problems.gather(lambda: document.only(*BRAND_KEYS), None)
    for read in (_texts, _zones, _country, _language, _sender, _policies, _quiet_hours, _caps, _rates, _walks):
        problems.gather(lambda r=read: r(document), None)  # type: ignore[misc]
    return problems.found


def _texts(document: Document) -> None:
    for key in ("id", "name", "description"):
        if document.has(key):
            _text(document, key)


def _text(document: Document, key: str) -> str:
    def parse(value: Any) -> str:
        if not isinstance(value, str) or not value.strip() or len(value) > TEXT_MAX or not value.isprintable():
            raise ValueError
        return value

    return document.read(key, parse, f"a text of at most {TEXT_MAX} characters in one line, in quotes")


def _zones(document: Document) -> None:
    document.read("timezone", load_zone)
    if document.has("zones"):
        zones = document.items("zones")
        if not 1 <= len(zones) <= ZONES_MAX:
            raise BadDefinition((*document.path, "zones"), f"expected 1 to {ZONES_MAX} time zones")
        for zone, path in zones:
            _at(path, load_zone, zone)


def _country(document: Document) -> None:
    if document.has("country"):
        document.read("country", _country_code, 'a country code of two capital letters, such as "KR"')


def _language(document: Document) -> None:
    if document.has("language"):
        document.choice("language", LANGUAGES)


def _country_code(value: Any) -> str:
    if not isinstance(value, str) or not re.fullmatch(r"[A-Z]{2}", value):
        raise ValueError
    return value


def _sender(document: Document) -> None:
    if not document.has("sender"):
        return
    sender = document.inner("sender")
    sender.only(*SENDER_KEYS)
    for key in SENDER_KEYS:
        if sender.has(key):
            _text(sender, key)
    if sender.has("email") and not EMAIL_FORM.fullmatch(sender.raw["email"]):
        raise BadDefinition((*sender.path, "email"), "expected an e-mail address such as hello@example.com")


def _policies(document: Document) -> None:
    if not document.has("policies"):
        return
    known = registry.names("policies")
    for name, path in document.items("policies"):
        if name not in known:
            raise BadDefinition(path, f"no law pack is called {name!r}; there are: {', '.join(known) or 'none'}")


def _quiet_hours(document: Document) -> None:
    if not document.has("quiet_hours"):
        return
    inner = document.inner("quiet_hours")
    inner.only(*CHANNELS)
    for channel in inner.raw:
        window = inner.read(channel, Window.parse)
        zones = document.raw.get("zones") or [document.raw.get("timezone")]
        if not _opens(window, zones):
            raise BadDefinition(
                (*inner.path, channel), "over the brand's zones together this leaves no hour to send in"
            )


def _opens(window: Window, zones: Sequence[Any]) -> bool:
    try:
        quiet = [(window, load_zone(zone)) for zone in zones]
    except ValueError:
        return True  # the zones' own problem is told where they stand
    return next_open(datetime(2026, 1, 1, tzinfo=UTC), quiet) is not None


def _caps(document: Document) -> None:
    if not document.has("caps"):
        return
    caps = document.items("caps")
    if len(caps) > CAPS_MAX:
        raise BadDefinition((*document.path, "caps"), f"expected at most {CAPS_MAX} caps")
    for raw, path in caps:
        cap = Document(raw, path)
        cap.only("channel", "max", "per")
        cap.choice("channel", ("any", *CHANNELS))
        _whole(cap, "max", 1, 1000)
        if not cap.read("per", parse_duration):
            raise BadDefinition((*path, "per"), "expected a span longer than nothing, such as 7d")


def _rates(document: Document) -> None:
    if not document.has("rates"):
        return
    rates = document.inner("rates")
    rates.only(*CHANNELS)
    for channel in rates.raw:
        rate = rates.inner(channel)
        rate.only("per_second", "per_day")
        rate.number("per_second", 0.01, 10_000)
        if rate.has("per_day"):
            _whole(rate, "per_day", 1, 1_000_000_000)


def _walks(document: Document) -> None:
    """How many customers a second a walk wakes."""
    if document.has("walks"):
        walks = document.inner("walks")
        walks.only("per_second")
        walks.number("per_second", 1, WALK_RATE_MAX)


def _whole(document: Document, key: str, least: int, most: int) -> int:
    def parse(value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise ValueError
        return value

    return document.read(key, parse, f"a whole number from {least} to {most}")


def _at(path: tuple[str | int, ...], parse: Any, value: Any) -> None:
    try:
        parse(value)
    except ValueError as error:
        raise BadDefinition(path, str(error)) from error
