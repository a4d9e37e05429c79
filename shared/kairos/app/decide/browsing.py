"""Which products a customer looked at lately, and which were in their last order: a few ids, where a template asks.

A row is [product, "v" or "b", second since 1970]. Of what was viewed the latest are kept, each product once; of orders
the latest alone. So the order of arrival does not matter, and a merge is the same as if both had been one.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from kairos.app.decide.turn import Turn
from kairos.app.products import BOUGHT, VIEWED, Row, rows_of
from kairos.domain.event import Event
from kairos.domain.instant import to_micros
from kairos.domain.profile import Profile

VIEW = "product_viewed"
ORDERS = frozenset({"order_created", "order_completed"})
VIEWED_MAX, BOUGHT_MAX = 8, 8
ID_CHARACTERS_MAX = 64


def take(turn: Turn, event: Event) -> None:
    """Remember what an event names, if it is a look or an order."""
    if not turn.release.shows_browsing or (event.name != VIEW and event.name not in ORDERS):
        return
    second = to_micros(event.occurred_at) // 1_000_000
    if event.name == VIEW:
        rows = [(id, VIEWED, second) for id in _ids([event.properties])]
    else:
        items = event.properties.get("items")
        rows = [(id, BOUGHT, second) for id in _ids(items if isinstance(items, list | tuple) else [])[:BOUGHT_MAX]]
    if rows:
        turn.profile.products = _kept([*rows_of(turn.profile), *rows])


def fold(turn: Turn, loser: Profile) -> None:
    """Add what another profile of the same customer looked at and bought."""
    if loser.products:
        turn.profile.products = _kept([*rows_of(turn.profile), *rows_of(loser)])


def forget(turn: Turn) -> None:
    """Keep nothing that no live template shows."""
    if turn.profile.products and not turn.release.shows_browsing:
        turn.profile.products = []


def _kept(rows: Iterable[Row]) -> list[list[Any]]:
    newest: dict[tuple[str, str], Row] = {}
    for row in rows:
        known = newest.get(row[:2])
        newest[row[:2]] = row if known is None or row[2] > known[2] else known
    ranked = sorted(newest.values(), key=lambda row: (-row[2], row[0]))
    last = max((second for _, kind, second in ranked if kind == BOUGHT), default=0)
    looks = [row for row in ranked if row[1] == VIEWED][:VIEWED_MAX]
    order = [row for row in ranked if row[1] == BOUGHT and row[2] == last][:BOUGHT_MAX]
    return [list(row) for row in (*looks, *order)]


def _ids(items: Iterable[Any]) -> list[str]:
    named = (item.get("product_id") for item in items if hasattr(item, "get"))
    ids = (str(id) for id in named if isinstance(id, str | int) and not isinstance(id, bool))
    return list(dict.fromkeys(id for id in ids if 0 < len(id) <= ID_CHARACTERS_MAX))
