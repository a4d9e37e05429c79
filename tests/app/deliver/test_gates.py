"""Gates: each closes for a reason that is told, and opens again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from kairos.domain.instant import parse_instant
from kairos.domain.profile import Consent
from tests.app.deliver.stops import erase, forget_consent, leave, suppress, withdraw
from tests.app.delivery import ADDRESS, BRAND, NOON, World

M = timedelta(minutes=1)


def test_a_consent_after_an_unsubscription_opens_the_gate_again_and_no_other_consent_does() -> None:
    for given, reason, opened in ((M, "unsubscribed", True), (-M, "unsubscribed", False), (M, "bounced", False)):
        world = World()
        world.suppressions.suppress("email", ADDRESS, "marketing", reason, NOON)
        world.customer.consents["email", "marketing"] = Consent(True, NOON + given)
        world.save()
        [done] = world.run()
        assert done.outcome.kind == ("sent" if opened else "not_sent"), (given, reason)


def test_a_refusal_after_the_new_consent_stops_at_once_although_the_profile_has_not_heard_of_it() -> None:
    world = World()
    for at in (NOON, NOON + 2 * M):
        world.suppressions.suppress("email", ADDRESS, "marketing", "unsubscribed", at)
    world.customer.consents["email", "marketing"] = Consent(True, NOON + M)
    world.save()
    world.run()
    assert world.told() == [("message_not_sent", "suppressed")]


def _lose_address(world: World) -> None:
    world.contacts.put("p1", "profile", {"email": None}, NOON + timedelta(days=1))


def _break_address(world: World) -> None:
    world.contacts.put("p1", "profile", {"email": "ann@@example"}, NOON + timedelta(days=1))


def _expire(world: World) -> None:
    world.customer.messages["m1"] = replace(world.customer.messages["m1"], expires_at=NOON)
    world.save()


def _lose_template(world: World) -> None:
    world.publish(BRAND, {})


def _empty_template(world: World) -> None:
    world.publish(BRAND, {"hello": {"email": {"subject": "{{ first_name }}", "text": "{{ x | default: '' }}"}}})


def _lose_blank(world: World) -> None:
    world.publish(BRAND, {"hello": {"email": {"subject": "Hi {{ nickname }}", "text": "x"}}})


def _lose_contact_line(world: World) -> None:
    world.publish({**BRAND, "policies": ["kr"], "sender": {"email": "hello@example.com"}})


CLOSED_FOR_ALL: list[tuple[Callable[[World], None], str]] = [
    (leave, "no longer wanted"),
    (suppress("all"), "suppressed"),
    (_lose_address, "no address"),
    (_break_address, "no address"),
    (_expire, "expired"),
    (_lose_template, "there is no template hello"),
    (_empty_template, "template hello, email.text is empty"),
    (_lose_blank, "template hello, email.subject, line 1: no value for nickname; give it one or a default"),
]
CLOSED_FOR_MARKETING: list[tuple[Callable[[World], None], str]] = [
    (withdraw, "no consent"),
    (forget_consent, "no consent"),
    (suppress("marketing"), "suppressed"),
    (_lose_contact_line, "kr: 정보통신망법 §50④: the sender's contact (brand.sender.contact) is missing"),
]


@pytest.mark.parametrize("marketing", [True, False])
@pytest.mark.parametrize(("close", "reason"), CLOSED_FOR_ALL, ids=lambda value: getattr(value, "__name__", ""))
def test_a_closed_gate_stops_every_message_and_says_why(
    close: Callable[[World], None], reason: str, marketing: bool
) -> None:
    world = World(marketing=marketing)
    close(world)
    [done] = world.run()
    assert world.channel.taken == []
    assert world.told() == [("message_not_sent", reason)]
    assert done.outcome.kind == "not_sent"
    assert world.ledger.rows == {}


@pytest.mark.parametrize(("close", "reason"), CLOSED_FOR_MARKETING, ids=lambda value: getattr(value, "__name__", ""))
def test_a_gate_about_advertising_stops_marketing_and_lets_a_receipt_pass(
    close: Callable[[World], None], reason: str
) -> None:
    marketing, transactional = World(), World(marketing=False)
    for world in (marketing, transactional):
        close(world)
        world.run()
    assert marketing.channel.taken == []
    assert marketing.told() == [("message_not_sent", reason)]
    assert len(transactional.channel.taken) == 1


def test_an_erased_profile_gets_nothing_and_is_told_nothing_that_could_bring_it_back() -> None:
    world = World()
    erase(world)
    [done] = world.run()
    assert (done.outcome.kind, done.outcome.code) == ("not_sent", "erased")
    assert world.channel.taken == []
    assert world.reports() == []


def test_the_class_in_the_item_rules_over_the_one_in_the_queue() -> None:
    world = World()
    withdraw(world)
    world.run(replace(world.request, marketing=False))
    assert world.channel.taken == []


@pytest.mark.parametrize(("hour", "goes"), [(20, True), (21, False), (23, False), (7, False), (8, True)])
def test_quiet_hours_of_the_recipient_hold_marketing_until_they_end(hour: int, goes: bool) -> None:
    world = World()
    world.clock.at = NOON + timedelta(hours=(hour - 12) % 24)
    world.customer.messages["m1"] = replace(world.customer.messages["m1"], expires_at=NOON + timedelta(days=3))
    world.save()
    world.run()
    assert len(world.channel.taken) == int(goes)
    if not goes:
        [event] = world.reports()
        assert (event.name, event.properties["reason"]) == ("message_held", "quiet hours")
        until = parse_instant(event.properties["until"])
        assert until > world.clock.at
        assert (until - NOON) % timedelta(days=1) == timedelta(hours=20)  # 08:00 in Seoul
        assert world.ledger.rows == {}


def test_quiet_hours_are_asked_of_the_moment_of_sending_not_of_the_start_of_the_batch() -> None:
    world = World()
    world.clock.at = NOON + timedelta(hours=8, minutes=59, seconds=58)

    def slowly(port: str, method: str, when: str) -> None:
        if (port, method, when) == ("suppressions", "suppressed", "after"):
            world.clock.advance(timedelta(seconds=2))

    world.on = slowly
    world.run()
    assert world.channel.taken == []
    assert world.told() == [("message_held", "quiet hours")]


def test_a_transactional_message_is_not_held_at_night() -> None:
    world = World(marketing=False)
    world.clock.at = NOON + timedelta(hours=11)
    world.run()
    assert len(world.channel.taken) == 1


@pytest.mark.parametrize("marketing", [True, False])
def test_a_stop_of_everything_holds_every_class_before_anything_is_leased_or_claimed(marketing: bool) -> None:
    world = World(marketing=marketing)
    world.point(stopped=True)
    world.run()
    assert world.channel.taken == []
    assert world.told() == [("message_held", "stopped")]
    assert world.ledger.rows == {}
    assert world.tokens.used == {}


def test_a_paused_journey_holds_its_messages_and_no_others() -> None:
    world = World()
    world.point(paused=frozenset({"other"}))
    world.run()
    assert len(world.channel.taken) == 1
    world = World()
    world.point(paused=frozenset({"cart"}))
    world.run()
    assert world.channel.taken == []
    assert world.told() == [("message_held", "paused")]
    assert "until" not in world.reports()[0].properties


def test_a_held_message_is_left_to_its_journey() -> None:
    world = World()
    world.customer.messages["m1"] = replace(
        world.customer.messages["m1"], state="held", until=NOON + timedelta(hours=1)
    )
    world.save()
    [done] = world.run()
    assert done.outcome.kind == "idle"
    assert (world.channel.taken, world.reports(), world.ledger.rows) == ([], [], {})


def test_a_brand_under_korean_law_labels_its_advertising() -> None:
    world = World(brand={"policies": ["kr"]})
    world.run()
    parts = world.channel.taken[0].rendered.parts
    assert parts["subject"] == "(광고) Hi Ann"
    assert "수신거부" in parts["text"]


def test_an_address_in_another_form_is_the_same_address_to_a_suppression() -> None:
    world = World()
    world.contacts.put("p1", "profile", {"email": " Ann@Example.COM "}, NOON + timedelta(days=1))
    suppress("all")(world)
    world.run()
    assert world.channel.taken == []
    assert world.told() == [("message_not_sent", "suppressed")]
