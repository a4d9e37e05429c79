"""Whole days that come to a customer: anniversaries and predictions of their own, and days that all share.

What is yet to come is one timer a journey and day: when its first step is due. The passage around the day begins then,
in the version that is live then, and the timer of the next return takes its place. A day that all share has no timer
before its walk (DESIGN, rule 6); whoever can first be reached after the walk has begun gets theirs at once.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta

from kairos.app.decide import due_steps, predictions
from kairos.app.decide.admission import hold_out, in_holdout, note_entry
from kairos.app.decide.leaving import leave
from kairos.app.decide.turn import Passed, Turn
from kairos.domain.anchor import Anniversary, EntryAnchor, OwnAnchor, Prediction, SharedAnchor
from kairos.domain.budget import fits_one_more, fits_one_more_moment
from kairos.domain.event import Event
from kairos.domain.ids import enrollment_id, subject_key
from kairos.domain.journey import Journey
from kairos.domain.localtime import load_zone
from kairos.domain.moment import Moment, days_after, moments, span_of
from kairos.domain.offset import Offset
from kairos.domain.profile import Enrollment
from kairos.domain.reason import Reason

LEAD = timedelta(days=3)
"""How long before the first step of a shared day its walk begins: at 50 a second, time for 13 million customers."""

FIRST_ZONE = "Pacific/Kiritimati"
"""Where a day begins first, 14 hours before Greenwich."""

ANOTHER_DAY = "the day is another now"
CAME: Mapping[str, str] = {
    **dict.fromkeys(("next_order", "lapse"), "a new order came"),
    "visit": "they came",
    "event": "it came",
}
"""Why what stood around a prediction is over, where that is not because the day is another."""
NO_ROOM = "no room for another day to wait for"


def timer(journey: str, key: str) -> str:
    """Return what a profile files the timer of one journey and day under."""
    return f"{journey}/{key}"


# ---- what makes a day known --------------------------------------------------------------------------------------


def follow_traits(turn: Turn, event: Event | None = None) -> None:
    """Let the anniversaries of every trait that changed follow it: new, moved, or gone."""
    changed, turn.traits_set = turn.traits_set, set()
    for trait in changed.intersection(turn.release.index.returning):
        for journey in turn.release.index.returning_with(trait):
            look(turn, journey, fresh=event is None or due_steps.is_fresh(turn, event, journey))


def follow_rhythm(turn: Turn) -> None:
    """Days became known on which they bought or came: what was expected before is over, or is expected elsewhere."""
    heard, turn.heard = turn.heard, {}
    for journey in _predicting(turn) if heard else ():
        event = heard.get(journey.anchor.series) if isinstance(journey.anchor, Prediction) else None
        if event is not None:
            look(turn, journey, fresh=due_steps.is_fresh(turn, event, journey))


def look_all(turn: Turn, journeys: Collection[str] = (), *, fresh: bool) -> None:
    """Look at the customer's days anew, of these journeys or of all: they were published, or the zone is another."""
    for trait in turn.release.index.returning:
        for journey in turn.release.index.returning_with(trait):
            if not journeys or journey.id in journeys:
                look(turn, journey, fresh=fresh)
    for journey in _predicting(turn):
        if not journeys or journey.id in journeys:
            look(turn, journey, fresh=fresh)
    for key in list(turn.profile.moments):
        _retime_shared(turn, key)


def look(turn: Turn, journey: Journey, known_at: datetime | None = None, *, fresh: bool = True) -> None:
    """Enter the customer's own days that are open at `known_at` (now), and wait for the first that is not open yet.

    Steps due before `known_at` follow the author's `if_past`; whoever is late to ring passes when it was promised.
    """
    anchor = journey.anchor
    assert isinstance(anchor, Anniversary | Prediction)
    waiting = [key for key in turn.profile.moments if key.startswith(timer(journey.id, ""))]
    promised = [turn.profile.moments.pop(key) for key in waiting]
    known_at = min(known_at or turn.now, *promised, turn.now)
    _follow(turn, journey)
    for moment in _from(turn, journey, anchor, known_at):
        if _await(turn, journey, moment):
            return
        _enter(turn, journey, moment, known_at, fresh=fresh)


def join_shared(turn: Turn, event: Event) -> None:
    """Somebody can be reached for the first time: let them join the shared days whose walk has begun."""
    for journey, anchor in _shared_journeys(turn):
        for moment in _from(turn, journey, anchor, turn.now):
            if walk_begins(moment, _offsets(journey)) > turn.now:
                break
            if not _await(turn, journey, moment):
                _enter(turn, journey, moment, turn.now, fresh=due_steps.is_fresh(turn, event, journey))


def open_shared(turn: Turn, journeys: Collection[str], key: str, since: datetime) -> None:
    """A walk has come for one shared day: wait for it, or where it has begun, enter. `since` is the walk's own start.

    What was due before the walk is past, whatever `if_past` says; what fell due while it was under way is only late.
    """
    if not is_reachable(turn):
        return
    for journey, anchor in _shared_journeys(turn, journeys):
        moment = _keyed(turn, journey, anchor, key)
        if moment is not None and not _await(turn, journey, moment):
            _enter(turn, journey, moment, since, fresh=False)


def walk_begins(moment: Moment, offsets: Iterable[Offset]) -> datetime:
    """Return when the walk of a shared day begins: some days before the first customer's first step, anywhere."""
    return span_of(moment, offsets, load_zone(FIRST_ZONE)).opens - LEAD


def is_reachable(turn: Turn) -> bool:
    """Return whether any channel can reach the customer: for others a shared day would be a timer for nothing."""
    return any(turn.profile.reach.values())


def ring(turn: Turn, key: str, due: datetime) -> None:
    """The first step around a day is due. A day that has moved meanwhile, or a journey that is gone, sets it right."""
    turn.profile.moments.pop(key, None)
    id, _, occurrence = key.partition("/")
    journey = turn.release.journey(id)
    if journey is None or journey.anchor is None or isinstance(journey.anchor, EntryAnchor):
        return
    if isinstance(journey.anchor, Anniversary | Prediction):
        look(turn, journey, due)
        return
    moment = _keyed(turn, journey, journey.anchor, occurrence)
    if moment is not None and not _await(turn, journey, moment):
        _enter(turn, journey, moment, due, fresh=True)


def follow_calendar(turn: Turn) -> None:
    """Shared days may have moved in the calendar: passages around them move too, and timers with them."""
    for journey, _ in _shared_journeys(turn):
        _follow(turn, journey)


# ---- entering and waiting ------------------------------------------------------------------------------------------


def _await(turn: Turn, journey: Journey, moment: Moment) -> bool:
    """Wait for a day whose first step is still to come; False where it is open already, or there is no room."""
    opens = span_of(moment, _offsets(journey), turn.zone).opens
    if opens <= turn.now:
        return False
    key = timer(journey.id, moment.key)
    if _was_entered(turn, journey, moment):  # its first step was earlier, in another zone or version
        return False
    if key not in turn.profile.moments and not fits_one_more_moment(turn.profile):
        turn.reasons.append(Reason(turn.now, turn.profile.id, "ignored", NO_ROOM, journey.id, journey.version))
        return True
    turn.profile.moments[key] = opens
    return True


def _enter(turn: Turn, journey: Journey, moment: Moment, known_at: datetime, *, fresh: bool) -> None:
    """Begin the passage around a day, unless it was there before or nothing of the day is left."""
    span = span_of(moment, _offsets(journey), turn.zone)
    if span.opens > turn.now or span.closes < known_at or _was_entered(turn, journey, moment):
        return
    if not fresh and all(step.offset.resolve_day(moment.day, turn.zone) < known_at for step in journey.timeline):
        return
    at = max(span.opens, known_at)
    enrollment = _enrollment(turn, journey, moment, at)
    if not fits_one_more(turn.profile):
        turn.say("ignored", enrollment, "no room for another enrollment")
        return
    note_entry(turn, journey.id, moment.key, at)
    if in_holdout(turn, journey):
        hold_out(turn, journey, enrollment)
        return
    turn.keep(enrollment)
    turn.say("entered", enrollment)
    turn.passed.append(Passed(enrollment, "entered"))
    due_steps.plan_around(turn, enrollment, journey, known_at, fresh=fresh)


def _enrollment(turn: Turn, journey: Journey, moment: Moment, at: datetime) -> Enrollment:
    return Enrollment(
        id=enrollment_id(turn.profile.birth, journey.id, f"@{moment.key}", ""),
        journey=journey.id,
        version=journey.version,
        subject=moment.day.isoformat(),
        entered_at=at,
        reached_at=at,
        properties={"moment": _fields(journey, moment)},
        occurrence=moment.key,
        anchor_at=moment.starts(turn.zone),
        goal_until=at + journey.goal.within if journey.goal else None,
    )


def _fields(journey: Journey, moment: Moment) -> dict[str, object]:
    """Return what templates and conditions may ask of the day, as `moment.…`."""
    anchor = journey.anchor
    name = anchor.trait if isinstance(anchor, Anniversary) else getattr(anchor, "name", "")
    return {"name": name, "day": moment.day.isoformat()} | ({"n": moment.n} if moment.n is not None else {})


def _was_entered(turn: Turn, journey: Journey, moment: Moment) -> bool:
    return subject_key(moment.key) in turn.profile.entered.get(journey.id, {})


# ---- days that move --------------------------------------------------------------------------------------------------


def _follow(turn: Turn, journey: Journey) -> None:
    """Let the passages of a journey follow their days: a date that was corrected, a holiday that was moved."""
    for enrollment in list(turn.profile.enrollments.values()):
        own = turn.journey_of(enrollment) if enrollment.journey == journey.id and enrollment.active else None
        if own is None or own.anchor is None or isinstance(own.anchor, EntryAnchor) or enrollment.occurrence is None:
            continue
        moment = _keyed(turn, own, own.anchor, enrollment.occurrence)
        if moment is not None and moment.day.isoformat() == enrollment.subject:
            continue
        if moment is None or not any(planned.state in ("done", "holding") for planned in enrollment.plan.values()):
            _forget(turn, enrollment, CAME.get(getattr(own.anchor, "what", ""), ANOTHER_DAY))
        else:
            due_steps.move_around(turn, enrollment, own, moment)


def _forget(turn: Turn, enrollment: Enrollment, reason: str) -> None:
    """The day is another or gone: what stood around it ends. Where nothing was sent, it may be entered again."""
    leave(turn, enrollment, reason)
    if enrollment.occurrence and not any(planned.state == "done" for planned in enrollment.plan.values()):
        turn.profile.entered.get(enrollment.journey, {}).pop(subject_key(enrollment.occurrence), None)


def _retime_shared(turn: Turn, key: str) -> None:
    """Set a shared day's timer to when its first step is due by now: the zone, the calendar or the journey changed."""
    id, _, occurrence = key.partition("/")
    journey = turn.release.journey(id)
    if journey is None or isinstance(journey.anchor, Anniversary | Prediction):
        return
    shared = journey.anchor is not None and not isinstance(journey.anchor, EntryAnchor)
    moment = _keyed(turn, journey, journey.anchor, occurrence) if shared else None  # type: ignore[arg-type]
    if moment is None:
        del turn.profile.moments[key]
    else:
        turn.profile.moments[key] = span_of(moment, _offsets(journey), turn.zone).opens


def _keyed(turn: Turn, journey: Journey, anchor: Anniversary | Prediction | SharedAnchor, key: str) -> Moment | None:
    """Return the day of this key, wherever it lies now."""
    if isinstance(anchor, Prediction):
        return next((moment for moment in predictions.expected(turn, journey, anchor) if moment.key == key), None)
    since = date(max(1, int(key[:4]) - 1), 1, 1) if isinstance(anchor, Anniversary) else date.min
    for moment in moments(anchor, turn.profile.traits, since, turn.zone, turn.release.index.days_of):
        if moment.key == key:
            return moment
        if isinstance(anchor, Anniversary) and moment.key > key:
            return None
    return None


def _from(
    turn: Turn, journey: Journey, anchor: Anniversary | Prediction | SharedAnchor, known_at: datetime
) -> Iterator[Moment]:
    if isinstance(anchor, Prediction):
        return iter(predictions.expected(turn, journey, anchor))
    since = known_at.astimezone(turn.zone).date() - timedelta(days=days_after(_offsets(journey)))
    return moments(anchor, turn.profile.traits, since, turn.zone, turn.release.index.days_of)


def _offsets(journey: Journey) -> list[Offset]:
    return [step.offset for step in journey.timeline]


def _predicting(turn: Turn) -> Iterator[Journey]:
    """Yield the live journeys around what is predicted."""
    return (found for id in turn.release.index.predicting if (found := turn.release.journey(id)) is not None)


def _shared_journeys(turn: Turn, ids: Collection[str] = ()) -> Iterator[tuple[Journey, SharedAnchor]]:
    """Yield the live journeys around shared days: these, or all."""
    for id in ids or turn.release.index.shared:
        journey = turn.release.journey(id)
        anchor = journey.anchor if journey else None
        if journey is not None and anchor is not None and not isinstance(anchor, OwnAnchor):
            yield journey, anchor
