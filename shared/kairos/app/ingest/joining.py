"""From what one event names to one profile: what is free is bound, what is proved is joined, whoever else writes.

Every identifier's row leads to a profile; every profile has a *standing*. Ordinary events need the rows alone. The
standings are read when an event names a person anew, or leads to more than one profile; then `choosing` says whose the
event is, and what it joins.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from kairos.app.ingest.choosing import choose
from kairos.app.ingest.standing import BEFORE_ALL, KNOWN_KINDS, Place, Standing, claim_of, place
from kairos.app.ports import Identifier, Move, Resolved
from kairos.domain.errors import Throttled
from kairos.domain.merge import Merge

ATTEMPTS = 6
MERGES_MAX = 20


class Rows(Protocol):
    """Where rows and standings are kept. Writes are conditional: of two writers the first wins."""

    def new_id(self) -> str:
        """Return an id that no profile has."""

    def identity(self, identifier: Identifier) -> str:
        """Return the name of an identifier's row."""

    def standings(self, profiles: Sequence[str]) -> dict[str, Standing]:
        """Return the standings that are kept, in one read."""

    def create(self, standing: Standing) -> None:
        """Keep the standing of a new profile."""

    def claim(self, profile: str, claims: frozenset[str]) -> bool:
        """Note that the profile is known, by these claims; False when it became another one meanwhile."""

    def bind(self, identifier: Identifier, profile: str) -> str:
        """Return where the identifier's row leads: to `profile`, unless somebody was first."""

    def mark(self, loser: Standing, winner: Standing) -> bool:
        """Note that the loser became the winner, who holds its claims too; False when either changed meanwhile."""


class Resolution:
    """One request: what was read for all of its groups, and what was made since.

    `known` leads from places to profiles; `current` are those that need no row any more.
    """

    def __init__(self, rows: Rows, known: dict[Place, str], current: set[Place], now: datetime) -> None:
        self._rows = rows
        self._known = known
        self._current = current
        self._now = now

    def resolve(self, group: Sequence[Identifier]) -> Resolved:
        """Return whose event it is, having bound every identifier that was free.

        Raises Throttled when others change the same rows all the while.
        """
        group = list(dict.fromkeys(group))
        for _ in range(ATTEMPTS + len(group)):  # a merge each, and what others do meanwhile
            if (found := self._try(group)) is not None:
                return found
        raise Throttled("identities", "others are naming the same person")

    def _try(self, group: Sequence[Identifier]) -> Resolved | None:
        rows = {one: self._known[place(one)] for one in group if place(one) in self._known}
        new = [one for one in group if one not in rows]
        led = list(dict.fromkeys(rows.values()))
        if len(led) == 1 and not any(one.kind in KNOWN_KINDS for one in new):
            return Resolved(led[0]) if self._bind_all(group, led[0]) else None
        standings = self._standings(rows)
        roots = {one: _root(profile, standings) for one, profile in rows.items()}
        claims = self._claims(group)
        choice = choose(group, roots, standings, claims)
        if choice.merge is not None:
            self._rows.mark(*choice.merge)
            return None  # what is marked is read again, and told from there
        profile = self._named(choice.profile, new, claims)
        if profile is None or not self._bind_all(group, profile):
            return None
        return Resolved(profile, *_told(rows, roots, standings))

    def _claims(self, group: Sequence[Identifier]) -> dict[Identifier, str]:
        found = {one: claim_of(one, self._rows.identity(one)) for one in group}
        return {one: claim for one, claim in found.items() if claim is not None}

    def _standings(self, rows: Mapping[Identifier, str]) -> dict[str, Standing]:
        """Read the standings of all profiles, and of those that they became. One without a row has what is said."""
        found: dict[str, Standing] = {}
        wanted = list(dict.fromkeys(rows.values()))
        for _ in range(MERGES_MAX):
            if not wanted:
                break
            read = self._rows.standings(wanted)
            for profile in wanted:
                known = any(one.kind in KNOWN_KINDS for one, led in rows.items() if led == profile)
                found[profile] = read.get(profile) or Standing(profile, BEFORE_ALL, known)
            became = (found[profile].merged_into for profile in wanted)
            wanted = list(dict.fromkeys(each for each in became if each and each not in found))
        return found

    def _named(self, profile: str | None, new: Sequence[Identifier], claims: Mapping[Identifier, str]) -> str | None:
        """Note who is named anew, before any row says so; None when the profile became another one meanwhile."""
        named = [one for one in new if one.kind in KNOWN_KINDS]
        held = frozenset(claims[one] for one in named if one in claims)
        if profile is None:
            profile = self._rows.new_id()
            self._rows.create(Standing(profile, self._now, bool(named), held, revision=1))
        elif named and not self._rows.claim(profile, held):
            return None
        return profile

    def _bind_all(self, group: Sequence[Identifier], profile: str) -> bool:
        """Bind what is free; False when somebody else was first with one of them."""
        for identifier in group:
            where = place(identifier)
            if where in self._current:
                continue
            # Known under an older key only: the same person gets a row under the key that writes.
            aimed = self._known.get(where, profile)
            self._known[where] = self._rows.bind(identifier, aimed)
            self._current.add(where)
            if self._known[where] != aimed:
                return False
        return True


def _root(profile: str, standings: Mapping[str, Standing]) -> str:
    for _ in range(MERGES_MAX):
        became = standings[profile].merged_into
        if became is None or became not in standings:
            break
        profile = became
    return profile


def _told(
    rows: Mapping[Identifier, str], roots: Mapping[Identifier, str], standings: Mapping[str, Standing]
) -> tuple[tuple[Merge, ...], tuple[Move, ...]]:
    """Return the merges that these rows have not followed yet, and where the rows are to lead."""
    stale = [one for one in rows if rows[one] != roots[one]]
    merges: dict[Merge, None] = {}
    for one in stale:
        profile = rows[one]
        while (became := standings[profile].merged_into) is not None and became in standings:
            merges[Merge(profile, became)] = None
            profile = became
    return tuple(merges), tuple(Move(one, rows[one], roots[one]) for one in stale)
