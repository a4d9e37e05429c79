"""Which walks a change needs, and how they begin: written down before the change, so that no crash can lose them.

A walk reads what `decide` wrote, and a batch that read the former pointer may still be writing. So a walk begins when
every such batch is over. One whose change never came finds nothing to do.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from kairos.app.ports import Pointer
from kairos.app.walk.ports import Rounds, Walks
from kairos.app.walk.watch import next_minute
from kairos.domain.errors import AlreadyDone, BadInput, VersionConflict
from kairos.domain.walk import About, Walk, walk_id

SETTLING = timedelta(seconds=60)
"""Longer than a run of `decide` may take, and than a scan lags behind its table."""

KEPT = timedelta(days=90)
BROADCAST_AGAIN_AFTER = timedelta(hours=1)
SAVES_MAX = 10
PLANS_BY = ("timezone", "zones", "country", "policies", "quiet_hours")
"""What of a brand moves local times and held messages."""


@dataclass(frozen=True, slots=True)
class Need:
    """A walk that a change asks for."""

    about: About
    journeys: tuple[str, ...] = ()
    segment: str | None = None


def needs_of_release(previous: Mapping[str, Any] | None, wanted: Mapping[str, Any]) -> Iterator[Need]:
    """Yield what going from one bundle to another asks for.

    A journey that was live keeps the passages it has, in their version: only entries of a kind that it did not stand
    around before are new to it.
    """
    before = _anchors(previous) if previous else {}
    new = tuple(sorted(id for id, kind in _anchors(wanted).items() if before.get(id) != kind))
    if new:
        yield Need("enroll", new)
    if previous and any(previous["brand"].get(key) != wanted["brand"].get(key) for key in PLANS_BY):
        yield Need("replan")


def needs_of_standing(old: Pointer, new: Pointer) -> Iterator[Need]:
    """Yield what lifting a pause or the full stop asks for."""
    if old.stopped and not new.stopped:
        yield Need("resume")
    elif resumed := tuple(sorted(old.paused - new.paused)):
        yield Need("resume", resumed)


def _anchors(bundle: Mapping[str, Any]) -> dict[str, str]:
    return {id: kind for kind, ids in bundle["index"]["anchors"].items() for id in ids}


class StartWalks:
    """Begin and stop walks."""

    def __init__(self, walks: Walks, rounds: Rounds) -> None:
        self._walks = walks
        self._rounds = rounds

    def begin(self, needs: Iterable[Need], now: datetime) -> tuple[Walk, ...]:
        """Write the walks down and call their first round. Asking again within the second is the same walk."""
        walks = tuple(plan(need, now) for need in needs)
        for walk in walks:
            try:
                self._walks.add(walk)
            except AlreadyDone:
                continue
            self._rounds.call(walk.id, walk.next_at)
        if walks:
            self._forget_old(now)
        return walks

    def forget(self, walks: Iterable[Walk]) -> None:
        """Take back walks whose change did not come."""
        for walk in walks:
            self._walks.remove(walk.id)

    def broadcast(self, need: Need, now: datetime, *, again: bool) -> Walk:
        """Begin a broadcast. Raises BadInput where the same was asked for within the hour, unless told `again`."""
        for walk in self.all():
            recent = now - walk.asked_at < BROADCAST_AGAIN_AFTER
            same = walk.about == "broadcast" and walk.journeys == need.journeys and walk.state != "stopped"
            if same and not again and (recent or walk.state == "going"):
                raise BadInput("id", f"a journey that is not being broadcast already, as walk {walk.id}: say --again")
        return self.begin([need], now)[0]

    def stop(self, prefix: str, now: datetime) -> Walk:
        """Stop a walk, named by its id or the beginning of it. Raises BadInput; one that is over stays as it is."""
        found = [walk for walk in self._walks.all() if walk.id.startswith(prefix)]
        if len(found) != 1:
            raise BadInput("id", f"the id of one walk; {prefix!r} begins {len(found)}")
        for _ in range(SAVES_MAX):
            walk = self._walks.read(found[0].id) or found[0]
            if walk.state != "going":
                return walk
            try:
                return self._walks.save(replace(walk, state="stopped", ended_at=now))
            except VersionConflict:
                continue
        raise VersionConflict(f"walk {found[0].id}")

    def all(self) -> list[Walk]:
        """Return the walks, newest first."""
        return self._walks.all()

    def _forget_old(self, now: datetime) -> None:
        for walk in self._walks.all():
            if walk.ended_at is not None and walk.ended_at < now - KEPT:
                self._walks.remove(walk.id)


class ForeseeWalks(StartWalks):
    """Say which walks would begin, and begin none."""

    def __init__(self, known: StartWalks | None) -> None:
        self._known = known

    def begin(self, needs: Iterable[Need], now: datetime) -> tuple[Walk, ...]:
        return tuple(plan(need, now) for need in needs)

    def forget(self, walks: Iterable[Walk]) -> None:
        """There is nothing to take back."""

    def stop(self, prefix: str, now: datetime) -> Walk:
        raise BadInput("dry", "a command that begins walks")

    def all(self) -> list[Walk]:
        return self._known.all() if self._known else []


def plan(need: Need, now: datetime) -> Walk:
    """Return the walk that a need becomes. A broadcast changes no definition, so nothing has to settle."""
    id = walk_id(need.about, need.journeys, need.segment, now)
    next_at = next_minute(now if need.about == "broadcast" else now + SETTLING)
    return Walk(id, need.about, asked_at=now, next_at=next_at, journeys=need.journeys, segment=need.segment)
