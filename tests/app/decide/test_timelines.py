"""Timelines around a booking: planned, moved, cancelled, in whatever order its source tells it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any

import pytest

from kairos.domain.event import Event
from tests.app.decide.world import NOON, World, booking, cancelled, make_event, release_of

M, H, D = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
START = NOON + 10 * D


def care(*steps: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "id": "care",
        "class": "transactional",
        "anchor": {"entry": "booking", "at": "starts_at"},
        "timeline": list(steps) or [{"at": "-1d 10:00", "send": "hello"}, {"at": "-2h", "send": "second"}],
        "on_move": {"send": "moved"},
        "on_cancel": {"send": "sorry"},
        **more,
    }


def test_every_step_is_planned_when_the_booking_is_known() -> None:
    world = World(
        care({"at": "-1d 10:00", "send": "hello"}, {"at": "-2h", "send": "second"}, {"at": "+1d", "send": "third"})
    )
    world.hear(booking(NOON, START))
    world.live_until(START + 5 * D)
    assert world.messages == [
        (datetime(2026, 3, 11, 10, tzinfo=UTC), "hello", "email"),
        (START - 2 * H, "second", "email"),
        (START + D, "third", "email"),
    ]


def test_an_anchor_at_the_end_follows_the_end_of_the_entry() -> None:
    world = World(care({"at": "+1h", "send": "hello"}, anchor={"entry": "booking", "at": "ends_at"}))
    world.hear(booking(NOON, START, ends_at=START + 3 * H))
    world.hear(booking(NOON + M, START, ends_at=START + 5 * H))
    world.live_until(START + D)
    assert [(at, name) for at, name, _ in world.messages if name == "hello"] == [(START + 6 * H, "hello")]


@pytest.mark.parametrize("shift", [-3 * D, -H, H, 30 * D])
def test_a_move_earlier_or_later_plans_the_remaining_steps_anew(shift: timedelta) -> None:
    world = World(care({"at": "-2h", "send": "hello"}))
    world.hear(booking(NOON, START))
    world.hear(booking(NOON + D, START + shift))
    world.live_until(START + 60 * D)
    assert world.messages == [(NOON + D, "moved", "email"), (START + shift - 2 * H, "hello", "email")]


def test_a_step_that_went_out_never_repeats_whatever_moves() -> None:
    world = World(care())
    world.hear(booking(NOON, START))
    world.live_until(START - 20 * H)
    world.hear(booking(START - 20 * H, START + 10 * D))
    world.hear(booking(START - 19 * H, START + 20 * D))
    world.live_until(START + 60 * D)
    assert world.sent == ["hello", "moved", "moved", "second"]


def test_a_step_skipped_and_never_sent_is_planned_again_when_the_anchor_moves() -> None:
    world = World(care({"at": "-14d 10:00", "send": "hello"}))
    world.hear(booking(NOON, START))
    assert world.said("skipped") == ["its time was over when it became known"]
    world.hear(booking(NOON + D, START + 30 * D))
    world.live_until(START + 60 * D)
    assert world.sent == ["moved", "hello"]


def test_a_move_into_the_past_sends_nothing_that_was_meant_before_it() -> None:
    world = World(care({"at": "-2h", "send": "hello", "if_past": "send_now"}, {"at": "+3d", "send": "third"}))
    world.hear(booking(NOON, START))
    world.hear(booking(NOON + 2 * D, NOON + D))
    world.live_until(START + 30 * D)
    assert world.messages == [(NOON + 4 * D, "third", "email")]


def test_a_move_across_the_spring_change_keeps_the_clock_of_local_days_and_the_length_of_hours() -> None:
    """New York springs forward on 2026-03-08 at 07:00Z."""
    world = World(
        care({"at": "-1d", "send": "hello"}, {"at": "-24h", "send": "second"}), brand={"timezone": "America/New_York"}
    )
    world.hear(booking(NOON, "2026-03-07T17:00:00Z"))
    world.hear(booking(NOON + H, "2026-03-08T16:00:00Z"))
    world.live_until(START)
    sent = {name: at for at, name, _ in world.messages}
    assert sent["hello"] == datetime(2026, 3, 7, 17, tzinfo=UTC)
    assert sent["second"] == datetime(2026, 3, 7, 16, tzinfo=UTC)


def test_send_now_sends_each_overdue_step_once_at_the_moment_it_becomes_known() -> None:
    world = World(care({"at": "-14d 10:00", "send": "hello", "if_past": "send_now"}))
    world.hear(booking(NOON, START))
    world.hear(booking(NOON + H, START + H))
    world.live_until(START)
    assert world.messages == [(NOON, "hello", "email"), (NOON + H, "moved", "email")]


def test_if_past_stop_ends_the_passage_when_a_step_is_over() -> None:
    world = World(care({"at": "-14d 10:00", "send": "hello", "if_past": "stop"}, {"at": "-2h", "send": "second"}))
    world.hear(booking(NOON, START))
    world.live_until(START)
    assert world.messages == []
    assert world.said("exited") == ["a step was over and says stop"]


@pytest.mark.parametrize("late", [{"historical": True}, {"received_at": NOON + 2 * D}])
def test_old_news_plans_future_steps_and_sends_nothing_at_once(late: dict[str, Any]) -> None:
    world = World(care({"at": "-14d 10:00", "send": "hello", "if_past": "send_now"}, {"at": "-2h", "send": "second"}))
    world.hear(booking(NOON, START, **late))
    world.live_until(START)
    assert world.messages == [(START - 2 * H, "second", "email")]


@pytest.mark.parametrize("late", [{"historical": True}, {"received_at": NOON + 3 * D}])
def test_old_news_of_a_move_or_cancellation_is_followed_in_silence(late: dict[str, Any]) -> None:
    world = World(care())
    world.hear(booking(NOON, START))
    world.hear(booking(NOON + D, START + D, **late))
    assert world.messages == []
    assert world.only_enrollment().anchor_at == START + D
    late = {key: value + H if key == "received_at" else value for key, value in late.items()}
    world.hear(cancelled(NOON + D + H, **late))
    world.live_until(START + 3 * D)
    assert world.messages == []


def test_a_cancellation_kills_every_planned_message_and_sends_on_cancel_exactly_once() -> None:
    world = World(care())
    world.hear(booking(NOON, START))
    world.hear(cancelled(NOON + D))
    world.hear(cancelled(NOON + D, id="b1", received_at=NOON + 2 * D))
    world.hear(cancelled(NOON + 3 * D))
    world.live_until(START + D)
    assert world.messages == [(NOON + D, "sorry", "email")]


def test_a_cancellation_of_what_was_never_planned_sends_no_on_cancel_and_its_booking_never_lives() -> None:
    world = World(care())
    world.hear(cancelled(NOON + H))
    world.hear(booking(NOON, START, received_at=NOON + 2 * H))
    world.live_until(START + D)
    assert world.messages == []
    assert world.known.enrollments == {}


def test_a_cancellation_after_the_booking_took_place_sends_no_on_cancel() -> None:
    world = World(care())
    world.hear(booking(NOON, START))
    world.hear(cancelled(START + H))
    assert "sorry" not in world.sent


def test_a_word_on_cancel_that_falls_into_a_pause_is_not_sent_and_says_why() -> None:
    world = World(care(), paused=["care"])
    world.hear(booking(NOON, START))
    world.hear(cancelled(NOON + D))
    world.live_until(START + D)
    assert world.messages == []
    assert "the journey is paused" in world.said("ignored")


def test_a_tie_cancels_in_both_orders() -> None:
    for events in permutations([booking(NOON, START), cancelled(NOON)]):
        world = World(care())
        world.hear(*events)
        world.live_until(START + D)
        assert [name for name in world.sent if name != "sorry"] == []
        assert world.known.entries["booking", "b1"].cancelled


def test_only_a_later_word_revives_a_cancelled_booking() -> None:
    world = World(care({"at": "-2h", "send": "hello"}))
    world.hear(booking(NOON, START), cancelled(NOON + H), at=NOON + H)
    world.hear(booking(NOON + 30 * M, START + D, received_at=NOON + 2 * H))
    assert world.known.entries["booking", "b1"].cancelled
    world.hear(booking(NOON + 3 * H, START))
    world.live_until(START + D)
    assert world.sent == ["sorry", "moved", "hello"]


def test_the_same_word_twice_moves_nothing_and_says_nothing() -> None:
    world = World(care())
    world.hear(booking(NOON, START))
    effects = len(world.effects)
    world.hear(booking(NOON, START))
    world.hear(booking(NOON + M, START))
    assert (len(world.effects), world.sent) == (effects, [])


def test_an_older_word_that_comes_late_is_stale() -> None:
    world = World(care({"at": "-2h", "send": "hello"}))
    world.hear(booking(NOON + H, START + D))
    world.hear(booking(NOON, START, received_at=NOON + 2 * H))
    world.live_until(START + 3 * D)
    assert world.messages == [(START + D - 2 * H, "hello", "email")]


# ---- reschedules under a new id --------------------------------------------------------------------------------


def calendly() -> list[Event]:
    """Cancels the old with a note that it moves, and creates the new."""
    away = cancelled(NOON + H, "b1", moved_to="b2")
    return [away, booking(NOON + H, START + D, "b2", replaces="b1")]


def calcom() -> list[Event]:
    """Creates the new, naming the old."""
    return [booking(NOON + H, START + D, "b2", replaces="b1")]


@pytest.mark.parametrize("told", [calendly(), calendly()[::-1], calcom()], ids=["cancel first", "create first", "uid"])
@pytest.mark.parametrize("together", [True, False])
def test_a_reschedule_under_a_new_id_is_one_move(told: list[Event], together: bool) -> None:
    world = World(care({"at": "-2h", "send": "hello"}))
    world.hear(booking(NOON, START))
    for events in [told] if together else [[event] for event in told]:
        world.hear(*events)
    world.live_until(START + 3 * D)
    assert world.messages == [(NOON + H, "moved", "email"), (START + D - 2 * H, "hello", "email")]
    assert world.known.entries["booking", "b2"].former == ("b1",)
    assert ("booking", "b1") not in world.known.entries


def test_a_reschedule_to_the_same_hour_is_planned_again() -> None:
    world = World(care({"at": "-2h", "send": "hello"}))
    world.hear(booking(NOON, START))
    world.hear(cancelled(NOON + H, "b1", moved_to="b2"))
    world.hear(booking(NOON + H, START, "b2", replaces="b1"))
    world.live_until(START + D)
    assert [name for name in world.sent if name == "hello"] == ["hello"]


def test_what_went_out_before_a_reschedule_does_not_go_out_again() -> None:
    world = World(care())
    world.hear(booking(NOON, START))
    world.live_until(START - 20 * H)
    world.hear(booking(START - 20 * H, START + 9 * D, "b2", replaces="b1"))
    world.live_until(START + 20 * D)
    assert world.sent == ["hello", "moved", "second"]


def test_late_words_about_a_former_id_no_longer_matter() -> None:
    world = World(care({"at": "-2h", "send": "hello"}))
    world.hear(booking(NOON, START), *calcom())
    world.hear(cancelled(NOON + 2 * H, "b1"))
    world.hear(booking(NOON + 3 * H, START - D, "b1"))
    world.live_until(START + 3 * D)
    assert world.sent.count("hello") == 1
    assert "sorry" not in world.sent


RESCHEDULED_TWICE = [
    booking(NOON, START, "b1"),
    booking(NOON + M, START + D, "b2", replaces="b1"),
    booking(NOON + 2 * M, START + 2 * D, "b3", replaces="b2"),
]
THEN_CANCELLED = [
    booking(NOON, START, "b1"),
    booking(NOON + M, START + D, "b2", replaces="b1"),
    cancelled(NOON + 2 * M, "b2"),
]


@pytest.mark.parametrize("order", list(permutations(range(3))))
@pytest.mark.parametrize("together", [True, False])
def test_two_reschedules_told_in_any_order_leave_one_booking(order: tuple[int, ...], together: bool) -> None:
    world = World(care({"at": "-2h", "send": "hello"}))
    events = [RESCHEDULED_TWICE[index] for index in order]
    for batch in [events] if together else [[event] for event in events]:
        world.hear(*batch, at=NOON + H)
    world.live_until(START + 9 * D)
    assert [(at, name) for at, name, _ in world.messages if name != "moved"] == [(START + 2 * D - 2 * H, "hello")]
    assert list(world.known.entries) == [("booking", "b3")]


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_a_reschedule_that_was_cancelled_leaves_no_reminder_in_any_order(order: tuple[int, ...]) -> None:
    world = World(care())
    for index in order:
        world.hear(THEN_CANCELLED[index], at=NOON + H)
    world.live_until(START + 9 * D)
    assert {"hello", "second"}.isdisjoint(world.sent)
    assert world.sent.count("sorry") <= 1
    assert not any(enrollment.active for enrollment in world.known.enrollments.values())


def test_a_cancellation_that_overtakes_its_reschedule_still_sends_on_cancel_once() -> None:
    world = World(care())
    for event in (THEN_CANCELLED[0], THEN_CANCELLED[2], THEN_CANCELLED[1]):
        world.hear(event, at=NOON + H)
    assert world.sent == ["sorry"]


# ---- what else ends or holds a timeline ------------------------------------------------------------------------


def test_a_move_does_not_bring_back_whom_an_exit_has_let_go() -> None:
    world = World(care(exit=[{"event": "declined"}]))
    world.hear(booking(NOON, START))
    world.hear(make_event("declined", NOON + H))
    world.hear(booking(NOON + 2 * H, START + D))
    world.live_until(START + 3 * D)
    assert world.messages == []


def test_a_held_out_booking_is_held_out_once_however_often_it_is_updated() -> None:
    world = World(care(holdout="100%"))
    world.hear(booking(NOON, START))
    world.hear(booking(NOON + H, START + D))
    world.hear(cancelled(NOON + 2 * H))
    assert world.said("holdout") == [""]
    assert world.messages == []


def test_each_booking_has_a_timeline_of_its_own() -> None:
    world = World(care({"at": "-2h", "send": "hello"}))
    world.hear(booking(NOON, START, "b1"), booking(NOON, START + D, "b2"))
    world.hear(cancelled(NOON + H, "b1"))
    world.live_until(START + 3 * D)
    assert world.messages == [(NOON + H, "sorry", "email"), (START + D - 2 * H, "hello", "email")]


def test_a_step_before_its_anchor_never_goes_out_after_it() -> None:
    world = World(care({"at": "-2h", "send": "hello"}))
    world.hear(booking(NOON, START))
    world.wake(START + M)
    assert world.messages == []
    assert world.said("not_sent") == ["expired"]


def test_a_paused_timeline_is_planned_and_sends_when_it_is_resumed() -> None:
    world = World(care({"at": "+1h", "send": "hello"}), paused=["care"])
    world.hear(booking(NOON, NOON + H))
    world.wake(NOON + 3 * H)
    assert world.messages == []
    world.release = release_of(care({"at": "+1h", "send": "hello"}))
    world.wake(NOON + 4 * H)
    assert world.sent == ["hello"]


# ---- zones -----------------------------------------------------------------------------------------------------


def test_a_new_zone_plans_local_clock_steps_anew_and_leaves_elapsed_ones() -> None:
    world = World(care({"at": "-1d 10:00", "send": "hello"}, {"at": "-2h", "send": "second"}))
    world.hear(booking(NOON, START))
    world.hear(make_event("profile_updated", NOON + H, traits={"timezone": "Asia/Seoul"}))
    world.live_until(START)
    assert world.messages == [
        (datetime(2026, 3, 11, 1, tzinfo=UTC), "hello", "email"),
        (START - 2 * H, "second", "email"),
    ]


def test_a_step_that_a_new_zone_puts_into_the_past_is_skipped_with_a_reason() -> None:
    world = World(care({"at": "-1d 10:00", "send": "hello"}))
    world.hear(booking(NOON, START))
    world.hear(make_event("profile_updated", datetime(2026, 3, 11, 5, tzinfo=UTC), traits={"timezone": "Asia/Seoul"}))
    world.live_until(START)
    assert world.messages == []
    assert world.said("skipped") == ["its time was over when it became known"]


def test_a_step_that_a_new_zone_puts_into_the_past_goes_at_once_where_the_author_says_so() -> None:
    world = World(care({"at": "-1d 10:00", "send": "hello", "if_past": "send_now"}))
    world.hear(booking(NOON, START))
    moved = datetime(2026, 3, 11, 5, tzinfo=UTC)
    world.hear(make_event("profile_updated", moved, traits={"timezone": "Asia/Seoul"}))
    assert world.messages == [(moved, "hello", "email")]


# ---- what is kept ----------------------------------------------------------------------------------------------


def test_a_tombstone_lives_until_the_entrys_end_and_for_as_long_as_it_may_be_moved_or_told_again() -> None:
    world = World(care())
    world.hear(booking(NOON, START, ends_at=START + H), cancelled(NOON + M), at=NOON + M)
    world.wake(START + H + 14 * D - M)
    assert ("booking", "b1") in world.known.entries
    world.wake(START + H + 14 * D + M)
    assert world.known.entries == {}
    assert world.known.enrollments == {}


def test_who_did_not_come_and_is_given_another_day_gets_only_what_was_never_sent() -> None:
    world = World(care({"at": "-14d 10:00", "send": "third"}, {"at": "-2h", "send": "hello"}))
    world.hear(booking(NOON, START))
    world.live_until(START + 5 * D)
    world.hear(booking(START + 5 * D, START + 40 * D))
    world.live_until(START + 60 * D)
    assert world.sent == ["hello", "moved", "third"]


@pytest.mark.parametrize(
    ("reenter", "sent"), [("never", ["hello"]), ("always", ["hello"] * 2), ({"after": "60d"}, ["hello"])]
)
def test_an_entry_that_comes_back_after_it_was_forgotten_enters_as_the_author_says(
    reenter: Any, sent: list[str]
) -> None:
    """The ledger knows a message by its passage: a second one of the same id would be planned and never go out."""
    world = World(care({"at": "-2h", "send": "hello"}, reenter=reenter))
    world.hear(booking(NOON, START))
    world.live_until(START + 20 * D)
    world.wake(START + 20 * D)  # any write forgets what is over
    world.hear(booking(START + 20 * D, START + 40 * D))
    world.live_until(START + 60 * D)
    assert world.sent == sent
    assert world.said("ignored") == ["entered before"] * (len(sent) == 1)
    assert len({reason.message for reason in world.reasons if reason.kind == "message"}) == len(sent)


@pytest.mark.parametrize("told", [timedelta(), 5 * D, 20 * D])
@pytest.mark.parametrize(("reenter", "years"), [("always", 2), ({"after": "300d"}, 1), ("never", 1)])
def test_a_membership_that_keeps_its_id_is_reminded_every_time_it_comes_round(
    told: timedelta, reenter: Any, years: int
) -> None:
    """Told at its end, while it is remembered, and after it was forgotten: the author's word holds alike."""
    world = World(care({"at": "-2h", "send": "hello"}, reenter=reenter))
    world.hear(booking(NOON, START))
    world.live_until(START + told)
    world.wake(START + told)
    world.hear(booking(START + told, START + 100 * D))
    world.live_until(START + 120 * D)
    assert [name for name in world.sent if name == "hello"] == ["hello"] * years
    asked = [reason.message for reason in world.reasons if reason.kind == "message" and reason.template == "hello"]
    assert len({*asked}) == years


def test_once_the_anchor_is_past_only_the_steps_after_it_are_sent_now() -> None:
    late = [{"at": at, "send": name, "if_past": "send_now"} for at, name in (("0m", "hello"), ("+1h", "second"))]
    world = World(care(*late))
    world.hear(booking(START + 2 * H, START))
    assert world.messages == [(START + 2 * H, "second", "email")]
