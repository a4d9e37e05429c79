"""Whether the moment that a journey stands around ever comes: its holiday is known, its season is in the calendar."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Any

from kairos.app.definitions.brand import check_brand
from kairos.app.definitions.days import feasts_of, parse_rule
from kairos.app.definitions.references import find_mappings
from kairos.domain.anchor import Holiday, OwnAnchor, Payday, Prediction, Rule, Season
from kairos.domain.anchor_form import read_anchor
from kairos.domain.document import Document, Path
from kairos.domain.errors import BadDefinition

YEARS = range(2020, 2041)
"""In which years a holiday must come for its name to be known."""

NO_COUNTRY = "brand.yaml names no country, so only weekends are closed"
Found = tuple[Path, str, bool]  # path, message, whether it is a mere warning


def check_anchored(journey: Mapping[str, Any], brand: Mapping[str, Any]) -> Iterator[Found]:
    """Yield what is wrong with a journey's anchor, and with the moments its steps wait for, beside this brand; nothing
    for one that cannot be read at all."""
    if "anchor" in journey:
        yield from _check(journey["anchor"], brand)
    for path, step in find_mappings(journey, "moment"):
        for inner, message, warning in _check(step["moment"], brand):
            yield (*path, "moment", *inner[1:]), message, warning


def _check(raw: Any, brand: Mapping[str, Any]) -> Iterator[Found]:
    try:
        anchor = read_anchor(Document(raw, ("anchor",)))
    except BadDefinition:
        return
    if isinstance(anchor, Prediction) and anchor.what == "payday" and not brand.get("country"):
        yield ("anchor",), NO_COUNTRY, True
    if isinstance(anchor, OwnAnchor) or check_brand(brand):
        return  # what is wrong with the brand is told where it stands
    try:
        if isinstance(anchor, Holiday):
            yield from _holiday(anchor, brand)
        elif isinstance(anchor, Season):
            yield from _named("season", anchor.name, sorted(brand.get("calendar") or ()), "brand.yaml's calendar")
        elif isinstance(anchor, Rule):
            parse_rule(anchor)
    except BadDefinition as error:
        yield ("anchor", *error.path), error.expected, False
    if isinstance(anchor, Payday | Rule) and anchor.shift != "none" and not brand.get("country"):
        yield ("anchor",), NO_COUNTRY, True


def _holiday(anchor: Holiday, brand: Mapping[str, Any]) -> Iterator[Found]:
    names = sorted({feast.name for feast in feasts_of(anchor, brand, YEARS)})
    yield from _named("holiday", anchor.name, names, str(anchor.country or brand.get("country")))


def _named(key: str, name: str, names: list[str], where: str) -> Iterator[Found]:
    if name in names:
        return
    near = get_close_matches(name, names, n=1)
    hint = f"did you mean {near[0]!r}?" if near else f"there are: {', '.join(names[:20]) or 'none'}"
    yield ("anchor", key), f"no {key} of {where} is called {name!r}; {hint}", False
