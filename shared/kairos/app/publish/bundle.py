"""From definitions to a release's bundle, in the form that `release.py` reads.

A version is a document: equal documents of a journey have one number, another document gets the next that was never
given. Customers walk on in the version they entered, so former ones stay for as long as they are among the newest.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any

from kairos import registry
from kairos.app.definitions.compile import compile_journey
from kairos.app.definitions.days import country_tables, shared_days
from kairos.app.definitions.documents import BRAND, Definition, Documents
from kairos.app.definitions.references import find_mappings
from kairos.app.definitions.template import MEANT, PARTIAL, channels_of, texts_of
from kairos.app.products import BROWSING
from kairos.app.publish.index import index_of
from kairos.app.publish.rests import rest_predicate
from kairos.app.render.mjml import MJML, compile_mjml, html_key
from kairos.domain.anchor import OwnAnchor, SharedAnchor
from kairos.domain.anchor_form import read_anchor
from kairos.domain.canonical import fingerprint
from kairos.domain.document import Document
from kairos.domain.instant import format_instant
from kairos.domain.open_hours import HOLIDAYS

SCHEMA = 1
VERSIONS_MAX = 100
"""How many versions of a journey are kept, the newest and the live one: who is in an older one ends there, and
publishing warns of it. Nothing but a walk over everybody could tell that nobody is."""

YEARS = range(2020, 2041)
"""Which years' holidays a bundle carries when nobody says what year it is: all that a simulation may live through."""


def build_bundle(
    documents: Documents,
    previous: Mapping[str, Any] | None = None,
    *,
    years: Iterable[int] = YEARS,
    now: datetime | None = None,
) -> dict[str, Any]:
    """Return the bundle in which every journey of `documents` is live.

    `previous` is the bundle that is live now: its journeys' former versions are kept, and journeys that `documents` has
    not any more stay without a live version. Holidays of the `years` come with the first journey that asks for business
    days, and the days of every shared moment that a kept version stands around. `now` is since when what nobody asked
    for before is counted. Raises BadDefinition for what
    `check_brand_documents` would have found, and for an unknown country.
    """
    assert documents.brand is not None, "checked before"
    brand = documents.brand.document
    journeys = _versions(documents.documents("journey"), (previous or {}).get("journeys", {}))
    templates = documents.documents("template")
    segments = {id: _meant(document) for id, document in documents.documents("segment").items()}
    kept = kept_documents(journeys)
    anchors = [anchor for document in kept.values() for anchor in shared_anchors(document)]
    asked = any(next(find_mappings(document, "business_day"), None) for document in kept.values())
    asked = asked or HOLIDAYS in _all_keys(brand.get("allowed"))
    index = index_journeys(journeys, segments, brand, templates)
    asked = asked or "recurring" in index  # a payday found from purchases moves off days on which nobody works
    orders = {id: list(channels_of(document)) for id, document in templates.items() if PARTIAL not in document}
    if now is not None:
        _say_since(index["counters"], previous["index"]["counters"] if previous else {}, format_instant(now))
    return {
        "schema": SCHEMA,
        "brand": brand,
        "segments": segments,
        "templates": {id: _parts(document) for id, document in templates.items()},
        "journeys": journeys,
        "index": index | {"channels": orders} | ({"browsing": True} if _shows_browsing(templates) else {}),
        **({"compiled": compiled} if (compiled := _compiled(templates)) else {}),
        **country_tables(brand if asked else {}, years),
        "moments": shared_days(anchors, brand, years, (previous or {}).get("moments")),
        **({"sources": declared} if (declared := documents.documents("source")) else {}),
        **({"timing": learned} if (learned := (previous or {}).get("timing")) else {}),
    }


def index_journeys(
    journeys: Mapping[str, Any],
    segments: Mapping[str, Any],
    brand: Mapping[str, Any],
    templates: Mapping[str, Any] = MappingProxyType({}),
) -> dict[str, Any]:
    """Return `index_of` the live versions; what kept versions count is counted on, for those who still walk in them,
    and so is what the brand rests after and what chooses between variants of templates."""
    live = {
        id: compile_journey(entry["versions"][str(entry["live"])], entry["live"])
        for id, entry in journeys.items()
        if entry["live"] is not None
    }
    rests = {f"rest {number}": rest_predicate(raw) for number, raw in enumerate(brand.get("rest") or ())}
    chosen = {f"template {id}": {"variants": document.get("variants") or ()} for id, document in templates.items()}
    return index_of(live, kept_documents(journeys) | rests | chosen, segments)


def kept_documents(journeys: Mapping[str, Any]) -> dict[str, Any]:
    """Return the document of every version that is kept, live or not."""
    return {f"{id}@{version}": kept for id, entry in journeys.items() for version, kept in entry["versions"].items()}


def same_calendar(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Return whether two bundles have the same days: holidays, weekends, and whatever journeys stand around."""
    return all(one.get(part, {}) == other.get(part, {}) for part in ("moments", "holidays", "weekends", "workdays"))


def shared_anchors(document: Mapping[str, Any]) -> list[SharedAnchor]:
    """Return what all customers share of the moments that a journey stands around, or waits for."""
    raw = [document["anchor"]] if document.get("anchor") else []
    raw += [step["moment"] for _, step in find_mappings(document, "moment")]
    anchors = [read_anchor(Document(one)) for one in raw]
    return [anchor for anchor in anchors if not isinstance(anchor, OwnAnchor)]


def documents_of(bundle: Mapping[str, Any]) -> Documents:
    """Return the live definitions of a bundle as documents."""
    order = bundle["index"].get("channels", {})
    found = [Definition(BRAND, BRAND, bundle["brand"], BRAND)]
    for id, entry in bundle["journeys"].items():
        if entry["live"] is not None:
            found.append(Definition("journey", id, entry["versions"][str(entry["live"])], f"journey/{id}"))
    for id, segment in bundle["segments"].items():
        found.append(Definition("segment", id, {"id": id, **segment}, f"segment/{id}"))
    for id, parts in bundle["templates"].items():
        channels = {"channels": order[id]} if id in order else {}
        found.append(Definition("template", id, {**parts, **channels}, f"template/{id}"))
    for id, source in bundle.get("sources", {}).items():
        found.append(Definition("source", id, source, f"source/{id}"))
    return Documents(tuple(found))


def _say_since(counters: Mapping[str, Any], before: Mapping[str, Any], now: str) -> None:
    """Write beside each predicate since when it is counted; one that was live before keeps what was said then."""
    known = {row["key"]: row for rows in before.values() for row in rows}
    for row in (row for rows in counters.values() for row in rows):
        since = known[row["key"]].get("since") if row["key"] in known else now
        if since is not None:
            row["since"] = since


def _meant(segment: Mapping[str, Any]) -> dict[str, Any]:
    return {"where": segment["where"], **{key: segment[key] for key in ("track", "learns") if segment.get(key)}}


def _all_keys(value: Any) -> set[str]:
    if not isinstance(value, Mapping):
        return set()
    return set(value).union(*(_all_keys(inner) for inner in value.values()))


def _versions(wanted: Mapping[str, Any], known: Mapping[str, Any]) -> dict[str, Any]:
    entries = {}
    for id in sorted({*wanted, *known}):
        entry = known.get(id, {"live": None, "versions": {}})
        entries[id] = _entry(wanted[id], entry) if id in wanted else {**entry, "live": None}
    return entries


def _entry(document: Mapping[str, Any], entry: Mapping[str, Any]) -> dict[str, Any]:
    versions: dict[str, Any] = dict(entry["versions"])
    wanted = fingerprint(document)
    same = [int(version) for version, kept in versions.items() if fingerprint(kept) == wanted]
    live = max(same) if same else max(map(int, versions), default=0) + 1
    versions[str(live)] = document
    kept = {*sorted(versions, key=int)[-VERSIONS_MAX:], str(live)}
    return {"live": live, "versions": {version: versions[version] for version in versions if version in kept}}


def _parts(document: Mapping[str, Any]) -> dict[str, Any]:
    kept = (*registry.names("channels"), *MEANT)
    return {key: value for key, value in document.items() if key in kept and value is not None and value is not True}


def _shows_browsing(templates: Mapping[str, Any]) -> bool:
    texts = (text for document in templates.values() for _, _, parts in texts_of(document) for text in parts.values())
    return any(isinstance(text, str) and BROWSING.search(text) for text in texts)


def _compiled(templates: Mapping[str, Any]) -> dict[str, str]:
    """Return the HTML of every MJML that stands in a template."""
    sources = {parts[MJML] for document in templates.values() for _, _, parts in texts_of(document) if MJML in parts}
    return {html_key(source): compile_mjml(source) for source in sorted(sources)}
