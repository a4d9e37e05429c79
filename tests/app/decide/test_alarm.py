"""One alarm clock a customer: when a schedule is made, and when an item may go."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from kairos.app.decide.alarm import LOOK_AGAIN_WHEN_HALTED, STAYS_FOR, ceil_minute
from kairos.domain.instant import from_micros
from tests.app.decide.world import NOON, World, booking, cancelled, consent, make_event, release_of

S, M, H, D = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def waiting(wait: str, **more: Any) -> dict[str, Any]:
    return {
        "id": "j",
        "class": "transactional",
        "trigger": {"event": "go"},
        "subject": "cart",
        "steps": [{"wait": wait}, {"send": "hello"}],
        **more,
    }


def go(at: Any = NOON, cart: str = "c") -> Any:
    return make_event("go", at, id=f"{cart}@{at}", properties={"cart": cart})


def test_the_earliest_due_time_is_armed_rounded_up_to_the_minute_while_it_stays_exact() -> None:
    world = World(waiting("90s"))
    world.hear(go(NOON + 5 * S))
    assert world.arms() == [NOON + 2 * M]
    assert world.due == NOON + 95 * S


def test_events_that_do_not_change_the_earliest_due_time_arm_nothing() -> None:
    world = World(waiting("1h"))
    world.hear(go())
    for n in range(1, 20):
        world.hear(go(NOON + n * M, f"c{n}"))
        world.hear(make_event("page_viewed", NOON + n * M))
    assert world.arms() == [NOON + H]


def test_an_earlier_due_time_is_armed_too_and_the_later_alarm_is_left_to_ring() -> None:
    world = World(waiting("1h"), {**waiting("10m"), "id": "k", "trigger": {"event": "soon"}})
    world.hear(go())
    world.hear(make_event("soon", NOON + M, properties={"cart": "c"}))
    assert world.arms() == [NOON + H, NOON + 11 * M]


def test_beyond_thirty_six_hours_nothing_is_armed_until_the_profile_is_looked_at_again() -> None:
    world = World(waiting("36h"), {**waiting("37h"), "id": "k", "trigger": {"event": "late"}})
    world.hear(make_event("late", properties={"cart": "c"}))
    assert world.arms() == []
    assert world.outcome is not None
    assert world.outcome.wake_at == NOON + 37 * H
    world.wake(NOON + H)
    assert world.arms() == [NOON + 37 * H]


def test_a_due_time_exactly_at_the_horizon_is_armed() -> None:
    world = World(waiting("36h"))
    world.hear(go())
    assert world.arms() == [NOON + 36 * H]


def test_an_alarm_that_rang_early_is_armed_again_for_what_is_due_then() -> None:
    world = World(waiting("1h", restart=True))
    world.hear(go())
    world.hear(go(NOON + 30 * M))
    assert world.arms() == [NOON + H]
    world.wake(NOON + H)
    assert world.messages == []
    assert world.arms() == [NOON + H, NOON + 90 * M]


def test_a_lost_alarm_is_no_harm_for_the_index_still_tells_when_to_look() -> None:
    world = World(waiting("1h"))
    world.hear(go())
    world.wake(NOON + 50 * M)  # the alarm is believed to be set
    assert world.arms() == [NOON + H]
    assert world.outcome is not None
    assert world.outcome.wake_at == NOON + H


def test_a_paused_journey_is_looked_at_again_without_a_new_alarm_for_each_event() -> None:
    world = World(waiting("10m"))
    world.hear(go())
    world.release = release_of(waiting("10m"), paused=["j"])
    world.wake(NOON + 10 * M)
    armed = len(world.arms())
    for n in range(11, 40):
        world.decide([make_event("page_viewed", NOON + n * M)], NOON + n * M)
    assert world.due is not None
    assert world.due == NOON + 39 * M + LOOK_AGAIN_WHEN_HALTED
    assert len(world.arms()) == armed


def test_lateness_is_that_of_the_timer_that_was_due_first() -> None:
    world = World(waiting("1h"), reporting=False)
    world.hear(go())
    outcome = world.wake(NOON + H + 7 * M)
    assert outcome is not None
    assert outcome.lateness == 7 * M


def test_an_event_that_is_late_itself_is_no_late_timer() -> None:
    world = World(waiting("10m"), reporting=False)
    outcome = world.decide([go()], NOON + 30 * M)
    assert outcome is not None
    assert world.sent == ["hello"]
    assert outcome.lateness == timedelta()


@given(st.integers(min_value=0, max_value=10**15))
def test_rounding_up_reaches_a_whole_minute_less_than_a_minute_later(micros: int) -> None:
    at = from_micros(micros)
    minute = ceil_minute(at)
    assert (minute.second, minute.microsecond) == (0, 0)
    assert timedelta() <= minute - at < M
    assert ceil_minute(minute) == minute


# ---- time to live ----------------------------------------------------------------------------------------------


def test_an_anonymous_profile_that_owes_nothing_may_go_after_ninety_days() -> None:
    world = World()
    world.profile = None
    world.decide([make_event("page_viewed")], NOON)
    assert world.outcome is not None
    assert world.outcome.ttl == NOON + 90 * D


def test_whoever_can_be_reached_consented_or_waits_for_something_stays() -> None:
    kept = [
        make_event("x", reach={"email": True}),
        booking(NOON, NOON + D),
        cancelled(NOON),
        go(),
    ]
    for event in [*kept, consent(NOON), consent(NOON, given=False)]:
        world = World(waiting("30d"))
        world.profile = None
        world.decide([event], NOON)
        assert world.outcome is not None
        assert world.outcome.ttl is None, event.name


# ---- the place in the wake index -------------------------------------------------------------------------------


def advertised(wait: str, then: str = "1d") -> dict[str, Any]:
    return waiting(wait) | {"steps": [{"wait": wait}, {"send": "hello"}, {"wait": then}, {"send": "hello"}]}


def test_what_comes_due_and_is_sent_stays_where_it_stood_in_the_wake_index() -> None:
    world = World(advertised("1h"), reporting=False)
    world.hear(go())
    assert world.outcome is not None
    assert world.outcome.wake_at == NOON + H
    outcome = world.wake(NOON + H + 40 * S)
    assert outcome is not None
    assert (outcome.wake_at, outcome.profile.wake) == (NOON + H, NOON + H)
    reported = world.hear(world.report(world.only_message().id, "message_sent", NOON + H + 42 * S))
    assert reported is not None
    assert reported.wake_at == NOON + 25 * H


def test_one_look_too_early_moves_it_to_its_check_and_asks_for_nothing() -> None:
    world = World(advertised("1h"), reporting=False)
    world.hear(go())
    world.wake(NOON + H)
    before = len(world.effects)
    outcome = world.wake(NOON + H + 4 * M)
    assert outcome is not None
    assert outcome.wake_at == NOON + H + 15 * M
    assert len(world.effects) == before


def test_a_place_that_sweep_may_have_passed_does_not_stay() -> None:
    world = World(advertised("1h"), reporting=False)
    world.hear(go())
    late = NOON + H + STAYS_FOR + S
    outcome = world.wake(late)
    assert outcome is not None
    assert outcome.wake_at == late + 15 * M


def test_a_place_that_is_yet_to_come_makes_room_for_an_earlier_check() -> None:
    world = World(advertised("1h"), {**waiting("0m"), "id": "k", "trigger": {"event": "soon"}}, reporting=False)
    world.hear(go())
    outcome = world.hear(make_event("soon", NOON + M, properties={"cart": "c"}))
    assert outcome is not None
    assert outcome.wake_at == NOON + 16 * M
