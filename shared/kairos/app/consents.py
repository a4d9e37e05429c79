"""The ledger of consents: every word that was ever said of one, a row each, which nobody who writes may take back.

The item keeps the state that holds; here is how it came to be, for whoever must prove it (GDPR art. 7(1), Korea's
정보통신망법 §50①). `decide` notes the words of a batch before it acknowledges it, so what it acted upon is in the
ledger, and a batch that comes again notes the same rows. A row names a pseudonym. Whoever is erased loses theirs;
refusals stay, without a profile, under the keyed hash of the address that refused (`kairos.app.erase`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any, Protocol

from kairos.domain.consent import GIVEN, MARKETING
from kairos.domain.event import Event
from kairos.domain.instant import format_instant, parse_instant

COMPLAINT = "message_complained"
"""Whoever reports a message as spam refuses, whatever else they said."""


@dataclass(frozen=True, slots=True)
class Word:
    """One thing that was said of one channel and purpose. All instants are UTC.

    `person` is a profile id, or after an erasure the keyed hash of an address. `at` is when it was said, `received_at`
    when it was heard; `proof` is the source's own reference to how it was given, or the message whose link was used.
    """

    person: str
    id: str
    at: datetime
    received_at: datetime
    channel: str
    purpose: str
    given: bool
    basis: str = GIVEN
    wording: str = ""
    proof: str = ""
    source: str = ""
    connection: str = ""
    expires_at: datetime | None = None
    confirmed: bool = False


class ConsentLedger(Protocol):
    """What `decide` may do."""

    def note(self, words: Sequence[Word]) -> None:
        """Keep the words durably; one that is there already is left as it is. Some may be kept where this raises."""


class ConsentHistory(ConsentLedger, Protocol):
    """What the operator may do besides."""

    def of(self, persons: Collection[str]) -> list[Word]:
        """Return all that was said by the persons, in order of time."""

    def forget(self, words: Iterable[Word]) -> None:
        """Delete rows; one that is not there is no error."""


def word_of(event: Event, person: str) -> Word | None:
    """Return what an event says of a consent, None where it says nothing of one."""
    event = event.clamped()
    if event.name == COMPLAINT:
        channel = str(event.properties.get("channel", "email"))
        word = Word(person, event.id, event.occurred_at, event.received_at, channel, MARKETING, given=False)
        return replace(word, source=event.source, connection=event.connection, proof=event.message or "")
    fact = event.consent
    if fact is None or event.name not in ("consent_given", "consent_withdrawn"):
        return None
    given = event.name == "consent_given"
    # Nobody agrees in the future; see kairos.app.decide.facts.
    at = min(event.occurred_at, event.received_at) if given else event.occurred_at
    return Word(
        person,
        event.id,
        at,
        event.received_at,
        fact.channel,
        fact.purpose,
        given,
        fact.basis,
        fact.wording,
        fact.proof,
        event.source,
        event.connection,
        fact.expires_at,
        fact.confirmed,
    )


def kept_after_erasure(word: Word, address_hash: str) -> Word:
    """Return a refusal as it survives the person: when, how and by which channel, and nothing that leads to them."""
    return replace(word, person=address_hash, proof="", wording="")


def word_to_json(word: Word) -> dict[str, Any]:
    """Return the word as plain JSON; what is empty is left out."""
    plain = {each.name: getattr(word, each.name) for each in fields(word)}
    plain |= {name: format_instant(value) for name, value in plain.items() if isinstance(value, datetime)}
    return {name: value for name, value in plain.items() if value not in ("", None) and (value or name == "given")}


def word_from_json(raw: Mapping[str, Any]) -> Word:
    """Read what `word_to_json` wrote."""
    instants = {name: parse_instant(raw[name]) for name in ("at", "received_at", "expires_at") if name in raw}
    return Word(**{**raw, **instants})
