"""Who was given which code: the pools of codes, and the one row by which a person has theirs.

A code leaves its pool by a number that is counted up and never down, so no two people get the same, whatever crashes.
Whose it is, is written under the person on condition that nothing stands there, so nobody gets two; a crash between the
two wastes a code. What a person has is looked for under every id that they ever had: a merge gives nothing new.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from kairos.domain.offer import Coupon


class Coupons(Protocol):
    """What `deliver` asks: whether somebody has a code, and for one where they have none."""

    def of(self, key: str, profiles: Sequence[str]) -> Coupon | None:
        """Return what was given under a key (`Offer.key`) to any of one person's ids, the first of them first.

        Strongly consistent. Raises Unavailable.
        """

    def give(self, key: str, offer: str, profile: str, until: datetime, fallback: str, now: datetime) -> Coupon | None:
        """Give the next code of the pool, once: who has one keeps it. Where the pool is dry, `fallback`; None without.

        Raises Unavailable.
        """


@dataclass(frozen=True, slots=True)
class Pool:
    """How many codes were put into a pool, and how many have left it."""

    size: int
    given: int


class Pools(Protocol):
    """What the operator does with pools."""

    def add(self, offer: str, codes: Iterable[str]) -> int:
        """Put codes into a pool, in order; return how many were new to it. Raises Unavailable, VersionConflict."""

    def standing(self, offer: str) -> Pool:
        """Return how a pool stands."""


class NoCoupons:
    """Coupons where there are no pools."""

    def of(self, key: str, profiles: Sequence[str]) -> Coupon | None:
        return None

    def give(self, key: str, offer: str, profile: str, until: datetime, fallback: str, now: datetime) -> Coupon | None:
        return Coupon(offer, fallback, now, until) if fallback else None
