"""What is live, and how it changes: drafts become a release, and one pointer moves.

Everything is checked together before anything moves, so an invalid draft never touches what is live. The pointer moves
on condition that it still is what was read; who was first wins, and the other looks again. Pausing and stopping move
the same pointer without a new release, so they act on the next batch of every function.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import Any

from kairos.app.definitions.documents import (
    BadDefinitions,
    Documents,
    Problem,
    check_brand_documents,
    errors_of,
)
from kairos.app.definitions.ready import check_ready
from kairos.app.dry_run import DryReleases
from kairos.app.ports import AnnouncementSource, Drafts, Overdue, Pointer, Releases
from kairos.app.publish.bundle import build_bundle, documents_of, same_calendar
from kairos.app.publish.difference import compare
from kairos.app.publish.drafts import read_drafts, too_late
from kairos.app.publish.learned import with_learned
from kairos.app.publish.lineage import before
from kairos.app.publish.published import NothingBefore, NothingLive, Published, TakeAlong
from kairos.app.publish.release import Release
from kairos.app.publish.selection import differing, no_longer_live, overlay
from kairos.app.publish.standstill import paused, resumed, started, stopped
from kairos.app.walk.moved import moved
from kairos.app.walk.start import (
    ForeseeWalks,
    Need,
    StartWalks,
    needs_of_campaigns,
    needs_of_migration,
    needs_of_release,
    needs_of_standing,
)
from kairos.domain.canonical import fingerprint
from kairos.domain.errors import BadDefinition, BadInput, Unavailable, VersionConflict
from kairos.domain.walk import Walk

MOVES_MAX = 10
"""How often a pointer that others move is tried again."""
FORMER_YEARS, COMING_YEARS = 1, 3


class Publish:
    """The use case; `now` says which years' holidays are near, and when walks are asked for.

    Without `walks` a change concerns only what happens from now on, as in a simulation. `public_url` is where links in
    messages lead: its length counts in texts. `announcements` is awake while what is live says that somebody listens.
    """

    def __init__(
        self,
        drafts: Drafts,
        releases: Releases,
        walks: StartWalks | None = None,
        public_url: str = "",
        announcements: AnnouncementSource | None = None,
    ) -> None:
        self._public_url = public_url
        self._drafts = drafts
        self._releases = releases
        self.walks = walks
        self._announcements = announcements

    def dry(self) -> Publish:
        """Return the same use case with the same drafts and releases, of which nothing is changed."""
        return Publish(self._drafts, DryReleases(self._releases), ForeseeWalks(self.walks), self._public_url)

    def validate(self) -> dict[tuple[str, str], list[Problem]]:
        """Check every draft among all others, write what is wrong with each beside it, and return it."""
        documents = read_drafts(self._drafts.all())
        found: dict[tuple[str, str], list[Problem]] = {}
        problems = check_brand_documents(documents)
        for definition in documents.definitions:
            own = [problem for problem in problems if problem.file == definition.file]
            found[definition.kind, definition.id] = own
            rows = [_row(problem) for problem in own]
            self._drafts.mark(definition.kind, definition.id, rows, fingerprint(definition.document))
        return found

    def publish(self, ids: Iterable[str] | None, now: datetime, along: TakeAlong | None = None) -> Published:
        """Make drafts live (None: all of them). A journey brings the templates and segments that it uses.

        `along` says whom it takes along into new versions, also into one that is live already; without it everybody
        finishes in theirs. Raises BadInput for an id that no draft has, BadDefinitions with all that is wrong with
        what would be live.
        """
        wanted = None if ids is None else tuple(ids)
        return _moving(lambda: self._publish(wanted, now, along or TakeAlong()))

    def pause(self, journey: str, now: datetime) -> Published:
        """Let a journey stand still: nobody enters, nothing of it is sent. Raises BadInput, NothingLive."""
        return self._stand(lambda pointer: paused(pointer, self._live(pointer, journey), now))

    def resume(self, journey: str, now: datetime, overdue: Overdue) -> Published:
        """Let a paused journey go on, with a word on what has become overdue. Raises BadInput, NothingLive."""
        return self._stand(lambda pointer: resumed(pointer, self._live(pointer, journey), now, overdue), now)

    def stop_all(self, now: datetime) -> Published:
        """Stop everything at once. Raises NothingLive."""
        return self._stand(lambda pointer: stopped(pointer, now))

    def start_all(self, now: datetime, overdue: Overdue) -> Published:
        """Lift the full stop, with a word on what has become overdue; paused journeys stay paused.

        Raises NothingLive.
        """
        return self._stand(lambda pointer: started(pointer, now, overdue), now)

    def live(self) -> tuple[Pointer, Release]:
        """Return what is live. Raises NothingLive."""
        pointer = self._releases.pointer()
        if pointer is None:
            raise NothingLive
        return pointer, Release(self._releases.bundle(pointer.release), pointer)

    def broadcast(self, journey: str, segment: str | None, now: datetime, *, again: bool = False) -> Published:
        """Start a live journey for everybody, or for those in a live segment. Raises BadInput, NothingLive."""
        pointer, release = self.live()
        found = release.journey(self._live(pointer, journey))
        if found is None or not found.broadcast:
            raise BadInput("id", f"a live journey that says `trigger: broadcast`; found {journey!r}")
        if release.halted(journey):
            raise BadInput("id", f"a journey that goes on; {journey!r} is paused, or everything is stopped")
        if segment is not None and segment not in release.segments:
            raise BadInput("segment", f"a live segment, one of: {', '.join(sorted(release.segments)) or 'none'}")
        if self.walks is None:
            raise BadInput("command", "a deployment that has walks")
        walk = self.walks.broadcast(Need("broadcast", (journey,), segment), now, again=again)
        return Published(pointer, walks=(walk,))

    def rollback(self, now: datetime, along: TakeAlong | None = None) -> Published:
        """Go back to what was live before, as often as there was something. What is paused or stopped stays so.

        Customers who entered a newer version walk on in it, but for whom `along` takes back.
        Raises NothingLive, NothingBefore, BadInput.
        """
        return _moving(lambda: self._rollback(now, along or TakeAlong()))

    def renew(self, now: datetime) -> Published:
        """Work out anew the days that what is live stands around: another year has begun, or a holiday was decreed.

        Drafts stay drafts. Raises NothingLive.
        """
        return _moving(lambda: self._renew(now))

    def learn(self, priors: Any, scores: Any, now: datetime) -> Published:
        """Make live what was learned of all customers, where it foretold those held out better than what is live.

        Raises NothingLive, and BadInput for priors that cannot be read or foretell worse (`with_learned`).
        """
        return _moving(lambda: self._learn(priors, scores, now))

    def _publish(self, ids: tuple[str, ...] | None, now: datetime, along: TakeAlong) -> Published:
        old = self._releases.pointer()
        previous = self._releases.bundle(old.release) if old else None
        live = documents_of(previous) if previous else Documents(())
        drafts = read_drafts(self._drafts.all())
        wanted = overlay(live, drafts, ids)
        problems = check_brand_documents(wanted)
        if not errors_of(problems):
            problems += check_ready(wanted, self._public_url)
        if errors := errors_of(problems):
            raise BadDefinitions(errors)
        changed = differing(wanted, live)
        waiting = differing(drafts, wanted)
        bundle = _bundle(wanted, previous, now)
        if old and previous and not changed and same_calendar(previous, bundle):
            needs = _needs_along(along, previous, ())
            walks = self.walks.begin(needs, now) if self.walks else ()
            return Published(old, (), waiting, tuple(problems), walks)
        late = too_late(wanted, now)
        gone_live = self._go_live(bundle, previous, old, now, along)
        return replace(gone_live, changed=changed, waiting=waiting, warnings=(*problems, *late, *gone_live.warnings))

    def _rollback(self, now: datetime, along: TakeAlong) -> Published:
        old = self._releases.pointer()
        if old is None:
            raise NothingLive
        previous = self._releases.bundle(old.release)
        target = before(self._releases, old)
        if target is None:
            raise NothingBefore
        wanted, live = documents_of(target), documents_of(previous)
        # Customers in newer versions still need the templates and segments that came with them.
        there = {(definition.kind, definition.id) for definition in wanted.definitions}
        kept = [d for d in live.definitions if d.kind in ("template", "segment") and (d.kind, d.id) not in there]
        bundle = _bundle(Documents((*wanted.definitions, *kept)), previous, now)
        bundle.pop("timing", None)
        bundle |= {"timing": target["timing"]} if "timing" in target else {}
        gone_live = self._go_live(bundle, previous, old, now, along)
        return replace(gone_live, changed=(*differing(wanted, live), *no_longer_live(wanted, live)))

    def _renew(self, now: datetime) -> Published:
        old = self._releases.pointer()
        if old is None:
            raise NothingLive
        previous = self._releases.bundle(old.release)
        bundle = _bundle(documents_of(previous), previous, now)
        if same_calendar(previous, bundle):
            self._listen(bundle)  # a deployment may have put it to sleep
            return Published(old)
        return self._go_live(bundle, previous, old, now, TakeAlong())

    def _learn(self, priors: Any, scores: Any, now: datetime) -> Published:
        old, release = self.live()
        bundle = with_learned(release.bundle, priors, scores, now)
        gone_live = self._go_live(bundle, release.bundle, old, now, TakeAlong())
        return replace(gone_live, changed=tuple(f"timing/{part}" for part in sorted(priors)))

    def _go_live(
        self,
        bundle: Mapping[str, Any],
        previous: Mapping[str, Any] | None,
        old: Pointer | None,
        now: datetime,
        along: TakeAlong,
    ) -> Published:
        release = self._releases.put_bundle(bundle)
        new = replace(old, release=release) if old else Pointer(release)
        coming = (need for need in needs_of_campaigns(previous, bundle) if need.confirm_by and need.confirm_by > now)
        differences = compare(previous, bundle)
        changed = [found.id for found in differences if found.kind == "journey" and found.former and found.version]
        needs = (*needs_of_release(previous, bundle, now), *coming, *_needs_along(along, bundle, changed))
        self._listen(bundle)  # before anything is announced
        walks = self._move(new, old, needs, now) if new != old else ()
        self._leave(bundle, previous)
        changed_days = moved(previous, bundle, now) if previous else ()
        warnings = _no_longer_kept(previous, bundle)
        return Published(new, walks=walks, differences=differences, moved=changed_days, warnings=warnings)

    def _listen(self, bundle: Mapping[str, Any]) -> None:
        if self._announcements and bundle["brand"].get("webhooks"):
            self._announcements.wake(awake=True)

    def _leave(self, bundle: Mapping[str, Any], previous: Mapping[str, Any] | None) -> None:
        listened = previous is not None and previous["brand"].get("webhooks")
        if self._announcements and listened and not bundle["brand"].get("webhooks"):
            with suppress(Unavailable):  # it is live already; what is asked in vain costs cents
                self._announcements.wake(awake=False)

    def _move(self, new: Pointer, old: Pointer | None, needs: Iterable[Need], now: datetime | None) -> tuple[Walk, ...]:
        """Move the pointer, its walks written down before: a crash in between leaves walks that find nothing to do."""
        walks = self.walks.begin(needs, now) if self.walks and now else ()
        try:
            self._releases.point(new, old)
        except VersionConflict:
            if self.walks:
                # What was there before is for the day that it goes before, whoever publishes.
                self.walks.forget(walk for walk in walks if walk.asked_at == now)
            raise
        return walks

    def _stand(self, change: Callable[[Pointer], Pointer], now: datetime | None = None) -> Published:
        def move() -> Published:
            old = self._releases.pointer()
            if old is None:
                raise NothingLive
            new = change(old)
            if new == old:
                return Published(new)
            return Published(new, walks=self._move(new, old, needs_of_standing(old, new), now))

        return _moving(move)

    def _live(self, pointer: Pointer, journey: str) -> str:
        known = self._releases.bundle(pointer.release)["journeys"]
        if journey not in known:
            raise BadInput(
                "id", f"a published journey, one of: {', '.join(sorted(known)) or 'none'}; found {journey!r}"
            )
        return journey


def _moving(move: Callable[[], Published]) -> Published:
    """Try a change again where somebody else moved the pointer meanwhile. Raises VersionConflict in the end."""
    for _ in range(MOVES_MAX):
        try:
            return move()
        except VersionConflict:
            continue
    raise VersionConflict("live pointer")


def _no_longer_kept(previous: Mapping[str, Any] | None, bundle: Mapping[str, Any]) -> tuple[Problem, ...]:
    """Warn of versions that a release drops because there are too many."""
    warnings = []
    for id, entry in (previous or {"journeys": {}})["journeys"].items():
        for version in sorted(entry["versions"].keys() - bundle["journeys"][id]["versions"].keys(), key=int):
            message = f"version {version} is no longer kept: who is in it ends there, unless --replan takes them along"
            warnings.append(Problem(f"journey/{id}", 0, 0, "", message, warning=True))
    return tuple(warnings)


def _needs_along(along: TakeAlong, bundle: Mapping[str, Any], changed: Iterable[str]) -> tuple[Need, ...]:
    """Return the walk that takes people along, if there is anybody to take. Raises BadInput for an unknown journey."""
    known = bundle["journeys"]
    for id in (*(along.journeys or ()), *along.but):
        if id not in known:
            raise BadInput("replan", f"a published journey, one of: {', '.join(sorted(known)) or 'none'}; found {id!r}")
    wanted = set(changed if along.journeys is None else along.journeys) - set(along.but)
    return tuple(needs_of_migration(bundle, (id for id in wanted if len(known[id]["versions"]) > 1), along.gone))


def _bundle(wanted: Documents, previous: Mapping[str, Any] | None, now: datetime) -> dict[str, Any]:
    years = range(now.year - FORMER_YEARS, now.year + COMING_YEARS + 1)
    try:
        return build_bundle(wanted, previous, years=years, now=now)
    except BadDefinition as error:
        raise BadDefinitions([wanted.brand.problem(error)] if wanted.brand else []) from error


def _row(problem: Problem) -> dict[str, Any]:
    return {"path": problem.path, "message": problem.message, "warning": problem.warning}
