"""What the large mailbox providers ask: a From that can align, a visible way out."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from kairos.policies.mailbox import OTHERS_DOMAINS, POLICY
from kairos.registry import Rendered

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
URL = "https://example.com/u/abc"
BRAND = {"name": "Shop", "sender": {"email": "hello@shop.example.com"}}
MAIL = Rendered({"subject": "s", "text": "t", "html": "<p>h</p>"})


def test_promotional_mail_has_a_visible_link() -> None:
    assert str(POLICY.lacks(MAIL, "email", True, BRAND)).startswith("RFC 8058")
    made = POLICY.apply(MAIL, "email", True, BRAND, URL)
    assert all(URL in made.parts[part] for part in ("text", "html"))
    assert POLICY.lacks(made, "email", True, BRAND) is None


@pytest.mark.parametrize("domain", sorted(OTHERS_DOMAINS))
def test_a_public_mailbox_is_nobodys_own_domain(domain: str) -> None:
    brand = {"sender": {"email": f"shop@{domain.upper()}"}}
    for marketing in (True, False):
        assert "DMARC" in str(POLICY.lacks(MAIL, "email", marketing, brand))


def test_other_channels_and_receipts_pass() -> None:
    assert POLICY.lacks(Rendered({"text": "t"}), "sms", True, BRAND) is None
    assert POLICY.lacks(MAIL, "email", False, BRAND) is None
    assert POLICY.apply(MAIL, "email", False, BRAND, URL) is MAIL


def test_mail_that_nobody_asked_for_is_not_sent() -> None:
    assert POLICY.objects(None, "email", BRAND, NOON) == "Gmail sender guidelines"
    assert POLICY.objects(None, "sms", BRAND, NOON) is None
