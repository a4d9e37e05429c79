"""What answers a move or a cancellation, in the night: held, replaced, taken back, and never about what is over."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tests.app.decide.test_pauses import pause, resume
from tests.app.decide.test_versions import timed
from tests.app.decide.world import NOON, World, booking, cancelled, make_event

H, D = timedelta(hours=1), timedelta(days=1)
NIGHT: dict[str, Any] = {"brand": {"quiet_hours": {"email": "21:00-08:00"}}}


def booked(**more: Any) -> World:
    """Return somebody whose booking is in five days, and whose words about it wait for the morning."""
    words = {"on_move": {"send": "moved"}, "on_cancel": {"send": "sorry"}, "class": "marketing", **more}
    life = World(timed({"at": "-2h", "send": "hello"}, **words), **NIGHT)
    life.hear(booking(NOON, NOON + 5 * D))
    return life


def test_a_word_of_a_move_that_the_night_would_hold_until_after_the_booking_is_not_sent() -> None:
    life = booked()
    life.hear(booking(NOON + 10 * H, NOON + 19 * H))
    life.live_until(NOON + 9 * D)
    assert life.sent == []
    assert "quiet hours until after it expires" in life.said("not_sent")


def test_of_two_moves_in_one_night_the_last_is_told_in_the_morning() -> None:
    life = booked()
    life.hear(booking(NOON + 10 * H, NOON + 6 * D))
    life.hear(booking(NOON + 11 * H, NOON + 7 * D))
    life.live_until(NOON + 9 * D)
    assert life.messages == [(NOON + 20 * H, "moved", "email"), (NOON + 7 * D - 2 * H, "hello", "email")]


def test_a_booking_that_is_revived_in_the_night_takes_its_word_on_cancel_back() -> None:
    life = booked(on_move={"send": "moved", "if": {"trait": "nobody", "eq": "has it"}})
    life.hear(cancelled(NOON + 10 * H))
    life.hear(booking(NOON + 11 * H, NOON + 5 * D))
    life.live_until(NOON + 9 * D)
    assert life.sent == ["hello"]


def test_who_has_rebooked_in_the_night_is_not_asked_to() -> None:
    life = booked(goal={"event": "rebooked", "within": "30d"})
    life.hear(cancelled(NOON + 10 * H))
    life.hear(make_event("rebooked", NOON + 11 * H))
    life.live_until(NOON + 9 * D)
    assert life.sent == []


def test_a_move_in_a_pause_is_told_to_nobody_and_followed_all_the_same() -> None:
    life = booked(**{"class": "transactional"})
    life.live_until(NOON + H)
    pause(life)
    life.decide([booking(NOON + 2 * H, NOON + 6 * D)], NOON + 2 * H)
    life.now = NOON + 10 * H
    resume(life, "send")
    life.wake(life.now)
    life.live_until(NOON + 9 * D)
    assert life.messages == [(NOON + 6 * D - 2 * H, "hello", "email")]
    assert life.said("ignored") == ["the journey is paused"]
