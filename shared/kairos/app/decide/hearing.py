"""Taking in what happened: the facts an event carries first, then all that listens to it, each in its place."""

from __future__ import annotations

from kairos.app.decide import (
    coupons,
    endings,
    entries,
    facts,
    folding,
    following,
    memberships,
    moments,
    outstanding,
    parcels,
    passages,
    reports,
    review,
    signals,
    timelines,
    walked,
)
from kairos.app.decide.turn import Turn
from kairos.domain.event import WEBHOOK, Event

ANSWERS = frozenset({"deliver", "preferences", "ses", "sns", "solapi", "walk", WEBHOOK})


def makes_known(event: Event) -> bool:
    """Return whether an event makes a profile where there is none: an answer to our messages brings nobody back."""
    return event.source not in ANSWERS and not parcels.is_answer(event)


def hear(turn: Turn, event: Event) -> None:
    """Take one event in: what it tells of the customer, and what it starts, moves and ends."""
    event = event.clamped()
    if parcels.concerns(turn, event):
        _receive(turn, event)
    else:
        _take_in(turn, event)
    memberships.follow(turn, event)


def _receive(turn: Turn, event: Event) -> None:
    arrived = parcels.receive(turn, event)
    if arrived.folded:
        review.local_times(turn, event)
        review.unconsented(turn)
        review.surplus(turn)
        timelines.enroll_missing(turn, event)  # a walk may have been at the winner before the entries were
        moments.look_all(turn, fresh=False)
        moments.join_shared(turn, event)
    if arrived.event is not None:
        _take_in(turn, arrived.event.clamped())


def _take_walk(turn: Turn, event: Event) -> None:
    signal = signals.signal_of(turn, event) if not turn.profile.has_seen(event.id) else None
    if walked.take(turn, event):
        review.local_times(turn, event)
        review.resting(turn)
        review.surplus(turn)
    if signal is not None:
        _take_in(turn, signal)


def _take_in(turn: Turn, event: Event) -> None:
    if walked.concerns(event):
        _take_walk(turn, event)
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
        review.local_times(turn, event)
    moments.follow_traits(turn, event)
    if not reachable and moments.is_reachable(turn):
        moments.join_shared(turn, event)
    if event.message is not None:  # before consents: who complains of a message proves that it went out
        reports.take(turn, event)
        outstanding.take_report(turn, event)
        review.surplus(turn)
    if reports.is_by_machine(event):
        return
    if event.consent is not None or event.name == facts.COMPLAINT:
        review.unconsented(turn)
    if turn.release.rules.starts_rest(event.name):
        review.resting(turn)
    change = entries.take_entry(turn, event)
    passages.hear(turn, event)
    if change is not None:
        timelines.follow_entry(turn, event, change)
    passages.start(turn, event)
    following.follow(turn, event)
    endings.note(turn, event)  # last: what ends one passage may start the next, as an order does
    for redeemed in list(coupons.redeemed(turn, event)):
        _take_in(turn, redeemed)
