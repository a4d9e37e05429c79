"""What the form of the preference centre shows, what a posted one says, and what that comes to.

A box that is ticked anew is a consent only where the link proves the address of its channel
(`kairos.app.preferences.addresses`): whoever was forwarded an e-mail could else subscribe its reader's telephone. Any
other is a request (`consent_requested`), on which a journey of the brand asks at that address; the word is given there.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from urllib.parse import parse_qs

from kairos.app.preferences.addresses import ADDRESSES
from kairos.app.preferences.centre_page import Choice
from kairos.app.preferences.unsubscribe import Refusal
from kairos.domain.consent import ANY, MARKETING, PAUSE
from kairos.domain.event import ConsentFact, Event
from kairos.domain.ids import digest
from kairos.domain.profile import PULLED, Profile

SOURCE = "preferences"
WORDING = "preference-centre-1"
"""The version of what this page says beside its boxes; it is raised where those words change."""

CHANNELS = ("email", "sms", "push", "kakao", "web")
REQUESTED = "consent_requested"
"""Somebody wants marketing at an address that their link does not prove; journeys that ask there start on it."""

PREFERRED = "preferred_channel"
PAUSED_FOR = timedelta(days=30)
FIELDS_MAX = 60
BODY_BYTES_MAX = 4_000
RETRIED_FOR = timedelta(hours=1)

ACTIONS = ("save", "stop", "pause", "resume")
"""What the page's buttons say: take the boxes as they are; refuse everything; nothing for a while; go on again."""


@dataclass(frozen=True, slots=True)
class Said:
    """What a form says: `was` are the channels that were ticked when it was shown, `on` those that are now."""

    act: str
    was: frozenset[str] = frozenset()
    on: frozenset[str] = frozenset()
    preferred: str = ""
    was_preferred: str = ""

    @property
    def ticked_anew(self) -> frozenset[str]:
        return self.on - self.was if self.act == "save" else frozenset()


@dataclass
class Changes:
    """What a form comes to: channels refused, agreed to and asked for, and what the profile is told."""

    refused: Sequence[str] = ()
    agreed: Sequence[str] = ()
    requested: Sequence[str] = ()
    events: list[Event] = field(default_factory=list)


def read_form(body: bytes) -> Said | None:
    """Return what a posted form says, None for what is no form of this page."""
    if len(body) > BODY_BYTES_MAX:
        return None
    try:
        fields = parse_qs(body.decode("ascii"), max_num_fields=FIELDS_MAX, strict_parsing=True)
    except ValueError:
        return None
    act = fields.get("act", ["save"])[0]
    if act not in ACTIONS:
        return None
    was, on = (frozenset(fields.get(name, ())) & frozenset(CHANNELS) for name in ("was", "on"))
    preferred, was_preferred = (fields.get(name, [""])[0] for name in ("preferred", "was_preferred"))
    return Said(act, was, on, preferred, was_preferred)


def choices_of(profile: Profile | None, link: Refusal, now: datetime, *, asks: bool) -> Choice:
    """Return the boxes of a page: the channels by which the person can be reached or ever said something, ticked where
    they agreed. Messages on the shop's own pages need no consent: they are ticked until somebody refuses them.

    Where no journey `asks` at other addresses, boxes that the link could never prove are locked unless they are ticked.
    """
    if profile is None:
        same = [channel for channel in CHANNELS if ADDRESSES.get(channel) == ADDRESSES.get(link.channel, channel)]
        return Choice(tuple(same), frozenset(same))
    said = profile.consents
    shown = tuple(
        channel
        for channel in CHANNELS
        if channel == link.channel or profile.reach.get(channel) or (channel, MARKETING) in said
    )
    ticked = frozenset(channel for channel in shown if _ticked(profile, channel, now))
    own = {channel for channel in shown if ADDRESSES.get(channel) in (None, ADDRESSES.get(link.channel))}
    locked = frozenset() if asks else frozenset(shown) - ticked - own
    pause = said.get((ANY, PAUSE))
    until = pause.expires_at if pause is not None and pause.refuses(now) else None
    return Choice(shown, ticked, str(profile.traits.get(PREFERRED) or ""), until, locked, asks=asks)


def changes_of(
    said: Said, choice: Choice, proven: Collection[str], link: Refusal, now: datetime, correlation: str
) -> Changes:
    """Return what a form comes to; `proven` are the channels whose consent its reader may give."""
    # What is refused need not have been ticked: whoever takes a tick away, or refuses everything, is believed.
    refused = [channel for channel in choice.shown if said.act == "stop" or channel in said.was - said.on]
    if said.act not in ("save", "stop"):
        refused = []
    wanted = [channel for channel in choice.shown if channel in said.ticked_anew - choice.locked]
    agreed = [channel for channel in wanted if channel in proven]
    requested = [channel for channel in wanted if channel not in proven and choice.asks]
    tell = _Teller(link, now, correlation)
    events = [tell.refused(channel) for channel in refused]
    events += [tell.agreed(channel) for channel in agreed]
    events += [tell.requested(channel) for channel in requested]
    if said.act == "pause":
        events.append(tell.paused())
    if said.act == "resume":
        events.append(tell.resumed())
    if said.act == "save" and said.preferred != said.was_preferred:
        events.append(tell.prefers(said.preferred if said.preferred in choice.shown else ""))
    return Changes(refused, agreed, requested, events)


def after(said: Said, choice: Choice, changes: Changes, now: datetime) -> Choice:
    """Return the boxes as they will be once the profile has heard: it hears within seconds."""
    ticked = (choice.ticked - frozenset(changes.refused)) | frozenset(changes.agreed)
    until = {"pause": now + PAUSED_FOR, "resume": None}.get(said.act, choice.paused_until)
    preferred = said.preferred if said.act == "save" and said.preferred in choice.shown else choice.preferred
    if said.act == "save" and not said.preferred:
        preferred = ""
    unheard = tuple(channel for channel in choice.shown if channel in said.ticked_anew - ticked)
    return replace(choice, ticked=ticked, paused_until=until, preferred=preferred, unheard=unheard)


def _ticked(profile: Profile, channel: str, now: datetime) -> bool:
    consent = profile.consents.get((channel, MARKETING))
    if channel in PULLED:
        return consent is None or not consent.refuses(now)
    return consent is not None and consent.stands(now)


@dataclass(frozen=True, slots=True)
class _Teller:
    """Writes the events of one POST. Ids hold the minute: a repeated POST is one event, a later change another."""

    link: Refusal
    now: datetime
    correlation: str

    def refused(self, channel: str) -> Event:
        return self._word("consent_withdrawn", ConsentFact(channel, MARKETING, proof=self.link.message))

    def agreed(self, channel: str) -> Event:
        fact = ConsentFact(channel, MARKETING, wording=WORDING, proof=self.link.message, confirmed=True)
        return self._word("consent_given", fact)

    def requested(self, channel: str) -> Event:
        """Return what is no word on a consent: it names the channel where triggers and templates look."""
        return replace(self._event(REQUESTED, channel), properties={"channel": channel, "purpose": MARKETING})

    def paused(self) -> Event:
        until = self.now + PAUSED_FOR
        return self._word("consent_withdrawn", ConsentFact(ANY, PAUSE, proof=self.link.message, expires_at=until))

    def resumed(self) -> Event:
        return self._word("consent_given", ConsentFact(ANY, PAUSE, proof=self.link.message))

    def prefers(self, channel: str) -> Event:
        return replace(self._event("preferences_changed", channel), traits={PREFERRED: channel or None})

    def _word(self, name: str, fact: ConsentFact) -> Event:
        return replace(self._event(name, f"{fact.channel} {fact.purpose}"), consent=fact)

    def _event(self, name: str, about: str) -> Event:
        minute = self.now.strftime("%Y%m%d%H%M")
        return Event(
            id=digest("centre", name, about, self.link.profile, self.link.message, minute),
            name=name,
            profile=self.link.profile,
            occurred_at=self.now,
            received_at=self.now,
            source=SOURCE,
            correlation=self.correlation,
            retry_horizon=RETRIED_FOR,
        )
