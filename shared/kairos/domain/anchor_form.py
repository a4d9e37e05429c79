"""An anchor as its author writes it: one key says which kind of moment, the keys beside it say which."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, cast

from kairos.domain.anchor import Anchor, Anniversary, EntryAnchor, Holiday, Payday, Prediction, Rule, Season
from kairos.domain.category import CATEGORY_CHARACTERS_MAX, category_of
from kairos.domain.document import Document, parse_share
from kairos.domain.errors import BadDefinition
from kairos.domain.localtime import WEEKDAYS

SHIFTS = ("previous", "next", "none")
PREDICTIONS = ("next_order", "lapse")
REPEATING = ("visit", "payday")
CHANCE_FORM = re.compile(r"[1-9][0-9]?(?:\.[0-9]{1,4})?\s*%")
COUNTRY_FORM = re.compile(r"[A-Z]{2}")
SUBDIVISION_FORM = re.compile(r"[A-Za-z0-9 _.'-]{1,60}")
RULE_FORM = re.compile(r"FREQ=(YEARLY|MONTHLY|WEEKLY|DAILY)(;[A-Z]+=[A-Z0-9,+-]+)*")
RULE_CHARACTERS_MAX = 200
RULE_START = date(2020, 1, 1)
"""From where a rule is counted that does not depend on it: one with `INTERVAL` or `COUNT` does, and says `start`."""

NTH_MAX = 4


def read_anchor(document: Document) -> Anchor:
    """Return the anchor. Raises BadDefinition."""
    kinds = [kind for kind in ANCHORS if document.has(kind)]
    if len(kinds) != 1:
        document.only(*ANCHORS)
        raise BadDefinition(document.path, f"expected exactly one of: {', '.join(ANCHORS)}")
    return ANCHORS[kinds[0]](document)


def _entry(document: Document) -> EntryAnchor:
    document.only("entry", "at")
    at = document.choice("at", ("starts_at", "ends_at"), "starts_at")
    return EntryAnchor(document.name("entry"), cast(Any, at))


def _anniversary(document: Document) -> Anniversary:
    document.only("anniversary", "calendar", "feb29", "every")
    calendar = document.choice("calendar", ("solar", "lunar"), "solar")
    every = document.choice("every", ("year", "month"), "year")
    feb29 = document.choice("feb29", ("feb28", "mar1"), "feb28")
    return Anniversary(document.name("anniversary"), cast(Any, calendar), cast(Any, feb29), cast(Any, every))


def _holiday(document: Document) -> Holiday:
    document.only("holiday", "country", "subdivision")
    country = document.read("country", matching(COUNTRY_FORM), COUNTRY) if document.has("country") else None
    subdivision = None
    if document.has("subdivision"):
        text = 'a subdivision of the country as `holidays` writes it, such as "CA"'
        subdivision = document.read("subdivision", matching(SUBDIVISION_FORM), text)
    if subdivision and country is None:
        raise BadDefinition((*document.path, "country"), "is missing: the subdivision lies in it")
    return Holiday(document.text("holiday"), country, subdivision)


def _season(document: Document) -> Season:
    document.only("season", "at")
    return Season(document.identifier("season"), cast(Any, document.choice("at", ("start", "end"), "start")))


def _payday(document: Document) -> Payday:
    document.only("payday")
    inner = document.inner("payday")
    inner.only("day", "weekday", "nth", "shift")
    shift = cast(Any, inner.choice("shift", SHIFTS, "none"))
    if inner.has("day") == inner.has("weekday"):
        raise BadDefinition(inner.path, 'expected a day (1 to 31, or "last") or a weekday with its nth')
    if inner.has("day"):
        if inner.has("nth"):
            raise BadDefinition((*inner.path, "nth"), "belongs to a weekday, such as {weekday: fri, nth: last}")
        return Payday(day=inner.read("day", _up_to(31), 'a day from 1 to 31, or "last"'), shift=shift)
    nth = inner.read("nth", _up_to(NTH_MAX), f'a number from 1 to {NTH_MAX}, or "last"') if inner.has("nth") else 1
    return Payday(weekday=WEEKDAYS.index(inner.choice("weekday", WEEKDAYS)), nth=nth, shift=shift)


def _rule(document: Document) -> Rule:
    document.only("rrule", "start", "shift")
    text = document.read("rrule", _rule_text, "a rule of whole days (RFC 5545), such as FREQ=WEEKLY;BYDAY=FR")
    if not document.has("start") and re.search(r"(?:INTERVAL|COUNT)=", text):
        raise BadDefinition((*document.path, "start"), "is missing: INTERVAL and COUNT count from a day")
    start = document.read("start", read_day, "a date such as 2026-01-02") if document.has("start") else RULE_START
    return Rule(text, start, cast(Any, document.choice("shift", SHIFTS, "none")))


def _predicted(document: Document) -> Anchor:
    what = cast(Any, document.choice("predicted", (*PREDICTIONS, *REPEATING, "event")))
    if what == "event":
        document.only("predicted", "event")
        return Prediction(what, event=document.name("event"))
    if what in REPEATING:
        document.only("predicted")
        return Prediction(what)
    document.only("predicted", "chance", "category")
    chance = document.read("chance", _chance) if document.has("chance") else 0.5
    return Prediction(what, chance, document.read("category", _category) if document.has("category") else "")


def _category(value: Any) -> str:
    category = category_of(value) if isinstance(value, str) else None
    if category is None:
        raise ValueError(f"expected the category as orders name it, at most {CATEGORY_CHARACTERS_MAX} characters")
    return category


def _chance(value: Any) -> float:
    if not isinstance(value, str) or not CHANCE_FORM.fullmatch(value):
        raise ValueError("expected a chance such as 50%, at least 1% and below 100%")
    return parse_share(value)


ANCHORS: Mapping[str, Callable[[Document], Anchor]] = {
    "entry": _entry,
    "anniversary": _anniversary,
    "holiday": _holiday,
    "season": _season,
    "payday": _payday,
    "rrule": _rule,
    "predicted": _predicted,
}
COUNTRY = 'a country code of two capital letters, such as "KR"'


def matching(form: re.Pattern[str]) -> Callable[[Any], str]:
    """Return what reads a text of that form whole. It raises ValueError for others."""

    def parse(value: Any) -> str:
        if not isinstance(value, str) or not form.fullmatch(value):
            raise ValueError
        return value

    return parse


def read_day(value: Any) -> date:
    """Return a date, which our YAML keeps as the text it was written as. Raises ValueError, TypeError."""
    day = date.fromisoformat(value)
    if day.isoformat() != value:
        raise ValueError("expected YYYY-MM-DD")
    if not 1970 <= day.year < 2200:
        raise ValueError("expected a year from 1970 to 2199")
    return day


def _up_to(most: int) -> Callable[[Any], Any]:
    def parse(value: Any) -> Any:
        if value != "last" and (isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= most):
            raise ValueError
        return value

    return parse


def _rule_text(value: Any) -> str:
    text = value.removeprefix("RRULE:") if isinstance(value, str) else ""
    names = [part.partition("=")[0] for part in text.split(";")]
    if not RULE_FORM.fullmatch(text) or len(text) > RULE_CHARACTERS_MAX or len(set(names)) < len(names):
        raise ValueError
    if not set(names) <= RULE_PARTS:
        raise ValueError
    return text


RULE_PARTS = frozenset(
    (
        "FREQ",
        "INTERVAL",
        "COUNT",
        "UNTIL",
        "BYMONTH",
        "BYMONTHDAY",
        "BYYEARDAY",
        "BYWEEKNO",
        "BYDAY",
        "BYSETPOS",
        "WKST",
    )
)
