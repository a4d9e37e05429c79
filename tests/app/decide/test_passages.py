"""Entering, walking and leaving a journey."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from kairos.app.decide import decide
from kairos.app.decide.alarm import LOOK_AGAIN_WHEN_HALTED
from kairos.domain.event import Event, Wake
from tests.app.decide.world import NOON, World, make_event, release_of

M, H, D = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def journey(*steps: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "id": "j",
        "class": "transactional",
        "trigger": {"event": "cart_updated"},
        "steps": list(steps) or [{"wait": "30m"}, {"send": "hello"}],
        **more,
    }


def cart(at: datetime = NOON, cart: str = "c1", total: int = 100, **more: Any) -> Event:
    return make_event("cart_updated", at, id=f"{cart}@{at}", properties={"cart_id": cart, "total": total}, **more)


# ---- entering --------------------------------------------------------------------------------------------------


def test_a_trigger_enters_and_the_message_goes_out_exactly_when_its_wait_is_over() -> None:
    world = World(journey())
    world.hear(cart())
    world.live_until(NOON + D)
    assert world.messages == [(NOON + 30 * M, "hello", "email")]
    assert world.said("exited") == ["finished"]


def test_a_trigger_that_does_not_satisfy_where_starts_nothing() -> None:
    world = World(journey(trigger={"event": "cart_updated", "where": {"field": "total", "gte": 1000}}))
    world.hear(cart(total=999))
    assert world.known.enrollments == {}
    world.hear(cart(NOON + M, total=1000))
    assert len(world.known.enrollments) == 1


def test_any_of_several_triggers_starts_the_journey() -> None:
    world = World(journey(trigger=[{"event": "signed_up"}, {"event": "cart_updated"}]))
    world.hear(make_event("signed_up"))
    assert world.said("entered") == [""]


def test_the_counter_of_a_trigger_includes_the_trigger_itself() -> None:
    where = {"did": "cart_updated", "times": {"gte": 2}, "within": "1d"}
    world = World(journey(trigger={"event": "cart_updated", "where": where}))
    world.hear(cart())
    assert world.said("entered") == []
    world.hear(cart(NOON + M))
    assert world.said("entered") == [""]


def test_each_subject_has_a_passage_of_its_own_at_the_same_time() -> None:
    world = World(journey(subject="cart_id"))
    world.hear(cart(cart="c1"), cart(NOON + M, "c2"))
    world.live_until(NOON + D)
    assert [at for at, _, _ in world.messages] == [NOON + 30 * M, NOON + 31 * M]


@pytest.mark.parametrize("value", [None, ""])
def test_a_trigger_without_the_subject_that_the_journey_asks_for_starts_nothing(value: Any) -> None:
    world = World(journey(subject="cart_id"))
    world.hear(make_event("cart_updated", properties={} if value is None else {"cart_id": value}))
    assert world.known.enrollments == {}


def test_a_subject_longer_than_what_is_kept_still_finds_its_goal() -> None:
    long = "c" * 300
    world = World(journey(subject="cart_id", goal={"event": "order_completed"}))
    world.hear(cart(cart=long))
    world.hear(make_event("order_completed", NOON + M, properties={"cart_id": long}))
    assert world.said("converted") == [""]


def test_restart_starts_the_waiting_passage_afresh() -> None:
    world = World(journey(restart=True))
    for minutes in (0, 20, 40):
        world.hear(cart(NOON + minutes * M))
    world.live_until(NOON + D)
    assert [at for at, _, _ in world.messages] == [NOON + 70 * M]
    assert world.said("exited") == ["started afresh", "started afresh", "finished"]


def test_a_trigger_older_than_the_passage_does_not_restart_it() -> None:
    world = World(journey(restart=True))
    world.hear(cart(NOON + 20 * M))
    world.hear(cart(NOON, received_at=NOON + 25 * M))
    world.live_until(NOON + D)
    assert [at for at, _, _ in world.messages] == [NOON + 50 * M]


def test_an_elapsed_wait_counts_from_when_the_trigger_occurred() -> None:
    world = World(journey())
    world.hear(cart(NOON, received_at=NOON + 20 * M))
    assert world.due == NOON + 30 * M


# ---- goals and exits -------------------------------------------------------------------------------------------


def test_a_goal_at_the_very_due_time_comes_before_the_timer() -> None:
    world = World(journey(goal={"event": "order_completed"}))
    world.hear(cart())
    world.hear(make_event("order_completed", NOON + 30 * M))
    assert world.messages == []


@pytest.mark.parametrize("name", ["order_completed", "subscribed"])
def test_any_of_several_goals_ends_the_passage_in_the_middle_of_a_long_wait(name: str) -> None:
    goals = [{"event": "order_completed", "within": "60d"}, {"event": "subscribed"}]
    world = World(journey({"wait": "30d"}, {"send": "hello"}, goal=goals))
    world.hear(cart())
    world.hear(make_event(name, NOON + 15 * D))
    world.live_until(NOON + 40 * D)
    assert (world.messages, world.said("converted")) == ([], [""])
    world.hear(make_event("subscribed", NOON + 41 * D))
    assert world.said("converted") == [""]


def test_each_trigger_goal_and_exit_may_name_the_subject_in_its_own_way() -> None:
    world = World(
        journey(
            subject="cart_id",
            trigger=[{"event": "cart_updated"}, {"event": "checkout_started", "subject": "cart"}],
            goal=[{"event": "paid", "subject": "order.cart"}, {"event": "won"}],
            exit=[{"event": "dropped", "subject": "cart"}],
        )
    )
    world.hear(*(cart(cart=f"c{number}") for number in range(3)))
    world.hear(make_event("checkout_started", NOON + M, properties={"cart": "c3"}))
    world.hear(make_event("checkout_started", NOON + M, id="none", properties={"cart_id": "c9"}))
    world.hear(make_event("paid", NOON + 2 * M, properties={"order": {"cart": "c1"}, "cart_id": "c2"}))
    world.hear(make_event("dropped", NOON + 2 * M, properties={"cart": "c3"}))
    ended = {reason.subject: reason.reason for reason in world.reasons if reason.kind == "exited"}
    assert ended == {"c1": "goal reached", "c3": "exit: dropped"}
    assert {e.subject for e in world.known.enrollments.values() if e.active} == {"c0", "c2"}


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_two_triggers_in_one_batch_are_one_passage(order: tuple[int, int]) -> None:
    both = [cart(), make_event("checkout_started", properties={"cart_id": "c1"})]
    trigger = [{"event": "cart_updated"}, {"event": "checkout_started"}]
    world = World(journey(subject="cart_id", trigger=trigger))
    world.hear(*(both[number] for number in order))
    world.live_until(NOON + D)
    assert (world.said("entered"), world.said("ignored")) == ([""], ["already in it"])
    assert world.messages == [(NOON + 30 * M, "hello", "email")]


def test_one_event_that_two_triggers_want_is_one_passage() -> None:
    trigger = [{"event": "cart_updated"}, {"event": "cart_updated", "where": {"field": "total", "gte": 1}}]
    world = World(journey(trigger=trigger, reenter="always"))
    world.hear(cart())
    assert (world.said("entered"), world.said("ignored")) == ([""], [])


def test_a_request_starts_only_the_journey_it_names() -> None:
    world = World(journey(trigger={"api": True}, subject="cart_id"), journey(id="other", trigger={"api": True}))
    asked = {"journey": "j", "cart_id": "c7"}
    world.hear(make_event("journey_requested", properties=asked), make_event("journey_requested", id="x"))
    entered = [(reason.journey, reason.subject) for reason in world.reasons if reason.kind == "entered"]
    assert entered == [("j", "c7")]


def test_ten_bookings_of_one_customer_at_once_are_ten_passages_each_with_its_own_end() -> None:
    world = World(
        journey(
            subject="booking_id",
            trigger={"event": "booked"},
            exit=[{"event": "called_off"}],
            **{"class": "transactional"},
        )
    )
    at_once = [make_event("booked", id=f"b{n}", properties={"booking_id": f"b{n}"}) for n in range(10)]
    world.hear(*at_once, *at_once[:3])
    assert len(world.said("entered")) == 10
    world.hear(make_event("called_off", NOON + M, properties={"booking_id": "b4"}))
    world.live_until(NOON + D)
    assert world.messages == [(NOON + 30 * M, "hello", "email")] * 9
    assert "b4" not in {reason.subject for reason in world.reasons if reason.kind == "message"}


def test_goal_and_exit_match_the_subject_where_the_event_carries_it() -> None:
    world = World(journey(subject="cart_id", exit=[{"event": "cart_emptied"}]))
    world.hear(cart(cart="c1"), cart(cart="c2"), cart(NOON + M, "c3"))
    world.hear(make_event("cart_emptied", NOON + 2 * M, properties={"cart_id": "c1"}))
    assert {e.subject for e in world.known.enrollments.values() if e.active} == {"c2", "c3"}
    world.hear(make_event("cart_emptied", NOON + 3 * M))
    assert not any(e.active for e in world.known.enrollments.values())


def test_an_exit_that_happened_before_the_passage_does_not_end_it() -> None:
    world = World(journey(exit=[{"event": "cart_emptied"}]))
    world.hear(cart())
    world.hear(make_event("cart_emptied", NOON - M, received_at=NOON + M))
    assert world.only_enrollment().active


@pytest.mark.parametrize("ending", ["order_completed", "cart_emptied"])
def test_a_goal_or_exit_that_overtook_its_trigger_keeps_the_journey_from_starting(ending: str) -> None:
    world = World(journey(subject="cart_id", goal={"event": "order_completed"}, exit=[{"event": "cart_emptied"}]))
    world.hear(make_event(ending, NOON + M, properties={"cart_id": "c1"}))
    world.hear(cart(NOON, received_at=NOON + 2 * M), cart(NOON, "c2", received_at=NOON + 2 * M))
    assert world.said("ignored") == ["goal or exit came first"]
    assert [e.subject for e in world.known.enrollments.values()] == ["c2"]
    world.hear(cart(NOON + 3 * M))
    assert world.said("entered") == ["", ""]


def test_an_order_that_is_both_trigger_and_exit_starts_the_journey_anew_each_time() -> None:
    again = journey(
        {"wait": "30d"},
        {"send": "hello"},
        trigger={"event": "order_completed"},
        exit=[{"event": "order_completed"}],
        reenter="always",
    )
    world = World(again)
    world.hear(make_event("order_completed", NOON))
    world.hear(make_event("order_completed", NOON + 20 * D))
    world.live_until(NOON + 90 * D)
    assert world.messages == [(NOON + 50 * D, "hello", "email")]
    assert world.said("exited") == ["exit: order_completed", "finished"]


def test_where_of_a_goal_is_asked_of_the_goals_own_properties() -> None:
    world = World(journey(goal={"event": "order_completed", "where": {"field": "total", "gte": 50}}))
    world.hear(cart(total=100))
    world.hear(make_event("order_completed", NOON + M, properties={"total": 10}))
    assert world.said("converted") == []
    world.hear(make_event("order_completed", NOON + 2 * M, properties={"total": 50}))
    assert world.said("converted") == [""]


# ---- late wake-ups, pauses, budgets ----------------------------------------------------------------------------


def test_lateness_does_not_add_up_over_steps() -> None:
    world = World(journey({"wait": "30m"}, {"send": "hello"}, {"wait": "30m"}, {"send": "second"}))
    world.hear(cart())
    world.wake(NOON + 40 * M)
    assert world.due == NOON + 60 * M


def test_a_passage_that_is_badly_late_keeps_its_messages_apart() -> None:
    world = World(journey({"wait": "30m"}, {"send": "hello"}, {"wait": "30m"}, {"send": "second"}))
    world.hear(cart())
    world.wake(NOON + 5 * H)
    assert world.sent == ["hello"]
    assert world.due == NOON + 5 * H + 30 * M


def test_a_wake_up_that_comes_early_or_twice_changes_nothing() -> None:
    world = World(journey())
    world.hear(cart())
    world.wake(NOON + 10 * M)
    assert world.messages == []
    for _ in range(3):
        world.wake(NOON + 30 * M)
    assert world.sent == ["hello"]


def test_a_wake_up_for_nobody_writes_nothing() -> None:
    assert decide(None, release_of(journey()), [Wake("u9")], NOON) is None


def test_a_paused_passage_freezes_and_goes_on_when_it_is_resumed() -> None:
    world = World(journey())
    world.hear(cart())
    live = world.release
    world.release = release_of(journey(), paused=["j"])
    world.wake(NOON + H)
    assert world.messages == []
    assert world.due == NOON + H + LOOK_AGAIN_WHEN_HALTED
    world.release = live
    world.live_until(NOON + 2 * D)
    assert world.sent == ["hello"]


def test_a_stopped_release_freezes_every_journey() -> None:
    world = World(journey())
    world.hear(cart())
    world.release = release_of(journey(), stopped=True)
    world.wake(NOON + H)
    assert world.messages == []
    assert world.only_enrollment().active


def test_a_goal_reached_while_paused_counts() -> None:
    world = World(journey(goal={"event": "order_completed"}))
    world.hear(cart())
    world.release = release_of(journey(goal={"event": "order_completed"}), paused=["j"])
    world.hear(make_event("order_completed", NOON + M))
    assert world.said("converted") == [""]


def test_an_answer_heard_while_paused_is_acted_on_when_resumed() -> None:
    steps = journey(
        {"wait_for": {"event": "replied", "timeout": "1d"}, "then": [{"send": "second"}], "else": [{"send": "third"}]}
    )
    world = World(steps)
    world.hear(cart())
    live = world.release
    world.release = release_of(steps, paused=["j"])
    world.hear(make_event("replied", NOON + H))
    world.wake(NOON + 2 * D)
    assert world.messages == []
    world.release = live
    world.wake(NOON + 3 * D)
    assert world.sent == ["second"]


def test_a_version_that_is_gone_ends_the_passage_with_a_reason() -> None:
    world = World(journey())
    world.hear(cart())
    world.release = release_of({**journey(), "id": "other"})
    world.live_until(NOON + H)
    assert world.said("exited") == ["its step is no longer there"]


def test_two_hundred_steps_are_walked_at_once() -> None:
    world = World(journey(*({"update": {f"t{n % 50}": n}} for n in range(199)), {"send": "hello"}))
    world.hear(cart())
    assert world.sent == ["hello"]
