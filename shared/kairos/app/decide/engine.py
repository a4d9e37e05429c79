"""The order of a decision: take in what happened, let passages and timelines answer, do what is due, set the alarm.

At the same instant events go before timers: a goal reached at the very due time stops the message.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from kairos.app.decide import (
    alarm,
    arbitration,
    browsing,
    caps,
    categories,
    coupons,
    due_steps,
    endings,
    entries,
    erasing,
    facts,
    folding,
    following,
    habits,
    lifecycle,
    memberships,
    messages,
    moments,
    outstanding,
    parcels,
    passages,
    recurrences,
    reports,
    scores,
    signals,
    timelines,
    waits,
    walked,
    ways,
)
from kairos.app.decide.announcing import announcements
from kairos.app.decide.rest import resting
from kairos.app.decide.turn import Turn
from kairos.app.deliver.consent import NO_CONSENT
from kairos.app.publish.release import Release
from kairos.domain import budget
from kairos.domain.effects import Effect
from kairos.domain.event import WEBHOOK, Event, Input
from kairos.domain.profile import Enrollment, Message, Profile
from kairos.domain.reason import COUNTED_ONLY, FEEDBACK, Reason

ANSWERS = frozenset({"deliver", "preferences", "ses", "sns", "solapi", "walk", WEBHOOK})
UNLOGGED = frozenset((*FEEDBACK, *COUNTED_ONLY))
DUE_AT_ONCE_MAX = 2_000


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one decision. `due` is exact; `wake_at` is the earlier of it and the first check, or earlier still
    (`alarm.place`).

    `lateness` is how late the timer that was due first is seen (zero when none was due).
    """

    profile: Profile
    effects: Sequence[Effect]
    reasons: Sequence[Reason]
    due: datetime | None
    wake_at: datetime | None
    ttl: datetime | None
    lateness: timedelta


def decide(profile: Profile | None, release: Release, inputs: Iterable[Input], now: datetime) -> Outcome | None:
    """Decide one profile on its inputs, in order, at `now` (aware UTC).

    Return None when there is nothing to write: a wake-up for an absent profile, or what only answers our messages (a
    late click must not bring back somebody who was erased), or a walk that does not concern the profile. The given
    profile is not changed. One that was erased, or is to be, is left to `erasing`.
    Raises NoRoom when an input needs room that may not be made.
    """
    inputs = list(inputs)
    if erasing.concerns(profile, inputs):
        return _erase(profile, release, inputs, now)
    inputs = [entry for entry in inputs if not erasing.is_word(entry)]
    born = profile is None
    if profile is None:
        first = next((entry for entry in inputs if isinstance(entry, Event) and _makes_known(entry)), None)
        if first is None:
            return None
        profile = Profile(id=first.profile, created_at=now)
    turn = _arbitrated(profile, release, inputs, now, born=born)
    parcels.ship(turn)
    return None if walked.is_idle(turn, profile, inputs) else _close(turn, None if born else profile)


def _erase(profile: Profile | None, release: Release, inputs: Sequence[Input], now: datetime) -> Outcome | None:
    left = erasing.erase(profile, inputs, now)
    if left is None:
        return None
    effects = [*left.effects, *announcements(release.rules.listeners, None, left.profile, left.reasons, now)]
    return Outcome(left.profile, effects, left.reasons, due=None, wake_at=None, ttl=left.ttl, lateness=timedelta())


def _arbitrated(profile: Profile, release: Release, inputs: Sequence[Input], now: datetime, *, born: bool) -> Turn:
    """Do all there is to do, anew until no message got a place that a higher rank was refused: see `arbitration`."""
    yielding: frozenset[str] = frozenset()
    for _ in range(arbitration.ROUNDS_MAX):
        turn = _lived(Turn(profile.copy(), release, now, yielding=yielding), inputs, born=born)
        overtaken = arbitration.overtaken(turn) - yielding
        if not overtaken:
            break
        yielding |= overtaken
    turn.yielding = frozenset()
    parked = messages.parked(turn)
    for message in parked:
        if message.id in turn.profile.messages:
            _settle_held(turn, message)
    if parked:
        _do_what_is_due(turn)
    return turn


def _lived(turn: Turn, inputs: Sequence[Input], *, born: bool) -> Turn:
    turn.lateness = _lateness(turn, inputs)
    lifecycle.begin(turn)
    memberships.begin(turn, born=born)
    waits.thaw(turn)
    for entry in inputs:
        if isinstance(entry, Event):
            _hear(turn, entry)
    _do_what_is_due(turn)
    return turn


def _makes_known(event: Event) -> bool:
    return event.source not in ANSWERS and not parcels.is_answer(event)


def _hear(turn: Turn, event: Event) -> None:
    event = event.clamped()
    if parcels.concerns(turn, event):
        _receive(turn, event)
    else:
        _take_in(turn, event)
    memberships.follow(turn, event)


def _receive(turn: Turn, event: Event) -> None:
    arrived = parcels.receive(turn, event)
    if arrived.folded:
        _move_to_zone(turn, event)
        _drop_unconsented(turn)
        _take_back_surplus(turn)
        timelines.enroll_missing(turn, event)  # a walk may have been at the winner before the entries were
        moments.look_all(turn, fresh=False)
        moments.join_shared(turn, event)
    if arrived.event is not None:
        _take_in(turn, arrived.event.clamped())


def _take_in(turn: Turn, event: Event) -> None:
    if walked.concerns(event):
        signal = signals.signal_of(turn, event) if not turn.profile.has_seen(event.id) else None
        if walked.take(turn, event):
            _move_to_zone(turn, event)
            _rest(turn)
            _take_back_surplus(turn)
        if signal is not None:
            _take_in(turn, signal)
        return
    if turn.profile.has_seen(event.id):
        return
    if folding.folds(turn, event):
        facts.take_in(turn, event)
        return
    turn.profile.note_seen(event.id, max(event.received_at, turn.now) + event.retry_horizon)
    event = facts.spelled_out(turn, event)
    reachable = moments.is_reachable(turn)
    zone_changed = facts.take_in(turn, event)
    if zone_changed:
        _move_to_zone(turn, event)
    moments.follow_traits(turn, event)
    if not reachable and moments.is_reachable(turn):
        moments.join_shared(turn, event)
    if event.message is not None:  # before consents: who complains of a message proves that it went out
        reports.take(turn, event)
        outstanding.take_report(turn, event)
        _take_back_surplus(turn)
    if reports.is_by_machine(event):
        return
    if event.consent is not None or event.name == facts.COMPLAINT:
        _drop_unconsented(turn)
    if turn.release.rules.starts_rest(event.name):
        _rest(turn)
    change = entries.take_entry(turn, event)
    passages.hear(turn, event)
    if change is not None:
        timelines.follow_entry(turn, event, change)
    passages.start(turn, event)
    following.follow(turn, event)
    endings.note(turn, event)  # last: what ends one passage may start the next, as an order does
    for redeemed in list(coupons.redeemed(turn, event)):
        _take_in(turn, redeemed)


def _move_to_zone(turn: Turn, event: Event | None = None) -> None:
    """Plan anew what local clocks decide: an event changed them (or a walk), or a step that was just done."""
    turn.zone_moved = False
    waits.replan_local(turn)
    due_steps.replan_local(turn, event)
    moments.look_all(turn, fresh=event is None or not event.historical)
    for message in list(turn.profile.messages.values()):
        if message.state == "held" and not turn.release.halted(message.journey):
            _settle_held(turn, message)


def _drop_unconsented(turn: Turn) -> None:
    """Take back what was asked for; what is held is looked at anew, so that the passage waiting for it goes on."""
    for message in ways.unconsented(turn):
        if message.state == "asked":
            messages.withdraw(turn, message, ways.objected(turn, message.channel) or NO_CONSENT)
        elif not turn.release.halted(message.journey):
            _settle_held(turn, message)


def _take_back_surplus(turn: Turn) -> None:
    """More is on its way than a cap allows: the lowest rank that is not out yet gives its place back, and so on."""
    while (over := messages.surplus(turn)) is not None:
        messages.take_back(turn, over)


def _rest(turn: Turn) -> None:
    """Something happened after which marketing rests: what is on its way, or held for later, is looked at anew."""
    for message in list(turn.profile.messages.values()):
        if resting(turn, message) is None or turn.release.halted(message.journey):
            continue
        if message.state == "asked":
            messages.take_back(turn, message)
        else:
            _settle_held(turn, message)


def _lateness(turn: Turn, inputs: Iterable[Input]) -> timedelta:
    """Return how late the earliest promised timer is seen; what an old event makes due at once was never promised, and
    what a pause held back is not late."""
    if any(isinstance(entry, Event) and walked.concerns(entry) for entry in inputs):
        return timedelta()
    promised = [
        due
        for journey, due in alarm.timers(turn.profile)
        if not turn.release.halted(journey) and turn.release.pause_over(journey, due) is None
    ]
    promised += turn.profile.windows.values()
    return max(turn.now - min(promised), timedelta()) if promised else timedelta()


def _do_what_is_due(turn: Turn) -> None:
    """Do everything due by now, earliest first; what one thing makes due is done too."""
    following.follow(turn)
    memberships.follow(turn)
    moments.follow_rhythm(turn)  # once for all that was heard, and after goals: an order converts what awaited it
    for _ in range(DUE_AT_ONCE_MAX):
        if turn.zone_moved:
            _move_to_zone(turn)
        moments.follow_traits(turn)
        item = _next_due(turn)
        if item is not None:
            _, do = item
            do()
        elif turn.freed:
            _offer_places(turn)
        else:
            return
        following.follow(turn)
        memberships.follow(turn)


def _offer_places(turn: Turn) -> None:
    """A place under the caps became free: who waits for one need not wait for the time that was foreseen."""
    turn.freed = False
    for message in messages.waiting_for_place(turn):
        if message.id in turn.profile.messages and not turn.release.halted(message.journey):
            _settle_held(turn, message)


def _next_due(turn: Turn) -> tuple[datetime, Callable[[], None]] | None:
    best: tuple[datetime, Callable[[], None]] | None = None
    now = turn.now

    def offer(due: datetime | None, do: Callable[[], None]) -> None:
        nonlocal best
        if due is not None and due <= now and (best is None or due < best[0]):
            best = (due, do)

    offer(memberships.earliest(turn.profile), lambda: memberships.ring(turn))  # first: at one instant a change is heard
    for enrollment in turn.profile.enrollments.values():
        if enrollment.active and not turn.release.halted(enrollment.journey):
            _offer_passage(turn, enrollment, offer)
    for key, opens in turn.profile.moments.items():
        if opens <= now and not turn.release.halted(key.partition("/")[0]):
            offer(opens, lambda k=key, at=opens: moments.ring(turn, k, at))  # type: ignore[misc]
    for message in turn.profile.messages.values():
        if message.state == "asked":
            offer(message.check_at, lambda m=message: outstanding.ask_again(turn, m))  # type: ignore[misc]
        elif not turn.release.halted(message.journey):
            offer(message.until, lambda m=message: _settle_held(turn, m))  # type: ignore[misc]
    return best


def _offer_passage(
    turn: Turn, enrollment: Enrollment, offer: Callable[[datetime | None, Callable[[], None]], None]
) -> None:
    if enrollment.due is not None:
        offer(enrollment.due, lambda: passages.wake(turn, enrollment))
    for step, planned in enrollment.plan.items():
        if planned.state == "planned":
            offer(planned.due, lambda s=step: due_steps.fall_due(turn, enrollment, s))  # type: ignore[misc]


def _settle_held(turn: Turn, message: Message) -> None:
    """Look at a held message anew; when it is no longer held, what waited for it goes on."""
    settled = messages.release_held(turn, message)
    enrollment = turn.profile.enrollments.get(message.enrollment)
    if enrollment is None:
        return
    if settled is not None and settled.state == "held":
        if enrollment.holding == message.id:  # on another channel it has another id
            turn.keep(replace(enrollment, holding=settled.id))
    elif enrollment.holding == message.id and enrollment.active:
        passages.after_held(turn, enrollment)
    elif enrollment.plan:
        due_steps.after_held(turn, enrollment, message.step)


def _close(turn: Turn, before: Profile | None) -> Outcome:
    profile = turn.profile
    profile.log = (*profile.log, *(reason for reason in turn.reasons if reason.kind not in UNLOGGED))
    caps.forget(turn)
    habits.forget(turn)
    categories.forget(turn)
    recurrences.forget(turn)
    scores.forget(turn)
    browsing.forget(turn)
    budget.evict(profile, turn.release.index.counter_keys, turn.now)
    due = alarm.earliest_due(turn)
    alarm.set_alarm(turn, due)
    check = alarm.earliest_check(profile)
    wake_at = min((at for at in (due, check) if at is not None), default=None)
    profile.wake = alarm.place(turn, wake_at, check)
    return Outcome(
        profile=profile,
        effects=(*turn.effects, *announcements(turn.release.rules.listeners, before, profile, turn.reasons, turn.now)),
        reasons=tuple(turn.reasons),
        due=due,
        wake_at=profile.wake,
        ttl=alarm.time_to_live(profile, wake_at, turn.now),
        lateness=turn.lateness,
    )
