"""What is known of a profile where identities are kept: since when, by which names, and whom it became.

A *claim* is a verified id of a person that a source vouches for. Two profiles that hold different claims of one kind
from one source are two customers of that source.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from kairos.app.ports import Identifier

KNOWN_KINDS = frozenset({"customer", "external", "email", "phone"})
"""Kinds that name a person; all others (anonymous, cart, checkout, order) name a device or a purchase."""

BEFORE_ALL = datetime(1970, 1, 1, tzinfo=UTC)

Place = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of a profile where identities are kept. `holds` are claims: see `claim_of`."""

    profile: str
    born: datetime
    known: bool = False
    holds: frozenset[str] = frozenset()
    merged_into: str | None = None
    revision: int = 0

    @property
    def rank(self) -> tuple[bool, datetime, str]:
        """Return what decides who wins: known before anonymous, then the older, then the smaller id."""
        return (not self.known, self.born, self.profile)


def place(identifier: Identifier) -> Place:
    """Return what makes an identifier the same one."""
    return (identifier.kind, identifier.scope, identifier.value)


def claim_of(identifier: Identifier, identity: str) -> str | None:
    """Return what a profile holds by a verified id of a person: "<kind>|<source>|<row>"; None for anything else."""
    if identifier.kind not in KNOWN_KINDS or not identifier.verified:
        return None
    return f"{identifier.kind}|{identifier.source or identifier.scope}|{identity}"


def row_of(claim: str) -> str:
    """Return the name of the row that a claim is about."""
    return claim.split("|", 2)[2]


def differ(one: Iterable[str], other: Iterable[str]) -> bool:
    """Return whether two sets of claims hold different ids of one kind from one source."""
    ours, theirs = _by_kind(one), _by_kind(other)
    return any(ours[kind] != theirs[kind] for kind in ours.keys() & theirs.keys())


def _by_kind(claims: Iterable[str]) -> dict[tuple[str, str], set[str]]:
    found: dict[tuple[str, str], set[str]] = {}
    for claim in claims:
        kind, source, row = claim.split("|", 2)
        found.setdefault((kind, source), set()).add(row)
    return found
