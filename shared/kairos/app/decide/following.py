"""What passages go through is heard like an event: it is counted, and starts the journeys that follow another.

Only what the customer went through counts: who is held out of a journey did not enter it, a passage that is started
afresh goes on, and one that a merge puts aside was never theirs.
"""

from __future__ import annotations

from datetime import datetime

from kairos.app.decide import counting
from kairos.app.decide.passages import enter
from kairos.app.decide.turn import Passed, Turn, subject_of
from kairos.domain.event import Event
from kairos.domain.ids import digest
from kairos.domain.journey import Journey


def follow(turn: Turn, cause: Event | None = None) -> None:
    """Start what follows on what passages went through since this was asked last, because of `cause` (None: a timer).

    What follows may lead on at once; a circle of journeys comes around once.
    """
    started: set[tuple[str, str]] = set()
    while turn.passed:
        passed = turn.passed.pop(0)
        event = _event(turn, passed, cause)
        counting.count(turn, event.name, event.properties, event.occurred_at)
        for journey in turn.release.index.following(passed.enrollment.journey):
            subject = _subject(turn, passed, journey)
            if subject is None or not _asks_for(journey, passed) or (journey.id, subject) in started:
                continue
            started.add((journey.id, subject))
            enter(turn, journey, event, subject)


def _asks_for(journey: Journey, passed: Passed) -> bool:
    return any(asked.journey == passed.enrollment.journey and asked.on == passed.on for asked in journey.follows)


def _subject(turn: Turn, passed: Passed, journey: Journey) -> str | None:
    """Return the follower's subject: the same where both journeys name the same property, else what is found there."""
    if journey.subject is None:
        return ""
    former = turn.journey_of(passed.enrollment)
    if former is not None and former.subject == journey.subject:
        return passed.enrollment.subject
    return subject_of(_event(turn, passed, None), journey.subject)


def _event(turn: Turn, passed: Passed, cause: Event | None) -> Event:
    enrollment = passed.enrollment
    at: datetime = passed.at or (min(cause.occurred_at, turn.now) if cause is not None else turn.now)
    return Event(
        id=digest("passed", enrollment.id, passed.on),
        name=f"journey_{passed.on}",
        profile=turn.profile.id,
        occurred_at=at,
        received_at=turn.now,
        properties={**enrollment.properties, "journey": enrollment.journey},
        source="journey",
        correlation=enrollment.correlation,
        historical=cause is not None and cause.historical,
    )
