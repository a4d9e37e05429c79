"""A passage that is taken along into the version that is live: once, without repeating anything, or not at all."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from kairos.app.publish.bundle import build_bundle, documents_of
from kairos.app.publish.release import Release
from kairos.domain.errors import BadInput
from kairos.domain.walk import Gone, Walk, walked
from tests.app.decide.world import NOON, World, booking, make_event, release_of

M, H, D = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def stepped(*steps: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"id": "j", "class": "transactional", "trigger": {"event": "go"}, "steps": list(steps), **more}


def timed(*steps: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"id": "j", "class": "transactional", "anchor": {"entry": "booking"}, "timeline": list(steps), **more}


def waiting(wait: str, **more: Any) -> dict[str, Any]:
    return stepped({"wait": wait, "id": "pause"}, {"send": "hello"}, **more)


def publish(life: World, journey: dict[str, Any], **more: Any) -> None:
    """Make another version live; what was there before is kept, as publishing does."""
    fresh = documents_of(release_of(journey, **more).bundle)
    life.release = Release(build_bundle(fresh, life.release.bundle, years=[2026]), life.release.pointer)


def take_along(life: World, gone: Gone = "stay", *, id: str = "w", version: int | None = None) -> Any:
    live = life.release.journey("j")
    assert live is not None
    what = {"versions": {"j": version or live.version}, "gone": gone}
    walk = Walk(id, "migrate", life.now, life.now, ("j",), what=what)
    before, came = life.outcome, life.decide([walked(walk, "u1", life.now)], life.now)
    life.outcome = life.outcome or before  # nothing came of it: the alarm that was set is set
    return came


def gone_in(journey: dict[str, Any], at: timedelta = timedelta(), **more: Any) -> World:
    life = World(journey, **more)
    life.hear(make_event("go"))
    life.live_until(NOON + at)
    return life


# ---- steps -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("wait", "due"), [("3d", 3 * D), ("10h", 10 * H)])
def test_a_wait_that_was_begun_counts_from_when_it_was_begun(wait: str, due: timedelta) -> None:
    life = gone_in(waiting("1d"), 4 * H)
    publish(life, waiting(wait))
    take_along(life)
    assert life.said("moved") == ["re-planned on version 2"]
    life.live_until(NOON + 9 * D)
    assert life.messages == [(NOON + due, "hello", "email")]
    assert {reason.version for reason in life.reasons if reason.kind == "message"} == {2}


def test_who_has_waited_longer_than_the_new_wait_goes_on_at_once_and_once() -> None:
    life = gone_in(waiting("1d"), 10 * H)
    publish(life, waiting("2h"))
    take_along(life)
    take_along(life)
    take_along(life, id="again")
    life.live_until(NOON + 9 * D)
    assert life.messages == [(NOON + 10 * H, "hello", "email")]


def test_without_a_word_everybody_finishes_in_the_version_they_are_in() -> None:
    life = gone_in(waiting("1d"))
    for wait in ("2d", "3d", "4d"):
        publish(life, waiting(wait))
        life.wake(life.now + M)
    life.live_until(NOON + 9 * D)
    assert life.messages == [(NOON + D, "hello", "email")]
    assert {reason.version for reason in life.reasons if reason.kind == "message"} == {1}


def test_what_was_sent_in_any_version_is_not_sent_again_though_its_step_now_lies_ahead() -> None:
    life = gone_in(stepped({"send": "hello"}, {"wait": "1d", "id": "pause"}, {"send": "second"}), H)
    first = life.sent
    publish(life, stepped({"wait": "1d", "id": "pause"}, {"send": "hello"}, {"send": "second"}))
    take_along(life)
    publish(life, stepped({"wait": "1d", "id": "pause"}, {"send": "third"}, {"send": "hello"}, {"send": "second"}))
    take_along(life, id="w2")
    life.live_until(NOON + 9 * D)
    assert first == ["hello"]
    assert life.sent == ["hello", "third", "second"]
    assert life.said("skipped") == ["asked for in an earlier version"]


def test_ids_of_messages_are_those_of_the_enrollment_in_whatever_version() -> None:
    taken, stayed = gone_in(waiting("1d")), gone_in(waiting("1d"))
    publish(taken, waiting("1d", goal={"event": "order"}))
    take_along(taken)
    for life in (taken, stayed):
        life.live_until(NOON + 2 * D)
    (one,), (other,) = ([r.message for r in life.reasons if r.kind == "message"] for life in (taken, stayed))
    assert one == other


def test_who_stands_at_a_step_that_is_gone_finishes_in_their_version() -> None:
    life = gone_in(waiting("1d"))
    publish(life, stepped({"wait": "1d", "id": "other"}, {"send": "second"}))
    assert take_along(life) is None
    life.live_until(NOON + 9 * D)
    assert life.sent == ["hello"]


def test_or_stops_where_the_author_says_so() -> None:
    life = gone_in(waiting("1d"))
    publish(life, stepped({"wait": "1d", "id": "other"}, {"send": "second"}))
    take_along(life, "stop")
    assert life.said("exited") == ["its step is no longer there"]
    life.live_until(NOON + 9 * D)
    assert life.sent == []


def test_a_wait_that_became_a_message_is_another_step() -> None:
    life = gone_in(waiting("1d"))
    publish(life, stepped({"send": "second", "id": "pause"}))
    assert take_along(life) is None


def test_a_wait_may_become_another_kind_of_wait() -> None:
    life = gone_in(waiting("1d"), H)
    until = {"wait_for": {"event": "order", "timeout": "3d"}, "id": "pause", "then": [{"send": "second"}]}
    publish(life, stepped(until, {"send": "hello"}))
    take_along(life)
    life.hear(make_event("order", NOON + 2 * H))
    assert life.sent == ["second", "hello"]


def test_a_local_time_that_changed_is_the_next_such_time_after_the_step_was_reached() -> None:
    at = [{"wait_until": {"time": clock}, "id": "pause"} for clock in ("09:00", "10:30")]
    life = gone_in(stepped(at[0], {"send": "hello"}), H)
    publish(life, stepped(at[1], {"send": "hello"}))
    take_along(life)
    assert life.due == NOON + 22 * H + 30 * M


def test_a_held_message_that_its_step_no_longer_means_is_replaced_by_what_it_means_now() -> None:
    quiet = {"brand": {"quiet_hours": {"email": "11:00-16:00"}}}
    life = gone_in(stepped({"send": "hello", "id": "say"}, **{"class": "marketing"}), H, **quiet)
    assert life.said("held") == ["quiet hours"]
    publish(life, stepped({"send": "second", "id": "say"}, **{"class": "marketing"}), **quiet)
    take_along(life)
    assert life.said("not_sent") == ["re-planned on version 2"]
    life.live_until(NOON + 9 * D)
    assert life.sent == ["second"]


def test_a_held_message_whose_step_is_as_it_was_stays_held() -> None:
    quiet = {"brand": {"quiet_hours": {"email": "11:00-16:00"}}}
    life = gone_in(stepped({"send": "hello"}, **{"class": "marketing"}), H, **quiet)
    publish(life, stepped({"send": "hello"}, {"send": "second"}, **{"class": "marketing"}), **quiet)
    take_along(life)
    life.live_until(NOON + 9 * D)
    assert life.messages == [(NOON + 4 * H, "hello", "email"), (NOON + 4 * H, "second", "email")]


def test_the_goal_and_its_window_are_those_of_the_version_that_was_joined_also_for_the_ended_and_the_held_out() -> None:
    for holdout in ("0%", "100%"):
        life = gone_in(waiting("1d", holdout=holdout, goal={"event": "visit", "within": "2d"}), H)
        publish(life, waiting("1d", holdout=holdout, goal={"event": "order", "within": "5d"}))
        take_along(life)
        life.hear(make_event("visit", NOON + 2 * H))
        assert life.said("converted") == []
        life.hear(make_event("order", NOON + 5 * D))
        assert len(life.said("converted")) == 1


def test_nobody_is_taken_into_a_version_that_is_no_longer_live() -> None:
    life = gone_in(waiting("1d"))
    publish(life, waiting("2d"))
    publish(life, waiting("3d"))
    assert take_along(life, version=2) is None
    assert life.only_enrollment().version == 1


def test_a_rollback_takes_back_whom_its_author_takes_back_and_repeats_nothing() -> None:
    life = gone_in(stepped({"send": "hello"}, {"wait": "1d", "id": "pause"}), H)
    publish(life, stepped({"wait": "2d", "id": "pause"}, {"send": "second"}))
    take_along(life)
    publish(life, stepped({"send": "hello"}, {"wait": "1d", "id": "pause"}))
    assert life.only_enrollment().version == 2
    take_along(life, id="back")
    assert life.only_enrollment().version == 1
    life.live_until(NOON + 9 * D)
    assert life.sent == ["hello"]


def test_a_passage_before_a_step_of_a_paused_journey_stays_before_it() -> None:
    both = {"wait_for": {"event": "order", "timeout": "3d"}, "then": [{"send": "hello", "id": "say"}]}
    life = gone_in(stepped(both), H)
    pointer = life.release.pointer
    life.release = life.release.standing(type(pointer)("r", frozenset({"j"})))
    life.hear(make_event("order", NOON + 2 * H))
    publish(life, stepped({**both, "then": [{"send": "second", "id": "say"}]}))
    take_along(life)
    assert life.sent == []
    life.release = life.release.standing(type(pointer)("r"))
    life.wake(NOON + 3 * H)
    assert life.sent == ["second"]


def test_who_is_asked_again_and_again_goes_on_being_asked_at_the_new_pace() -> None:
    def asking(every: str, times: int) -> dict[str, Any]:
        again = {"send": "hello", "until": {"event": "order"}, "every": every, "times": times}
        return stepped({"retry": again, "id": "ask"}, {"send": "second"})

    life = gone_in(asking("1d", 3), H)
    publish(life, asking("2d", 4))
    take_along(life)
    life.live_until(NOON + 20 * D)
    assert [(at - NOON, template) for at, template, _ in life.messages] == [
        (timedelta(), "hello"),
        (D, "hello"),
        (3 * D, "hello"),
        (5 * D, "hello"),
        (7 * D, "second"),
    ]


def test_an_experiment_that_now_lies_ahead_again_goes_by_the_arm_that_was_given() -> None:
    def compared(*shares: str) -> dict[str, Any]:
        arms = [
            {"name": template, "share": share, "steps": [{"send": template, "id": f"send-{template}"}]}
            for template, share in zip(("hello", "second"), shares, strict=True)
        ]
        return {"id": "x", "experiment": {"success": {"event": "won", "within": "7d"}, "arms": arms}}

    life = gone_in(stepped(compared("99%", "1%"), {"wait": "1d", "id": "pause"}, {"send": "third"}), H)
    (given,) = life.sent
    publish(life, stepped({"wait": "1d", "id": "pause"}, compared("1%", "99%"), {"send": "third"}))
    take_along(life)
    life.live_until(NOON + 9 * D)
    assert life.sent == [given, "third"]
    assert life.said("assigned") == [given]


def test_a_split_is_the_same_in_another_version_and_at_another_entry() -> None:
    arms = [{"share": "50%", "steps": [{"send": "hello"}]}, {"share": "50%", "steps": [{"send": "second"}]}]
    life = gone_in(stepped({"split": arms, "id": "ways"}, reenter="always"), H)
    publish(life, stepped({"wait": "1h"}, {"split": arms, "id": "ways"}, reenter="always"))
    life.hear(make_event("go", NOON + 2 * H))
    life.live_until(NOON + 9 * H)
    assert len(life.sent) == 2
    assert len(set(life.sent)) == 1


def test_a_step_that_left_its_branch_is_the_same_step() -> None:
    inside = {"if": {"trait": "a", "exists": False}, "steps": [{"wait": "1d", "id": "pause"}, {"send": "hello"}]}
    life = gone_in(stepped({"branch": [inside, {"else": [{"send": "second"}]}]}, {"send": "third"}), H)
    publish(
        life, stepped({"branch": [{"else": [{"send": "second"}]}]}, {"wait": "1d", "id": "pause"}, {"send": "third"})
    )
    take_along(life)
    life.live_until(NOON + 9 * D)
    assert life.messages == [(NOON + D, "third", "email")]


# ---- timelines -------------------------------------------------------------------------------------------------


def booked(journey: dict[str, Any], at: timedelta = timedelta()) -> World:
    life = World(journey)
    life.hear(booking(NOON, NOON + 5 * D))
    life.live_until(NOON + at)
    return life


def test_steps_still_to_come_move_with_their_new_distance_and_sent_ones_do_not_repeat() -> None:
    life = booked(timed({"at": "-4d", "send": "hello"}, {"at": "-1d", "send": "second"}), 2 * D)
    publish(
        life, timed({"at": "-2d", "send": "hello"}, {"at": "-2h", "send": "second"}, {"at": "+1d", "send": "third"})
    )
    take_along(life)
    moved = [(reason.step, reason.due) for reason in life.reasons if reason.kind == "moved"]
    assert moved == [("second-1", NOON + 5 * D - 2 * H), ("third-1", NOON + 6 * D)]
    life.live_until(NOON + 9 * D)
    assert life.sent == ["hello", "second", "third"]


def test_a_new_step_whose_time_is_over_is_nothing_that_anybody_waited_for() -> None:
    life = booked(timed({"at": "-1d", "send": "second"}), 2 * D)
    early = {"at": "-4d", "send": "hello", "if_past": "send_now"}
    publish(life, timed(early, {"at": "-1d", "send": "second"}))
    take_along(life)
    life.live_until(NOON + 9 * D)
    assert life.sent == ["second"]


@pytest.mark.parametrize(("if_past", "sent"), [("skip", ["third"]), ("send_now", ["second", "third"]), ("stop", [])])
def test_a_step_that_is_moved_into_the_past_follows_its_own_word(if_past: str, sent: list[str]) -> None:
    life = booked(timed({"at": "-1d", "send": "second"}, {"at": "-1h", "send": "third"}), 2 * D)
    earlier = {"at": "-4d", "send": "second", "if_past": if_past}
    publish(life, timed(earlier, {"at": "-1h", "send": "third"}))
    take_along(life)
    life.live_until(NOON + 9 * D)
    assert life.sent == sent


def test_a_timeline_with_a_step_that_is_gone_stays_or_lets_that_step_go() -> None:
    first = timed({"at": "-1d", "send": "second"}, {"at": "-1h", "send": "third"})
    for gone, sent in (("stay", ["second", "third"]), ("stop", ["third"])):
        life = booked(first, 2 * D)
        publish(life, timed({"at": "-1h", "send": "third"}))
        take_along(life, gone)  # type: ignore[arg-type]
        life.live_until(NOON + 9 * D)
        assert life.sent == sent


def test_a_step_that_comes_back_in_a_third_version_is_planned_again() -> None:
    both = timed({"at": "-1d", "send": "second"}, {"at": "-1h", "send": "third"})
    life = booked(both, 2 * D)
    publish(life, timed({"at": "-1h", "send": "third"}))
    take_along(life, "stop")
    publish(life, both | {"fresh_for": "2d"})
    take_along(life, "stop", id="w2")
    life.live_until(NOON + 9 * D)
    assert life.sent == ["second", "third"]


def test_a_timeline_around_the_other_end_of_the_entry_moves_all_its_steps() -> None:
    life = World(timed({"at": "+1h", "send": "hello"}))
    life.hear(booking(NOON, NOON + 5 * D, ends_at=NOON + 6 * D))
    publish(life, timed({"at": "+1h", "send": "hello"}, anchor={"entry": "booking", "at": "ends_at"}))
    take_along(life)
    life.live_until(NOON + 9 * D)
    assert life.messages == [(NOON + 6 * D + H, "hello", "email")]


def test_a_timeline_around_something_else_is_another_journey_for_who_is_in_it() -> None:
    life = booked(timed({"at": "-1d", "send": "hello"}))
    publish(life, timed({"at": "-1d", "send": "hello"}, anchor={"entry": "course"}))
    assert take_along(life) is None
    life.live_until(NOON + 9 * D)
    assert life.sent == ["hello"]


def test_a_booking_that_moves_after_all_that_moves_in_the_version_that_was_joined() -> None:
    life = booked(timed({"at": "-1d", "send": "hello"}))
    publish(life, timed({"at": "-2d", "send": "hello"}))
    take_along(life)
    life.hear(booking(NOON + H, NOON + 8 * D))
    life.live_until(NOON + 9 * D)
    assert life.messages == [(NOON + 6 * D, "hello", "email")]


# ---- what nobody asks ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "what",
    [
        None,
        {},
        {"versions": {"j": "2"}, "gone": "stay"},
        {"versions": {"j": True}, "gone": "stay"},
        {"versions": 2, "gone": "stay"},
        {"versions": {"j": 1}, "gone": "away"},
        {"versions": {"j": 1}},
    ],
)
def test_a_wake_up_that_makes_no_sense_is_refused(what: Any) -> None:
    life = gone_in(waiting("1d"))
    event = walked(Walk("w", "migrate", NOON, NOON, ("j",)), "u1", NOON)
    with pytest.raises(BadInput):
        life.decide([replace(event, properties={**event.properties, "what": what})], NOON)
