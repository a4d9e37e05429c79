"""Consent is asked for again just before the provider is called, of the item as it is then."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from kairos.app.deliver.consent import base_of, because, consented_at
from kairos.domain.consent import EXISTING_CUSTOMER, Consent
from kairos.domain.suppression import UNSUBSCRIBED
from tests.app.delivery import ADDRESS, BRAND, NOON, World

DAY = timedelta(days=1)
SENDER = {**BRAND["sender"], "email": "hello@example.com"}


def told(consent: Consent, **brand: Any) -> list[tuple[str, str]]:
    """Return what the journeys hear of the one message when this is the consent at the moment of sending."""
    world = World(brand={"policies": ["kr"], "sender": SENDER, **brand})
    world.customer.consents["email", "marketing"] = consent
    world.save()
    world.run()
    return [(event.name, str(event.properties.get("reason", ""))) for event in world.reports()]


def test_what_ended_while_the_message_lay_in_the_queue_is_no_consent() -> None:
    consent = Consent(True, NOON - DAY, expires_at=NOON)
    assert told(consent) == [("message_not_sent", "no consent (expired, 정보통신망법 §50①)")]
    assert told(replace(consent, expires_at=NOON + DAY)) == [("message_sent", "")]


def test_a_sale_six_months_ago_bears_nothing_any_more() -> None:
    sale = Consent(True, NOON - 190 * DAY, basis=EXISTING_CUSTOMER)
    assert told(sale, existing_customers=["email"]) == [("message_not_sent", "no consent (정보통신망법 시행령 §61①)")]
    assert told(replace(sale, at=NOON - 170 * DAY), existing_customers=["email"]) == [("message_sent", "")]


def test_double_opt_in_is_asked_again_too() -> None:
    pending = Consent(True, NOON - DAY)
    assert told(pending, double_opt_in=["email"]) == [
        ("message_not_sent", "no consent (not confirmed, 정보통신망법 §50①)")
    ]
    assert told(replace(pending, confirmed_at=NOON), double_opt_in=["email"]) == [("message_sent", "")]


def test_without_packs_the_engine_still_asks_for_consent() -> None:
    assert told(Consent(False, NOON), policies=[]) == [("message_not_sent", "no consent")]


def test_the_strictest_of_several_packs_wins() -> None:
    consent = Consent(False, NOON)
    assert told(consent, policies=["us", "eu"]) == [("message_not_sent", "no consent (ePrivacy Directive art. 13(1))")]
    assert told(consent, policies=["us"]) == [("message_not_sent", "no consent")], "CAN-SPAM asks for none; Kairos does"


@pytest.mark.parametrize(("basis", "sent"), [("consent", 1), (EXISTING_CUSTOMER, 0)])
def test_only_a_word_of_the_customers_own_lifts_their_refusal(basis: str, sent: int) -> None:
    world = World(brand={"existing_customers": ["email"]})
    world.suppressions.suppress("email", ADDRESS, "marketing", UNSUBSCRIBED, NOON - 2 * DAY)
    world.customer.consents["email", "marketing"] = Consent(True, NOON - DAY, basis=basis)
    world.save()
    world.run()
    assert len(world.channel.taken) == sent
    assert (consented_at(world.customer, "email") is not None) == (sent == 1)


def test_the_reason_begins_with_what_it_is() -> None:
    assert because("no consent") == "no consent"
    assert because("no consent", "", "a rule") == "no consent (a rule)"
    assert base_of(because("no consent", "expired", "47 CFR 64.1200(a)(2)")) == "no consent"


def test_a_template_can_carry_the_link_to_confirm_by() -> None:
    world = World(marketing=False)
    world.publish(
        BRAND, {"hello": {"email": {"subject": "Confirm", "text": "{{ confirm_url }} {{ unsubscribe_url }}"}}}
    )
    world.run()
    confirm, refuse = world.channel.taken[0].rendered.parts["text"].split()
    assert confirm.startswith("https://api.example.com/u/")
    assert confirm != refuse
