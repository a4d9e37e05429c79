"""A stage for one step: read it as an author writes it, and ask it on a scene of the test's choosing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from kairos import registry
from kairos.domain.decision import Scene
from kairos.domain.document import Document
from kairos.domain.localtime import load_zone
from kairos.domain.profile import Enrollment, Profile

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)  # a Monday


def read(raw: Mapping[str, Any]) -> tuple[Any, Any]:
    """Return the step of a mapping and its arguments, as the compiler reads them."""
    (keyword,) = [key for key in raw if key in registry.names("steps")]
    step = registry.load("steps", keyword)
    document = Document(raw)
    document.only("id", step.keyword, *step.beside)
    return step, step.read(document)


def scene(
    at: datetime = NOON,
    zone: str = "UTC",
    traits: Mapping[str, Any] | None = None,
    properties: Mapping[str, Any] | None = None,
    closed: tuple[date, ...] = (),
    **enrollment: Any,
) -> Scene:
    """Return a scene at `at`; `closed` are days besides weekends on which nobody works."""
    passage = Enrollment("e", "j", 1, "", NOON, NOON, properties=properties or {})
    return Scene(
        now=at,
        at=at,
        zone=load_zone(zone),
        profile=Profile("u1", NOON, traits=dict(traits or {})),
        enrollment=replace(passage, **enrollment),
        segments={},
        is_business_day=lambda day: day.weekday() < 5 and day not in closed,
        matches=lambda event: True,
    )
