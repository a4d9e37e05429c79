"""Segments are always up to date: what enters or leaves them is heard at once, also where nothing happens but time."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import permutations
from typing import Any

import pytest

from kairos.domain.membership import membership_key
from kairos.domain.walk import Walk, walked
from tests.app.decide.company import Company
from tests.app.decide.world import NOON, World, booking, cancelled, make_event, release_of

TICK, M, H, D = timedelta(microseconds=1), timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
LAPSED = {"all": [{"did": "ordered"}, {"not": {"did": "ordered", "within": "30d"}}]}
VIP = {"trait": "tier", "eq": "vip"}
KEEN = {"did": "viewed", "times": {"gte": 3}, "within": "7d"}


def on(segment: str, change: str = "entered", id: str = "j", **more: Any) -> dict[str, Any]:
    """Return a journey that greets who enters or leaves a segment."""
    rest = {"class": "transactional", "reenter": "always", "steps": [{"send": "hello"}]}
    return {"id": id, "trigger": {"segment": segment, "on": change}, **rest, **more}


def changes(world: World | Company) -> list[tuple[str, str, datetime]]:
    """Return (kind, segment, when) of every change of a membership."""
    return [(r.kind, r.subject, r.at) for r in world.reasons if r.kind.startswith("segment_")]


def tier(at: datetime, value: str | None, **more: Any) -> Any:
    return make_event("profile_updated", at, id=f"{value}@{at}", traits={"tier": value}, **more)


def ordered(at: datetime, **more: Any) -> Any:
    return make_event("ordered", at, **more)


# ---- events ----------------------------------------------------------------------------------------------------


def test_a_customer_enters_and_leaves_at_the_event_that_makes_it_so() -> None:
    world = World(on("vip"), on("vip", "left", id="k", steps=[{"send": "second"}]), segments={"vip": VIP})
    world.hear(tier(NOON, "gold"))
    world.hear(tier(NOON + H, "vip"))
    world.hear(tier(NOON + 2 * H, "vip"))
    world.hear(tier(NOON + 3 * H, None))
    assert changes(world) == [("segment_entered", "vip", NOON + H), ("segment_left", "vip", NOON + 3 * H)]
    assert world.messages == [(NOON + H, "hello", "email"), (NOON + 3 * H, "second", "email")]


def test_who_is_new_enters_what_they_are_in_from_the_start() -> None:
    release = release_of(on("vip"), segments={"vip": VIP})
    world = World()
    world.release, world.profile = release, None
    world.hear(tier(NOON, "vip", reach={"email": True}))
    assert changes(world) == [("segment_entered", "vip", NOON)]
    assert world.sent == ["hello"]


def test_an_exit_takes_back_what_is_held_and_a_wait_goes_on_at_once() -> None:
    waiting = on("vip", steps=[{"wait": "1h"}, {"send": "hello"}], exit={"segment": "vip", "on": "left"})
    hoping = {
        "id": "hope",
        "class": "transactional",
        "trigger": {"event": "go"},
        "steps": [
            {"wait_for": {"segment": "vip", "on": "left", "timeout": "1d"}, "then": [{"send": "second"}]},
        ],
    }
    world = World(waiting, hoping, segments={"vip": VIP})
    world.hear(tier(NOON, "vip"), make_event("go", NOON))
    world.hear(tier(NOON + M, "gold"))
    assert world.said("exited") == ["exit: segment_left:vip", "finished"]
    assert world.messages == [(NOON + M, "second", "email")]
    world.live_until(NOON + 2 * D)
    assert world.sent == ["second"]


def test_a_goal_may_be_to_enter_a_segment() -> None:
    saving = on("lapsed", goal={"segment": "vip", "on": "entered", "within": "7d"}, steps=[{"wait": "9d"}])
    saving["trigger"] = {"event": "go"}
    world = World(saving, segments={"vip": VIP})
    world.hear(make_event("go", NOON))
    world.hear(tier(NOON + D, "vip"))
    assert world.said("converted") == [""]


def test_nested_segments_change_with_what_they_ask_for() -> None:
    segments = {"vip": VIP, "keen": KEEN, "best": {"all": [{"segment": "vip"}, {"segment": "keen"}]}}
    world = World(on("best"), segments=segments)
    world.hear(tier(NOON, "vip"), *(make_event("viewed", NOON + n * H) for n in range(3)), at=NOON + 3 * H)
    world.live_until(NOON + 30 * D)
    assert changes(world) == [("segment_entered", "best", NOON + 3 * H), ("segment_left", "best", NOON + 7 * D)]


def test_changes_are_counted_as_behaviour_is() -> None:
    twice = {"did": "segment_entered:vip", "times": {"gte": 2}}
    asking = on(
        "vip", steps=[{"branch": [{"if": twice, "steps": [{"send": "second"}]}, {"else": [{"send": "hello"}]}]}]
    )
    world = World(asking, segments={"vip": VIP})
    for hour, value in enumerate(("vip", "gold", "vip")):
        world.hear(tier(NOON + hour * H, value))
    assert world.sent == ["hello", "second"]


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_late_reordered_and_repeated_events_leave_the_same_memberships(order: tuple[int, ...]) -> None:
    words = [ordered(NOON), ordered(NOON + 20 * D), tier(NOON + D, "vip")]
    world = World(on("lapsed"), segments={"lapsed": LAPSED, "vip": VIP})
    world.hear(*(words[index] for index in order), words[order[0]], at=NOON + 20 * D)
    assert world.due == NOON + 50 * D
    world.live_until(NOON + 60 * D)
    assert changes(world) == [("segment_entered", "lapsed", NOON + 50 * D)]


# ---- windows that end without an event ---------------------------------------------------------------------------


def test_a_window_that_ends_is_a_timer_and_rings_at_its_exact_end() -> None:
    world = World(on("lapsed"), segments={"lapsed": LAPSED})
    world.hear(ordered(NOON + TICK))
    assert world.due == NOON + TICK + 30 * D
    world.live_until(NOON + 40 * D)
    assert changes(world) == [("segment_entered", "lapsed", NOON + TICK + 30 * D)]
    assert world.messages == [(NOON + TICK + 30 * D, "hello", "email")]
    assert world.due is None


def test_an_order_moves_the_end_of_the_window_and_at_the_very_end_it_comes_first() -> None:
    world = World(on("lapsed"), segments={"lapsed": LAPSED})
    world.hear(ordered(NOON))
    world.hear(ordered(NOON + 29 * D))
    assert world.due == NOON + 59 * D
    world.hear(ordered(NOON + 59 * D))
    world.live_until(NOON + 80 * D)
    assert changes(world) == []


def test_a_change_at_the_instant_a_message_is_due_is_heard_before_it() -> None:
    leaving = on("keen", steps=[{"wait": "6d23h"}, {"send": "hello"}], exit={"segment": "keen", "on": "left"})
    world = World(leaving, segments={"keen": KEEN})
    world.hear(*(make_event("viewed", NOON + n * H) for n in range(2)), at=NOON + H)
    world.hear(make_event("viewed", NOON + H + M))
    assert world.only_enrollment().due == NOON + 7 * D + M
    world.live_until(NOON + 9 * D)
    assert world.sent == []
    assert changes(world)[-1] == ("segment_left", "keen", NOON + 7 * D)


@pytest.mark.parametrize("late", [M, 2 * D])
def test_a_window_that_ends_during_an_outage_starts_its_journey_afterwards(late: timedelta) -> None:
    world = World(on("lapsed", steps=[{"wait": "1h"}, {"send": "hello"}]), segments={"lapsed": LAPSED})
    world.hear(ordered(NOON))
    back = NOON + 30 * D + late
    world.wake(back)
    assert changes(world) == [("segment_entered", "lapsed", back)]
    world.live_until(back + 2 * H)
    started = back - late if late == M else back
    assert [at for at, _, _ in world.messages] == [started + H]


def test_what_begins_and_ends_within_an_outage_is_not_told() -> None:
    soon = {"entry": "booking", "where": {"field": "starts_at", "within": "+1d"}}
    world = World(on("soon"), segments={"soon": soon})
    world.hear(booking(NOON, NOON + 5 * D))
    assert world.due == NOON + 4 * D
    world.wake(NOON + 6 * D)
    assert changes(world) == []


def test_an_entry_that_comes_near_moves_or_is_cancelled_changes_who_is_in() -> None:
    soon = {"entry": "booking", "where": {"field": "starts_at", "within": "+1d"}}
    world = World(on("soon"), segments={"soon": soon})
    world.hear(booking(NOON, NOON + 5 * D))
    world.hear(booking(NOON + H, NOON + 3 * D))
    world.live_until(NOON + 2 * D + H)
    world.hear(cancelled(NOON + 2 * D + 2 * H))
    expected = [("segment_entered", "soon", NOON + 2 * D), ("segment_left", "soon", NOON + 2 * D + 2 * H)]
    assert changes(world) == expected


def test_a_date_follows_the_customers_own_zone() -> None:
    due = {"trait": "renews_on", "before": "now"}
    world = World(on("due"), segments={"due": due})
    world.hear(make_event("profile_updated", NOON, traits={"renews_on": "2026-03-05"}))
    assert world.due == datetime(2026, 3, 5, tzinfo=NOON.tzinfo)
    world.hear(make_event("profile_updated", NOON + H, traits={"timezone": "Asia/Seoul"}))
    assert world.due == datetime(2026, 3, 4, 15, tzinfo=NOON.tzinfo)


# ---- what starts nothing -----------------------------------------------------------------------------------------


def test_history_and_what_is_too_old_change_memberships_and_start_nothing() -> None:
    world = World(on("vip"), segments={"vip": VIP})
    world.hear(tier(NOON, "vip", historical=True))
    world.hear(tier(NOON + H, None))
    world.hear(tier(NOON + 2 * H, "vip", received_at=NOON + 5 * D))
    assert [kind for kind, _, _ in changes(world)] == ["segment_entered", "segment_left", "segment_entered"]
    assert world.said("ignored") == ["historical", "too old"]


def test_segments_that_nothing_waits_for_are_not_tracked_unless_they_say_so() -> None:
    world = World(segments={"vip": VIP})
    world.hear(tier(NOON, "vip"))
    assert (world.known.segments, world.known.windows, world.known.recounted) == (frozenset(), {}, "")


def test_a_circle_of_changes_ends_with_that_reason() -> None:
    make = on("vip", id="up", steps=[{"update": {"tier": "gold"}}])
    undo = on("vip", "left", id="down", steps=[{"update": {"tier": "vip"}}])
    world = World(make, undo, segments={"vip": VIP})
    world.hear(tier(NOON, "vip"))
    assert world.said("ignored") == ["segments and journeys change in a circle"]


def test_a_circle_of_changes_comes_around_once() -> None:
    up = on("vip", id="up", steps=[{"update": {"tier": "gold"}}, {"send": "hello"}], reenter="always")
    down = on("vip", "left", id="down", steps=[{"update": {"tier": "vip"}}, {"send": "second"}], reenter="always")
    world = World(up, down, segments={"vip": VIP})
    world.hear(tier(NOON, "vip"))
    assert sorted(world.sent) == ["hello", "second"]


def test_an_unknown_trait_is_in_no_segment_that_asks_for_it() -> None:
    world = World(on("vip"), on("due", id="k"), segments={"vip": VIP, "due": {"trait": "nope", "within": "+3d"}})
    world.hear(make_event("viewed", NOON))
    assert (changes(world), world.due) == ([], None)


# ---- a definition that changes ------------------------------------------------------------------------------------


def recount(at: datetime) -> Any:
    return walked(Walk("w1", "recount", at, at), "u1", at)


def test_a_segment_that_is_edited_is_counted_anew_and_starts_nothing_but_lets_go() -> None:
    greeting = on("big", steps=[{"wait": "1d"}, {"send": "hello"}], exit={"segment": "big", "on": "left"})
    world = World(greeting, segments={"big": {"trait": "spent", "gte": 100}})
    world.hear(make_event("profile_updated", NOON, traits={"spent": 150}))
    assert len(world.known.enrollments) == 1
    world.release = release_of(greeting, segments={"big": {"trait": "spent", "gte": 200}})
    world.decide([recount(NOON + H)], NOON + H)
    assert world.said("exited") == ["exit: segment_left:big"]
    world.release = release_of(greeting, segments={"big": {"trait": "spent", "gte": 50}})
    world.decide([recount(NOON + 2 * H)], NOON + 2 * H)
    assert world.said("segment_entered") == ["", "counted anew: the definition changed"]
    assert world.said("ignored") == ["historical"]
    world.live_until(NOON + 3 * D)
    assert world.sent == []


def test_a_recount_reaches_a_goal_for_nobody() -> None:
    journey = on("x", goal={"segment": "big", "on": "entered", "within": "7d"}, steps=[{"wait": "2d"}])
    journey["trigger"] = {"event": "go"}
    world = World(journey, segments={"big": {"trait": "spent", "gte": 200}})
    world.hear(make_event("go", NOON, traits={"spent": 150}))
    world.release = release_of(journey, segments={"big": {"trait": "spent", "gte": 100}})
    world.decide([recount(NOON + H)], NOON + H)
    assert world.said("segment_entered") == ["counted anew: the definition changed"]
    assert world.said("converted") == []


def test_an_event_that_comes_before_the_walk_is_a_change_of_its_own() -> None:
    world = World(segments={"vip": VIP})
    world.release = release_of(on("vip"), segments={"vip": VIP})
    world.hear(tier(NOON, "vip"))
    assert world.sent == ["hello"]


def test_a_recount_that_finds_nobody_inside_and_no_window_writes_nothing() -> None:
    world = World(segments={"vip": VIP})
    world.release = release_of(on("vip"), segments={"vip": VIP})
    assert world.decide([recount(NOON)], NOON) is None


def test_a_recount_sets_the_timer_of_a_window_and_repeating_it_changes_nothing() -> None:
    world = World({**on("x"), "trigger": {"event": "never", "where": LAPSED}}, segments={"lapsed": LAPSED})
    world.hear(ordered(NOON))
    world.release = release_of(on("lapsed"), segments={"lapsed": LAPSED})
    world.decide([recount(NOON + H)], NOON + H)
    assert world.due == NOON + 30 * D
    assert world.decide([walked(Walk("w2", "recount", NOON, NOON), "u1", NOON + 2 * H)], NOON + 2 * H) is None
    world.outcome = None
    world.wake(NOON + 30 * D)
    assert world.sent == ["hello"]


def test_a_window_that_ended_while_the_definitions_changed_still_starts_its_journey() -> None:
    world = World(on("lapsed"), segments={"lapsed": LAPSED})
    world.hear(ordered(NOON))
    world.release = release_of(on("lapsed"), on("vip", id="k"), segments={"lapsed": LAPSED, "vip": VIP})
    world.wake(NOON + 30 * D)
    assert world.sent == ["hello"]


def test_segments_that_are_no_longer_tracked_leave_the_item() -> None:
    world = World(on("vip"), on("lapsed", id="k"), segments={"vip": VIP, "lapsed": LAPSED})
    world.hear(tier(NOON, "vip"), ordered(NOON))
    assert world.known.segments == {membership_key("vip")}
    assert world.known.windows == {membership_key("lapsed"): NOON + 30 * D}
    world.release = release_of(segments={"vip": VIP, "lapsed": LAPSED})
    world.hear(make_event("viewed", NOON + H))
    assert (world.known.segments, world.known.windows, world.due) == (frozenset(), {}, None)


# ---- two who become one -------------------------------------------------------------------------------------------


def becoming(*events: tuple[str, Any], journeys: Any, segments: Any) -> Company:
    company = Company(*journeys, segments=segments)
    company.introduce("old", "new")
    for id, event in events:
        company.hear(id, event, at=event.received_at)
    company.merge("new", "old")
    return company


def test_what_both_did_adds_up_and_the_sum_enters() -> None:
    views = [make_event("viewed", NOON + n * M) for n in range(3)]
    told = [("old", views[0]), ("old", views[1]), ("new", views[2])]
    company = becoming(*told, journeys=[on("keen")], segments={"keen": KEEN})
    assert [(kind, segment) for kind, segment, _ in changes(company)] == [("segment_entered", "keen")]
    assert [template for template, _ in company.messages] == ["hello"]


def test_one_event_that_reached_both_counts_once() -> None:
    views = [make_event("viewed", NOON + n * M) for n in range(2)]
    told = [(id, view) for id in ("old", "new") for view in views]
    company = becoming(*told, journeys=[on("keen")], segments={"keen": KEEN})
    assert changes(company) == []


def test_who_was_in_it_as_either_does_not_enter_again_and_leaves_if_the_whole_is_not_in_it() -> None:
    told = [("new", tier(NOON, "vip")), ("old", tier(NOON + M, "vip"))]
    company = becoming(*told, journeys=[on("vip")], segments={"vip": VIP})
    assert [kind for kind, _, _ in changes(company)] == ["segment_entered", "segment_entered"]
    told = [("new", tier(NOON, "vip")), ("old", tier(NOON + M, "gold"))]
    waiting = on("vip", steps=[{"wait": "1d"}, {"send": "hello"}], exit={"segment": "vip", "on": "left"})
    company = becoming(*told, journeys=[waiting], segments={"vip": VIP})
    assert [kind for kind, _, _ in changes(company)] == ["segment_entered", "segment_left"]
    company.live_until(NOON + 3 * D)
    assert company.messages == []


def test_the_window_of_the_whole_ends_with_the_later_of_both() -> None:
    told = [("old", ordered(NOON)), ("new", ordered(NOON + 5 * D))]
    company = becoming(*told, journeys=[on("lapsed")], segments={"lapsed": LAPSED})
    assert company["old"].windows == {membership_key("lapsed"): NOON + 35 * D}
    assert company["new"].windows == {}
