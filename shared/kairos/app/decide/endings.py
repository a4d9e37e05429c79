"""What ended before it began: goals and exits are remembered a while, in case the trigger that they answer is still on
its way, or the passage that they end is another profile's until the two are one.

One order is the goal of a hundred journeys, so it is remembered once for all that ask the same of it.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from kairos.app.decide.turn import Turn, subject_of
from kairos.domain.event import Event
from kairos.domain.ids import subject_key
from kairos.domain.journey import Journey, Matcher
from kairos.domain.profile import Enrollment, Profile

FORMER_GOAL = "+"
"""Before a subject's key in an item of the time when endings were kept by journey: a goal. Without it, an exit."""


def note(turn: Turn, event: Event) -> None:
    """Remember for its subject that what the event is to live journeys, a goal or an exit, happened."""
    for ending in turn.release.index.ended_by(event.name, event.properties):
        if turn.holds(ending.where, event.properties):
            known = turn.profile.endings.setdefault(ending.key, {})
            key = subject_key(subject_of(event, ending.subject) or "")
            known[key] = max(event.occurred_at, known.get(key, event.occurred_at))


def of(profile: Profile, passage: Enrollment, journey: Journey | None, *, goal: bool) -> list[datetime]:
    """Return when the profile last saw each goal, or exit, of a passage through that journey, for its subject."""
    return [at for key in _keys(passage, journey, goal) if (at := profile.endings.get(key[0], {}).get(key[1]))]


def came_first(turn: Turn, journey: Journey, passage: Enrollment, event: Event) -> bool:
    """Return whether what ends the passage happened when the event that would start it did, or later."""
    seen = (of(turn.profile, passage, journey, goal=goal) for goal in (True, False))
    return any(at >= event.occurred_at for endings in seen for at in endings)


def _keys(passage: Enrollment, journey: Journey | None, goal: bool) -> Iterable[tuple[str, str]]:
    subjects = dict.fromkeys((subject_key(passage.subject), ""))
    for matcher in _matchers(journey, goal):
        for subject in subjects:
            yield matcher.ending_key(journey.subject if journey else None), subject
    for subject in subjects:
        yield passage.journey, f"{FORMER_GOAL if goal else ''}{subject}"


def _matchers(journey: Journey | None, goal: bool) -> tuple[Matcher, ...]:
    if journey is None:
        return ()
    return (journey.goal.matchers if journey.goal else ()) if goal else journey.exits
