"""What a provider took and did not deliver: owed messages go by the next channel, once, while they mean something."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from kairos import registry
from kairos.app.decide import decide
from kairos.app.decide.reports import STUCK_AFTER, STUCK_FOR
from kairos.app.decide.ways import STUCK
from kairos.domain.budget import BUDGETS, evict
from kairos.domain.effects import Send
from kairos.domain.instant import format_instant
from kairos.domain.profile import ANSWERS_LATER, PULLED, Profile
from tests.app.decide.company import Company
from tests.app.decide.world import NOON, World, booking, cancelled, make_event

RECEIPT = {"id": "receipt", "class": "transactional", "trigger": {"event": "paid"}, "steps": [{"send": "hello"}]}
OFFER = {"id": "offer", "class": "marketing", "trigger": {"event": "seen"}, "steps": [{"send": "hello"}]}
CARE = {
    "id": "care",
    "class": "transactional",
    "anchor": {"entry": "booking", "at": "starts_at"},
    "timeline": [{"at": "-2h", "send": "hello"}],
}
M, H, D = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def took(*journeys: dict[str, Any], name: str = "paid") -> World:
    """Return a world whose e-mail was taken by its provider; the template's next channel is the text message."""
    world = World(*(journeys or (RECEIPT,)))
    world.hear(make_event(name))
    return world


def sends(world: World) -> list[str]:
    return [effect.channel for effect in world.effects if isinstance(effect, Send)]


def tell(world: World, name: str, at: datetime = NOON + M, **properties: Any) -> None:
    """Let the provider say something of the first message that was asked for."""
    first = next(effect for effect in world.effects if isinstance(effect, Send))
    world.decide([replace(world.report(first.message, name, at), properties=properties, source="ses")], at)


def reasons(world: World, kind: str) -> list[str]:
    return [reason.reason for reason in world.reasons if reason.kind == kind]


def test_every_channel_that_reports_back_later_is_named() -> None:
    """`decide` loads no channel, so their names stand in the domain. What lies ready on a page cannot be given up."""
    channels = {name: registry.load("channels", name) for name in registry.names("channels")}
    assert {name for name, one in channels.items() if one.reports_back} - PULLED == ANSWERS_LATER


@pytest.mark.parametrize("word", ["message_bounced", "message_rejected", "message_failed"])
def test_an_owed_message_that_did_not_arrive_goes_by_the_next_channel_once(word: str) -> None:
    world = took()
    assert sends(world) == ["email"]
    tell(world, word)
    tell(world, word, NOON + 2 * M)
    tell(world, "message_bounced", NOON + 3 * M)
    assert sends(world) == ["email", "sms"]
    assert reasons(world, "not_sent") == ["bounced; trying sms"]
    assert world.known.handed == {}


def test_the_providers_word_may_come_before_our_own_of_the_hand_over() -> None:
    world = World(RECEIPT, reporting=False)
    world.hear(make_event("paid"))
    tell(world, "message_bounced")
    tell(world, "message_sent", NOON + 2 * M)
    assert sends(world) == ["email", "sms"]


@pytest.mark.parametrize("order", list(itertools.permutations(("message_delivered", "message_sent"))))
def test_what_arrived_is_not_sent_again_whatever_an_absence_note_says_later(order: tuple[str, ...]) -> None:
    world = World(RECEIPT, reporting=False)
    world.hear(make_event("paid"))
    for word in order:
        tell(world, word)
    tell(world, "message_bounced", NOON + H, bounce_type="transient")
    assert sends(world) == ["email"]


def test_advertising_that_bounced_rests() -> None:
    world = took(OFFER, name="seen")
    assert world.known.handed == {}
    tell(world, "message_bounced")
    assert (sends(world), reasons(world, "bounced")) == (["email"], [""])


def test_what_means_nothing_any_more_is_not_sent_again() -> None:
    world = took()
    tell(world, "message_bounced", NOON + D)
    assert (sends(world), world.known.handed) == (["email"], {})


def test_a_cancelled_booking_owes_no_reminder() -> None:
    world = World(CARE)
    world.hear(booking(NOON, NOON + 3 * H))
    world.live_until(NOON + H)
    assert len(world.known.handed) == 1
    world.hear(cancelled(NOON + H + M))
    tell(world, "message_bounced", NOON + H + 2 * M)
    assert sends(world) == ["email"]


def test_a_moved_booking_is_not_reminded_of_its_old_time() -> None:
    world = World(CARE)
    world.hear(booking(NOON, NOON + 3 * H))
    world.live_until(NOON + H)
    world.hear(booking(NOON + H + M, NOON + 2 * D))
    tell(world, "message_bounced", NOON + H + 2 * M)
    assert sends(world) == ["email"]


# ---- delayed ---------------------------------------------------------------------------------------------------


def delayed(world: World, until: datetime, at: datetime = NOON + M) -> None:
    tell(world, "message_delayed", at, delay_type="MailboxFull", retried_until=format_instant(until))


def test_a_reminder_that_may_come_after_its_booking_goes_by_the_next_channel_at_once() -> None:
    world = World(CARE)
    world.hear(booking(NOON, NOON + 3 * H))
    world.live_until(NOON + H)
    delayed(world, NOON + 14 * H, NOON + H + M)
    delayed(world, NOON + 14 * H, NOON + H + 9 * M)
    assert (sends(world), reasons(world, "not_sent")) == (["email", "sms"], ["delayed; trying sms"])
    assert reasons(world, "delayed") == ["MailboxFull"], "counted once"
    assert [one.reason for one in world.known.log if one.kind == "delayed"] == ["MailboxFull"], "and explained"


def test_while_the_provider_tries_in_time_its_last_word_is_awaited() -> None:
    world = took()
    delayed(world, NOON + 14 * H)
    assert sends(world) == ["email"]
    tell(world, "message_bounced", NOON + 14 * H, bounce_type="transient")
    assert sends(world) == ["email", "sms"]


def test_a_delay_that_does_not_say_until_when_is_waited_out() -> None:
    world = took()
    tell(world, "message_delayed", delay_type="Undetermined")
    assert sends(world) == ["email"]


# ---- mailboxes that take nothing -------------------------------------------------------------------------------


def offered(world: World, number: int, at: datetime) -> None:
    world.hear(make_event("seen", at, id=f"seen{number}"))


def last_message(world: World) -> str:
    return [effect.message for effect in world.effects if isinstance(effect, Send) and effect.channel == "email"][-1]


def hear_of_last(world: World, name: str, at: datetime, **properties: Any) -> None:
    world.decide([replace(world.report(last_message(world), name, at), properties=properties, source="ses")], at)


def full(world: World, days: int = STUCK_AFTER, kind: str = "MailboxFull") -> World:
    for day in range(days):
        offered(world, day, NOON + day * D)
        hear_of_last(world, "message_delayed", NOON + day * D + H, delay_type=kind)
    return world


AGAIN = {**OFFER, "reenter": "always"}


def test_advertising_rests_while_a_mailbox_takes_nothing_and_one_message_probes_it() -> None:
    world = full(World(AGAIN))
    offered(world, 90, NOON + 5 * D)
    assert reasons(world, "not_sent") == [f"{STUCK}; trying sms"]
    newest = NOON + (STUCK_AFTER - 1) * D
    offered(world, 91, newest + STUCK_FOR)
    assert sends(world).count("email") == STUCK_AFTER + 1, "the probe"
    hear_of_last(world, "message_delayed", newest + STUCK_FOR + H, delay_type="MailboxFull")
    offered(world, 92, newest + STUCK_FOR + D)
    assert sends(world).count("email") == STUCK_AFTER + 1, "as long again"


@pytest.mark.parametrize(
    ("days", "kind", "arrives"),
    [(STUCK_AFTER - 1, "MailboxFull", False), (STUCK_AFTER, "IPFailure", False), (STUCK_AFTER, "MailboxFull", True)],
)
def test_a_mailbox_is_not_given_up_for_less(days: int, kind: str, arrives: bool) -> None:
    world = full(World(AGAIN), days, kind)
    if arrives:
        hear_of_last(world, "message_delivered", NOON + days * D)
    offered(world, 90, NOON + 5 * D)
    assert sends(world) == ["email"] * (days + 1)


def test_what_is_owed_is_sent_to_a_full_mailbox_all_the_same() -> None:
    world = full(World(AGAIN, RECEIPT))
    world.hear(make_event("paid", NOON + 5 * D))
    assert sends(world)[-1] == "email"


def test_whom_a_profile_became_owes_what_it_owed_and_hears_of_it_by_the_former_name() -> None:
    company = Company(RECEIPT)
    company.introduce("before", "after")
    company.hear("before", make_event("paid"))
    [asked] = company.sends
    company.report("before", asked.message)
    company.merge("before", "after")
    company.report("before", asked.message, "message_bounced")
    company.arrive()
    assert [(send.profile, send.channel) for send in company.sends] == [("before", "email"), ("after", "sms")]
    assert (company["after"].handed, company["before"].handed) == ({}, {})


# ---- the item --------------------------------------------------------------------------------------------------


def test_what_is_over_leaves_the_item_and_the_rest_has_a_bound() -> None:
    world = took()
    (message,) = world.known.handed.values()
    profile: Profile = world.known.copy()
    most = BUDGETS["handed"].most
    many = [replace(message, id=f"m{n:02}", expires_at=message.expires_at + n * M) for n in range(most + 5)]
    profile.handed = {one.id: one for one in many}
    evict(profile, frozenset(), NOON)
    assert list(profile.handed) == [one.id for one in many[5:]]
    evict(profile, frozenset(), many[-1].expires_at)
    assert profile.handed == {}


def test_its_passage_stays_as_long_as_the_message_may_come_back() -> None:
    world = took()
    (message,) = world.known.handed.values()
    assert world.known.enrollments[message.enrollment].ended_at is not None
    outcome = decide(world.known, world.release, [make_event("other", NOON + D)], NOON + D)
    assert outcome is not None
    assert message.enrollment not in outcome.profile.enrollments
