"""Pauses over a due time, and each way to go on."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from kairos.app.ports import EVERYTHING, Overdue, Pause
from kairos.domain.walk import Walk, walked
from tests.app.decide.world import NOON, World, booking, make_event

M, H, D = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
STEPS: dict[str, Any] = {
    "id": "j",
    "class": "marketing",
    "trigger": {"event": "go"},
    "steps": [{"wait": "10h"}, {"send": "hello"}, {"wait": "2d"}, {"send": "second"}],
}
CARE: dict[str, Any] = {
    "id": "care",
    "class": "transactional",
    "anchor": {"entry": "booking"},
    "timeline": [
        {"at": "-2d", "send": "hello", "if_past": "send_now"},
        {"at": "-1d", "send": "second"},
        {"at": "-1h", "send": "third"},
    ],
}


def pause(life: World, journey: str = "j") -> None:
    standing = life.release.pointer
    life.release = life.release.standing(
        type(standing)(standing.release, frozenset({journey}), pauses={journey: Pause(life.now)})
    )


def resume(life: World, overdue: Overdue, journey: str = "j") -> None:
    standing = life.release.pointer
    since = standing.pauses[journey].since
    over = {journey: Pause(since, life.now, overdue)}
    life.release = life.release.standing(type(standing)(standing.release, pauses=over))
    life.decide([walked(Walk("w", "resume", life.now, life.now, journeys=(journey,)), "u1", life.now)], life.now)


def paused_from(life: World, since: timedelta, until: timedelta, overdue: Overdue, journey: str = "j") -> World:
    """Live until NOON + since, stand still until NOON + until, and go on."""
    life.live_until(NOON + since)
    pause(life, journey)
    life.decide([make_event("page_viewed", life.now)], life.now)
    life.now = NOON + until
    life.wake(life.now)
    assert [at for at, *_ in life.messages if NOON + since < at] == []
    resume(life, overdue, journey)
    return life


def gone(journey: Mapping[str, Any] = STEPS, **more: Any) -> World:
    life = World(journey, **more)
    life.hear(make_event("go"))
    return life


def test_what_fell_due_is_sent_when_the_author_says_so_and_the_next_wait_counts_from_then() -> None:
    life = paused_from(gone(), 4 * H, 5 * D, "send")
    life.live_until(NOON + 30 * D)
    assert life.messages == [(NOON + 5 * D, "hello", "email"), (NOON + 7 * D, "second", "email")]


def test_what_fell_due_is_not_sent_when_the_author_skips_it_and_everybody_is_where_they_would_have_been() -> None:
    life = paused_from(gone(), 4 * H, D, "skip")
    assert life.said("not_sent") == ["fell due while the journey was paused"]
    life.live_until(NOON + 30 * D)
    assert life.messages == [(NOON + 10 * H + 2 * D, "second", "email")]


def test_a_pause_over_all_steps_skips_them_all() -> None:
    life = paused_from(gone(), 4 * H, 5 * D, "skip")
    assert life.said("not_sent") == ["fell due while the journey was paused"] * 2
    assert life.said("exited") == ["finished"]
    life.live_until(NOON + 30 * D)
    assert life.sent == []


def test_a_wait_goes_on_with_what_was_left_of_it() -> None:
    life = paused_from(gone(), 4 * H, 5 * D, "replan")
    assert life.said("moved") == ["the pause is over"]
    life.live_until(NOON + 30 * D)
    due = NOON + 5 * D + 6 * H
    assert life.messages == [(due, "hello", "email"), (due + 2 * D, "second", "email")]


def test_a_timer_that_is_still_to_come_stays_where_it_is() -> None:
    for overdue in ("send", "skip", "replan"):
        life = paused_from(gone(), 4 * H, 9 * H, overdue)
        life.live_until(NOON + D)
        assert life.messages == [(NOON + 10 * H, "hello", "email")]


def test_a_local_clock_time_that_passed_is_the_next_one() -> None:
    morning = STEPS | {"steps": [{"wait_until": {"time": "09:00"}}, {"send": "hello"}]}
    life = paused_from(gone(morning), 4 * H, 5 * D, "replan")
    life.live_until(NOON + 30 * D)
    assert life.messages == [(NOON + 5 * D + 21 * H, "hello", "email")]


def test_a_wait_for_an_event_listens_for_what_was_left_of_its_time() -> None:
    waits = [{"wait_for": {"event": "order", "timeout": "10h"}, "then": [{"send": "hello"}], "else": []}]
    life = paused_from(gone(STEPS | {"steps": waits}), 4 * H, 5 * D, "replan")
    life.hear(make_event("order", NOON + 5 * D + 5 * H))
    assert life.sent == ["hello"]
    late = paused_from(gone(STEPS | {"steps": waits}), 4 * H, 5 * D, "replan")
    late.hear(make_event("order", NOON + 5 * D + 7 * H))
    assert late.sent == []


def test_going_on_twice_changes_nothing_more() -> None:
    life = paused_from(gone(), 4 * H, 5 * D, "replan")
    due = life.due
    life.wake(NOON + 5 * D + H)
    life.decide([make_event("page_viewed", NOON + 5 * D + 2 * H)], NOON + 5 * D + 2 * H)
    assert life.due == due
    assert life.said("moved") == ["the pause is over"]


def test_an_event_that_comes_before_the_walk_is_decided_by_the_same_word() -> None:
    life = gone()
    life.live_until(NOON + 4 * H)
    pause(life)
    standing = life.release.pointer
    over = {"j": Pause(NOON + 4 * H, NOON + D, "skip")}
    life.release = life.release.standing(type(standing)(standing.release, pauses=over))
    life.decide([make_event("page_viewed", NOON + D + M)], NOON + D + M)
    assert life.sent == []
    assert life.said("not_sent") == ["fell due while the journey was paused"]


def test_lateness_that_a_pause_made_is_not_counted_as_lateness() -> None:
    life = gone()
    life.live_until(NOON + 4 * H)
    pause(life)
    standing = life.release.pointer
    over = {"j": Pause(NOON + 4 * H, NOON + D, "send")}
    life.release = life.release.standing(type(standing)(standing.release, pauses=over))
    outcome = life.wake(NOON + D + M)
    assert outcome is not None
    assert outcome.lateness == timedelta()


@pytest.mark.parametrize(
    ("overdue", "sent"),
    [("send", ["hello", "second", "third"]), ("skip", ["third"]), ("replan", ["hello", "third"])],
)
def test_steps_of_a_timeline_that_fell_due(overdue: Overdue, sent: list[str]) -> None:
    """Nobody can move the moment: `replan` asks each step's own if_past, which is skip unless the author says else."""
    life = World(CARE)
    life.hear(booking(NOON, NOON + 4 * D))
    paused_from(life, D, 3 * D + 12 * H, overdue, "care")
    life.live_until(NOON + 10 * D)
    assert life.sent == sent


def test_a_moment_that_is_past_is_announced_to_nobody() -> None:
    life = World(CARE)
    life.hear(booking(NOON, NOON + 4 * D))
    paused_from(life, D, 5 * D, "send", "care")
    life.live_until(NOON + 10 * D)
    assert life.sent == []
    assert set(life.said("not_sent")) == {"expired"}


def test_a_step_that_says_stop_ends_the_timeline_where_its_time_passed() -> None:
    stops = CARE | {"timeline": [{"at": "-2d", "send": "hello", "if_past": "stop"}, {"at": "-1h", "send": "third"}]}
    life = World(stops)
    life.hear(booking(NOON, NOON + 4 * D))
    paused_from(life, D, 3 * D, "replan", "care")
    life.live_until(NOON + 10 * D)
    assert life.sent == []


def test_a_message_held_over_the_pause_is_skipped_and_its_passage_goes_on() -> None:
    steps = [{"send": "hello"}, {"wait": "1d"}, {"send": "second"}]
    quiet = {"brand": {"quiet_hours": {"email": "11:00-16:00"}}}
    for overdue, sent in (("skip", ["second"]), ("send", ["hello", "second"])):
        life = gone(STEPS | {"steps": steps}, **quiet)
        assert life.said("held") == ["quiet hours"]
        paused_from(life, H, 20 * H, overdue)  # type: ignore[arg-type]
        life.live_until(NOON + 10 * D)
        assert life.sent == sent


def test_the_full_stop_is_a_pause_of_every_journey() -> None:
    life = gone()
    life.live_until(NOON + 4 * H)
    standing = life.release.pointer
    life.release = life.release.standing(type(standing)("r", stopped=True, pauses={EVERYTHING: Pause(life.now)}))
    life.wake(NOON + 20 * H)
    over = {EVERYTHING: Pause(NOON + 4 * H, NOON + D, "skip")}
    life.release = life.release.standing(type(standing)("r", pauses=over))
    life.wake(NOON + D)
    assert life.sent == []
    assert life.said("not_sent") == ["fell due while the journey was paused"]


def test_of_a_pause_and_a_full_stop_the_later_end_decides() -> None:
    life = gone()
    standing = life.release.pointer
    pauses = {EVERYTHING: Pause(NOON + H, NOON + D, "send"), "j": Pause(NOON + H, NOON + 2 * D, "skip")}
    life.release = life.release.standing(type(standing)("r", pauses=pauses))
    life.wake(NOON + 2 * D)
    assert life.sent == []


@pytest.mark.parametrize(("overdue", "sent"), [("send", ["hello"]), ("skip", []), ("replan", ["hello"])])
def test_an_answer_that_comes_in_the_pause_is_heard_and_the_way_goes_on_as_was_said(
    overdue: Overdue, sent: list[str]
) -> None:
    waits = {"event": "ok", "timeout": "4h"}
    life = gone(STEPS | {"steps": [{"wait_for": waits, "then": [{"send": "hello"}], "else": [{"send": "second"}]}]})
    life.live_until(NOON + H)
    pause(life)
    life.decide([make_event("ok", NOON + 2 * H)], NOON + 2 * H)
    life.now = NOON + 10 * H
    resume(life, overdue)
    life.live_until(NOON + 9 * D)
    assert life.sent == sent


@pytest.mark.parametrize(("overdue", "sent"), [("send", ["second"]), ("skip", []), ("replan", ["second"])])
def test_a_timeout_in_the_pause_goes_on_as_was_said(overdue: Overdue, sent: list[str]) -> None:
    waits = {"event": "ok", "timeout": "4h"}
    life = gone(STEPS | {"steps": [{"wait_for": waits, "then": [{"send": "hello"}], "else": [{"send": "second"}]}]})
    paused_from(life, H, 10 * H, overdue)
    life.live_until(NOON + 9 * D)
    assert life.sent == sent
