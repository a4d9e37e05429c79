"""Is whoever agrees or refuses told so, and asked again in time, where a law pack of the brand wants it? And does the
brand state what its law has advertisers hold or declare?

What is written in a notice no program can judge; that there is none it can. So this warns and stops nothing: a brand
may tell its customers by other means than Kairos.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from kairos import registry
from kairos.app.definitions.documents import Documents, Problem
from kairos.app.definitions.lawful import Use
from kairos.app.definitions.references import find_mappings
from kairos.domain.errors import BadDefinition
from kairos.domain.profile import PULLED

CONFIRM_URL = "confirm_url"


def check_told(documents: Documents, uses: Iterable[Use]) -> Iterator[Problem]:
    """Yield a warning for each notice that a law pack asks for and no journey gives, and for each declaration that the
    brand owes, where advertising is sent."""
    sent = list(uses)
    brand = documents.brand
    advertised = frozenset(channel for _, marketing, channel in sent if marketing and channel not in PULLED)
    if brand is None or not advertised:
        return
    answered = frozenset(_answered(documents.documents("journey").values()))
    confirmable = _asks_to_confirm(documents.documents("template"), sent)
    for index, name in enumerate(brand.document.get("policies") or ()):
        pack: registry.Policy = registry.load("policies", name)
        owed = (*pack.untold(answered, confirmable), *pack.undeclared(brand.document, advertised))
        for message in owed:
            yield brand.problem(BadDefinition(("policies", index), f"{name}: {message}"), warning=True)


def _answered(journeys: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Yield the events that start a transactional journey which sends something."""
    for journey in journeys:
        if journey["class"] != "transactional" or not any(find_mappings(journey.get("steps"), "send")):
            continue
        triggers = journey.get("trigger")
        for trigger in triggers if isinstance(triggers, list) else [triggers]:
            if isinstance(trigger, Mapping) and isinstance(trigger.get("event"), str):
                yield trigger["event"]


def _asks_to_confirm(templates: Mapping[str, Mapping[str, Any]], uses: Iterable[Use]) -> bool:
    return any(
        CONFIRM_URL in str(text)
        for template, marketing, channel in uses
        if not marketing
        for text in _parts(templates.get(template), channel)
    )


def _parts(template: Mapping[str, Any] | None, channel: str) -> Iterable[Any]:
    parts = (template or {}).get(channel)
    return parts.values() if isinstance(parts, Mapping) else ()
