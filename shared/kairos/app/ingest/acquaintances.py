"""Whom one container met a moment ago, so that their next call needs no look into `identities`.

What is remembered is the answer for one group of identifiers, as it was named: under a hash, for FRESH, of at most MOST
groups. It is an answer that has been true, and may be no more:

- the profile became another one meanwhile. Its group of the inbox hands on what still comes for it, as it does for
  every event that was on its way (docs/identity.md). Nothing is joined on what is remembered: an event that names
  somebody anew is another group, and is looked up.
- the person was erased meanwhile. The mark that an erasure leaves takes what still comes. Contacts that were written
  then would stay for ever, so who writes contacts looks first (`kairos.app.ingest.ingest`).
- the identity key was rotated. The row under the new key is made when FRESH is over.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta

from kairos.app.ports import Identifier

FRESH = timedelta(minutes=5)
MOST = 2_000


class Acquaintances:
    """Groups of identifiers and the profiles that they led to."""

    def __init__(self, fresh: timedelta = FRESH, most: int = MOST) -> None:
        self._fresh = fresh
        self._most = most
        self._met: dict[bytes, tuple[str, datetime]] = {}

    def recall(self, group: Sequence[Identifier], now: datetime) -> str | None:
        """Return the profile of a group that was met less than FRESH ago."""
        profile, at = self._met.get(_key(group), ("", now))
        return profile if profile and now - self._fresh < at <= now else None

    def meet(self, group: Sequence[Identifier], profile: str, now: datetime) -> None:
        """Remember where a group led to at `now`, and forget who was met first where there are too many."""
        key = _key(group)
        self._met.pop(key, None)
        if len(self._met) >= self._most:
            del self._met[next(iter(self._met))]
        self._met[key] = (profile, now)


def _key(group: Sequence[Identifier]) -> bytes:
    parts: list[str] = []
    for one in group:
        parts += (one.kind, one.scope, one.value, one.source, "verified" if one.verified else "")
    return hashlib.sha256("".join([f"{len(part)}:{part}" for part in parts]).encode()).digest()
