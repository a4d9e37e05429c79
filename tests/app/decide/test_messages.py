"""Messages: channels, consent, quiet hours, caps, reports and checks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise, permutations
from typing import Any

import pytest

from kairos.app.decide.outstanding import PROOFS
from kairos.domain.effects import Arm, Send
from kairos.domain.event import Event
from tests.app.decide.world import NOON, World, booking, cancelled, consent, make_event

M, H, D = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
NIGHT = datetime(2026, 3, 2, 22, tzinfo=UTC)
MORNING = datetime(2026, 3, 3, 8, tzinfo=UTC)
QUIET = {"quiet_hours": {"email": "21:00-08:00"}}
EMAIL_ONCE = {"caps": [{"channel": "email", "max": 1, "per": "1d"}]}


def blast(*sends: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "id": "j",
        "class": "marketing",
        "trigger": {"event": "go"},
        "reenter": "always",
        "steps": list(sends) or [{"send": "hello"}],
        **more,
    }


def go(at: datetime = NOON, **more: Any) -> Event:
    return make_event("go", at, **more)


# ---- consent ---------------------------------------------------------------------------------------------------


def test_marketing_needs_consent_and_transactional_does_not() -> None:
    without = World(blast(), consents=False)
    without.hear(go())
    assert without.messages == []
    assert without.said("not_sent") == ["no consent; trying sms", "no consent"]
    transactional = World(blast(**{"class": "transactional"}), consents=False)
    transactional.hear(go())
    assert transactional.sent == ["hello"]


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_the_newest_word_on_consent_wins_in_any_order(order: tuple[int, ...]) -> None:
    words = [consent(NOON - 3 * H), consent(NOON - 2 * H, given=False), consent(NOON - H)]
    world = World(blast(), consents=False)
    world.hear(*(words[index] for index in order), go(), at=NOON)
    assert world.messages == [(NOON, "hello", "email")]


def test_a_tie_between_giving_and_withdrawing_is_a_withdrawal_in_both_orders() -> None:
    for words in permutations([consent(NOON), consent(NOON, given=False)]):
        world = World(blast({"send": "hello", "channel": "email"}), consents=False)
        world.hear(*words, go(NOON + M))
        assert world.messages == []


def test_consent_counts_for_its_channel_and_purpose_alone() -> None:
    world = World(blast({"send": "hello", "channel": "sms"}), consents=False)
    world.hear(consent(NOON, "email"), go())
    assert world.said("not_sent") == ["no consent"]


def test_a_complaint_withdraws_consent() -> None:
    world = World(blast({"send": "hello", "channel": "email"}))
    world.hear(make_event("message_complained", NOON, message="somebody-elses"))
    world.hear(go(NOON + M))
    assert world.messages == []


def test_a_withdrawal_takes_back_what_is_asked_for_and_not_sent() -> None:
    world = World(blast(), reporting=False)
    world.hear(go())
    world.hear(consent(NOON + M, given=False))
    assert world.known.messages == {}
    assert not world.known.sent
    assert world.said("not_sent") == ["no consent"]


def test_a_withdrawal_leaves_transactional_messages_alone() -> None:
    world = World(blast(**{"class": "transactional"}), reporting=False)
    world.hear(go())
    world.hear(consent(NOON + M, given=False))
    assert world.only_message().template == "hello"


def test_a_withdrawal_while_a_message_is_held_lets_its_passage_go_on() -> None:
    steps = blast({"send": "mail"}, {"wait": "1d"}, {"send": "hello", "channel": "sms"})
    world = World(steps, brand=QUIET)
    world.hear(go(NIGHT))
    world.hear(consent(NIGHT + H, given=False))
    assert world.said("not_sent") == ["no consent"]
    world.live_until(NIGHT + 3 * D)
    assert world.messages == [(NIGHT + H + D, "hello", "sms")]


# ---- addresses and channels ------------------------------------------------------------------------------------


def test_the_first_channel_of_the_template_is_preferred() -> None:
    world = World(blast())
    world.hear(go())
    assert world.messages == [(NOON, "hello", "email")]


def test_without_an_address_the_next_channel_is_tried_under_an_id_of_its_own() -> None:
    world = World(blast(), reporting=False)
    world.hear(make_event("profile_updated", reach={"email": False}))
    world.hear(go(NOON + M))
    assert world.messages == [(NOON + M, "hello", "sms")]
    assert (world.only_message().attempt, world.only_message().untried) == (1, ())


def test_when_no_channel_reaches_the_customer_the_reason_is_stored() -> None:
    world = World(blast())
    world.hear(make_event("profile_updated", reach={"email": False, "sms": False}))
    world.hear(go(NOON + M))
    assert world.messages == []
    assert world.said("not_sent")[-1] == "no address"
    assert "no address" in [reason.reason for reason in world.known.log]


def test_a_step_that_names_its_channel_tries_no_other() -> None:
    world = World(blast({"send": "hello", "channel": "email"}))
    world.hear(make_event("profile_updated", reach={"email": False}))
    world.hear(go(NOON + M))
    assert world.messages == []


@pytest.mark.parametrize("reason", ["refused", "suppressed", "no address"])
def test_what_deliver_could_not_send_goes_by_the_next_channel(reason: str) -> None:
    world = World(blast(), reporting=False)
    world.hear(go())
    first = world.only_message()
    world.hear(world.report(first.id, "message_not_sent", NOON + M, properties={"reason": reason}))
    assert [channel for _, _, channel in world.messages] == ["email", "sms"]
    assert world.only_message().id != first.id
    assert [row[0] for row in world.known.sent] == ["sms"]


def test_an_expired_message_is_not_sent_by_another_channel() -> None:
    world = World(blast(), reporting=False)
    world.hear(go())
    world.hear(world.report(world.only_message().id, "message_not_sent", NOON + M, properties={"reason": "expired"}))
    assert world.known.messages == {}


# ---- quiet hours -----------------------------------------------------------------------------------------------


def test_quiet_hours_hold_a_message_to_the_end_of_the_window() -> None:
    world = World(blast(), brand=QUIET)
    world.hear(go(NIGHT))
    assert world.said("held") == ["quiet hours"]
    world.live_until(NIGHT + D)
    assert world.messages == [(MORNING, "hello", "email")]


@pytest.mark.parametrize(
    "at,sends",
    [(NIGHT - H, False), (NIGHT - H - timedelta(microseconds=1), True), (MORNING, True), (MORNING - M, False)],
)
def test_the_window_has_its_start_inside_and_its_end_outside(at: datetime, sends: bool) -> None:
    world = World(blast(), brand=QUIET)
    world.hear(go(at))
    assert bool(world.messages) is sends


def test_transactional_messages_know_no_quiet_hours() -> None:
    world = World(blast(**{"class": "transactional"}), brand=QUIET)
    world.hear(go(NIGHT))
    assert world.sent == ["hello"]


def test_everything_is_looked_at_again_when_the_window_ends() -> None:
    world = World(blast(), brand=QUIET)
    world.hear(go(NIGHT))
    world.hear(make_event("profile_updated", NIGHT + H, reach={"email": False}))
    world.live_until(NIGHT + D)
    assert world.messages == [(MORNING, "hello", "sms")]


def test_a_message_that_changes_channel_while_held_still_carries_its_passage_on() -> None:
    brand = {"quiet_hours": {"email": "21:00-08:00", "sms": "21:00-10:00"}}
    world = World(blast({"send": "hello"}, {"wait": "1h"}, {"send": "mail"}), brand=brand)
    world.hear(go(NIGHT))
    world.hear(make_event("profile_updated", NIGHT + H, reach={"email": False}))
    world.hear(make_event("profile_updated", MORNING + H, reach={"email": True}))
    world.live_until(NIGHT + 2 * D)
    assert world.messages == [(MORNING + 2 * H, "hello", "sms"), (MORNING + 3 * H, "mail", "email")]


def test_time_held_counts_towards_expiry_and_the_reason_is_stored() -> None:
    world = World(blast({"send": "hello", "channel": "email", "expires": "10h"}), brand=QUIET)
    world.hear(go(NIGHT))
    assert world.messages == []
    assert world.said("not_sent") == ["quiet hours until after it expires"]
    assert world.said("held") == []


def test_a_passage_waits_for_its_held_message_and_counts_on_from_when_it_went() -> None:
    world = World(blast({"send": "hello"}, {"wait": "1h"}, {"send": "second"}), brand=QUIET)
    world.hear(go(NIGHT))
    world.live_until(NIGHT + D)
    assert world.messages == [(MORNING, "hello", "email"), (MORNING + H, "second", "email")]


def test_a_goal_takes_back_a_held_message() -> None:
    world = World(blast(goal={"event": "order_completed"}), brand=QUIET)
    world.hear(go(NIGHT))
    world.hear(make_event("order_completed", NIGHT + H))
    world.live_until(NIGHT + D)
    assert world.messages == []
    assert world.said("not_sent") == ["goal reached"]


def test_without_a_zone_the_union_of_the_brands_zones_is_quiet() -> None:
    """21:00 to 08:00 in both Seoul and London leaves 08:00 to 12:00 UTC."""
    brand = {**QUIET, "timezone": "Asia/Seoul", "zones": ["Asia/Seoul", "Europe/London"]}
    world = World(blast(), brand=brand)
    world.hear(go(NOON))
    assert world.said("held") == ["quiet hours"]
    world.live_until(NOON + D)
    assert [at for at, _, _ in world.messages] == [MORNING]


def test_a_known_zone_has_its_own_night_alone() -> None:
    brand = {**QUIET, "timezone": "Asia/Seoul", "zones": ["Asia/Seoul", "Europe/London"]}
    world = World(blast(), brand=brand)
    world.hear(make_event("profile_updated", NOON - H, traits={"timezone": "Europe/London"}))
    world.hear(go(NOON))
    assert world.sent == ["hello"]


def test_a_new_zone_looks_at_a_held_message_again() -> None:
    world = World(blast(), brand=QUIET)
    world.hear(go(NIGHT))
    world.hear(make_event("profile_updated", NIGHT + H, traits={"timezone": "America/New_York"}))
    assert world.messages == [(NIGHT + H, "hello", "email")]


def test_a_move_takes_back_a_held_message_of_the_old_date_and_plans_its_step_anew() -> None:
    steps = {
        "id": "care",
        "class": "marketing",
        "anchor": {"entry": "booking"},
        "timeline": [{"at": "-2h", "send": "hello"}],
    }
    world = World(steps, brand=QUIET)
    world.hear(booking(NOON, MORNING + 2 * H - M))
    world.hear(booking(NIGHT + 10 * H - H / 2, MORNING + 2 * D + 6 * H))
    world.live_until(NOON + 9 * D)
    assert world.messages == [(MORNING + 2 * D + 4 * H, "hello", "email")]


def test_a_withdrawn_held_message_of_a_timeline_lets_its_entry_be_forgotten() -> None:
    steps = {
        "id": "care",
        "class": "marketing",
        "anchor": {"entry": "booking"},
        "timeline": [{"at": "-2h", "send": "mail"}],
    }
    world = World(steps, brand=QUIET)
    world.hear(booking(NOON, MORNING + H))
    world.hear(consent(NIGHT + 9 * H + M, given=False))
    world.wake(MORNING + 30 * D)
    assert world.known.entries == {}
    assert world.known.enrollments == {}


# ---- caps ------------------------------------------------------------------------------------------------------


def test_a_cap_is_exact_and_one_sent_exactly_so_long_ago_no_longer_counts() -> None:
    world = World(blast({"send": "mail"}), brand={"caps": [{"channel": "email", "max": 2, "per": "1d"}]})
    for at in (NOON, NOON + H, NOON + 2 * H, NOON + D - M, NOON + D, NOON + D + M):
        world.hear(go(at))
    assert [at for at, _, _ in world.messages] == [NOON, NOON + H, NOON + D]
    assert world.said("not_sent") == ["frequency cap"] * 3


def test_many_triggers_in_one_batch_cannot_outrun_a_cap() -> None:
    journeys = [{**blast({"send": "mail"}), "id": f"j{n}"} for n in range(6)]
    world = World(*journeys, brand={"caps": [{"channel": "email", "max": 2, "per": "1d"}]}, reporting=False)
    world.hear(go())
    assert world.sent == ["mail", "mail"]


def test_any_caps_all_channels_together() -> None:
    sends = [{"send": "hello", "channel": channel} for channel in ("email", "sms", "email")]
    world = World(blast(*sends), brand={"caps": [{"channel": "any", "max": 2, "per": "1d"}]})
    world.hear(go())
    assert [channel for _, _, channel in world.messages] == ["email", "sms"]


def test_over_the_cap_hold_waits_until_there_is_room() -> None:
    world = World(blast({"send": "mail", "over_cap": "hold"}), brand=EMAIL_ONCE)
    world.hear(go())
    world.hear(go(NOON + 3 * H))
    assert world.said("held") == ["frequency cap"]
    world.live_until(NOON + 2 * D)
    assert [at for at, _, _ in world.messages] == [NOON, NOON + D]


def test_over_the_cap_switch_takes_the_next_channel() -> None:
    world = World(blast({"send": "hello", "over_cap": "switch"}), brand=EMAIL_ONCE)
    world.hear(go())
    world.hear(go(NOON + H))
    assert [channel for _, _, channel in world.messages] == ["email", "sms"]


def test_transactional_messages_neither_count_nor_are_capped() -> None:
    world = World(blast({"send": "mail"}, {"send": "mail"}, **{"class": "transactional"}), brand=EMAIL_ONCE)
    world.hear(go())
    assert world.sent == ["mail", "mail"]
    assert not world.known.sent


@pytest.mark.parametrize("name", ["message_not_sent", "message_held", "message_rejected", "message_failed"])
def test_a_message_that_did_not_go_out_gives_its_place_under_the_cap_back(name: str) -> None:
    world = World(blast({"send": "mail"}), brand=EMAIL_ONCE, reporting=False)
    world.hear(go())
    until = {"until": "2026-03-02T18:00:00Z"}
    world.hear(world.report(world.only_message().id, name, NOON + M, properties=until))
    assert not world.known.sent


def test_a_withdrawn_message_that_went_out_all_the_same_counts_again() -> None:
    world = World(blast({"send": "mail"}), brand=EMAIL_ONCE, reporting=False)
    world.hear(go())
    sent = world.report(world.only_message().id, "message_sent", NOON + 2 * M)
    world.hear(consent(NOON + M, given=False))
    assert not world.known.sent
    world.hear(sent)
    assert len(world.known.sent) == 1


def test_a_held_message_that_went_out_all_the_same_counts_again() -> None:
    world = World(blast({"send": "mail"}), brand=EMAIL_ONCE, reporting=False)
    world.hear(go())
    id = world.only_message().id
    world.hear(world.report(id, "message_held", NOON + M, properties={"until": "2026-03-02T18:00:00Z"}))
    world.hear(world.report(id, "message_sent", NOON + 2 * M))
    assert world.known.messages == {}
    assert len(world.known.sent) == 1


# ---- reports and checks ----------------------------------------------------------------------------------------


REPORTS = ("message_sent", "message_delivered", "message_opened", "message_clicked")


@pytest.mark.parametrize("order", list(permutations(REPORTS)))
def test_reports_come_in_any_order_and_more_than_once(order: tuple[str, ...]) -> None:
    world = World(blast({"send": "mail"}), reporting=False)
    world.hear(go())
    id = world.only_message().id
    reports = [world.report(id, name, NOON + M) for name in order]
    world.hear(*reports, *reports)
    world.hear(*[world.report(id, name, NOON + 2 * M) for name in order])
    assert world.known.messages == {}
    assert len(world.known.sent) == 1
    assert world.sent == ["mail"]


@pytest.mark.parametrize("name", sorted(PROOFS))
def test_whatever_proves_that_the_provider_took_a_message_settles_it(name: str) -> None:
    world = World(blast({"send": "mail"}), brand=EMAIL_ONCE, reporting=False)
    world.hear(go())
    world.hear(world.report(world.only_message().id, name, NOON + M))
    assert world.known.messages == {}
    assert len(world.known.sent) == 1
    world.wake(NOON + 2 * D)
    assert [effect.asks for effect in world.effects if isinstance(effect, Send)] == [1]
    assert world.said("not_sent") == []


def test_a_message_held_by_deliver_waits_in_the_item_and_is_asked_for_again_with_the_same_id() -> None:
    world = World(blast({"send": "mail"}), reporting=False)
    world.hear(go())
    id = world.only_message().id
    world.hear(
        world.report(id, "message_held", NOON + M, properties={"until": "2026-03-02T18:00:00Z", "reason": "quiet"})
    )
    assert (world.only_message().state, world.said("held")) == ("held", ["quiet"])
    world.live_until(NOON + 7 * H)
    assert world.only_message().state == "asked"
    assert [(effect.message, effect.asks) for effect in world.effects if isinstance(effect, Send)] == [(id, 1), (id, 2)]


def test_an_unreported_message_is_asked_for_again_less_and_less_often_and_closed_as_unknown() -> None:
    world = World(blast({"send": "mail"}), brand=EMAIL_ONCE, reporting=False)
    world.hear(go())
    checks = [NOON]
    while world.known.messages:
        assert world.outcome is not None
        assert world.outcome.wake_at is not None
        checks.append(world.outcome.wake_at)
        world.wake(world.outcome.wake_at)
    pauses = [later - earlier for earlier, later in pairwise(checks)]
    assert pauses[:6] == [15 * M, 30 * M, H, 2 * H, 4 * H, 6 * H]
    assert set(pauses[6:]) == {6 * H}
    assert NOON + 3 * D <= checks[-1] < NOON + 3 * D + 6 * H
    assert world.said("not_sent") == ["unknown"]
    sends = [effect for effect in world.effects if isinstance(effect, Send)]
    assert len({effect.message for effect in sends}) == 1
    assert len({effect.asks for effect in sends}) == len(sends)
    assert len(world.known.sent) == 1  # it may have gone out


def test_checks_arm_no_schedule() -> None:
    world = World(blast({"send": "mail"}), reporting=False)
    world.hear(go())
    assert not any(isinstance(effect, Arm) for effect in world.effects)
    assert world.outcome is not None
    assert (world.outcome.due, world.outcome.wake_at) == (None, NOON + 15 * M)


def test_what_is_withdrawn_is_gone_from_the_item_so_that_deliver_refuses_it() -> None:
    steps = {
        "id": "care",
        "class": "transactional",
        "anchor": {"entry": "booking"},
        "timeline": [{"at": "-2h", "send": "hello"}],
    }
    world = World(steps, reporting=False)
    world.hear(booking(NOON, NOON + 3 * H))
    world.wake(NOON + H)
    assert world.only_message().state == "asked"
    world.hear(cancelled(NOON + H + M))
    assert world.known.messages == {}
    assert world.said("not_sent") == ["the entry was cancelled"]


def test_a_report_about_somebody_elses_message_changes_nothing() -> None:
    world = World(blast({"send": "mail"}), reporting=False)
    world.hear(go())
    for name in (*REPORTS, "message_held", "message_not_sent"):
        world.hear(make_event(name, NOON + M, message="unheard-of"))
    assert world.only_message().state == "asked"


def test_message_events_match_the_messages_of_their_own_passage_only() -> None:
    steps = blast(
        {"send": "mail"},
        {"wait_for": {"event": "message_clicked", "timeout": "1d"}, "then": [{"stop": "responded"}]},
        {"send": "second"},
        subject="cart_id",
    )
    world = World(steps)
    world.hear(go(id="1", properties={"cart_id": "c1"}), go(id="2", properties={"cart_id": "c2"}))
    clicked = next(e.asked[0] for e in world.known.enrollments.values() if e.subject == "c1")
    world.hear(make_event("message_clicked", NOON + H, message=clicked))
    world.live_until(NOON + 3 * D)
    assert sorted(world.said("exited")) == ["finished", "responded"]
    assert world.sent == ["mail", "mail", "second"]


def test_a_message_event_that_names_no_message_speaks_to_no_passage_without_any() -> None:
    steps = blast({"wait_for": {"event": "message_clicked", "timeout": "1d"}, "then": [{"stop": "responded"}]})
    world = World(steps)
    world.hear(go())
    world.hear(make_event("message_clicked", NOON + H))
    assert world.only_enrollment().active
