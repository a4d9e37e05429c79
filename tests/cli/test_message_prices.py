from __future__ import annotations

from typing import Any

from kairos.cli.message_prices import prices_of
from tests.app.brands import journey, template

DRAFTS: dict[tuple[str, str], Any] = {
    ("journey", "welcome"): journey(),
    ("journey", "broken"): 5,
    ("template", "hello"): template(push={"text": "x"}, webhook={"to": "desk", "text": "x"}),
}


def test_each_channel_of_a_walks_journeys_has_its_price_and_what_is_free_is_not_said() -> None:
    found = prices_of(DRAFTS, ["welcome"], {"prices": {"sms": 0.02}})
    assert found == {"email": 0.0001, "push": 0.0000005, "sms": 0.02}
    assert prices_of(DRAFTS, [], {}) == {**found, "sms": 0.0465}
    assert prices_of(DRAFTS, ["another"], {}) == {}


def test_what_is_not_well_formed_has_no_price() -> None:
    assert prices_of({("journey", "w"): {"class": "marketing", "steps": "?"}}, [], {}) == {}
