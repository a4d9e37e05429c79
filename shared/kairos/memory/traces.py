"""What is kept of people beside their profile, for `kairos.app.erase` to find and to forget."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from kairos.app.board import plain_notice
from kairos.app.erase import STANDING, IdentityRow
from kairos.domain.canonical import canonical
from kairos.memory.board import MemoryBoard
from kairos.memory.contacts import MemoryContacts
from kairos.memory.identities import MemoryIdentities
from kairos.memory.ledger import MemoryLedger


class MemoryTraces:
    """Traces (see `kairos.app.erase`), over what the others keep."""

    def __init__(
        self, identities: MemoryIdentities, contacts: MemoryContacts, ledger: MemoryLedger, board: MemoryBoard
    ) -> None:
        self._identities = identities
        self._contacts = contacts
        self._ledger = ledger
        self._board = board

    def identities(self, profiles: Collection[str]) -> Iterable[IdentityRow]:
        for where, profile in list(self._identities.known.items()):
            if profile in profiles:
                yield IdentityRow(canonical(where), where[0], profile)
        for standing in list(self._identities.kept.values()):
            if standing.profile in profiles or standing.merged_into in profiles:
                yield IdentityRow(f"profile#{standing.profile}", STANDING, standing.profile, standing.merged_into)

    def contacts(self, profile: str) -> Mapping[str, Mapping[str, Any]]:
        return self._contacts.of(profile)

    def messages(self, profiles: Collection[str]) -> Iterable[Mapping[str, Any]]:
        for row in list(self._ledger.rows.values()):
            if row.details.get("profile") in profiles:
                yield {"message": row.message, "state": row.state, "details": dict(row.details)}

    def board(self, profile: str) -> Sequence[Mapping[str, Any]]:
        return [plain_notice(notice) for notice in self._board.boards.get(profile, [])]

    def forget_identities(self, identities: Sequence[str]) -> None:
        for identity in identities:
            if identity.startswith("profile#"):
                self._identities.kept.pop(identity.removeprefix("profile#"), None)
            else:
                kind, scope, value = json.loads(identity)
                self._identities.known.pop((kind, scope, value), None)

    def forget_contacts(self, profile: str, refs: Sequence[str]) -> None:
        self._contacts.forget(profile, refs)

    def forget_messages(self, messages: Sequence[str]) -> None:
        for message in messages:
            self._ledger.rows.pop(message, None)

    def forget_board(self, profile: str) -> None:
        self._board.boards.pop(profile, None)
