"""The index of a release: what it finds is what asking everybody would have found."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from kairos.app.decide import decide
from kairos.app.ports import Pointer
from kairos.app.publish.index import GUARDED_FROM
from kairos.app.publish.release import Release
from tests.app.decide.world import NOON, World, make_event, release_of
from tests.domain.test_guard import conditions, properties


def journey(id: str, where: Any = None, **more: Any) -> dict[str, Any]:
    trigger = {"event": "go", **({"where": where} if where is not None else {})}
    steps = more.pop("steps", [{"send": "hello"}])
    return {"id": id, "class": "transactional", "trigger": trigger, "steps": steps, **more}


def scanned(release: Release) -> Release:
    """Return the same release without what rules journeys out."""
    index = {part: rows for part, rows in release.bundle["index"].items() if part != "guards"}
    return Release({**release.bundle, "index": index}, Pointer("r"))


def stored(release: Release) -> Release:
    """Return the release as it comes back from where bundles are kept."""
    return Release(json.loads(json.dumps(release.bundle)), Pointer("r"))


@settings(max_examples=15)
@given(st.lists(conditions, min_size=GUARDED_FROM, max_size=GUARDED_FROM + 4), properties)
def test_what_an_event_starts_is_the_same_looked_up_and_looked_through(wheres: list[Any], said: Any) -> None:
    release = stored(release_of(*(journey(f"j{n:02}", where) for n, where in enumerate(wheres))))
    event = make_event("go", properties=said)
    told = [decide(None, one, [event], NOON) for one in (release, scanned(release))]
    assert told[0] == told[1]


def test_of_many_journeys_only_those_that_an_event_may_start_are_asked() -> None:
    release = stored(release_of(*(journey(f"j{n:02}", {"field": "category", "eq": n}) for n in range(20))))
    assert [found.id for found in release.index.triggered_by("go", {"category": "7"})] == ["j07"]
    assert len(release.index.triggered_by("go")) == 20


def test_of_few_journeys_each_is_asked() -> None:
    release = release_of(*(journey(f"j{n}", {"field": "a", "eq": n}) for n in range(GUARDED_FROM - 1)))
    assert "guards" not in release.bundle["index"]
    assert len(release.index.triggered_by("go", {"a": 3})) == GUARDED_FROM - 1


def test_a_journey_that_one_started_before_makes_ready_is_started_by_the_same_event() -> None:
    """What a step sets is seen by the journeys behind it: only the event's own properties are looked up ahead."""
    vip = {"all": [{"field": "a", "eq": 1}, {"trait": "tier", "eq": "vip"}]}
    others = (journey(f"x{n}", {"field": "a", "eq": n + 2}) for n in range(GUARDED_FROM))
    first = journey("a", {"field": "a", "eq": 1}, steps=[{"update": {"tier": "vip"}}])
    world = World(first, journey("b", vip), *others)
    world.hear(make_event("go", properties={"a": 1}))
    assert [reason.journey for reason in world.reasons if reason.kind == "entered"] == ["a", "b"]


def test_a_goal_that_many_journeys_share_is_remembered_once() -> None:
    goals = [journey(f"j{n:02}", goal={"event": "won", "within": "1d"}) for n in range(20)]
    other = journey("k", exit=[{"event": "won", "where": {"field": "a", "eq": 1}}])
    world = World(*goals, other)
    world.hear(make_event("won", properties={"a": 2}))
    assert world.profile is not None
    assert len(world.profile.endings) == 1
    assert len(world.release.index.ended_by("won")) == 2


def test_goals_with_subjects_of_their_own_are_remembered_apart() -> None:
    one = journey("one", subject="cart", goal={"event": "won", "within": "1d"})
    other = journey("other", goal={"event": "won", "within": "1d", "subject": "basket"}, subject="cart")
    assert len(release_of(one, other).index.ended_by("won")) == 2


def test_a_release_published_before_goals_were_written_out_still_remembers_them() -> None:
    release = release_of(journey("a", goal={"event": "won", "within": "1d"}), journey("b", exit=[{"event": "won"}]))
    index = {part: rows for part, rows in release.bundle["index"].items() if part != "ends"}
    former = Release({**release.bundle, "index": index}, Pointer("r"))
    assert {ending.key for ending in former.index.ended_by("won")} == {
        ending.key for ending in release.index.ended_by("won")
    }


def test_of_many_predicates_only_those_that_an_event_may_satisfy_are_asked() -> None:
    asks = [{"did": "viewed", "where": {"field": "category", "eq": f"c{n}"}} for n in range(20)]
    release = release_of(*(journey(f"j{n:02}", where) for n, where in enumerate(asks)))
    assert len(release.index.counted("viewed")) == 20
    assert len(release.index.counting("viewed", {"category": "c3"})) == 1
