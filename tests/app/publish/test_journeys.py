from __future__ import annotations

import pytest

from kairos.app.ports import Pointer
from kairos.app.publish.release import Release
from tests.app.decide.world import release_of
from tests.app.publish.written import journey


def test_a_journey_is_compiled_once_and_only_when_it_is_met() -> None:
    release = release_of(journey("a"), journey("b"))
    first = release.journey("a")
    assert first is release.journey("a", 1)
    assert first is release.standing(Pointer("r", frozenset({"a"}))).journey("a")


@pytest.mark.parametrize("id,version", [("x", None), ("a", 2), ("a", 0)])
def test_what_a_release_does_not_carry_is_none(id: str, version: int | None) -> None:
    assert release_of(journey("a")).journey(id, version) is None


def test_former_versions_stay_for_those_who_walk_in_them_and_start_nothing() -> None:
    release = release_of(journey("a"))
    entry = {"live": None, "versions": release.bundle["journeys"]["a"]["versions"]}
    gone = Release({**release.bundle, "journeys": {"a": entry}}, Pointer("r2"))
    assert gone.journey("a", 1) is not None
    assert gone.journey("a") is None
    assert gone.index.triggered_by("go") == []
