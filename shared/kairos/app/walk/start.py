"""Which walks a change needs, and how they begin: written down before the change, so that no crash can lose them.

A walk reads what `decide` wrote, and a batch that read the former pointer may still be writing. So a walk begins when
every such batch is over. One whose change never came finds nothing to do.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from kairos.app.decide.campaigns import find_campaign
from kairos.app.definitions.compile import compile_journey
from kairos.app.ports import Pointer
from kairos.app.publish.release import Release
from kairos.app.walk.moved import moved
from kairos.app.walk.ports import Rounds, Walks
from kairos.app.walk.shared import Coming, soon, together
from kairos.app.walk.watch import ceil_minute, next_minute
from kairos.domain.canonical import canonical
from kairos.domain.errors import AlreadyDone, BadInput, VersionConflict
from kairos.domain.ids import digest
from kairos.domain.instant import format_instant
from kairos.domain.localtime import load_zone
from kairos.domain.trigger import Campaign
from kairos.domain.walk import OF_NOW, About, Gone, Walk, is_missed, walk_id

SETTLING = timedelta(seconds=60)
"""Longer than a run of `decide` may take, and than a scan lags behind its table."""

KEPT = timedelta(days=90)
BROADCAST_AGAIN_AFTER = timedelta(hours=1)
SAVES_MAX = 10
HELD_BY = ("quiet_hours", "allowed", "spread", "caps", "week_starts", "rest", "policies")
"""What of a brand holds messages: whatever is held, or on its way, is looked at anew when it changes."""

PLANS_BY = ("timezone", "zones", "country", *HELD_BY)
"""What of a brand moves local times and held messages."""


@dataclass(frozen=True, slots=True)
class Need:
    """A walk that a change asks for."""

    about: About
    journeys: tuple[str, ...] = ()
    segment: str | None = None
    what: Mapping[str, Any] = field(default_factory=dict)
    begins: datetime | None = None
    confirm_by: datetime | None = None


def needs_of_campaigns(previous: Mapping[str, Any] | None, wanted: Mapping[str, Any]) -> Iterator[Need]:
    """Yield a walk for each date and time at which the wanted bundle starts a journey and the previous one did not.

    It waits to be confirmed, and its `confirm_by` may be over.
    """
    before = dict(_campaigns(previous)) if previous else {}
    zone = load_zone(wanted["brand"]["timezone"])
    for key, campaign in _campaigns(wanted):
        if before.get(key) != campaign:
            id, _ = key
            begins = campaign.begins(zone)
            what = {"at": campaign.subject, "begins": format_instant(begins)}
            yield Need("campaign", (id,), None, what, begins, campaign.ends(zone))


def _campaigns(bundle: Mapping[str, Any]) -> Iterator[tuple[tuple[str, str], Campaign]]:
    zone = bundle["brand"]["timezone"]
    for id in bundle["index"].get("campaigns", ()):
        entry = bundle["journeys"][id]
        for campaign in compile_journey(entry["versions"][str(entry["live"])]).campaigns:
            yield (id, f"{campaign.subject} {zone}"), campaign


def needs_of_migration(bundle: Mapping[str, Any], journeys: Iterable[str], gone: Gone) -> Iterator[Need]:
    """Yield what taking along everybody who is in an earlier version of these journeys asks for."""
    versions = {id: bundle["journeys"][id]["live"] for id in sorted(set(journeys))}
    versions = {id: version for id, version in versions.items() if version is not None}
    if versions:
        yield Need("migrate", tuple(versions), what={"versions": versions, "gone": gone})


def needs_of_release(
    previous: Mapping[str, Any] | None, wanted: Mapping[str, Any], now: datetime | None = None
) -> Iterator[Need]:
    """Yield what going from one bundle to another asks for; `now` says which days that all share are near.

    A journey that was live keeps the passages it has, in their version: only entries of a kind that it did not stand
    around before are new to it, and days of another trait, or planned otherwise.
    """
    before = _anchors(previous) if previous else {}
    new = tuple(sorted(id for id, kind in _anchors(wanted).items() if before.get(id) != kind))
    if new:
        yield Need("enroll", new)
    if previous and (
        any(previous["brand"].get(key) != wanted["brand"].get(key) for key in PLANS_BY)
        or (now is not None and moved(previous, wanted, now))
    ):
        yield Need("replan")
    if _tracked(wanted) and _tracked(wanted) != (_tracked(previous) if previous else ""):
        yield Need("recount")
    if now is not None:
        yield from _days_near(previous, wanted, now)


def _days_near(previous: Mapping[str, Any] | None, wanted: Mapping[str, Any], now: datetime) -> Iterator[Need]:
    """Yield the walks of shared days that no walk was written down for before; each calls the next one itself."""
    old = {each.what for each in soon(Release(previous, Pointer("")), now)} if previous else set()
    new = [each for each in soon(Release(wanted, Pointer("")), now) if each.what not in old]
    for each in together(new):
        yield need_of_day(each, now)


def need_of_day(day: Coming, now: datetime) -> Need:
    """Return the walk that a shared day asks for: some days before it, or at once."""
    begins = max(day.at, now)
    return Need("moment", day.journeys, what=day.brings(begins), begins=begins)


def needs_of_standing(old: Pointer, new: Pointer) -> Iterator[Need]:
    """Yield what lifting a pause or the full stop asks for."""
    if old.stopped and not new.stopped:
        yield Need("resume")
    elif resumed := tuple(sorted(old.paused - new.paused)):
        yield Need("resume", resumed)


def _anchors(bundle: Mapping[str, Any]) -> dict[str, str]:
    """Return what each live journey stands around that customers have of their own: a kind of entry, or days."""
    index = bundle["index"]
    entries = {id: kind for kind, ids in index["anchors"].items() for id in ids}
    days = {id: _planned(bundle, id) for ids in index.get("anniversaries", {}).values() for id in ids}
    predicted = {id: _planned(bundle, id) for id in index.get("predicted", ())}
    return entries | days | predicted


def _planned(bundle: Mapping[str, Any], id: str) -> str:
    entry = bundle["journeys"][id]
    document = entry["versions"][str(entry["live"])]
    return canonical([document["anchor"], [step["at"] for step in document["timeline"]]])


def _tracked(bundle: Mapping[str, Any]) -> str:
    """Return what names the definitions of all segments that are tracked."""
    return str(bundle["index"].get("segments", {}).get("print", ""))


class StartWalks:
    """Begin and stop walks."""

    def __init__(self, walks: Walks, rounds: Rounds) -> None:
        self._walks = walks
        self._rounds = rounds

    def begin(self, needs: Iterable[Need], now: datetime) -> tuple[Walk, ...]:
        """Write the walks down and call their first round. Asking again within the second is the same walk."""
        walks = self.write_down(needs, now)
        if walks:
            self._forget_old(now)
        return walks

    def write_down(self, needs: Iterable[Need], now: datetime) -> tuple[Walk, ...]:
        """Do the same and forget no old ones: all that the walk function may do, which calls the next day's walk."""
        walks = []
        for walk in (plan(need, now) for need in needs):
            try:
                self._walks.add(walk)
                if walk.state == "going":
                    self._rounds.call(walk.id, walk.next_at)
                walks.append(walk)
            except AlreadyDone:
                walks.append(self._walks.read(walk.id) or walk)
        return tuple(walks)

    def forget(self, walks: Iterable[Walk]) -> None:
        """Take back walks whose change did not come."""
        for walk in walks:
            if walk.state != "waiting":  # which begins nothing, and may be that of whoever was first
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
        found = self.find(prefix)
        for _ in range(SAVES_MAX):
            walk = self._walks.read(found.id) or found
            if walk.state not in ("waiting", "going"):
                return walk
            try:
                return self._walks.save(replace(walk, state="stopped", ended_at=now))
            except VersionConflict:
                continue
        raise VersionConflict(f"walk {found.id}")

    def find(self, prefix: str) -> Walk:
        """Return the walk whose id begins so. Raises BadInput where there is none, or more than one."""
        found = [walk for walk in self._walks.all() if walk.id.startswith(prefix)]
        if len(found) != 1:
            raise BadInput("id", f"the id of one walk; {prefix!r} begins {len(found)}")
        return found[0]

    def confirm(self, id: str, now: datetime) -> Walk:
        """Let a waiting walk begin at its time; confirming it again is confirming it once.

        Raises BadInput for one that was stopped, or whose time is over.
        """
        for _ in range(SAVES_MAX):
            walk = self._walks.read(id)
            if walk is None:
                raise BadInput("id", f"the id of a walk; found {id!r}")
            if walk.state in ("going", "done"):
                return walk
            _refuse_unconfirmable(walk, now)
            begins = max(walk.next_at, next_minute(now))
            what = {**walk.what, "began": format_instant(max(walk.next_at, now))}
            self._rounds.call(
                walk.id, begins
            )  # first, so that it cannot be lost: a round of a waiting walk does nothing
            try:
                return self._walks.save(replace(walk, state="going", next_at=begins, what=what))
            except VersionConflict:
                continue
        raise VersionConflict(f"walk {id}")

    def all(self) -> list[Walk]:
        """Return the walks, newest first."""
        return self._walks.all()

    def _forget_old(self, now: datetime) -> None:
        for walk in self._walks.all():
            ended = walk.confirm_by if is_missed(walk, now) else walk.ended_at
            if ended is not None and ended < now - KEPT:
                self._walks.remove(walk.id)


class ForeseeWalks(StartWalks):
    """Say which walks would begin, and begin none."""

    def __init__(self, known: StartWalks | None) -> None:
        self._known = known

    def begin(self, needs: Iterable[Need], now: datetime) -> tuple[Walk, ...]:
        planned = [plan(need, now) for need in needs]
        there = {walk.id: walk for walk in self._known.all()} if self._known else {}
        return tuple(there.get(walk.id, walk) for walk in planned)

    def forget(self, walks: Iterable[Walk]) -> None:
        """There is nothing to take back."""

    def stop(self, prefix: str, now: datetime) -> Walk:
        raise BadInput("dry", "a command that begins walks")

    def find(self, prefix: str) -> Walk:
        if self._known is None:
            raise BadInput("dry", "a deployment that has walks")
        return self._known.find(prefix)

    def confirm(self, id: str, now: datetime) -> Walk:
        walk = self.find(id)
        if walk.state == "waiting" or walk.state == "stopped":
            _refuse_unconfirmable(walk, now)
        return walk

    def all(self) -> list[Walk]:
        return self._known.all() if self._known else []


def plan(need: Need, now: datetime) -> Walk:
    """Return the walk that a need becomes. A broadcast changes no definition, so nothing has to settle."""
    id = need_id(need, now)
    next_at = next_minute(now if need.about in OF_NOW else now + SETTLING)
    return Walk(
        id,
        need.about,
        asked_at=now,
        next_at=need.begins if need.confirm_by and need.begins else max(next_at, ceil_minute(need.begins or next_at)),
        journeys=need.journeys,
        segment=need.segment,
        state="waiting" if need.confirm_by else "going",
        what=need.what,
        confirm_by=need.confirm_by,
    )


def is_current(walk: Walk, release: Release) -> bool:
    """Return whether the live journey still starts when this campaign's walk begins."""
    (id,) = walk.journeys
    journey = release.journey(id)
    campaign = find_campaign(journey, str(walk.what.get("at"))) if journey is not None else None
    return campaign is not None and format_instant(campaign.begins(release.brand_zone)) == walk.what.get("begins")


def need_id(need: Need, now: datetime) -> str:
    """Return the walk's id: one for each date and time of a campaign, one for each signal, else one for each second."""
    if need.about == "moment" and need.begins is not None:  # whoever asks for a day's walk again asks for the same
        return walk_id("moment", need.journeys, str(need.what.get("day")), need.begins)
    if need.begins is not None:
        second = f"{need.begins:%Y%m%dt%H%M%S}"
        return f"{second}-{digest('campaign', *need.journeys, need.what['at'])[:6]}"
    if need.about == "signal":
        return f"signal-{digest('signal', need.what['signal'])[:12]}"
    if need.about == "enter":
        return f"enter-{digest('enter', *need.journeys, need.what['request'])[:12]}"
    return walk_id(need.about, need.journeys, need.segment, now)


def _refuse_unconfirmable(walk: Walk, now: datetime) -> None:
    journeys = ", ".join(walk.journeys)
    if walk.state == "stopped":
        raise BadInput("id", f"a walk that was not stopped; {walk.id} was: publish {journeys} with another date")
    if is_missed(walk, now):
        raise BadInput(
            "id",
            f"a broadcast whose time is not over; nobody confirmed {journeys} before {walk.what.get('at')}, "
            "so it starts nobody: publish it with another date",
        )
