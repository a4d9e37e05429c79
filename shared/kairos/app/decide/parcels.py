"""What a merged profile still owes the one it became, until that one says it has it.

The loser keeps nothing of its own but a *parcel* with its whole state, and one for each event that comes for it
afterwards. A parcel is told to the winner through an effect, again and again until the winner confirms it, so any
record, message or answer between them may be lost. Events wait until the state has arrived: the winner hears them in
the order in which they came. The winner folds a state in once, because it then lists the loser among its former ids.

A chain (A into B, B into C) needs nothing more: B passes A's state on as it is, and C answers A directly; an event
that A forwards to B becomes B's own to forward, behind B's state.
"""

from __future__ import annotations

import json
import zlib
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from kairos.app.decide.fold import fold
from kairos.app.decide.turn import Turn
from kairos.domain.effects import Tell
from kairos.domain.errors import BadInput, NoRoom
from kairos.domain.event import Event, event_from_json, event_to_json
from kairos.domain.ids import digest
from kairos.domain.merge import DONE, FORWARDED, MERGED, MERGING, SOURCE, Merge, told
from kairos.domain.packing import pack, unpack
from kairos.domain.profile import SCHEMA, Parcel, Profile
from kairos.domain.reason import Reason
from kairos.domain.seen import NOTHING

STATE_CHARACTERS_MAX = 180_000
"""A state is compressed text of at most this length: one queue message holds it (262,144 bytes), and one item holds it
twice, as the parcel and as the effect that tells it."""

WAITING_CHARACTERS_MAX = 100_000
"""Events kept for the winner beside that; one more is refused, hence parked."""

INFLATED_MAX = 4_000_000
CHECK_AFTER = timedelta(minutes=15)
CHECK_AFTER_MAX = timedelta(hours=6)
ASKS_MAX = 60
"""How often an event is told: over two weeks, the life of a queue message. What was not confirmed then is parked by the
winner, or lies in front of it; a state is told for ever."""

REMEMBERED_FOR = timedelta(days=15)
"""For how long the winner knows a forwarded event again: longer than it is told."""

LOG_KEPT = 10


@dataclass(frozen=True, slots=True)
class Arrived:
    """What came of a word: an `event` that is now for this profile to hear, and whether a state was `folded` in."""

    event: Event | None = None
    folded: bool = False


def concerns(turn: Turn, event: Event) -> bool:
    """Return whether an event is a matter of merging: a word of it, or anything for a profile that is another now."""
    return event.source == SOURCE or turn.profile.merged_into is not None


def receive(turn: Turn, event: Event) -> Arrived:
    """Take a word of a merge, or keep an event for the winner. Raises NoRoom, and BadInput for what nobody told."""
    if event.source != SOURCE:
        _keep(turn, event)
        return Arrived()
    takers: dict[str, Callable[[Turn, Event], Arrived]] = {
        MERGING: _become,
        MERGED: _take_state,
        FORWARDED: _take_event,
        DONE: _confirmed,
    }
    if event.name not in takers:
        raise BadInput("event", f"one of {', '.join(takers)}")
    return takers[event.name](turn, event)


def ship(turn: Turn) -> None:
    """Tell what is to be told now, and confirm what has arrived."""
    for sender, ids in turn.arrived.items():
        id = digest(DONE, turn.profile.id, *ids, turn.now.isoformat())
        done = told(id, DONE, sender, turn.now, {"by": turn.profile.id, "parcels": ids})
        turn.effects.append(Tell(sender, (done,)))
    into = turn.profile.merged_into
    words = tuple(_word(turn, parcel, into) for parcel in _to_tell(turn)) if into else ()
    if into and words:
        turn.effects.append(Tell(into, words))


def is_answer(event: Event) -> bool:
    """Return whether an event only answers: for a profile that is gone it means nothing."""
    return event.source == SOURCE and event.name == DONE


# ---- the loser -------------------------------------------------------------------------------------------------


def _become(turn: Turn, event: Event) -> Arrived:
    profile, into = turn.profile, _text(event, "into")
    if profile.merged_into is not None:
        return Arrived()
    if into == profile.id or into in profile.former:
        turn.reasons.append(Reason(turn.now, profile.id, "ignored", f"{into} is this profile already"))
        return Arrived()
    merge = Merge(profile.id, into)
    parcel = Parcel(merge.id, "state", pack_state(profile), correlation=event.correlation)
    turn.profile = Profile(
        id=profile.id,
        created_at=profile.created_at,
        version=profile.version,
        former=profile.former,
        merged_into=into,
        sequences=profile.sequences,
        log=profile.log[-LOG_KEPT:],
        parcels={parcel.id: parcel},
    )
    turn.reasons.append(Reason(turn.now, profile.id, "merged", f"merged into {into}"))
    return Arrived()


def _keep(turn: Turn, event: Event) -> None:
    """Keep an event for the winner; the same one once."""
    parcels = turn.profile.parcels
    if event.id in parcels:
        return
    content = json.dumps(event_to_json(event), separators=(",", ":"))
    waiting = sum(len(parcel.content) for parcel in parcels.values() if parcel.kind == "event")
    if waiting + len(content) > WAITING_CHARACTERS_MAX:
        raise NoRoom("events for the profile it became")
    parcels[event.id] = Parcel(event.id, "event", content, correlation=event.correlation)


def _confirmed(turn: Turn, event: Event) -> Arrived:
    """Let go of what has arrived. Whoever has the state is whom this profile became, however long the chain was."""
    profile, by = turn.profile, _text(event, "by")
    ids = event.properties.get("parcels")
    gone = [profile.parcels.pop(id, None) for id in ids if isinstance(id, str)] if isinstance(ids, list) else []
    if any(parcel is not None and parcel.kind == "state" for parcel in gone) and by != profile.id:
        profile.merged_into = by
    return Arrived()


def _to_tell(turn: Turn) -> Iterator[Parcel]:
    """Yield what is told now; events only behind a state that has arrived."""
    parcels = turn.profile.parcels
    states = [parcel for parcel in parcels.values() if parcel.kind == "state"]
    for parcel in states or list(parcels.values()):
        if parcel.check_at is not None and parcel.check_at > turn.now:
            continue
        if parcel.kind == "event" and parcel.asks >= ASKS_MAX:
            del parcels[parcel.id]
            lost = f"an event was told {ASKS_MAX} times to {turn.profile.merged_into} and never confirmed"
            turn.reasons.append(Reason(turn.now, turn.profile.id, "ignored", lost))
            continue
        yield parcel


def _word(turn: Turn, parcel: Parcel, into: str) -> Event:
    pause = min(CHECK_AFTER * 2 ** min(parcel.asks, 10), CHECK_AFTER_MAX)
    asked = replace(parcel, asks=parcel.asks + 1, check_at=turn.now + pause)
    turn.profile.parcels[parcel.id] = asked
    properties: dict[str, object] = {"from": turn.profile.id, "parcel": parcel.id, "content": parcel.content}
    name = MERGED if parcel.kind == "state" else FORWARDED
    # A fresh id each time, or the queue would take a repetition for an echo of the one that was lost.
    id = digest(name, turn.profile.id, parcel.id, str(asked.asks))
    return told(id, name, into, turn.now, properties, parcel.correlation)


# ---- the winner ------------------------------------------------------------------------------------------------


def _take_state(turn: Turn, event: Event) -> Arrived:
    profile, loser = turn.profile, _text(event, "from")
    if loser == profile.id:
        return Arrived()
    known = loser in profile.former
    if profile.merged_into is not None and not known:
        turn.effects.append(Tell(profile.merged_into, (replace(event, profile=profile.merged_into),)))
        return Arrived()
    if not known:
        fold(turn, event, unpack_state(_text(event, "content")))
    turn.arrived.setdefault(loser, []).append(_text(event, "parcel"))
    return Arrived(folded=not known)


def _take_event(turn: Turn, event: Event) -> Arrived:
    try:
        forwarded = event_from_json(json.loads(_text(event, "content")))
    except ValueError as error:
        raise BadInput("content", "a forwarded event") from error
    horizon = max(forwarded.retry_horizon, REMEMBERED_FOR)
    forwarded = replace(forwarded, profile=turn.profile.id, retry_horizon=horizon)
    turn.arrived.setdefault(_text(event, "from"), []).append(_text(event, "parcel"))
    if turn.profile.merged_into is None:
        return Arrived(event=forwarded)
    _keep(turn, forwarded)
    return Arrived()


# ---- a state as text -------------------------------------------------------------------------------------------


def pack_state(profile: Profile) -> str:
    """Return what the winner needs of a profile, as text of at most STATE_CHARACTERS_MAX.

    Where all of it is more, what budgets may evict goes: the log, then passages that are over, then de-duplication
    hashes. Raises NoRoom where even the rest (consents, tombstones, timers) does not fit.
    """
    whole = replace(profile, version=0, sequences={}, alarm=None, parcels={}, written={})
    unsettled = {message.enrollment for message in (*profile.messages.values(), *profile.handed.values())}
    open_ = {id: e for id, e in profile.enrollments.items() if e.active or e.entry or id in unsettled}
    lighter = replace(whole, log=())
    lightest = replace(lighter, enrollments=open_, seen=NOTHING, posted={})
    for shipped in (whole, lighter, replace(lighter, enrollments=open_), lightest):
        raw = json.dumps({"schema": SCHEMA, "profile": pack(shipped)}, ensure_ascii=False, separators=(",", ":"))
        text = b64encode(zlib.compress(raw.encode("utf-8", "surrogatepass"), 6)).decode()
        if len(text) <= STATE_CHARACTERS_MAX:
            return text
    raise NoRoom("a state on its way into another profile")


def unpack_state(text: str) -> Profile:
    """Read what `pack_state` gave. Raises BadInput for other text, Unavailable for a newer schema."""
    try:
        inflater = zlib.decompressobj()
        data = inflater.decompress(b64decode(text, validate=True), INFLATED_MAX)
        raw = json.loads(data.decode("utf-8", "surrogatepass")) if inflater.eof else None
    except (ValueError, zlib.error) as error:
        raise BadInput("content", f"a packed state ({error})") from error
    if not isinstance(raw, dict) or not isinstance(raw.get("profile"), dict) or not isinstance(raw.get("schema"), int):
        raise BadInput("content", "a packed state")
    return unpack(raw["profile"], raw["schema"])


def _text(event: Event, key: str) -> str:
    value: Any = event.properties.get(key)
    if not isinstance(value, str) or not value:
        raise BadInput(key, "a text")
    return value
