"""What a walk brings to one customer: they follow what changed, once, and where nothing changed nothing is written."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from kairos.app.decide import decide
from kairos.app.inbox import _decide_without_poison
from kairos.domain.effects import Arm
from kairos.domain.event import Event, event_from_json, event_to_json
from kairos.domain.profile import Profile
from kairos.domain.walk import Walk, walked
from tests.app.decide.world import NOON, World, booking, cancelled, make_event, release_of

M, H, D = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
REMINDER: dict[str, Any] = {
    "id": "reminder",
    "class": "transactional",
    "anchor": {"entry": "booking"},
    "timeline": [{"at": "-1d 10:00", "send": "hello"}, {"at": "-2h", "send": "second"}],
}
NEWS: dict[str, Any] = {"id": "news", "class": "marketing", "trigger": "broadcast", "steps": [{"send": "hello"}]}
WAITING: dict[str, Any] = {
    "id": "j",
    "class": "marketing",
    "trigger": {"event": "go"},
    "steps": [{"wait": "10m"}, {"send": "hello"}],
}


def walk(about: Any, *journeys: str, id: str = "w1", segment: str | None = None) -> Walk:
    return Walk(id, about, NOON, NOON, journeys=journeys, segment=segment)


def wake(about: Any, *journeys: str, at: datetime = NOON, **more: Any) -> Event:
    return walked(walk(about, *journeys, **more), "u1", at)


def booked(*starts: datetime, **world: Any) -> World:
    """Return a customer with bookings of which no journey knew."""
    life = World(**world)
    life.hear(*(booking(NOON, at, f"b{number}") for number, at in enumerate(starts)))
    return life


def publish(life: World, *journeys: dict[str, Any], **more: Any) -> None:
    life.release = release_of(*journeys, **more)


# ---- a timeline that was published later -----------------------------------------------------------------------


def test_a_booking_that_was_there_before_the_journey_is_reminded_of() -> None:
    life = booked(NOON + 3 * D)
    publish(life, REMINDER)
    outcome = life.decide([wake("enroll", "reminder")], NOON + H)
    assert outcome is not None
    assert life.said("entered") == [""]
    life.live_until(NOON + 4 * D)
    assert life.messages == [
        (NOON + 2 * D - 2 * H, "hello", "email"),
        (NOON + 3 * D - 2 * H, "second", "email"),
    ]


def test_each_live_booking_gets_its_own_passage_and_over_or_cancelled_ones_none() -> None:
    life = booked(NOON + 3 * D, NOON + 5 * D, NOON + 7 * D, NOON + H)
    life.hear(cancelled(NOON + M, "b1"))
    publish(life, REMINDER)
    life.decide([wake("enroll", "reminder")], NOON + 2 * H)
    assert sorted(e.subject for e in life.known.enrollments.values()) == ["b0", "b2"]


def test_what_was_over_before_the_walk_came_is_not_sent_even_where_the_author_says_send_now() -> None:
    late = {
        **REMINDER,
        "timeline": [{"at": "-30d", "send": "hello", "if_past": "send_now"}, {"at": "-1h", "send": "second"}],
    }
    life = booked(NOON + 3 * D)
    publish(life, late)
    life.decide([wake("enroll", "reminder")], NOON + M)
    assert life.sent == []
    life.live_until(NOON + 4 * D)
    assert life.sent == ["second"]


def test_a_step_after_the_anchor_is_still_to_come() -> None:
    review = {**REMINDER, "timeline": [{"at": "-2h", "send": "hello"}, {"at": "+1d 11:00", "send": "second"}]}
    life = booked(NOON + H)
    publish(life, review)
    life.decide([wake("enroll", "reminder")], NOON + 3 * H)
    life.live_until(NOON + 4 * D)
    assert life.sent == ["second"]


def test_only_the_journeys_of_the_walk_are_entered() -> None:
    life = booked(NOON + 3 * D)
    publish(life, REMINDER, {**REMINDER, "id": "other"})
    life.decide([wake("enroll", "other")], NOON + M)
    assert [e.journey for e in life.known.enrollments.values()] == ["other"]


def test_a_passage_that_is_there_stays_as_it_is_in_its_version() -> None:
    life = World(REMINDER)
    life.hear(booking(NOON, NOON + 3 * D))
    before = life.only_enrollment()
    assert life.decide([wake("enroll", "reminder")], NOON + M) is None
    assert life.only_enrollment() == before


def test_a_held_out_customer_is_held_out_by_a_walk_too() -> None:
    life = booked(NOON + 3 * D)
    publish(life, {**REMINDER, "holdout": "100%"})
    life.decide([wake("enroll", "reminder")], NOON + M)
    assert life.said("holdout") == [""]
    life.live_until(NOON + 4 * D)
    assert life.sent == []


def test_a_move_after_the_walk_moves_what_it_planned() -> None:
    life = booked(NOON + 3 * D)
    publish(life, REMINDER)
    life.decide([wake("enroll", "reminder")], NOON + M)
    life.hear(booking(NOON + H, NOON + 6 * D, "b0"))
    life.live_until(NOON + 7 * D)
    assert [at for at, template, _ in life.messages if template == "second"] == [NOON + 6 * D - 2 * H]


# ---- what changes nothing --------------------------------------------------------------------------------------


@pytest.mark.parametrize("about", ["enroll", "resume", "replan"])
def test_nobody_is_written_whom_the_walk_does_not_concern(about: str) -> None:
    life = World(REMINDER, NEWS)
    assert decide(life.known, life.release, [wake(about, "reminder")], NOON) is None


def test_a_walk_does_not_bring_back_who_is_gone() -> None:
    assert decide(None, release_of(NEWS), [wake("broadcast", "news")], NOON) is None


@pytest.mark.parametrize("later", [M, 5 * D])
def test_a_wake_up_that_comes_again_changes_nothing(later: timedelta) -> None:
    life = booked(NOON + 30 * D)
    publish(life, REMINDER, NEWS)
    for event in (wake("enroll", "reminder"), wake("broadcast", "news", id="w2")):
        assert life.decide([event], NOON) is not None
        assert life.decide([event], NOON + later) is None
    assert life.sent == ["hello"]


def test_with_an_event_a_walk_is_decided_and_written_together() -> None:
    life = World(NEWS)
    outcome = life.decide([wake("resume"), make_event("page_viewed")], NOON)
    assert outcome is not None


def test_a_wake_up_travels_as_an_event_does() -> None:
    event = wake("broadcast", "news", segment="vips")
    assert event_from_json(event_to_json(event)) == event


def test_the_word_of_a_walk_from_anybody_else_is_any_event() -> None:
    life = World(NEWS)
    forged = replace(wake("broadcast", "news"), source="track")
    life.decide([forged], NOON)
    assert life.sent == []
    assert life.known.enrollments == {}


@pytest.mark.parametrize("properties", [{"about": "nothing"}, {"about": "enroll", "journeys": "all"}])
def test_a_wake_up_that_says_nothing_known_is_parked_alone(properties: dict[str, Any]) -> None:
    life = World(NEWS)
    bad = replace(wake("enroll"), properties=properties)
    outcome, rejected = _decide_without_poison(life.known, life.release, [bad, make_event("page_viewed")], NOON)
    assert outcome is not None
    assert [event for event, _ in rejected] == [bad]


# ---- a broadcast -----------------------------------------------------------------------------------------------


def test_a_broadcast_reaches_who_sent_nothing() -> None:
    life = World(NEWS)
    life.decide([wake("broadcast", "news")], NOON)
    assert life.messages == [(NOON, "hello", "email")]
    assert [reason.subject for reason in life.reasons if reason.kind == "entered"] == ["w1"]


def test_each_broadcast_is_a_subject_of_its_own() -> None:
    life = World(NEWS)
    life.decide([wake("broadcast", "news")], NOON)
    life.decide([wake("broadcast", "news", id="w2", at=NOON + D)], NOON + D)
    assert life.sent == ["hello", "hello"]


def test_reentry_counts_from_one_broadcast_to_the_next() -> None:
    life = World({**NEWS, "reenter": {"after": "7d"}})
    for number, day in enumerate((0, 3, 8)):
        life.decide([wake("broadcast", "news", id=f"w{number}", at=NOON + day * D)], NOON + day * D)
    assert [at for at, _, _ in life.messages] == [NOON, NOON + 8 * D]
    assert life.said("ignored") == ["entered before"]


def test_caps_quiet_hours_and_consent_hold_for_a_broadcast() -> None:
    capped = World(NEWS, brand={"caps": [{"channel": "email", "max": 1, "per": "7d"}]})
    for number in (1, 2):
        capped.decide([wake("broadcast", "news", id=f"w{number}")], NOON)
    assert (capped.sent, capped.said("not_sent")) == (["hello"], ["frequency cap"])
    unasked = World(NEWS, consents=False)
    unasked.decide([wake("broadcast", "news")], NOON)
    assert unasked.sent == []
    asleep = World(NEWS, brand={"quiet_hours": {"email": "11:00-13:00"}})
    asleep.decide([wake("broadcast", "news")], NOON)
    assert asleep.said("held") == ["quiet hours"]


def test_only_the_segment_is_reached_and_nobody_else_is_written() -> None:
    vips = {"vips": {"trait": "tier", "eq": "vip"}}
    life = World(NEWS, segments=vips)
    assert life.decide([wake("broadcast", "news", segment="vips")], NOON) is None
    life.decide([make_event("profile_updated", traits={"tier": "vip"})], NOON)
    life.decide([wake("broadcast", "news", segment="vips")], NOON + M)
    assert life.sent == ["hello"]
    assert life.decide([wake("broadcast", "news", segment="gone", id="w2")], NOON + M) is None


def test_who_cannot_be_reached_at_all_is_passed_over() -> None:
    stranger = Profile("u1", NOON)
    assert decide(stranger, release_of(NEWS), [wake("broadcast", "news")], NOON) is None


def test_a_journey_that_is_not_made_for_it_is_not_broadcast() -> None:
    life = World(WAITING)
    assert life.decide([wake("broadcast", "j")], NOON) is None


def test_a_broadcast_that_comes_a_day_late_is_not_sent() -> None:
    life = World(NEWS)
    life.decide([wake("broadcast", "news")], NOON + D + M)
    assert (life.sent, life.said("ignored")) == ([], ["too old"])


def test_the_full_stop_keeps_a_broadcast_from_starting() -> None:
    life = World(NEWS, stopped=True)
    life.decide([wake("broadcast", "news")], NOON)
    assert (life.sent, life.said("ignored")) == ([], ["the journey is paused"])


# ---- going on --------------------------------------------------------------------------------------------------


def test_what_fell_due_while_the_journey_was_paused_goes_out_when_the_walk_comes() -> None:
    life = World(WAITING)
    life.hear(make_event("go"))
    publish(life, WAITING, paused=["j"])
    life.wake(NOON + 10 * M)
    publish(life, WAITING)
    outcome = life.decide([wake("resume", "j")], NOON + 2 * H)
    assert life.messages == [(NOON + 2 * H, "hello", "email")]
    assert outcome is not None
    assert outcome.lateness == timedelta(), "a pause is not lateness"


def test_a_timer_that_is_nearer_than_the_next_look_gets_its_alarm_back() -> None:
    long = {**WAITING, "steps": [{"wait": "3h"}, {"send": "hello"}]}
    life = World(long)
    publish(life, long, paused=["j"])
    life.decide([make_event("page_viewed")], NOON)
    publish(life, long)
    life.hear(make_event("go"))
    publish(life, long, paused=["j"])
    life.profile = replace(life.known, alarm=NOON + D)  # as the look at a paused journey leaves it
    publish(life, long)
    outcome = life.decide([wake("resume", "j")], NOON + H)
    assert outcome is not None
    assert [effect for effect in outcome.effects if isinstance(effect, Arm)] == [Arm("u1", NOON + 3 * H)]
    assert outcome.wake_at == NOON + 3 * H


def test_lifting_the_full_stop_is_for_every_journey() -> None:
    life = World(WAITING)
    life.hear(make_event("go"))
    publish(life, WAITING, stopped=True)
    life.wake(NOON + 10 * M)
    publish(life, WAITING)
    life.decide([wake("resume")], NOON + H)
    assert life.sent == ["hello"]


def test_a_walk_for_one_journey_does_not_touch_another_that_stands_still() -> None:
    life = World(WAITING)
    life.hear(make_event("go"))
    publish(life, WAITING, paused=["j"])
    life.wake(NOON + 10 * M)
    assert life.decide([wake("resume", "other")], NOON + H) is None


# ---- plans made anew -------------------------------------------------------------------------------------------


def test_when_the_brand_moves_to_another_zone_local_times_follow_and_elapsed_ones_stay() -> None:
    life = World(REMINDER)
    life.hear(booking(NOON, NOON + 3 * D))
    publish(life, REMINDER, brand={"timezone": "Asia/Seoul"})
    life.decide([wake("replan")], NOON + H)
    life.live_until(NOON + 4 * D)
    # 10:00 of the day before, as it is told in Seoul, is nine hours earlier.
    assert [at for at, _, _ in life.messages] == [NOON + 2 * D - 11 * H, NOON + 3 * D - 2 * H]


def test_who_has_a_zone_of_their_own_is_not_written() -> None:
    life = World(REMINDER)
    life.hear(make_event("profile_updated", traits={"timezone": "Europe/Berlin"}), booking(NOON, NOON + 3 * D))
    publish(life, REMINDER, brand={"timezone": "Asia/Seoul"})
    assert life.decide([wake("replan")], NOON + H) is None


def test_a_message_held_by_hours_that_are_no_more_goes_out() -> None:
    life = World(NEWS, brand={"quiet_hours": {"email": "11:00-13:00"}})
    life.decide([wake("broadcast", "news")], NOON)
    publish(life, NEWS)
    life.decide([wake("replan", id="w2")], NOON + M)
    assert life.sent == ["hello"]
