"""Which segments a customer is in, kept up to date: a change is an event like any other, heard at once.

Only segments that something waits for are tracked, and of those only the ones are evaluated that look at what changed.
Where a window ends without an event, its end is a timer: each segment keeps its own, and the earliest of them counts.

What a customer is in is told from what the item says they were in. Where definitions are new, that is counted anew
before anything is heard: what changes by it was no change of the customer, so it ends and lets go, but starts nothing.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from kairos.app.decide import counting, endings, following, passages
from kairos.app.decide.turn import Turn
from kairos.app.publish.tracked import EVERYTHING
from kairos.domain.condition import Facts, next_change
from kairos.domain.event import Event
from kairos.domain.ids import digest
from kairos.domain.membership import SOURCE, change_event, membership_key
from kairos.domain.profile import Profile
from kairos.domain.reason import Reason

RECOUNTED = "counted anew: the definition changed"
_KINDS = ("segment_entered", "segment_left")


def begin(turn: Turn, *, born: bool) -> None:
    """Bring memberships under the release that is live, before anything is heard. Who is new was in none."""
    profile, tracked = turn.profile, turn.release.tracked
    if profile.recounted == tracked.print or profile.merged_into is not None:
        return
    profile.recounted = tracked.print
    if born:
        turn.touched.add(EVERYTHING)
        return
    profile.segments &= tracked.by_key.keys()
    profile.windows = {key: due for key, due in profile.windows.items() if key in tracked.by_key}
    facts = turn.facts({})
    due = {key for key, at in profile.windows.items() if at <= turn.now}
    changed = [id for id in tracked.ids if _update(turn, id, facts)]
    for id in changed:
        _tell(turn, id, turn.now, historical=membership_key(id) not in due, reason=RECOUNTED)


def follow(turn: Turn, cause: Event | None = None, due: datetime | None = None) -> None:
    """Evaluate what was touched since this was asked last, because of `cause`, or of a timer that was `due`.

    What a change starts may change others at once; a change that comes around again is a circle, and is told once.
    """
    if turn.profile.merged_into is not None:
        turn.touched.clear()
        return
    told: set[tuple[str, bool]] = set()
    while True:
        ids = turn.release.tracked.touched_by(turn.touched)
        turn.touched.clear()
        if not ids:
            return
        facts = turn.facts({})
        changed = [(id, membership_key(id) in turn.profile.segments) for id in ids if _update(turn, id, facts)]
        for id in [id for id, inside in changed if (id, inside) not in told]:
            at = min(cause.occurred_at, turn.now) if cause else _caught_up(turn, due)
            _tell(turn, id, at, historical=cause is not None and cause.historical)
        if not told.isdisjoint(changed):
            break
        told.update(changed)
    for id in turn.release.tracked.touched_by(turn.touched):  # what comes of this is known, and told nobody
        _update(turn, id, turn.facts({}))
    turn.touched.clear()
    turn.reasons.append(Reason(turn.now, turn.profile.id, "ignored", "segments and journeys change in a circle"))


def earliest(profile: Profile) -> datetime | None:
    """Return when the first window ends by which a membership may change."""
    return min(profile.windows.values(), default=None)


def ring(turn: Turn) -> None:
    """Look at every segment whose window has ended."""
    profile, tracked = turn.profile, turn.release.tracked
    due = earliest(profile)
    ended = [key for key, at in profile.windows.items() if at <= turn.now]
    for key in ended:
        del profile.windows[key]
    turn.touched |= {f"segment {tracked.by_key[key]}" for key in ended if key in tracked.by_key}
    follow(turn, due=due)


def fold(turn: Turn, loser: Profile) -> None:
    """Take over what another profile was in: one customer who was in it as either was in it all along."""
    tracked = turn.release.tracked
    if loser.recounted == tracked.print:
        turn.profile.segments |= loser.segments
    else:
        facts = Facts(loser, {}, turn.now, turn.release.segments, zone=turn.release.zone(loser.zone))
        inside = {membership_key(id) for id in tracked.ids if turn.release.segments[id].holds(facts)}
        turn.profile.segments |= inside
    turn.touched.add(EVERYTHING)


def _caught_up(turn: Turn, due: datetime | None) -> datetime:
    """What a timer of ours was badly late for happens now: an outage keeps nobody out of a journey."""
    return due if due is not None and turn.now - due <= passages.CATCH_UP_FROM_NOW else turn.now


def _update(turn: Turn, id: str, facts: Facts) -> bool:
    """Evaluate one segment and when it may change next; return whether the customer entered or left it."""
    profile, key, condition = turn.profile, membership_key(id), turn.release.segments[id]
    inside = condition.holds(facts)
    until = next_change(condition, facts)
    if until is None:
        profile.windows.pop(key, None)
    else:
        profile.windows[key] = until
    if inside is (key in profile.segments):
        return False
    profile.segments = profile.segments | {key} if inside else profile.segments - {key}
    return True


def _tell(turn: Turn, id: str, at: datetime, *, historical: bool, reason: str = "") -> None:
    """Let everything hear of one change: as of now, but what it starts is as old as its cause."""
    inside = membership_key(id) in turn.profile.segments
    on = "entered" if inside else "left"
    told = sum(1 for said in turn.reasons if said.kind in _KINDS)
    turn.reasons.append(Reason(turn.now, turn.profile.id, f"segment_{on}", reason if historical else "", subject=id))
    event = Event(
        id=digest("segment", turn.profile.birth, id, on, str(turn.profile.version), str(told)),
        name=change_event(id, on),
        profile=turn.profile.id,
        occurred_at=turn.now,
        received_at=turn.now,
        properties={"segment": id},
        source=SOURCE,
        historical=historical,
    )
    counting.count(turn, event.name, event.properties, turn.now)
    passages.hear(turn, event)
    started = replace(event, occurred_at=at)
    passages.start(turn, started)
    following.follow(turn, started)
    endings.note(turn, event)
