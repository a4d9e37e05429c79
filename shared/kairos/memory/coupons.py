"""Codes of offers, given from the front of a list and never put back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from kairos.app.offers import Pool
from kairos.domain.offer import Coupon


class MemoryCoupons:
    """Coupons and Pools; `given` maps (key, profile) to what they have."""

    def __init__(self) -> None:
        self.codes: dict[str, list[str]] = {}
        self.left: dict[str, int] = {}
        self.given: dict[tuple[str, str], Coupon] = {}

    def of(self, key: str, profiles: Sequence[str]) -> Coupon | None:
        return next((self.given[key, profile] for profile in profiles if (key, profile) in self.given), None)

    def give(self, key: str, offer: str, profile: str, until: datetime, fallback: str, now: datetime) -> Coupon | None:
        taken, codes = self.left.get(offer, 0), self.codes.get(offer, [])
        code = codes[taken] if taken < len(codes) else fallback
        self.left[offer] = min(taken + 1, len(codes))
        return self.given.setdefault((key, profile), Coupon(offer, code, now, until)) if code else None

    def add(self, offer: str, codes: Iterable[str]) -> int:
        known = self.codes.setdefault(offer, [])
        new = [code for code in dict.fromkeys(codes) if code not in known]
        known += new
        return len(new)

    def standing(self, offer: str) -> Pool:
        return Pool(len(self.codes.get(offer, [])), self.left.get(offer, 0))
