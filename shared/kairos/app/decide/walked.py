"""What a walk brings: an event that starts nothing by itself, but lets a profile follow what changed in definitions.

Repeated, late or concurrent wake-ups change nothing: the event is remembered where it did anything, and whatever it may
do has a derived id or leaves the plan as it is. Where it does nothing, nothing is written: `is_idle` says so, and the
walk itself asks the same question of what it reads, so that it wakes only who is concerned.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from kairos.app.decide import alarm, campaigns, moments, passages, signals, timelines, versions
from kairos.app.decide.turn import Turn, subject_of
from kairos.domain.errors import BadInput
from kairos.domain.event import Event, Input
from kairos.domain.instant import parse_instant
from kairos.domain.profile import Profile
from kairos.domain.reason import Reason
from kairos.domain.seen import seen_key
from kairos.domain.walk import SOURCE


def concerns(event: Event) -> bool:
    """Return whether an event is a walk's: its source is set by us alone, its name could be anybody's."""
    return event.source == SOURCE


def take(turn: Turn, event: Event) -> bool:
    """Do what the walk is about; return whether all plans are to be made anew. Raises BadInput for what nobody asks."""
    if turn.profile.has_seen(event.id):
        return False
    turn.profile.note_seen(event.id, max(event.received_at, turn.now) + event.retry_horizon)
    about, journeys = event.properties.get("about"), _journeys(event)
    if about == "enroll":
        timelines.enroll_missing(turn, event, journeys)
        moments.look_all(turn, journeys, fresh=False)
    elif about == "moment":
        what = _what(event)
        moments.open_shared(turn, journeys, str(what.get("day")), _instant(what, "since"))
    elif about == "resume":
        _resume(turn, journeys)
    elif about == "broadcast":
        _broadcast(turn, event, journeys)
    elif about == "campaign":
        _campaign(turn, event, journeys)
    elif about == "enter":
        _enter_named(turn, event, journeys)
    elif about == "migrate":
        versions.migrate(turn, *versions.asked_of(event))
    elif about == "replan":
        moments.follow_calendar(turn)
    elif about not in ("signal", "recount"):  # memberships are counted anew before anything is heard
        known = "enroll, moment, resume, replan, migrate, recount, broadcast, campaign, signal, enter"
        raise BadInput("about", f"one of {known}")
    return bool(about == "replan")


def is_idle(turn: Turn, before: Profile, inputs: Sequence[Input]) -> bool:
    """Return whether there were wake-ups of walks only, and nothing came of them."""
    brought = [entry for entry in inputs if isinstance(entry, Event) and concerns(entry)]
    if not inputs or len(brought) < len(inputs) or turn.effects or turn.reasons:
        return False
    heard = [what for what in map(signals.carried, brought) if what is not None]
    ids = map(seen_key, {entry.id for entry in brought} | {signals.signal_id(what) for what in heard})
    seen = turn.profile.seen
    if not set(seen) - set(before.seen) <= set(ids):
        return False
    return turn.profile == replace(before, recounted=turn.profile.recounted, seen=seen)


def _resume(turn: Turn, journeys: Collection[str]) -> None:
    """Forget the alarm that was set while the journeys stood still: it may ring later than their timers are due."""
    soon = turn.now + alarm.LOOK_AGAIN_WHEN_HALTED
    if any(due <= soon for journey, due in alarm.timers(turn.profile) if not journeys or journey in journeys):
        turn.profile.alarm = None


def _broadcast(turn: Turn, event: Event, journeys: Collection[str]) -> None:
    """Start the journey, where the segment holds and any channel can reach the customer."""
    segment = event.properties.get("segment")
    condition = turn.release.segments.get(segment) if segment else None
    if not any(turn.profile.reach.values()) or (segment and (condition is None or not turn.holds(condition, {}))):
        return
    subject = str(event.properties.get("walk", ""))
    for id in journeys:
        journey = turn.release.journey(id)
        if journey is not None and journey.broadcast:
            passages.enter(turn, journey, replace(event, properties={}), subject)


def _campaign(turn: Turn, event: Event, journeys: Collection[str]) -> None:
    """Start the journey at its local time, for whom it is meant and any channel can reach."""
    what = _what(event)
    subject = str(what.get("at", ""))
    for id in journeys:
        journey = turn.release.journey(id)
        campaign = campaigns.find_campaign(journey, subject) if journey is not None else None
        if journey is None or campaign is None or not any(turn.profile.reach.values()):
            continue
        if not turn.holds(campaign.audience, {}):
            continue
        starts = campaigns.start_of(turn, campaign, _instant(what, "began"))
        if starts is None:
            reason = Reason(turn.now, turn.profile.id, "skipped", campaigns.TIME_WAS_OVER, id, journey.version)
            turn.reasons.append(replace(reason, subject=subject))
        else:
            passages.enter(turn, journey, replace(event, occurred_at=starts, properties={}), subject)


def _enter_named(turn: Turn, event: Event, journeys: Collection[str]) -> None:
    """Start the journey for a customer whom the operator named, as its own trigger would."""
    properties = _what(event).get("properties")
    event = replace(event, properties=properties if isinstance(properties, Mapping) else {})
    for id in journeys:
        journey = turn.release.journey(id)
        subject = subject_of(event, journey.subject) if journey is not None and journey.subject else ""
        if journey is not None and journey.anchor is None and subject is not None:
            passages.enter(turn, journey, event, subject)


def _what(event: Event) -> Mapping[str, Any]:
    what: Any = event.properties.get("what")
    if not isinstance(what, Mapping):
        raise BadInput("what", "what the walk brings")
    return what


def _instant(what: Mapping[str, Any], key: str) -> datetime:
    try:
        return parse_instant(what[key])
    except (KeyError, TypeError, ValueError) as error:
        raise BadInput(key, "an instant") from error


def _journeys(event: Event) -> tuple[str, ...]:
    found: Any = event.properties.get("journeys", ())
    if not isinstance(found, list | tuple) or not all(isinstance(id, str) for id in found):
        raise BadInput("journeys", "a list of journeys")
    return tuple(found)
