"""Which products others looked at who looked at one: how many customers have both among the latest that they viewed."""

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
PAGE = 500


def related(profiles: Iterable[Profile]) -> dict[str, list[str]]:
    """Return for each product the others that were looked at with it, the most often first."""
    pairs: Counter[tuple[str, str]] = Counter()
    for profile in profiles:
        pairs.update(combinations(sorted(viewed_by(profile)), 2))
        if len(pairs) > PAIRS_MAX:  # rare pairs go; who is often seen together comes back
            pairs = Counter({pair: count for pair, count in pairs.items() if count > 1})
    found: dict[str, list[tuple[int, str]]] = {}
    for (one, other), count in pairs.items():
        if count >= TOGETHER_MIN:
            found.setdefault(one, []).append((-count, other))
            found.setdefault(other, []).append((-count, one))
    return {id: [other for _, other in sorted(others)[:RELATED_MAX]] for id, others in found.items()}


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
