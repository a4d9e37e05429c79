"""Who an identifier leads to. Joining itself is `kairos.app.ingest.joining`; here are the rows it works on."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import count

from kairos.app.ingest.joining import Resolution
from kairos.app.ingest.standing import BEFORE_ALL, Place, Standing, place, row_of
from kairos.app.ports import Identifier, Resolved
from kairos.domain.canonical import canonical
from kairos.domain.ids import digest


class MemoryIdentities:
    """Identities, by plain identifier. `known` leads from (kind, scope, value) to profiles."""

    def __init__(self, new_id: Callable[[], str] | None = None) -> None:
        numbers = count(1)
        self.new_id = new_id or (lambda: digest("profile", str(next(numbers))))
        self.known: dict[Place, str] = {}
        self.kept: dict[str, Standing] = {}

    def resolve(self, groups: Sequence[Sequence[Identifier]], now: datetime) -> list[Resolved]:
        if not all(groups):
            raise ValueError("nobody can be resolved from no identifier")
        places = {place(identifier) for group in groups for identifier in group}
        known = {one: self.known[one] for one in places if one in self.known}
        resolution = Resolution(self, known, set(known), now)
        return [resolution.resolve(group) for group in groups]

    def settle(self, resolved: Sequence[Resolved], now: datetime) -> None:
        moves = {(self.identity(move.identifier), move.former): move.profile for one in resolved for move in one.moves}
        winners = {merge.loser: merge.winner for one in resolved for merge in one.merges}
        for loser, standing in self.standings(list(winners)).items():
            moves |= {(row_of(claim), loser): winners[loser] for claim in standing.holds}
        for (identity, former), profile in moves.items():
            self._repoint(identity, former, profile)

    def find(self, group: Sequence[Identifier]) -> str | None:
        return next((self.known[place(one)] for one in group if place(one) in self.known), None)

    def _repoint(self, identity: str, former: str, profile: str) -> None:
        kind, scope, value = json.loads(identity)
        if self.known.get((kind, scope, value)) == former:
            self.known[kind, scope, value] = profile

    def identity(self, identifier: Identifier) -> str:
        return canonical(place(identifier))

    def standings(self, profiles: Sequence[str]) -> dict[str, Standing]:
        return {profile: self.kept[profile] for profile in profiles if profile in self.kept}

    def create(self, standing: Standing) -> None:
        self.kept[standing.profile] = standing

    def claim(self, profile: str, claims: frozenset[str]) -> bool:
        there = self.kept.get(profile) or Standing(profile, BEFORE_ALL)
        if there.merged_into is not None:
            return False
        self.kept[profile] = replace(there, known=True, holds=there.holds | claims, revision=there.revision + 1)
        return True

    def bind(self, identifier: Identifier, profile: str) -> str:
        return self.known.setdefault(place(identifier), profile)

    def mark(self, loser: Standing, winner: Standing) -> bool:
        for read in (loser, winner):
            there = self.kept.get(read.profile)
            if there is not None and (there.merged_into, there.revision) != (None, read.revision):
                return False
        self.kept[loser.profile] = replace(loser, merged_into=winner.profile, revision=loser.revision + 1)
        known, holds = winner.known or loser.known, winner.holds | loser.holds
        self.kept[winner.profile] = replace(winner, known=known, holds=holds, revision=winner.revision + 1)
        return True
