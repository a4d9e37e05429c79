"""The brand's own calendar, and its owner's word on public holidays: both stand in brand.yaml.

`calendar` names days and seasons; `holidays` adds, moves and removes what the library says, because a government may
decide on a Tuesday that Friday is free.
"""

from __future__ import annotations

import re
from calendar import isleap
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any

from kairos.app.definitions.country import Feast
from kairos.domain.anchor_form import COUNTRY, COUNTRY_FORM, matching, read_day
from kairos.domain.document import Document, Path
from kairos.domain.errors import BadDefinition
from kairos.domain.lunar import lunar_to_solar

DAYS_MAX = 400
YEARLY_FORM = re.compile(
    r"(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)|02-(?:0[1-9]|[12][0-9]))"
)
LUNAR_FORM = re.compile(r"(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|30)")
DAY = 'a date such as 2026-03-02, or "03-02" for every year'
NAME_MAX = 100

Span = tuple[date, date]


def check_calendar(document: Document) -> None:
    """Read `calendar` for its mistakes. Raises BadDefinition."""
    if not document.has("calendar"):
        return
    calendar = document.inner("calendar")
    for name in calendar.raw:
        Document({"id": name}, calendar.path).identifier("id")
        items = calendar.items(name)
        if not 1 <= len(items) <= DAYS_MAX:
            raise BadDefinition((*calendar.path, name), f"expected 1 to {DAYS_MAX} days")
        for raw, path in items:
            list(_spans(raw, path, range(2026, 2027)))


def season_spans(brand: Mapping[str, Any], name: str, years: Iterable[int]) -> list[Span]:
    """Return the spans of one name of the brand's calendar that begin in those years, in order."""
    items = (brand.get("calendar") or {}).get(name) or ()
    return sorted({span for item in items for span in _spans(item, ("calendar", name), years)})


def _spans(raw: Any, path: Path, years: Iterable[int]) -> Iterator[Span]:
    if not isinstance(raw, Mapping):
        yield from ((day, day) for day in _days(raw, path, years))
        return
    document = Document(raw, path)
    if document.has("lunar"):
        document.only("lunar")
        month, day = map(int, document.read("lunar", matching(LUNAR_FORM), 'a lunar day such as "01-15"').split("-"))
        yield from ((found, found) for found in _lunar(month, day, years))
        return
    document.only("from", "to")
    for first in _days(document.raw.get("from"), (*path, "from"), years):
        ends = _days(document.raw.get("to"), (*path, "to"), (first.year, first.year + 1))
        last = next((day for day in ends if day >= first), None)
        if last is None:
            raise BadDefinition((*path, "to"), "expected a day that is not before `from`")
        yield first, last


def _days(value: Any, path: Path, years: Iterable[int]) -> list[date]:
    """Return one day, or that day of each year; 29 February is the 28th where there is none."""
    if isinstance(value, str) and YEARLY_FORM.fullmatch(value):
        month, day = map(int, value.split("-"))
        return [date(year, month, day if isleap(year) or (month, day) != (2, 29) else 28) for year in years]
    try:
        return [read_day(value)]
    except (ValueError, TypeError) as error:
        raise BadDefinition(path, f"expected {DAY}") from error


def _lunar(month: int, day: int, years: Iterable[int]) -> Iterator[date]:
    """Yield that lunar day of each lunar year that begins in one of the years; a missing 30th is the 29th."""
    for year in years:
        found = lunar_to_solar(year, month, day) or (lunar_to_solar(year, month, 29) if day == 30 else None)
        if found is not None:
            yield found


# ---- what the owner says of public holidays ----------------------------------------------------------------------


def check_overrides(document: Document) -> None:
    """Read `holidays` for its mistakes. Raises BadDefinition."""
    if not document.has("holidays"):
        return
    overrides = document.inner("holidays")
    overrides.only("add", "move", "remove")
    for kind, keys in (("add", ("date", "name")), ("move", ("name", "from", "to")), ("remove", ("date", "name"))):
        rows = overrides.items(kind) if overrides.has(kind) else []
        if len(rows) > DAYS_MAX:
            raise BadDefinition((*overrides.path, kind), f"expected at most {DAYS_MAX}")
        for raw, path in rows:
            row = Document(raw, path)
            row.only(*keys, "country")
            for key in keys:
                if key == "name" and (kind != "remove" or row.has("name")):
                    row.read("name", _name, f"the holiday's English name, at most {NAME_MAX} characters without ;")
                elif key != "name":
                    row.read(key, read_day, "a date such as 2026-06-03")
            if row.has("country"):
                row.read("country", matching(COUNTRY_FORM), COUNTRY)


def override(feasts: Iterable[Feast], brand: Mapping[str, Any], country: str) -> list[Feast]:
    """Return a country's feasts as the owner will have them, in order. A moved one keeps its key.

    Removing comes first, then moving, then adding; a row without a `country` speaks of the brand's.
    """
    said = brand.get("holidays") or {}

    def rows(kind: str) -> list[Mapping[str, Any]]:
        return [row for row in said.get(kind) or () if row.get("country", brand.get("country")) == country]

    gone = {(row["date"], row.get("name")) for row in rows("remove")}
    moved = {(row["from"], row["name"]): row["to"] for row in rows("move")}
    found = []
    for feast in feasts:
        written = feast.day.isoformat()
        if (written, None) in gone or (written, feast.name) in gone:
            continue
        found.append(Feast(date.fromisoformat(moved.get((written, feast.name), written)), feast.name, feast.key))
    found += [Feast(date.fromisoformat(row["date"]), row["name"], row["date"]) for row in rows("add")]
    return sorted(set(found), key=lambda feast: (feast.day, feast.name))


def _name(value: Any) -> str:
    if not isinstance(value, str) or not 0 < len(value.strip()) == len(value) <= NAME_MAX or ";" in value:
        raise ValueError
    return value
