"""What a month may cost: what is left is spent to the last cent, and transactional messages go all the same."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from kairos.app.deliver.spending import charge_of
from kairos.domain.errors import Refused, Throttled, Unavailable
from kairos.registry import Rendered, load
from tests.app.delivery import NOON, World

SMS = load("channels", "sms")
LIMITED = {"limits": {"sms_spend": 1}, "prices": {"sms": 0.4}}


class Texts(World):
    """E-mail that is billed as text messages are: the world's one channel plays it."""

    def __init__(self, limit: float, *, marketing: bool = True) -> None:
        brand = {"limits": {"sms_spend": limit}, "prices": {"email": 0.4}, "quiet_hours": {}}
        super().__init__(marketing=marketing, brand=brand)

    @property
    def spent(self) -> int:
        return sum(used for key, used in self.tokens.used.items() if "/spend#" in key)


@pytest.fixture(autouse=True)
def billed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kairos.app.deliver.spending.LIMITED", {"sms": "sms_spend", "email": "sms_spend"})


@pytest.mark.parametrize(
    ("text", "amount"), [("x" * 160, 400_000), ("x" * 161, 800_000), ("가" * 70, 400_000), ("가" * 71, 800_000)]
)
def test_a_text_costs_its_segments(text: str, amount: int) -> None:
    charge = charge_of(LIMITED, SMS, Rendered({"text": text}), NOON)
    assert charge is not None
    assert (charge.amount, charge.row.most, charge.row.key) == (amount, 1_000_000, "token#sms/spend#2026-11")


def test_without_a_limit_nothing_is_counted_and_without_a_price_the_lists_counts() -> None:
    assert charge_of({}, SMS, Rendered({"text": "x"}), NOON) is None
    assert charge_of(LIMITED, load("channels", "push"), Rendered({"text": "x"}), NOON) is None
    charge = charge_of({"limits": {"sms_spend": 1}}, SMS, Rendered({"text": "x"}), NOON)
    assert charge is not None
    assert charge.amount == round(SMS.price.usd * 1_000_000)


@pytest.mark.parametrize(
    ("at", "key", "opens"),
    [
        (datetime(2026, 1, 31, 23, 59, 59, tzinfo=UTC), "2026-01", datetime(2026, 2, 1, tzinfo=UTC)),
        (datetime(2026, 12, 31, 12, tzinfo=UTC), "2026-12", datetime(2027, 1, 1, tzinfo=UTC)),
        (datetime(2028, 2, 29, tzinfo=UTC), "2028-02", datetime(2028, 3, 1, tzinfo=UTC)),
        (datetime(2026, 11, 1, tzinfo=UTC), "2026-11", datetime(2026, 12, 1, tzinfo=UTC)),
    ],
)
def test_a_month_ends_with_the_month(at: datetime, key: str, opens: datetime) -> None:
    charge: Any = charge_of(LIMITED, SMS, Rendered({"text": "x"}), at)
    assert (charge.row.key, charge.opens) == (f"token#sms/spend#{key}", opens)
    assert charge.row.until > opens


def test_advertising_waits_for_the_next_month_where_too_little_is_left() -> None:
    world = Texts(0.3)
    [done] = world.run()
    assert (done.outcome.kind, done.outcome.code) == ("held", "spending limit")
    assert done.outcome.until == datetime(2026, 12, 1, tzinfo=UTC)
    assert (world.channel.taken, world.ledger.rows, world.spent) == ([], {}, 0)
    [event] = world.reports()
    assert (event.name, event.properties["reason"]) == ("message_held", "spending limit")


def test_a_confirmation_goes_beyond_the_limit_and_is_counted() -> None:
    world = Texts(0.3, marketing=False)
    [done] = world.run()
    assert (done.outcome.kind, world.spent) == ("sent", 400_000)


def test_what_is_sent_is_paid_for() -> None:
    world = Texts(0.4)
    [done] = world.run()
    assert (done.outcome.kind, world.spent) == ("sent", 400_000)


@pytest.mark.parametrize("error", [Refused("sns", "OptedOut"), Throttled("sns", "Throttled")])
def test_what_is_known_not_to_have_gone_is_not_paid_for(error: Exception) -> None:
    world = Texts(1)
    world.channel.refusing(error)
    world.run()
    assert world.spent == 0


def test_what_may_have_gone_is_paid_for() -> None:
    world = Texts(1)
    world.channel.refusing(Unavailable("sns", "ReadTimeoutError"))
    [done] = world.run()
    assert (done.outcome.kind, world.spent) == ("unknown", 400_000)


def test_where_the_limit_cannot_be_asked_nothing_is_sent_and_the_claim_is_free() -> None:
    world = Texts(1)

    def broken(port: str, method: str, when: str) -> None:
        if (port, method, when) == ("tokens", "spend", "before"):
            raise Unavailable("messages", "throttled")

    world.on = broken
    [done] = world.run()
    assert (done.outcome.kind, world.channel.taken, world.ledger.rows) == ("failed", [], {})
