"""Erasing people: stops first, then the profile, then whatever is kept beside it, and last the ways to find them.

`decide` alone writes `customers`, so a profile is asked through its own group of the inbox to forget itself; what that
leaves is a mark that takes whatever is still under way. Everything here may be done again: a run that broke off goes on
where it was, because the rows that lead from a person to the profile go last, and the mark knows its former ids.

What stays: the stops (keyed hashes, or the next import would write to people who left), each refusal in the ledger of
consents under the same hash (so that it can be proved), and the archive, whose lines carry a pseudonym that nothing
leads to any more. See docs/people.md.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

from kairos.app.consents import ConsentHistory, kept_after_erasure
from kairos.app.ingest.standing import KNOWN_KINDS
from kairos.app.ports import Clock, Inbox, InboxMessage, Suppressions
from kairos.domain.erasure import STOP, erase_request, erasure_done
from kairos.domain.errors import Unavailable
from kairos.domain.profile import Profile

STANDING = "profile"
"""The kind of the row that stands for a profile itself."""

DEVICE = "push_token"
"""How the contact fields of phones begin: see `kairos.sources._device`."""

CHANNELS: Mapping[str, str] = {"email": "email", "phone": "sms"}
"""Contact field → the channel whose stop is kept for it."""

SAME_ADDRESS: Mapping[str, str] = {"kakao": "sms"}
"""Channel → the channel that has the same address: a refusal is kept under it."""

LOOKS_MAX = 20
DECIDED_WITHIN = timedelta(minutes=5)
LOOK_EVERY_SECONDS = 2.0
UNDER_WAY_SECONDS = 20.0
"""Longer than `ingest` may run: a request that found the profile before its rows went is over by then."""


@dataclass(frozen=True, slots=True)
class IdentityRow:
    """One row of identities: a keyed hash that leads to a profile, or (kind "profile") what stands for a profile."""

    identity: str
    kind: str
    profile: str
    merged_into: str | None = None


class Traces(Protocol):
    """What is kept of people beside their profile, as the operator alone may list and delete it."""

    def identities(self, profiles: Collection[str]) -> Iterable[IdentityRow]:
        """Yield every row that leads to one of the profiles, and the standings of those that became one of them.

        There is no index from a profile to its rows, so all rows are read once.
        """

    def contacts(self, profile: str) -> Mapping[str, Mapping[str, Any]]:
        """Return {ref: {field: value}} of everything kept under one id."""

    def messages(self, profiles: Collection[str]) -> Iterable[Mapping[str, Any]]:
        """Yield the ledger's rows of the profiles, plain, each with its id as "message"; all rows are read once."""

    def board(self, profile: str) -> Sequence[Mapping[str, Any]]:
        """Return what lies ready for the browsers of one id, over or not: message, content and expires_at of each."""

    def forget_identities(self, identities: Sequence[str]) -> None:
        """Delete rows, in order; one that is not there is no error."""

    def forget_contacts(self, profile: str, refs: Sequence[str]) -> None:
        """Delete what is kept under one id."""

    def forget_messages(self, messages: Sequence[str]) -> None:
        """Delete rows of the ledger."""

    def forget_board(self, profile: str) -> None:
        """Delete what lies ready for the browsers of one id; where nothing does is no error."""


@dataclass
class Report:
    """What an erasure came to. `profiles` are all ids, former ones among them."""

    profiles: tuple[str, ...] = ()
    stops: int = 0
    contacts: int = 0
    messages: int = 0
    identities: dict[str, int] = field(default_factory=dict)
    consents: int = 0
    refusals_kept: int = 0
    """Of the consents' ledger: rows deleted, and refusals that stay under the hash of their address."""
    left_over: int = 0
    """What came in while it ran, and went with the second look."""


class Erase:
    """The use case. `read` returns a profile as it stands; `sleep` waits for seconds, `tell` hears what is being done.
    `forget_device` lets the push service forget a phone, by its token.

    Everything is idempotent. Raises Unavailable where `decide` does not come round in time: run it again then.
    """

    def __init__(
        self,
        read: Callable[[str], Profile | None],
        traces: Traces,
        suppressions: Suppressions,
        consents: ConsentHistory,
        inbox: Inbox,
        clock: Clock,
        sleep: Callable[[float], None],
        forget_device: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._read = read
        self._traces = traces
        self._suppressions = suppressions
        self._consents = consents
        self._inbox = inbox
        self._clock = clock
        self._sleep = sleep
        self._forget_device = forget_device

    def run(
        self,
        profiles: Iterable[str],
        addresses: Iterable[tuple[str, str]] = (),
        tell: Callable[[str], None] = lambda _: None,
    ) -> Report:
        """Erase the people behind `profiles`; `addresses` are (channel, address) by which they asked for it."""
        now = self._clock.now()
        tell("looking for all that leads to them")
        ids, rows = self._closure(profiles)
        kept = {id: self._traces.contacts(id) for id in ids}
        report = Report(tuple(ids))
        tell("stopping their addresses")
        known = {*addresses, *_addresses(kept)}
        report.stops = self._stop(known, now)
        tell("letting their profiles forget")
        self._inbox.put([InboxMessage(id, (erase_request(id, now),)) for id in ids])
        self._wait(ids)
        tell("deleting consents, contacts, messages and identities")
        report.consents, report.refusals_kept = self._forget_consents(ids, known)
        for id, refs in kept.items():
            report.contacts += self._forget_contacts(id, refs)
        report.messages = self._forget_messages(ids)
        report.identities = self._forget_identities(rows)
        self._sleep(UNDER_WAY_SECONDS)
        tell("looking again")
        report.left_over = self._look_again(ids)
        self._inbox.put([InboxMessage(id, (erasure_done(id, now),)) for id in ids])
        return report

    def _closure(self, profiles: Iterable[str]) -> tuple[list[str], list[IdentityRow]]:
        """Return all ids of the people, and all rows that lead to them: merges in either direction are followed."""
        ids = dict.fromkeys(profiles)
        for _ in range(LOOKS_MAX):
            for id in list(ids):
                found = self._read(id)
                if found is not None:
                    ids |= dict.fromkeys((*found.former, *([found.merged_into] if found.merged_into else [])))
            rows = list(self._traces.identities(list(ids)))
            more = {row.profile for row in rows} | {row.merged_into for row in rows if row.merged_into}
            if more <= ids.keys():
                return list(ids), rows
            ids |= dict.fromkeys(sorted(more))
        raise Unavailable("identities", "merges of these people are still under way: run it again")

    def _stop(self, addresses: Collection[tuple[str, str]], now: datetime) -> int:
        for channel, address in sorted(addresses):
            self._suppressions.suppress(channel, address, "marketing", STOP, now)
        return len(addresses)

    def _wait(self, ids: Sequence[str]) -> None:
        for _ in range(int(DECIDED_WITHIN.total_seconds() / LOOK_EVERY_SECONDS)):
            if all((found := self._read(id)) is not None and found.erased_at is not None for id in ids):
                return
            self._sleep(LOOK_EVERY_SECONDS)
        raise Unavailable("inbox", "the profiles have not been forgotten yet (is decide working?): run it again")

    def _forget_consents(self, ids: Sequence[str], addresses: Collection[tuple[str, str]]) -> tuple[int, int]:
        """Delete what was said by the person; refusals stay under their address, for as long as the stop does."""
        words = self._consents.of(ids)
        hashes = {channel: self._suppressions.hash_address(address) for channel, address in sorted(addresses)}
        kept = [
            kept_after_erasure(word, hashes[channel])
            for word in words
            if not word.given and (channel := SAME_ADDRESS.get(word.channel, word.channel)) in hashes
        ]
        self._consents.note(kept)
        self._consents.forget(words)
        return len(words), len(kept)

    def _forget_messages(self, ids: Sequence[str]) -> int:
        messages = [str(row["message"]) for row in self._traces.messages(ids)]
        self._traces.forget_messages(messages)
        return len(messages)

    def _forget_identities(self, rows: Iterable[IdentityRow]) -> dict[str, int]:
        # What names the person goes last: a run that breaks off before can be begun again by any of it.
        ordered = sorted(rows, key=lambda row: (row.kind in KNOWN_KINDS, row.kind, row.identity))
        self._traces.forget_identities([row.identity for row in ordered])
        counted: dict[str, int] = {}
        for row in ordered:
            counted[row.kind] = counted.get(row.kind, 0) + 1
        return counted

    def _look_again(self, ids: Sequence[str]) -> int:
        rows = list(self._traces.identities(ids))
        self._forget_identities(rows)
        found = len(rows)
        for id in ids:
            found += self._forget_contacts(id, self._traces.contacts(id))
        return found + self._forget_consents(ids, ())[0]

    def _forget_contacts(self, id: str, refs: Mapping[str, Mapping[str, Any]]) -> int:
        # The phones first: where that breaks off, the tokens are still there to go on by.
        for address in sorted({str(value) for name, value in refs.get("profile", {}).items() if is_device(name)}):
            self._forget_device(address)
        self._traces.forget_contacts(id, list(refs))
        self._traces.forget_board(id)
        return len(refs)


def _addresses(kept: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> set[tuple[str, str]]:
    """Return the person's own addresses under all their ids: guests of a booking are other people."""
    own = [refs.get("profile", {}) for refs in kept.values()]
    return {
        (channel, fields[name])
        for fields in own
        for name, channel in CHANNELS.items()
        if isinstance(fields.get(name), str)
    }


def is_device(field: str) -> bool:
    """Return whether a contact field holds the token of a phone: the one in use, or one that was."""
    return field == DEVICE or field.startswith(f"{DEVICE}_")
