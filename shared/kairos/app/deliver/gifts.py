"""The coupon that a message brings: what its customer has already, else a code that is set aside for them first.

Setting aside is a write, and whoever writes between reading the gates and calling the provider acts on what may have
changed meanwhile. So it ends the look at the gates, and they are read anew; from then on the code is the customer's,
and one read tells. What is set aside and not sent after all is what the next message with that offer brings.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from kairos.app.deliver.outcome import Outcome, not_sent
from kairos.app.offers import Coupons
from kairos.app.publish.release import Release
from kairos.domain.offer import COUPON, Coupon, Offer
from kairos.domain.profile import Message, Profile

CODE = "offer"


@dataclass(frozen=True, slots=True)
class Wanted:
    """A customer (by the id they were born with) has no code of an offer yet; `until` is when one given now ends."""

    offer: Offer
    key: str
    profile: str
    until: datetime


class Gifts:
    """Finds and gives coupons."""

    def __init__(self, coupons: Coupons) -> None:
        self._coupons = coupons

    def of(
        self, release: Release, profile: Profile, message: Message, now: datetime
    ) -> Coupon | Wanted | Outcome | None:
        """Return what the message brings, what is to be given first, or why it must not go; None: it brings nothing."""
        offer = release.offer(message.template)
        if offer is None:
            return None
        key = offer.key(message.enrollment)
        coupon = self._coupons.of(key, list(dict.fromkeys((profile.birth, *profile.former, profile.id))))
        if coupon is None:
            until = offer.ends_at(now, release.brand_zone)
            over = not_sent(CODE, f"the offer {offer.id} is over")
            return Wanted(offer, key, profile.birth, until) if until > now else over
        entry = profile.entries.get((COUPON, coupon.code))
        if entry is not None and entry.cancelled:
            return not_sent(CODE, f"the coupon of {offer.id} was redeemed")
        return coupon if coupon.ends_at > now else not_sent(CODE, f"the coupon of {offer.id} has expired")

    def give(self, wanted: Wanted, now: datetime) -> Outcome | None:
        """Set a code aside; return why there is none, or None where it is done."""
        offer = wanted.offer
        given = self._coupons.give(wanted.key, offer.id, wanted.profile, wanted.until, offer.fallback, now)
        return None if given is not None else not_sent(CODE, f"no code of {offer.id} is left")
