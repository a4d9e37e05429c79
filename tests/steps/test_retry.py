from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from kairos.domain.condition import parse_condition
from kairos.domain.decision import Ask, Go, Park
from kairos.domain.effects import Send
from kairos.domain.errors import BadDefinition
from kairos.domain.event import Event
from kairos.domain.hour_counts import HourCounts
from kairos.domain.journey import SendArgs
from kairos.steps.retry import RESPONDED
from tests.app.decide.company import Company
from tests.app.decide.world import NOON, World, consent, make_event
from tests.steps.stage import read, scene

M, H, D = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
RETRY: dict[str, Any] = {
    "send": "hello",
    "until": {"event": "message_clicked"},
    "every": "1d",
    "times": 3,
    "channels": ["email", "sms"],
}
BRANCHES = {"then": [{"send": "second"}], "else": [{"send": "third"}]}


def journey(*, kind: str = "marketing", **retry: Any) -> dict[str, Any]:
    steps = [{"id": "ask", "retry": RETRY | retry, **BRANCHES}]
    return {"id": "j", "class": kind, "trigger": {"event": "go"}, "steps": steps, "exit": [{"event": "gone"}]}


def click(world: World, at: datetime, attempt: int = -1) -> Event:
    asked = [effect.message for effect in world.effects if isinstance(effect, Send)]
    return world.report(asked[attempt], "message_clicked", at)


def attempts(world: World) -> list[tuple[datetime, str]]:
    return [(at, channel) for at, template, channel in world.messages if template == "hello"]


# ---- the step --------------------------------------------------------------------------------------------------


def test_it_asks_by_each_channel_in_turn_and_waits_after_each() -> None:
    step, args = read({"retry": RETRY})
    assert step.enter(args, scene()) == Ask(SendArgs("hello", "email"))
    assert step.asked(args, scene()) == Park(NOON + D)
    assert step.wake(args, scene(node="ask", visits={"ask": 1})) == Ask(SendArgs("hello", "sms"))
    assert step.wake(args, scene(node="ask", visits={"ask": 2})) == Ask(SendArgs("hello", "email"))
    assert step.wake(args, scene(node="ask", visits={"ask": 3})) == Go("else")


def test_a_channel_that_cannot_reach_the_customer_is_passed_over() -> None:
    step, args = read({"retry": RETRY})
    only_sms = replace(scene(), reaches=lambda channel: channel == "sms")
    assert step.enter(args, only_sms) == Ask(SendArgs("hello", "sms"))
    nothing = replace(scene(), reaches=lambda channel: False)
    assert step.enter(args, nothing) == Ask(SendArgs("hello", "email"))  # and the reason is stored: no address


def test_without_channels_the_template_says_the_order() -> None:
    step, args = read({"retry": {key: value for key, value in RETRY.items() if key != "channels"}})
    assert step.enter(args, scene()) == Ask(SendArgs("hello"))


def test_it_takes_what_a_send_takes() -> None:
    vip = {"trait": "tier", "eq": "vip"}
    more = {"at": {"best_within": "6h"}, "over_cap": "hold", "expires": "2h", "if": vip}
    _, args = read({"retry": RETRY | more})
    assert args.send == SendArgs("hello", None, timedelta(hours=6), "hold", timedelta(hours=2), parse_condition(vip))


@pytest.mark.parametrize(
    "wrong",
    [
        {"times": 0},
        {"times": 11},
        {"times": True},
        {"times": 2.5},
        {"every": 5},
        {"until": "message_clicked"},
        {"until": {"event": "x", "within": "1d"}},
        {"channels": []},
        {"channels": ["email", "email"]},
        {"channels": ["email", 3]},
        {"channels": "email"},
        {"channel": "email"},
        {"send": None},
        {"at": "-2h"},
    ],
)
def test_what_is_incomplete_or_wrong_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(BadDefinition):
        read({"retry": RETRY | wrong})


# ---- in a journey ----------------------------------------------------------------------------------------------


def test_without_a_response_it_asks_so_often_and_goes_on_by_else() -> None:
    world = World(journey())
    world.hear(make_event("go"))
    world.live_until(NOON + 9 * D)
    assert attempts(world) == [(NOON, "email"), (NOON + D, "sms"), (NOON + 2 * D, "email")]
    assert world.messages[-1][:2] == (NOON + 3 * D, "third")
    sends = [effect.message for effect in world.effects if isinstance(effect, Send)]
    assert len(set(sends)) == 4


@pytest.mark.parametrize("responded_after", [1, 2, 3])
def test_a_response_to_any_attempt_stops_it(responded_after: int) -> None:
    world = World(journey())
    world.hear(make_event("go"))
    world.live_until(NOON + (responded_after - 1) * D)
    world.hear(click(world, world.now + H, attempt=0))
    world.live_until(NOON + 9 * D)
    assert len(attempts(world)) == responded_after
    assert world.sent[-1] == "second"


def test_a_response_at_the_end_of_the_last_wait_counts_and_one_after_it_does_not() -> None:
    for late, last in ((timedelta(0), "second"), (M, "third")):
        world = World(journey())
        world.hear(make_event("go"))
        world.live_until(NOON + 2 * D)
        at = NOON + 3 * D + late
        world.decide([click(world, at)], at)
        assert world.sent[-1] == last


def test_a_response_takes_back_an_attempt_that_is_held() -> None:
    world = World(journey(), brand={"quiet_hours": {"sms": "11:00-20:00"}})
    world.hear(make_event("go"))
    world.live_until(NOON + D)
    assert world.only_message().state == "held"
    world.hear(click(world, NOON + D + H))
    world.live_until(NOON + 9 * D)
    assert attempts(world) == [(NOON, "email")]
    assert world.said("not_sent") == [RESPONDED]
    assert world.sent[-1] == "second"


def test_a_response_takes_back_an_attempt_that_was_asked_for_and_not_reported() -> None:
    world = World(journey(until={"event": "order_completed"}), reporting=False)
    world.hear(make_event("go"))
    world.decide([make_event("order_completed", NOON + M)], NOON + M)
    assert [message.template for message in world.known.messages.values()] == ["second"]
    assert world.said("not_sent") == [RESPONDED]


def test_a_click_that_overtakes_the_word_of_sending_takes_nothing_back() -> None:
    world = World(journey(), reporting=False)
    world.hear(make_event("go"))
    world.decide([click(world, NOON + M, attempt=0)], NOON + M)
    assert world.said("not_sent") == []
    assert world.sent == ["hello", "second"]


def test_the_wait_begins_when_quiet_hours_have_let_the_attempt_go() -> None:
    world = World(journey(), brand={"quiet_hours": {"email": "11:00-20:00"}})
    world.hear(make_event("go"))
    world.live_until(NOON + 9 * D)
    assert attempts(world) == [(NOON + 8 * H, "email"), (NOON + D + 8 * H, "sms"), (NOON + 2 * D + 8 * H, "email")]


def test_an_attempt_over_the_cap_is_not_sent_and_the_next_comes_in_its_turn() -> None:
    world = World(journey(), brand={"caps": [{"channel": "any", "max": 1, "per": "36h"}]})
    world.hear(make_event("go"))
    world.live_until(NOON + 9 * D)
    assert attempts(world) == [(NOON, "email"), (NOON + 2 * D, "email")]
    assert "frequency cap" in world.said("not_sent")


def test_a_withdrawn_consent_turns_to_the_channel_that_is_left() -> None:
    world = World(journey())
    world.hear(make_event("go"))
    world.hear(consent(NOON + H, "sms", given=False))
    world.live_until(NOON + 9 * D)
    assert [channel for _, channel in attempts(world)] == ["email", "email", "email"]


def test_its_condition_is_asked_at_every_attempt() -> None:
    unless_bought: dict[str, Any] = {"if": {"trait": "stage", "ne": "bought"}}
    world = World(journey(**unless_bought))
    world.hear(make_event("go"))
    world.hear(make_event("profile_updated", NOON + H, traits={"stage": "bought"}))
    world.live_until(NOON + 9 * D)
    assert len(attempts(world)) == 1


def test_repeated_and_reordered_events_and_wake_ups_make_no_attempt_more() -> None:
    world = World(journey())
    world.hear(make_event("go"))
    for hours in (1, 2, 23):
        world.wake(NOON + hours * H)
        world.decide([make_event("go")], NOON + hours * H)
    world.live_until(NOON + 9 * D)
    assert len(attempts(world)) == 3


def test_late_wake_ups_keep_the_attempts_apart() -> None:
    world = World(journey())
    world.hear(make_event("go"))
    world.wake(NOON + 5 * D)
    world.live_until(NOON + 9 * D)
    assert [at for at, _ in attempts(world)] == [NOON, NOON + 5 * D, NOON + 6 * D]


def test_an_exit_in_the_middle_stops_it_and_what_is_queued() -> None:
    world = World(journey(), brand={"quiet_hours": {"sms": "11:00-20:00"}})
    world.hear(make_event("go"))
    world.live_until(NOON + D)
    world.hear(make_event("gone", NOON + D + H))
    world.live_until(NOON + 9 * D)
    assert (len(attempts(world)), world.known.messages) == (1, {})
    assert world.sent == ["hello"]


def test_a_merge_in_the_middle_carries_on_with_the_attempts_that_are_left() -> None:
    company = Company(journey(kind="transactional"))
    company.introduce("a", "b")
    company.hear("b", make_event("go"))
    company.merge("b", "a")
    company.live_until(NOON + 9 * D)
    assert [at for template, at in company.messages if template == "hello"] == [NOON, NOON + D, NOON + 2 * D]


def test_who_is_in_the_middle_keeps_the_attempts_of_their_version() -> None:
    world = World(journey())
    world.hear(make_event("go"))
    world.edit(journey(times=1, every="2d"))
    world.live_until(NOON + 9 * D)
    assert len(attempts(world)) == 3


def test_a_pause_holds_the_next_attempt_until_the_journey_goes_on() -> None:
    world = World(journey())
    world.hear(make_event("go"))
    world.edit(journey(), paused=["j"])
    world.wake(NOON + 2 * D)
    assert len(attempts(world)) == 1
    world.edit(journey())
    world.wake(NOON + 3 * D)
    assert [at for at, _ in attempts(world)] == [NOON, NOON + 3 * D]


def test_the_night_of_one_zone_is_not_anothers() -> None:
    world = World(journey(), brand={"quiet_hours": {"email": "21:00-08:00"}})
    world.hear(make_event("profile_updated", NOON, traits={"timezone": "Asia/Seoul"}))
    world.hear(make_event("go", NOON + M))
    world.live_until(NOON + D)
    assert attempts(world)[0] == (datetime(2026, 3, 2, 23, tzinfo=UTC), "email")


# ---- the channel that they answer ------------------------------------------------------------------------------


def test_the_best_channel_is_the_one_they_answer_most_and_the_others_have_their_turn() -> None:
    world = World(journey(kind="transactional", channels={"best": ["email", "sms"]}, times=3))
    assert world.release.timing.keeps_hours
    assert world.profile is not None
    answers = {"sent email": 9, "answered email": 1, "sent sms": 4, "answered sms": 3}
    world.profile.hours.update({name: HourCounts.of([(1, count)]) for name, count in answers.items()})
    world.hear(make_event("go"))
    world.live_until(NOON + 5 * D)
    assert attempts(world) == [(NOON, "sms"), (NOON + D, "email"), (NOON + 2 * D, "sms")]
    chosen = [(reason.channel, reason.reason) for reason in world.reasons if reason.kind == "chosen"]
    assert chosen == [
        ("sms", "best channel: 1 of 2, propensity 0.9500"),
        ("email", "best channel: 1 of 1, propensity 1.0000"),
        ("sms", "best channel: 1 of 2, propensity 0.9500"),
    ]


def test_without_anything_known_the_best_channel_is_the_first_that_reaches_them() -> None:
    step, args = read({"retry": RETRY | {"channels": {"best": ["sms", "email"]}}})
    assert step.enter(args, scene()).send == SendArgs("hello", "sms")
    only_email = replace(scene(), reaches=lambda channel: channel == "email")
    assert step.enter(args, only_email).send == SendArgs("hello", "email")
    nothing = replace(scene(), reaches=lambda channel: False)
    assert step.enter(args, nothing) == Ask(SendArgs("hello", "sms")), "and the reason is stored: no address"


def test_where_nothing_is_known_of_them_the_channel_that_the_shops_customers_answer_is_best() -> None:
    step, args = read({"retry": RETRY | {"channels": {"best": ["email", "sms"]}}})
    shop = replace(scene(), usual_rate={"email": 0.1, "sms": 0.4}.__getitem__)
    assert step.enter(args, shop).send.channel == "sms"
    shop.profile.hours.update({"sent sms": HourCounts.of([(1, 30)]), "answered sms": HourCounts.of([(1, 1)])})
    assert step.enter(args, shop).send.channel == "email", "thirty messages of their own say more"


def test_a_stated_share_of_choices_is_any_channel_and_each_says_how_likely_it_was() -> None:
    step, args = read({"retry": RETRY | {"channels": {"best": ["email", "sms"]}}})
    shares: Counter[tuple[str, str]] = Counter()
    for number in range(2000):
        where = replace(scene(id=f"e{number}", node="ask"), explore=0.2)
        asked = step.enter(args, where)
        assert step.enter(args, where) == asked, "looked at again, it is the same"
        shares[asked.send.channel, asked.chosen] += 1
    assert {key: round(number / 2000, 1) for key, number in shares.items()} == {
        ("email", "best channel: 1 of 2, propensity 0.9000"): 0.8,
        ("email", "best channel, exploring: 1 of 2, propensity 0.9000"): 0.1,
        ("sms", "best channel, exploring: 1 of 2, propensity 0.1000"): 0.1,
    }


@pytest.mark.parametrize("wrong", [{"best": []}, {"best": ["email", "email"]}, {"worst": ["email"]}, {"best": "email"}])
def test_a_best_of_no_channels_is_refused(wrong: Any) -> None:
    with pytest.raises(BadDefinition):
        read({"retry": RETRY | {"channels": wrong}})
