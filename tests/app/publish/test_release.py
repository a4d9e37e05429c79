from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from kairos.app.ports import Pointer
from kairos.app.publish.release import Release, used_segments
from kairos.domain.condition import parse_condition
from kairos.domain.localtime import load_zone
from tests.app.decide.world import release_of


def journey(id: str, event: str = "go", **more: Any) -> dict[str, Any]:
    return {"id": id, "class": "marketing", "trigger": {"event": event}, "steps": [{"send": "hello"}], **more}


def timeline(id: str, kind: str) -> dict[str, Any]:
    return {"id": id, "class": "marketing", "anchor": {"entry": kind}, "timeline": [{"at": "-1d", "send": "hello"}]}


def test_journeys_are_found_through_the_index_by_what_touches_them() -> None:
    release = release_of(
        journey("a"),
        journey("b", "stop", exit=[{"event": "go"}], goal={"event": "won"}),
        timeline("c", "booking"),
    )
    assert [j.id for j in release.triggered_by("go")] == ["a"]
    b = release.journey("b")
    assert b is not None
    assert b.goal is not None
    assert [ending.key for ending in release.ended_by("go")] == [b.exits[0].ending_key(None)]
    assert [ending.key for ending in release.ended_by("won")] == [b.goal.matchers[0].ending_key(None)]
    assert [j.id for j in release.anchored_to("booking")] == ["c"]
    assert release.triggered_by("unheard-of") == release.anchored_to("x") == []
    assert not release.ended_by("x")


def test_an_event_named_twice_in_one_journey_finds_it_once() -> None:
    twice = [{"event": "go", "where": {"field": "a", "eq": n}} for n in (1, 2)]
    assert [j.id for j in release_of(journey("a", trigger=twice)).triggered_by("go")] == ["a"]


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
    assert gone.triggered_by("go") == []


def test_predicates_are_indexed_by_event_wherever_a_condition_counts() -> None:
    did = {"did": "viewed", "times": {"gte": 3}, "within": "7d"}
    more = {"did": "viewed", "times": {"gte": 9}}
    shoes = {"did": "viewed", "where": {"field": "c", "eq": "shoes"}}
    release = release_of(journey("a", trigger={"event": "go", "where": did}), segments={"s": {"any": [more, shoes]}})
    counted = {predicate.key: predicate for predicate in release.counted("viewed")}
    assert sorted(predicate.keep for predicate in counted.values()) == [2, 10]
    assert release.counter_keys == frozenset(counted)
    assert list(release.counted("other")) == []


def test_a_paused_journey_halts_alone_and_a_stop_halts_all() -> None:
    paused = release_of(journey("a"), journey("b"), paused=["a"])
    assert (paused.halted("a"), paused.halted("b")) == (True, False)
    assert release_of(journey("a"), stopped=True).halted("a")


def test_an_unknown_zone_is_the_brands() -> None:
    release = release_of(brand={"timezone": "Asia/Seoul"})
    seoul = load_zone("Asia/Seoul")
    assert release.zone(None) is release.zone("Nowhere/Land") is seoul
    assert release.zone("Europe/London") is load_zone("Europe/London")


def test_a_business_day_is_no_weekend_and_no_holiday_of_the_brands_country() -> None:
    steps = [{"wait_until": {"business_day": True}}, {"send": "hello"}]
    release = release_of(journey("a", steps=steps))
    assert release.is_business_day(date(2026, 3, 3))
    assert not release.is_business_day(date(2026, 3, 7))
    assert not release.is_business_day(date(2026, 5, 5))  # Children's Day in Korea


def test_caps_and_quiet_hours_are_read_as_the_brand_wrote_them() -> None:
    release = release_of(
        brand={"caps": [{"channel": "any", "max": 2, "per": "7d"}], "quiet_hours": {"sms": "21:00-08:00"}}
    )
    (cap,) = release.caps
    assert (cap.channel, cap.most, cap.per) == ("any", 2, timedelta(days=7))
    assert str(release.quiet_hours["sms"]) == "21:00-08:00"


def test_a_templates_channels_stand_in_order_of_preference() -> None:
    assert list(release_of().template("hello") or {}) == ["email", "sms"]
    assert release_of().template("unheard-of") is None


def test_the_segments_a_condition_names_are_found_at_any_depth() -> None:
    condition = parse_condition({"all": [{"segment": "a"}, {"not": {"any": [{"segment": "b"}]}}]})
    assert used_segments(condition) == {"a", "b"}
