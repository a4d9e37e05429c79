"""What text messages may cost in a month (`limits: {sms_spend: 300}`, US dollars), exact however many send at once.

What a message costs is known once it is written: its segments, with all that the law adds, at the brand's price
(`prices: {sms: 0.02}`) or the list's. The sum of a month (UTC, as SNS counts its own limit) is one row beside the
rate's tokens: marketing takes from it only what is left, in one conditional write. A booking's confirmation is no
advertisement, so transactional messages are counted and never held.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from kairos.app.deliver.rate import Allowance
from kairos.app.ports import SendTokens
from kairos.domain.errors import Unavailable
from kairos.registry import Channel, Rendered

LIMITED: Mapping[str, str] = {"sms": "sms_spend"}
"""Channel → the key of its limit under the brand's `limits`."""

MICRO = 1_000_000
KEPT = timedelta(days=40)


@dataclass(frozen=True, slots=True)
class Charge:
    """What one message takes of its month, in millionths of a dollar; the next month begins at `opens`."""

    row: Allowance
    amount: int
    opens: datetime


def charge_of(brand: Mapping[str, Any], channel: Channel, rendered: Rendered, now: datetime) -> Charge | None:
    """Return what a message costs, or None where the brand limits nothing on its channel."""
    limit = (brand.get("limits") or {}).get(LIMITED.get(channel.name, ""))
    if limit is None:
        return None
    amount = round(price_of(brand, channel) * MICRO * channel.amount(rendered.parts))
    opens = (now.replace(day=1) + timedelta(days=32)).astimezone(UTC)
    opens = opens.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    row = Allowance(f"token#{channel.name}/spend#{now.astimezone(UTC):%Y-%m}", round(limit * MICRO), opens + KEPT)
    return Charge(row, amount, opens)


def price_of(brand: Mapping[str, Any], channel: Channel) -> float:
    """Return what one unit costs in US dollars: as the brand says, else by the list."""
    return float((brand.get("prices") or {}).get(channel.name, channel.price.usd))


def take(tokens: SendTokens, charge: Charge | None, *, marketing: bool) -> bool:
    """Return whether the message may be paid for; then it is."""
    return charge is None or tokens.spend(charge.row, charge.amount, capped=marketing)


def give_back(tokens: SendTokens, charge: Charge | None) -> None:
    """Return the money of a message that was certainly not sent."""
    if charge is not None:
        with suppress(Unavailable):  # the month then seems dearer than it was, which sends less and never more
            tokens.spend(charge.row, -charge.amount, capped=False)
