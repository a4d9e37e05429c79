"""Who may enter a journey: re-entry, caps, freshness, holdouts, and what is remembered of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from kairos.app.decide import campaigns, endings, holdouts
from kairos.app.decide.entry_caps import is_full
from kairos.app.decide.turn import Turn
from kairos.domain.budget import fits_one_more, properties_room, trimmed
from kairos.domain.event import Event
from kairos.domain.ids import enrollment_id, subject_key
from kairos.domain.journey import Journey
from kairos.domain.profile import Enrollment
from kairos.domain.reason import OF_ALL

ENTERED_BEFORE = "entered before"


def new_passage(turn: Turn, journey: Journey, subject: str, event: Event) -> Enrollment:
    """Return the passage that an event would begin, with as much of its properties as there is room for."""
    birth = turn.profile.birth
    return Enrollment(
        id=enrollment_id(birth, journey.id, subject, event.id),
        journey=journey.id,
        version=journey.version,
        subject=subject,
        entered_at=event.occurred_at,
        reached_at=event.occurred_at,
        properties=trimmed(event.properties, properties_room(turn.profile)),
        correlation=event.correlation,
        goal_until=event.occurred_at + journey.goal.within if journey.goal else None,
    )


def obstacle_to(turn: Turn, journey: Journey, enrollment: Enrollment, event: Event) -> str | None:
    """Return why the event starts no passage, or None."""
    if event.historical:
        return "historical"
    if turn.now - event.occurred_at > journey.fresh_for:
        return "too old"
    if turn.release.halted(journey.id):
        return "the journey is paused"
    if endings.came_first(turn, journey, enrollment, event):
        return "goal or exit came first"
    if obstacle := _reentry_obstacle(turn, journey, enrollment):
        return obstacle
    return None if fits_one_more(turn.profile) else "no room for another enrollment"


def _reentry_obstacle(turn: Turn, journey: Journey, new: Enrollment) -> str | None:
    waiting = [passage for passage in passages_of(turn, journey.id, new.subject) if passage.active]
    if waiting:  # a trigger that comes late is older than the passage, and starts nothing afresh
        newest = all((new.entered_at, new.id) > (passage.entered_at, passage.id) for passage in waiting)
        return None if journey.restart and newest else "already in it"
    last = last_entry(turn, journey, new.subject)
    many = journey.broadcast or campaigns.find_campaign(journey, new.subject) is not None
    if many and journey.reenter.mode == "after":  # from one broadcast to the next
        last = max(turn.profile.entered.get(journey.id, {}).values(), default=None)
    if last is not None and not journey.reenter.allows(last, new.entered_at):
        return ENTERED_BEFORE
    return "the cap on entries" if is_full(turn, journey, new.entered_at) else None


def passages_of(turn: Turn, journey: str, subject: str) -> list[Enrollment]:
    """Return the profile's passages through any version of a journey for one subject."""
    return [e for e in turn.profile.enrollments.values() if e.journey == journey and e.subject == subject]


def last_entry(turn: Turn, journey: Journey, subject: str) -> datetime | None:
    """Return when a subject last entered a journey, as long as that is remembered."""
    return turn.profile.entered.get(journey.id, {}).get(subject_key(subject))


def note_entry(turn: Turn, journey: str, subject: str, at: datetime) -> None:
    """Remember when this subject last entered, for re-entry rules."""
    entries = turn.profile.entered.setdefault(journey, {})
    key = subject_key(subject)
    entries[key] = max(at, entries.get(key, at))


def in_holdout(turn: Turn, journey: Journey) -> bool:
    """Return whether this profile is held out of the journey: always the same answer for the same customer."""
    return holdouts.which(turn, journey) is not None


def hold_out(turn: Turn, journey: Journey, enrollment: Enrollment) -> None:
    """Keep a held-out customer only to see whether they reach the goal, and not to hold them out of an entry twice."""
    turn.say("holdout", enrollment, OF_ALL if holdouts.which(turn, journey) == OF_ALL else "")
    if journey.goal or enrollment.entry:
        turn.keep(replace(enrollment, holdout=True, ended_at=turn.now))
