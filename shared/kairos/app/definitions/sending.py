"""How fast a brand sends, for how much, and to whom its tests go: that part of the brand as its owner writes it."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from kairos.app.definitions.limits import CHANNELS, whole
from kairos.domain.document import Document
from kairos.domain.errors import BadDefinition

SEEDS_MAX, SEED_CHARACTERS_MAX = 50, 1_100
WALK_RATE_MAX = 1_000
PRICE_MAX, SPEND_MAX = 10, 10_000_000
"""US dollars: of one message or segment, and of a month."""

SPENDING = ("sms_spend",)


def read_rates(document: Document) -> None:
    """Read what a provider allows, a second and a day. Raises BadDefinition."""
    if not document.has("rates"):
        return
    rates = document.inner("rates")
    rates.only(*CHANNELS)
    for channel in rates.raw:
        rate = rates.inner(channel)
        rate.only("per_second", "per_day")
        rate.number("per_second", 0.01, 10_000)
        if rate.has("per_day"):
            whole(rate, "per_day", 1, 1_000_000_000)


def read_money(document: Document) -> None:
    """Read what messages cost, and may cost in a month. Raises BadDefinition."""
    if document.has("prices"):
        prices = document.inner("prices")
        prices.only(*CHANNELS)
        for channel in prices.raw:
            prices.number(channel, 0, PRICE_MAX)
    if document.has("limits"):
        limits = document.inner("limits")
        limits.only(*SPENDING)
        for key in limits.raw:
            limits.number(key, 0, SPEND_MAX)


def read_warm_up(document: Document) -> None:
    """Read since when a new domain sends. Raises BadDefinition."""
    if document.has("warm_up"):
        warm_up = document.inner("warm_up")
        warm_up.only("from")
        warm_up.read("from", _day, 'a date in quotes, such as "2026-11-22"')


def read_seeds(document: Document) -> None:
    """Read to whom `kairos send-test --seeds` goes. Raises BadDefinition."""
    if not document.has("seeds"):
        return
    seeds = document.items("seeds")
    if len(seeds) > SEEDS_MAX:
        raise BadDefinition((*document.path, "seeds"), f"expected at most {SEEDS_MAX} addresses")
    for seed, path in seeds:
        if not isinstance(seed, str) or not seed.strip() or len(seed) > SEED_CHARACTERS_MAX or not seed.isprintable():
            raise BadDefinition(path, "expected an e-mail address, a phone number in quotes, or fcm:TOKEN")


def read_walks(document: Document) -> None:
    """Read how many customers a second a walk wakes. Raises BadDefinition."""
    if document.has("walks"):
        walks = document.inner("walks")
        walks.only("per_second")
        walks.number("per_second", 1, WALK_RATE_MAX)


def _day(value: Any) -> date:
    if not isinstance(value, str) or not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
        raise ValueError
    return date.fromisoformat(value)
