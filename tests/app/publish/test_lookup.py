from __future__ import annotations

from typing import Any

from tests.app.decide.world import release_of
from tests.app.publish.written import journey


def timeline(id: str, kind: str) -> dict[str, Any]:
    return {"id": id, "class": "marketing", "anchor": {"entry": kind}, "timeline": [{"at": "-1d", "send": "hello"}]}


def test_journeys_are_found_through_the_index_by_what_touches_them() -> None:
    release = release_of(
        journey("a"),
        journey("b", "stop", exit=[{"event": "go"}], goal={"event": "won"}),
        timeline("c", "booking"),
    )
    assert [j.id for j in release.index.triggered_by("go")] == ["a"]
    b = release.journey("b")
    assert b is not None
    assert b.goal is not None
    assert [ending.key for ending in release.index.ended_by("go")] == [b.exits[0].ending_key(None)]
    assert [ending.key for ending in release.index.ended_by("won")] == [b.goal.matchers[0].ending_key(None)]
    assert [j.id for j in release.index.anchored_to("booking")] == ["c"]
    assert release.index.triggered_by("unheard-of") == release.index.anchored_to("x") == []
    assert not release.index.ended_by("x")


def test_an_event_named_twice_in_one_journey_finds_it_once() -> None:
    twice = [{"event": "go", "where": {"field": "a", "eq": n}} for n in (1, 2)]
    assert [j.id for j in release_of(journey("a", trigger=twice)).index.triggered_by("go")] == ["a"]


def test_predicates_are_indexed_by_event_wherever_a_condition_counts() -> None:
    did = {"did": "viewed", "times": {"gte": 3}, "within": "7d"}
    more = {"did": "viewed", "times": {"gte": 9}}
    shoes = {"did": "viewed", "where": {"field": "c", "eq": "shoes"}}
    release = release_of(journey("a", trigger={"event": "go", "where": did}), segments={"s": {"any": [more, shoes]}})
    counted = {predicate.key: predicate for predicate in release.index.counted("viewed")}
    assert sorted(predicate.keep for predicate in counted.values()) == [2, 10]
    assert release.index.counter_keys == frozenset(counted)
    assert list(release.index.counted("other")) == []
