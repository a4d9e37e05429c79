"""Whose an event is, by what it states, and which two profiles it proves to be one: rules over what was read.

A statement joins two profiles only as far as it goes. A signed source that names a person vouches for what it names
beside: an anonymous profile becomes that person's. Two known profiles are one only where the statement names both by
verified ids, and where they do not hold different ids of one kind from one source: then they are two customers of that
source, whatever they share. A device or a cart never speaks for a known person.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from kairos.app.ingest.standing import KNOWN_KINDS, Standing, differ
from kairos.app.ports import Identifier


@dataclass(frozen=True, slots=True)
class Choice:
    """Whose event it is (None: somebody new), and the first merge that it proves, as (loser, winner)."""

    profile: str | None
    merge: tuple[Standing, Standing] | None = None


def choose(
    group: Sequence[Identifier],
    rows: Mapping[Identifier, str],
    standings: Mapping[str, Standing],
    claims: Mapping[Identifier, str],
) -> Choice:
    """Choose by what one event states of one person. `rows` lead to profiles that became no other.

    `claims` are those of the group's verified ids. `standings` has every profile of `rows`.
    """
    new = [one for one in group if one not in rows and one.kind in KNOWN_KINDS]
    profile = None
    for index, via in enumerate(group):
        better = [one for one in group[:index] if one in new]
        if via in rows and _may_be(standings[rows[via]], via, better, claims):
            profile = rows[via]
            break
    if profile is None:
        return Choice(None)
    own = standings[profile]
    pending = {claims[one] for one in new if one in claims}
    own = replace(own, known=own.known or bool(new), holds=own.holds | pending)
    stated = any(one in claims and rows.get(one, profile) == profile for one in group)
    for via in group if stated else ():
        if via in rows and rows[via] != profile and _is_one(own, standings[rows[via]], via):
            loser, winner = sorted((own, standings[rows[via]]), key=lambda each: each.rank, reverse=True)
            return Choice(profile, (standings[loser.profile], standings[winner.profile]))
    return Choice(profile)


def _may_be(
    standing: Standing, via: Identifier, better: Sequence[Identifier], claims: Mapping[Identifier, str]
) -> bool:
    """Return whether better ids that nobody has yet may be those of the profile that a lesser one leads to."""
    if not better or not standing.known:
        return True
    stated = via.kind in KNOWN_KINDS and via.verified
    return stated and not differ(standing.holds, (claims[one] for one in better if one in claims))


def _is_one(own: Standing, other: Standing, via: Identifier) -> bool:
    """Return whether a statement that names `own` joins the other profile, which it names by `via`."""
    if not via.verified:
        return False
    if not own.known or not other.known:
        return True
    return via.kind in KNOWN_KINDS and not differ(own.holds, other.holds)
