"""Consent: what a customer said of one channel and purpose, and how words that arrive in any order become one state.

Two bases bear advertising. `consent` is an explicit yes. `existing_customer` is what some laws allow without one after
a sale of the same kind of goods (Korea's 정보통신망법 §50① with decree §61①, the soft opt-in of Directive 2002/58 art.
13(2)); it is weaker than any word of the customer's own and never replaces one, least of all a refusal.

What is kept of the past is only what a later word may be measured by: the last refusal and the last confirmation. The
whole history is in the archive, which nobody writes over.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from kairos.domain.instant import format_instant

GIVEN = "consent"
EXISTING_CUSTOMER = "existing_customer"
BASES = (GIVEN, EXISTING_CUSTOMER)

MARKETING = "marketing"
NIGHT = "night"
"""The purpose of a separate consent to advertising at night, where a law asks for one (Korea §50③)."""

ANY, PAUSE = "any", "pause"
"""Channel and purpose of a refusal of all marketing that ends by itself ("not for 30 days"): withdrawn, with an
`expires_at`. Given, it ends a pause that was."""


@dataclass(frozen=True, slots=True)
class Consent:
    """Whether the customer agreed, and when that was last said. The newest `at` wins; a tie is a withdrawal.

    `wording` is the version of the text that was agreed to, `expires_at` when this basis ends by itself,
    `confirmed_at` when the customer last confirmed it on our page, `refused_at` their last refusal before they agreed
    again. All instants are UTC.
    """

    given: bool
    at: datetime
    source: str = ""
    basis: str = GIVEN
    wording: str = ""
    expires_at: datetime | None = None
    confirmed_at: datetime | None = None
    refused_at: datetime | None = None

    @property
    def confirmed(self) -> bool:
        """Return whether it was confirmed since it was last refused."""
        return self.confirmed_at is not None and (self.refused_at is None or self.confirmed_at > self.refused_at)

    @property
    def affirmed_at(self) -> datetime:
        """Return when the customer last said yes, by agreeing or by confirming."""
        return max(self.at, self.confirmed_at) if self.confirmed_at is not None else self.at

    def refuses(self, now: datetime) -> bool:
        """Return whether it is a refusal that has not ended by itself."""
        return not self.given and (self.expires_at is None or now < self.expires_at)

    def stands(self, now: datetime) -> bool:
        """Return whether it is given and has not ended by itself."""
        return self.given and (self.expires_at is None or now < self.expires_at)


def later_word(known: Consent | None, said: Consent) -> Consent:
    """Return the state after one more word, the same for every order of arrival."""
    if known is None:
        return said
    return _with_past(max(known, said, key=_order), known, said)


def stricter(one: Consent, other: Consent) -> Consent:
    """Return what holds for two customers who become one: a withdrawal, whichever is newer; only a later word than both
    revives it."""
    refusals = [consent for consent in (one, other) if not consent.given]
    holds = max(refusals or (one, other), key=_order)
    return _with_past(replace(holds, at=max(one.at, other.at)) if refusals else holds, one, other)


def describe(consent: Consent) -> str:
    """Return what beside given or withdrawn is to be known of it, in a few words."""
    said = [] if consent.basis == GIVEN else [consent.basis.replace("_", " ")]
    said += [f"wording {consent.wording}"] if consent.wording else []
    said += [f"until {format_instant(consent.expires_at)}"] if consent.expires_at else []
    said += [f"confirmed {format_instant(consent.confirmed_at)}"] if consent.confirmed and consent.confirmed_at else []
    return ", ".join(said)


def _order(consent: Consent) -> tuple[bool, datetime, bool, str, str]:
    own_word = not consent.given or consent.basis == GIVEN
    return (own_word, consent.at, not consent.given, consent.source, consent.wording)


def _with_past(holds: Consent, one: Consent, other: Consent) -> Consent:
    confirmed = _last(one.confirmed_at, other.confirmed_at)
    refused = _last(*(each.refused_at if each.given else each.at for each in (one, other)))
    return replace(holds, confirmed_at=confirmed, refused_at=refused if holds.given else None)


def _last(*instants: datetime | None) -> datetime | None:
    return max((instant for instant in instants if instant is not None), default=None)
