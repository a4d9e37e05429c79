"""Which products others looked at who looked at one: how many customers have both among the latest that they viewed.

`learn` counts them nightly over its sample while a template shows them; `kairos products relate` over everybody. The
counts hold as many pairs as they are allowed: where there are more, the rarest go, and who is often seen together comes
back (lossy counting: Manku and Motwani, VLDB 2002, section 4.2).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import combinations

from kairos.app.products import viewed_by
from kairos.app.walk.ports import CustomerScan
from kairos.domain.profile import Profile
from kairos.domain.walk import SEGMENTS

TOGETHER_MIN = 3
"""Customers who looked at both: fewer are chance, and might tell of one of them."""
RELATED_MAX = 4
PAIRS_MAX = 1_000_000
"""About 200 MB; a customer's latest eight are 28 pairs."""
PAGE = 500


class Together:
    """Counts of pairs, at most `most` of them beside those of one customer."""

    def __init__(self, most: int = PAIRS_MAX) -> None:
        self._most = most
        self._pairs: Counter[tuple[str, str]] = Counter()

    def __len__(self) -> int:
        return len(self._pairs)

    def add(self, profile: Profile) -> None:
        """Count what one customer looked at."""
        self._pairs.update(combinations(sorted(viewed_by(profile)), 2))
        rare = 0
        while len(self._pairs) > self._most:
            rare += 1
            self._pairs = Counter({pair: count for pair, count in self._pairs.items() if count > rare})

    def found(self, products: int | None = None) -> dict[str, list[str]]:
        """Return for each product the others that were looked at with it, the most often first; of the `products` that
        were most often looked at with any."""
        others: dict[str, list[tuple[int, str]]] = {}
        for (one, other), count in self._pairs.items():
            if count >= TOGETHER_MIN:
                others.setdefault(one, []).append((-count, other))
                others.setdefault(other, []).append((-count, one))
        often = sorted(others, key=lambda id: (sum(count for count, _ in others[id]), id))[:products]
        return {id: [other for _, other in sorted(others[id])[:RELATED_MAX]] for id in often}


def related(profiles: Iterable[Profile]) -> dict[str, list[str]]:
    """Return for each product the others that were looked at with it, the most often first."""
    together = Together()
    for profile in profiles:
        together.add(profile)
    return together.found()


def everybody(scan: CustomerScan) -> Iterator[Profile]:
    """Yield every profile that stands for somebody and can be read. Raises Unavailable."""
    for part in range(SEGMENTS):
        after = ""
        while True:
            page = scan.page(part, SEGMENTS, after, PAGE)
            yield from (row.state for row in page.rows if row.state is not None and not row.state.gone)
            if page.last is None:
                break
            after = page.last
