"""What an event says, taken into the profile: traits, reach, consent, behaviour. Newest `occurred_at` wins everywhere,
so the order of arrival does not matter."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from kairos.app.consents import COMPLAINT as COMPLAINT
from kairos.app.decide import browsing, categories, counting, habits, holdouts, lifecycle, recurrences, reports, scores
from kairos.app.decide.turn import Turn
from kairos.domain.budget import BUDGETS, TRAIT_BYTES_MAX, fits_trait
from kairos.domain.consent import Consent, later_word
from kairos.domain.errors import NoRoom
from kairos.domain.event import Event
from kairos.domain.localtime import local
from kairos.domain.reason import Reason


def take_in(turn: Turn, event: Event) -> bool:
    """Take the event's facts into the profile. Return whether the customer's zone changed by it."""
    before = turn.profile.zone
    if event.traits:
        set_traits(turn, event.traits, event.occurred_at)
    if event.reach:
        set_reach(turn, event.reach, event.occurred_at)
    if event.consent is not None and event.name in ("consent_given", "consent_withdrawn"):
        key = (event.consent.channel, event.consent.purpose)
        _consent(turn, key, event.name == "consent_given", event)
    if event.name == COMPLAINT:
        _consent(turn, (str(event.properties.get("channel", "email")), "marketing"), False, event)
    if not reports.knows(turn, event):
        counting.count(turn, event.name, event.properties, event.occurred_at)
    if habits.take(turn, event):
        lifecycle.follow(turn)
    categories.take(turn, event)
    recurrences.take(turn, event)
    holdouts.take(turn, event)
    scores.take(turn, event)
    browsing.take(turn, event)
    return turn.profile.zone != before


def spelled_out(turn: Turn, event: Event) -> Event:
    """Return the event with what it says of a consent among its properties, where triggers and templates look: channel,
    purpose, basis, whether it was given, and the date on the customer's calendar. A notice of the result needs no
    more (Korea's §50⑦)."""
    said = event.consent
    if said is None:
        return event
    day = local(event.occurred_at, turn.zone).date().isoformat()
    given = event.name == "consent_given"
    more = {"confirmed": said.confirmed} if given else {}
    spelled = more | {
        "channel": said.channel,
        "purpose": said.purpose,
        "basis": said.basis,
        "given": given,
        "date": day,
    }
    return replace(event, properties={**spelled, **event.properties})


def set_traits(turn: Turn, traits: Mapping[str, Any], at: datetime) -> None:
    """Set traits that are newer than what is there; None removes one. A tie keeps the larger value, in any order."""
    profile = turn.profile
    for name, value in traits.items():
        if not fits_trait(name, value):
            reason = f"the trait {name[:40]} is larger than {TRAIT_BYTES_MAX} bytes"
            turn.reasons.append(Reason(turn.now, profile.id, "ignored", reason))
            continue
        known = profile.trait_times.get(name)
        if known is not None and (at < known or (at == known and _rank(value) <= _rank(profile.traits.get(name)))):
            continue
        profile.trait_times[name] = at
        turn.touched.add(f"trait {name}")
        turn.traits_set.add(name)
        if value is None:
            profile.traits.pop(name, None)
        else:
            profile.traits[name] = value


def _rank(value: Any) -> str:
    return json.dumps(value, sort_keys=True, default=str)


def set_reach(turn: Turn, reach: Mapping[str, bool], at: datetime) -> None:
    """A tie means reachable: `deliver` sees the address itself, and says so when there is none."""
    profile = turn.profile
    for channel, reachable in reach.items():
        known = profile.reach_times.get(channel)
        if known is None or (at, reachable) > (known, profile.reach.get(channel, False)):
            profile.reach_times[channel] = at
            profile.reach[channel] = reachable


def _consent(turn: Turn, key: tuple[str, str], given: bool, event: Event) -> None:
    """Take the newest word; of two at one instant the withdrawal. Raises NoRoom for yet another kind of consent."""
    consents = turn.profile.consents
    known = consents.get(key)
    if known is None and len(consents) >= BUDGETS["consents"].most:
        raise NoRoom("consents")
    consents[key] = later_word(known, _said(given, event))


def _said(given: bool, event: Event) -> Consent:
    if not given:
        until = event.consent.expires_at if event.consent is not None else None
        return Consent(False, event.occurred_at, event.source, expires_at=until)
    # Nobody agrees in the future: a source whose clock is fast must not outlive a refusal that came after it.
    at = min(event.occurred_at, event.received_at)
    fact = event.consent
    if fact is None:
        return Consent(True, at, event.source)
    confirmed_at = at if fact.confirmed else None
    return Consent(True, at, event.source, fact.basis, fact.wording, fact.expires_at, confirmed_at)
