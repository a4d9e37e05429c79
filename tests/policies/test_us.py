"""The United States' pack: hours where the recipient is, written consent, the postal address."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from kairos.app.deliver.quiet import open_at
from kairos.domain.consent import EXISTING_CUSTOMER, Consent
from kairos.domain.profile import Profile
from kairos.policies.us import FEDERAL, POLICY, STATES
from kairos.registry import Rendered
from tests.app.decide.world import release_of

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
URL = "https://example.com/u/abc"
BRAND: dict[str, Any] = {"sender": {"name": "Shop", "postal": "1 Main St, Springfield, IL 62701 & Co."}}


def someone(**traits: str) -> Profile:
    return Profile("u1", NOON, traits=traits)


def test_a_state_that_is_not_known_may_be_the_strictest() -> None:
    for unknown in (someone(), someone(region="Bavaria"), someone(region="")):
        assert POLICY.nights(unknown, "sms") == (FEDERAL, *STATES.values())
    release = release_of(brand={"policies": ["us"], "timezone": "America/New_York"})
    sunday = datetime(2026, 11, 22, 12, tzinfo=ZoneInfo("America/New_York")).astimezone(UTC)
    monday = datetime(2026, 11, 23, 10, tzinfo=ZoneInfo("America/New_York")).astimezone(UTC)
    assert open_at(release, someone(), "sms", sunday) == monday, (
        "Sunday is closed in Alabama, 10 is when Kentucky opens"
    )
    assert open_at(release, someone(region="CA"), "sms", sunday) == sunday


def test_the_region_is_read_with_and_without_its_country() -> None:
    assert POLICY.nights(someone(region="FL"), "sms") == POLICY.nights(someone(region=" us-fl "), "sms")
    assert POLICY.nights(someone(region="CA"), "sms") == (FEDERAL,)


def test_who_lives_elsewhere_has_no_american_night() -> None:
    assert POLICY.nights(someone(country="KR"), "sms") == ()
    assert POLICY.nights(someone(country="US", region="CA"), "sms") == (FEDERAL,)


def test_the_tcpa_is_about_telephones() -> None:
    assert [POLICY.nights(someone(), channel) for channel in ("email", "push", "web")] == [(), (), ()]


def test_a_sale_is_no_written_consent_to_text_messages() -> None:
    sale = Consent(True, NOON, basis=EXISTING_CUSTOMER)
    assert POLICY.objects(sale, "sms", BRAND, NOON) == "47 CFR 64.1200(a)(2)"
    assert POLICY.objects(None, "sms", BRAND, NOON) == "47 CFR 64.1200(a)(2)"
    assert POLICY.objects(Consent(True, NOON), "sms", BRAND, NOON) is None
    assert POLICY.objects(sale, "email", BRAND, NOON) is None


def test_an_email_shows_the_postal_address_and_the_way_out() -> None:
    made = POLICY.apply(Rendered({"subject": "s", "text": "t", "html": "<body>h</body>"}), "email", True, BRAND, URL)
    assert made.parts["text"].endswith(f"Shop\n1 Main St, Springfield, IL 62701 & Co.\nUnsubscribe: {URL}\n")
    assert "62701 &amp; Co." in made.parts["html"]
    assert made.parts["html"].endswith("</div></body>")
    assert POLICY.lacks(made, "email", True, BRAND) is None
    assert POLICY.apply(made, "email", True, BRAND, URL) == made, "applying twice adds nothing"


@pytest.mark.parametrize(
    ("brand", "url", "rule"),
    [({}, URL, "15 USC 7704(a)(5)(A)(iii)"), (BRAND, None, "15 USC 7704(a)(3)")],
    ids=["no postal address", "no way out"],
)
def test_an_email_without_it_is_not_sent(brand: dict[str, Any], url: str | None, rule: str) -> None:
    made = POLICY.apply(Rendered({"subject": "s", "text": "t"}), "email", True, brand, url)
    assert str(POLICY.lacks(made, "email", True, brand)).startswith(rule)


def test_a_text_message_says_how_to_stop() -> None:
    bare = Rendered({"text": "Spring sale"})
    assert str(POLICY.lacks(bare, "sms", True, BRAND)).startswith("47 CFR 64.1200(a)(10)")
    made = POLICY.apply(bare, "sms", True, BRAND, URL)
    assert made.parts["text"] == "Spring sale\nReply STOP to opt out"
    assert POLICY.lacks(made, "sms", True, BRAND) is None
    assert POLICY.apply(made, "sms", True, BRAND, URL) == made


def test_a_transactional_message_passes_unchanged() -> None:
    receipt = Rendered({"subject": "s", "text": "t"})
    assert POLICY.apply(receipt, "email", False, {}, None) is receipt
    assert POLICY.lacks(receipt, "email", False, {}) is None
