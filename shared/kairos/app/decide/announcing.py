"""What a write has to tell systems of the brand's own: each engine event that some webhook of brand.yaml asks for.

An announcement is an effect like a message, so it leaves with the write that it tells of, or not at all, and however
often the effects are performed, it bears one id. Where no webhook listens nothing is looked at.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from kairos.domain.announcement import CONSENT_CHANGED, MERGED, OF_REASONS, UNSUBSCRIBED, Listener
from kairos.domain.canonical import canonical
from kairos.domain.condition import look_up
from kairos.domain.effects import Announce, effect_to_json
from kairos.domain.instant import format_instant
from kairos.domain.profile import Profile
from kairos.domain.reason import IN_HOLDOUT, MACHINE, OF_ALL, Reason

ANNOUNCED_MAX = 500
ANNOUNCED_BYTES_MAX = 100_000
"""Of one write, which may hold thousands of reasons: the item that carries them has its bounds."""

_SAID = ("journey", "version", "step", "subject", "channel", "template", "message", "reason")

Told = tuple[str, dict[str, Any]]


def announcements(
    listeners: Sequence[Listener], before: Profile | None, after: Profile, reasons: Sequence[Reason], now: datetime
) -> list[Announce]:
    """Return what each listener is to be told of a write at `now` that made `after` of `before`, oldest first."""
    if not listeners:
        return []
    told = [*_of_reasons(reasons), *_of_consents(before, after), *_of_merge(before, after)]
    made = [
        Announce(after.id, listener.to, type, now, {"profile": after.id, **data, **_traits(listener, after)})
        for type, data in told
        for listener in listeners
        if type in listener.events
    ]
    return _bounded(made[:ANNOUNCED_MAX])


def _bounded(made: list[Announce]) -> list[Announce]:
    """Return what fits into the item that carries it: traits go before announcements do."""
    if sum(map(_size, made)) <= ANNOUNCED_BYTES_MAX:
        return made
    bare = [replace(each, data={k: v for k, v in each.data.items() if k != "traits"}) for each in made]
    room = ANNOUNCED_BYTES_MAX
    for place, each in enumerate(bare):
        room -= _size(each)
        if room < 0:
            return bare[:place]
    return bare


def _size(announce: Announce) -> int:
    return len(canonical(effect_to_json(announce)))


def _of_reasons(reasons: Sequence[Reason]) -> Iterator[Told]:
    for reason in reasons:
        type = OF_REASONS.get(reason.kind)
        if type is not None:
            yield type, _about(reason)


def _about(reason: Reason) -> dict[str, Any]:
    if reason.kind in ("segment_entered", "segment_left"):
        return {"segment": reason.subject}
    if reason.kind == "erased":
        return {}
    said = {name: value for name in _SAID if (value := getattr(reason, name))}
    if reason.kind in ("opened", "clicked"):
        said.pop("reason", None)
        said["machine"] = reason.reason == MACHINE
    if reason.kind == "converted":
        said.pop("reason", None)
        said["holdout"] = reason.reason in (IN_HOLDOUT, OF_ALL)
    return said | ({"due": format_instant(reason.due)} if reason.due else {})


def _of_consents(before: Profile | None, after: Profile) -> Iterator[Told]:
    known = before.consents if before is not None else {}
    for (channel, purpose), consent in after.consents.items():
        former = known.get((channel, purpose))
        was = (former.given, former.basis, former.confirmed) if former is not None else None
        if was == (consent.given, consent.basis, consent.confirmed):
            continue
        about: dict[str, Any] = {"channel": channel, "purpose": purpose, "given": consent.given}
        if consent.given:
            about |= {"basis": consent.basis, "confirmed": consent.confirmed}
        elif consent.expires_at is not None:
            about["until"] = format_instant(consent.expires_at)
        yield CONSENT_CHANGED, about
        if not consent.given and (former is None or former.given):
            yield UNSUBSCRIBED, {"channel": channel, "purpose": purpose}


def _of_merge(before: Profile | None, after: Profile) -> Iterator[Told]:
    if after.merged_into is not None and (before is None or before.merged_into is None):
        yield MERGED, {"into": after.merged_into}


def _traits(listener: Listener, profile: Profile) -> Mapping[str, Any]:
    return {"traits": {name: look_up(profile.traits, name) for name in listener.traits}} if listener.traits else {}
