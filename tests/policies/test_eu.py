"""The European Union's pack: opt-in, the soft opt-in of own customers, sender and way out in every message."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from kairos.domain.consent import EXISTING_CUSTOMER, Consent
from kairos.policies.eu import POLICY
from kairos.registry import Rendered

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
URL = "https://example.com/u/abc"
BRAND: dict[str, Any] = {"name": "Shop", "sender": {"contact": "+49 30 000000"}}


def test_advertising_needs_consent_and_a_sale_is_one_for_electronic_mail_only() -> None:
    sale = Consent(True, NOON, basis=EXISTING_CUSTOMER)
    assert POLICY.objects(None, "email", BRAND, NOON) == "ePrivacy Directive art. 13(1)"
    assert [POLICY.objects(sale, channel, BRAND, NOON) for channel in ("email", "sms")] == [None, None]
    assert POLICY.objects(sale, "push", BRAND, NOON) == "ePrivacy Directive art. 13(2)"
    assert POLICY.objects(Consent(True, NOON), "push", BRAND, NOON) is None


@pytest.mark.parametrize("channel", ["email", "sms"])
def test_every_message_shows_who_sends_it_and_the_way_out(channel: str) -> None:
    bare = Rendered({"subject": "s", "text": "t"} if channel == "email" else {"text": "t"})
    assert POLICY.lacks(bare, channel, True, BRAND)
    made = POLICY.apply(bare, channel, True, BRAND, URL)
    assert URL in made.parts["text"]
    assert POLICY.lacks(made, channel, True, BRAND) is None
    assert POLICY.apply(made, channel, True, BRAND, URL) == made
    assert "art. 13(4)" in str(POLICY.lacks(made, channel, True, {"name": "Shop"}))
    unsigned = POLICY.apply(bare, channel, True, BRAND, None)
    assert "art. 21(2)" in str(POLICY.lacks(unsigned, channel, True, BRAND))


def test_a_number_to_refuse_by_serves_a_text_message() -> None:
    brand = {**BRAND, "sender": {**BRAND["sender"], "opt_out": "STOP to 12345"}}
    made = POLICY.apply(Rendered({"text": "t"}), "sms", True, brand, URL)
    assert made.parts["text"] == "t\nSTOP to 12345"
    assert POLICY.lacks(made, "sms", True, brand) is None


def test_a_receipt_that_sells_is_advertising() -> None:
    found = POLICY.lint({"text": "Your order. 20% off your next one!"}, "email", False)
    assert found == [
        ("text", "ePrivacy Directive art. 13(1): '% off' is advertising, and the message is transactional")
    ]
    assert POLICY.lint({"text": "20% off"}, "email", True) == []
