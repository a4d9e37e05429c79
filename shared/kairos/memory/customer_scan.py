"""All customers a page at a time, at the table's price: half a unit of reading an item."""

from __future__ import annotations

from bisect import bisect_right
from zlib import crc32

from kairos.app.walk.ports import Page, Population, Row
from kairos.memory.customers import MemoryCustomers


class MemoryCustomerScan:
    """CustomerScan over MemoryCustomers: segments by a hash of the profile, each in the order of ids."""

    def __init__(self, customers: MemoryCustomers) -> None:
        self._customers = customers
        self._orders: dict[int, list[list[str]]] = {}
        self._births = 0

    def page(self, segment: int, of: int, after: str, most: int, *, waking: bool = False) -> Page:
        order = self._order(of)[segment]
        start = bisect_right(order, after) if after else 0
        taken = order[start : start + most]
        found = self._customers
        rows = [Row(id, found.profiles[id]) for id in taken if id in found.profiles]
        if waking:
            rows = [row for row in rows if found.is_waking(row.profile)]
        more = start + most < len(order)
        return Page(rows, taken[-1] if more else None, len(taken), max(0.5, len(taken) * 0.5))

    def population(self) -> Population:
        return Population(len(self._customers.profiles), len(self._customers.profiles) * 4_096, exact=True)

    def _order(self, of: int) -> list[list[str]]:
        if of not in self._orders or self._customers.births != self._births:
            segments: list[list[str]] = [[] for _ in range(of)]
            for id in sorted(self._customers.profiles):
                segments[crc32(id.encode()) % of].append(id)
            self._orders = {of: segments}
            self._births = self._customers.births
        return self._orders[of]
