"""What of a customer's events was applied already, for as long as each may come again: the items of DESIGN rule 1 hold
hundreds of these, and every event reads and writes them.

So they are two columns, not records: the hashes in one run of bytes of a fixed width, which is searched, cut and
stored as it is, and the minutes at which each may be forgotten, in order.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

WIDTH = 7
"""Bytes of one hash. Two of 500 events at once would be taken for one once in 10^14 events."""


@lru_cache(maxsize=1_024)
def seen_key(event: str) -> bytes:
    """Return what an event is remembered by: 56 bits of a hash of its id."""
    text = f"4:seen{len(event)}:{event}"  # as `ids.digest` has it: what was written in letters before is found again
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[:WIDTH]


@dataclass(frozen=True, slots=True)
class Seen:
    """Hashes (`seen_key`), the soonest to be forgotten first, and `ends`: until which minute since 1970 each is kept.

    Raises ValueError where one has no end, or an end no hash.
    """

    hashes: bytes = b""
    ends: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if len(self.hashes) != WIDTH * len(self.ends):
            raise ValueError(f"{len(self.hashes)} bytes are not the hashes of {len(self.ends)} events")

    def __len__(self) -> int:
        return len(self.ends)

    def __iter__(self) -> Iterator[bytes]:
        for at in range(0, len(self.hashes), WIDTH):
            yield self.hashes[at : at + WIDTH]

    def __contains__(self, key: bytes) -> bool:
        return self._find(key) >= 0

    def with_one(self, key: bytes, until: int) -> Seen:
        """Return these and one more, kept until the end of a minute; of two ends of one hash the later holds."""
        at = self._find(key) // WIDTH
        if at >= 0:
            return self if self.ends[at] >= until else self._without(at).with_one(key, until)
        place = bisect_right(self.ends, until)
        cut = place * WIDTH
        hashes = self.hashes[:cut] + key + self.hashes[cut:]
        return Seen(hashes, (*self.ends[:place], until, *self.ends[place:]))

    def joined(self, others: Seen) -> Seen:
        """Return both."""
        both = self
        for key, until in zip(others, others.ends, strict=True):
            both = both.with_one(key, until)
        return both

    def kept(self, minute: int, most: int) -> Seen:
        """Return those that are kept beyond a minute; of more than `most`, those that are kept longest."""
        gone = max(bisect_right(self.ends, minute), len(self.ends) - most)
        return Seen(self.hashes[gone * WIDTH :], self.ends[gone:]) if gone else self

    def ending(self, minute: int) -> int:
        """Return how many are kept until the end of that very minute."""
        return bisect_right(self.ends, minute) - bisect_left(self.ends, minute)

    def _find(self, key: bytes) -> int:
        """Return where a hash begins, -1 where it is not; what only spans two of them is none."""
        at = self.hashes.find(key)
        while at > 0 and at % WIDTH:
            at = self.hashes.find(key, at + 1)
        return at

    def _without(self, place: int) -> Seen:
        cut = place * WIDTH
        hashes = self.hashes[:cut] + self.hashes[cut + WIDTH :]
        return Seen(hashes, (*self.ends[:place], *self.ends[place + 1 :]))


NOTHING = Seen()
"""What is known of somebody who was just met."""
