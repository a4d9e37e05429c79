"""A dry run of a brand: production `decide` over `kairos.memory`, on a virtual clock, with no side effects.

Every message asked for goes out at that instant and is reported sent; every call of a webhook is answered at once, with
nothing in it. Timers ring at their exact due times. At one instant all events come before all timers, and the events
of one profile are decided together.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from heapq import merge
from itertools import groupby

from kairos.app.decide import decide
from kairos.app.publish.release import Release
from kairos.app.walk.shared import coming, together
from kairos.app.walk.start import Need, plan
from kairos.domain.effects import Send, Tell
from kairos.domain.event import CALL, WEBHOOK, Event, Input, Wake
from kairos.domain.instant import format_instant
from kairos.domain.profile import Profile
from kairos.domain.reason import Reason
from kairos.domain.walk import EVERYBODY, Walk, walk_id, walked
from kairos.memory import MemoryCustomers
from kairos.steps.webhook import ANSWERED

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
REPORTED = frozenset(
    (
        *("entered", "message", "held", "not_sent", "exited", "converted", "holdout", "assigned", "succeeded"),
        *("called", "chosen", "segment_entered", "segment_left"),
    )
)


@dataclass
class Simulation:
    """One run. `tell` receives every decision between `since` and `until`, in time order."""

    release: Release
    tell: Callable[[Reason], None]
    since: datetime
    until: datetime
    customers: MemoryCustomers = field(default_factory=MemoryCustomers)
    watch: Callable[[datetime], None] = field(default=lambda now: None)
    _due: dict[str, datetime] = field(default_factory=dict)
    _queue: list[tuple[datetime, str]] = field(default_factory=list)
    _begun: datetime | None = None

    def begin(self, profiles: Iterable[Profile], now: datetime, needs: Sequence[Need] = ()) -> None:
        """Go on with customers as they stood at `now`; `needs` are the walks that the release under test begins then.

        What was due long before is due now, as after an outage; broadcasts whose time is over reach nobody.
        """
        self._begun = now
        walks = [plan(need, now) for need in needs]
        for profile in profiles:
            self.customers.profiles[profile.id] = profile
            self._decide(profile.id, [*(walked(walk, profile.id, now) for walk in walks), Wake(profile.id)], now)

    def run(self, events: Iterable[Event]) -> None:
        """Live through the events (in order of arrival) and every timer up to and including `until`.

        Broadcasts at a date and time are taken as confirmed, and reach everybody known then at once; so does an event
        for `EVERYBODY`, which a walk would bring.
        """
        walks = sorted((*campaigns_of(self.release), *days_of(self.release)), key=_arrival)
        walks = [event for event in walks if self._begun is None or event.received_at > self._begun]
        for now, arriving in groupby(merge(walks, events, key=_arrival), key=_arrival):
            if now > self.until:
                break
            self._ring_before(now)
            arrived = list(arriving)
            for profile, inputs in _by_profile(event for event in arrived if event.profile != EVERYBODY):
                self._decide(profile, inputs, now)
            for event in arrived:
                if event.profile == EVERYBODY:
                    self._walk(event, now)
        self._ring_before(None)

    def _walk(self, event: Event, now: datetime) -> None:
        for profile in sorted(self.customers.profiles):
            self._decide(profile, [replace(event, profile=profile, id=f"{event.id}/{profile}")], now)

    def _ring_before(self, limit: datetime | None) -> None:
        while self._queue and (self._queue[0][0] < limit if limit else self._queue[0][0] <= self.until):
            due, profile = heapq.heappop(self._queue)
            self.watch(due)
            if self._due.get(profile) == due:
                del self._due[profile]
                self._decide(profile, [Wake(profile)], due)

    def _decide(self, profile: str, inputs: Sequence[Input], now: datetime) -> None:
        """Decide, and take what was asked for as sent, until nothing more comes of it."""
        while inputs:
            outcome = decide(self.customers.read(profile), self.release, inputs, now)
            if outcome is None:
                return
            self._keep(outcome.profile)
            if now >= self.since:
                for reason in outcome.reasons:
                    if reason.kind in REPORTED:
                        self.tell(reason)
            inputs = [_came_of(effect, now) for effect in outcome.effects if isinstance(effect, Send)]
            self._remember(profile, outcome.due)
            for told in [effect for effect in outcome.effects if isinstance(effect, Tell)]:
                self._decide(told.profile, told.events, now)

    def _keep(self, profile: Profile) -> None:
        """Keep what was decided as it is: it is nobody else's, so a copy, as a table makes, is for nothing."""
        profile.version += 1
        profile.wake = None
        self.customers.profiles[profile.id] = profile

    def _remember(self, profile: str, due: datetime | None) -> None:
        if due is None:
            self._due.pop(profile, None)
        elif self._due.get(profile) != due:
            self._due[profile] = due
            heapq.heappush(self._queue, (due, profile))


def campaigns_of(release: Release) -> Iterator[Event]:
    """Yield what the walk of each date and time of a live journey brings, at the instant at which it begins."""
    for journey in release.index.campaigns():
        for campaign in journey.campaigns:
            begins = campaign.begins(release.brand_zone)
            what = {"at": campaign.subject, "began": format_instant(begins)}
            yield walked(
                Walk(campaign.subject, "campaign", begins, begins, (journey.id,), what=what), EVERYBODY, begins
            )


def days_of(release: Release) -> Iterator[Event]:
    """Yield what the walk of each day that all share brings, at the instant at which it begins."""
    for day in together(coming(release, EPOCH)):
        id = walk_id("moment", day.journeys, day.key, day.at)
        yield walked(Walk(id, "moment", day.at, day.at, day.journeys, what=day.brings(day.at)), EVERYBODY, day.at)


def _arrival(event: Event) -> datetime:
    return event.received_at


def _by_profile(events: Iterable[Event]) -> Iterator[tuple[str, list[Input]]]:
    groups: dict[str, list[Input]] = {}
    for event in events:
        groups.setdefault(event.profile, []).append(event)
    yield from groups.items()


def _came_of(effect: Send, now: datetime) -> Event:
    return _answered(effect, now) if effect.channel == CALL else _sent(effect, now)


def _answered(effect: Send, now: datetime) -> Event:
    return Event(
        id=f"answered/{effect.message}",
        name=ANSWERED,
        profile=effect.profile,
        occurred_at=now,
        received_at=now,
        properties={"call": effect.message, "status": 200},
        source=WEBHOOK,
    )


def _sent(effect: Send, now: datetime) -> Event:
    return Event(
        id=f"sent/{effect.message}/{effect.asks}",
        name="message_sent",
        profile=effect.profile,
        occurred_at=now,
        received_at=now,
        properties={"channel": effect.channel, "marketing": effect.marketing},
        source="deliver",
        message=effect.message,
    )
