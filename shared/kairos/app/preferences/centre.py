"""The preference centre: one page behind a message's own link on which its reader says what they want by which channel.

GET shows and changes nothing. POST changes what was changed on the page and nothing else: the page carries what it
showed, so whoever leaves a box as it was says nothing about it. Refusals are written where `deliver` reads them before
the answer, as a one-click's are; what else was said is in the inbox before the answer, or the answer says otherwise.

Whoever reads mail at an address may refuse for all channels of the person it was sent to. Agreeing counts as confirmed
for the channel whose link was used: the other addresses have not shown that they are theirs, and a brand that wants
that (`double_opt_in`) waits for it. Of who is erased, or whose item cannot be read, the page knows the one channel that
the link names, and refusing still works.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

from kairos.app.http import HttpAnswer
from kairos.app.ingest.identifiers import normalise_email, normalise_phone
from kairos.app.ports import Clock, ContactReader, Inbox, InboxMessage, Suppressions
from kairos.app.preferences.centre_page import Choice, centre_page
from kairos.app.preferences.page import page
from kairos.app.preferences.standing import LiveProfiles
from kairos.app.preferences.unsubscribe import Refusal, UnsubscribeLinks
from kairos.domain.consent import ANY, MARKETING, PAUSE
from kairos.domain.errors import Unavailable
from kairos.domain.event import ConsentFact, Event
from kairos.domain.ids import digest
from kairos.domain.profile import PULLED, Profile
from kairos.domain.suppression import UNSUBSCRIBED

SOURCE = "preferences"
WORDING = "preference-centre-1"
"""The version of what this page says beside its boxes; it is raised where those words change."""

CHANNELS = ("email", "sms", "push", "kakao", "web")
ADDRESSES: Mapping[str, str] = {"email": "email", "sms": "phone", "kakao": "phone", "push": "push_token"}
"""Channel → the contact field of its address, as the channels declare it; read without loading them."""

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


@dataclass
class Changes:
    """What a form comes to: channels refused and agreed to, and what else the profile is told."""

    refused: Sequence[str] = ()
    agreed: Sequence[str] = ()
    events: list[Event] = field(default_factory=list)


class PreferenceCentre:
    """The use case. `brand` returns the live brand; where it fails, the page does without its name.

    An answer's facts hold the pseudonym and the outcome: shown, saved, stopped, paused, resumed, unknown or failed.
    """

    def __init__(
        self,
        profiles: LiveProfiles,
        contacts: ContactReader,
        suppressions: Suppressions,
        inbox: Inbox,
        links: UnsubscribeLinks,
        brand: Callable[[], Mapping[str, Any]],
        clock: Clock,
    ) -> None:
        self._profiles = profiles
        self._contacts = contacts
        self._suppressions = suppressions
        self._inbox = inbox
        self._links = links
        self._brand = brand
        self._clock = clock

    def show(self, token: str, accept_language: str = "") -> HttpAnswer:
        """Answer a GET with the boxes as they stand. Changes nothing."""
        try:
            link = self._links.read(token)
            if link is None:
                return self._lost(404, "unknown", accept_language)
            profile = self._profiles.find(link.profile)
        except Unavailable:
            return self._lost(503, "failed", accept_language)
        return self._answer("shown", link, choices_of(profile, link, self._clock.now()), accept_language)

    def change(self, token: str, body: bytes, accept_language: str = "", correlation: str = "") -> HttpAnswer:
        """Answer a POST: do what the form says, and show the boxes as they are now."""
        now = self._clock.now()
        try:
            link = self._links.read(token)
            if link is None:
                return self._lost(404, "unknown", accept_language)
            said = read_form(body)
            if said is None:
                return self._lost(400, "unknown", accept_language)
            profile = self._profiles.find(link.profile)
            choice = choices_of(profile, link, now)
            changes = _changes(said, choice, link, now, correlation)
            self._refuse(changes.refused, link, profile, now)
            if profile is not None and changes.events:
                self._inbox.put([InboxMessage(link.profile, tuple(changes.events), correlation=correlation)])
        except Unavailable:
            return self._lost(503, "failed", accept_language)
        outcome = {"save": "saved", "stop": "stopped", "pause": "paused", "resume": "resumed"}[said.act]
        return self._answer(outcome, link, _after(said, choice, changes, now), accept_language)

    def _refuse(self, channels: Sequence[str], link: Refusal, profile: Profile | None, now: datetime) -> None:
        """Write the stops, durably: of the link's own channel by its hash, of others by the address that is known."""
        if link.channel in channels:
            self._suppressions.suppress_hashed(link.channel, link.address_hash, MARKETING, UNSUBSCRIBED, now)
        others = [channel for channel in channels if channel != link.channel and channel in ADDRESSES]
        kept = self._addresses(profile) if profile is not None and others else {}
        for channel in others:
            if address := kept.get(channel):
                self._suppressions.suppress(channel, address, MARKETING, UNSUBSCRIBED, now)
            elif ADDRESSES[channel] == ADDRESSES.get(link.channel):
                self._suppressions.suppress_hashed(channel, link.address_hash, MARKETING, UNSUBSCRIBED, now)

    def _addresses(self, profile: Profile) -> dict[str, str]:
        known = self._contacts.fetch(list(dict.fromkeys((profile.id, *profile.former))), ["profile"]).get("profile", {})
        country = self._said("country") or None
        found: dict[str, str] = {}
        for channel, name in ADDRESSES.items():
            value = known.get(name)
            if isinstance(value, str) and (address := _normalised(value, name, country)):
                found[channel] = address
        return found

    def _said(self, key: str) -> str:
        try:
            return str(self._brand().get(key) or "")
        except Exception:  # noqa: BLE001 - a name on a page keeps nobody from refusing
            return ""

    def _answer(self, outcome: str, link: Refusal, choice: Choice, accept_language: str) -> HttpAnswer:
        headers, body = centre_page(outcome, choice, accept_language, self._said("name"))
        return HttpAnswer(200, headers, body, {"status": 200, "outcome": outcome, "profile": link.profile})

    def _lost(self, status: int, outcome: str, accept_language: str) -> HttpAnswer:
        headers, body = page(outcome, accept_language, self._said("name"), "")
        if status == 503:
            headers = {**headers, "Retry-After": "30"}
        return HttpAnswer(status, headers, body, {"status": status, "outcome": outcome, "profile": ""})


def choices_of(profile: Profile | None, link: Refusal, now: datetime) -> Choice:
    """Return the boxes of a page: the channels by which the person can be reached or ever said something, ticked where
    they agreed. Messages on the shop's own pages need no consent: they are ticked until somebody refuses them."""
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
    pause = said.get((ANY, PAUSE))
    until = pause.expires_at if pause is not None and pause.refuses(now) else None
    return Choice(shown, ticked, str(profile.traits.get(PREFERRED) or ""), until)


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


def _ticked(profile: Profile, channel: str, now: datetime) -> bool:
    consent = profile.consents.get((channel, MARKETING))
    if channel in PULLED:
        return consent is None or not consent.refuses(now)
    return consent is not None and consent.stands(now)


def _changes(said: Said, choice: Choice, link: Refusal, now: datetime, correlation: str) -> Changes:
    # What is refused need not have been ticked: whoever takes a tick away, or refuses everything, is believed.
    if said.act == "stop":
        refused, agreed = list(choice.shown), []
    elif said.act == "save":
        refused = [channel for channel in choice.shown if channel in said.was - said.on]
        agreed = [channel for channel in choice.shown if channel in said.on - said.was]
    else:
        refused, agreed = [], []
    tell = _Teller(link, now, correlation)
    events = [tell.refused(channel) for channel in refused] + [tell.agreed(channel) for channel in agreed]
    if said.act == "pause":
        events.append(tell.paused())
    if said.act == "resume":
        events.append(tell.resumed())
    wanted = said.preferred if said.preferred in choice.shown else ""
    if said.act == "save" and said.preferred != said.was_preferred:
        events.append(tell.prefers(wanted))
    return Changes(refused, agreed, events)


def _after(said: Said, choice: Choice, changes: Changes, now: datetime) -> Choice:
    """Return the boxes as they will be once the profile has heard: it hears within seconds."""
    ticked = (choice.ticked - frozenset(changes.refused)) | frozenset(changes.agreed)
    until = {"pause": now + PAUSED_FOR, "resume": None}.get(said.act, choice.paused_until)
    preferred = said.preferred if said.act == "save" and said.preferred in choice.shown else choice.preferred
    if said.act == "save" and not said.preferred:
        preferred = ""
    return replace(choice, ticked=ticked, paused_until=until, preferred=preferred)


@dataclass(frozen=True, slots=True)
class _Teller:
    """Writes the events of one POST. Ids hold the minute: a repeated POST is one event, a later change another."""

    link: Refusal
    now: datetime
    correlation: str

    def refused(self, channel: str) -> Event:
        return self._word("consent_withdrawn", ConsentFact(channel, MARKETING, proof=self.link.message))

    def agreed(self, channel: str) -> Event:
        own = channel == self.link.channel
        fact = ConsentFact(channel, MARKETING, wording=WORDING, proof=self.link.message, confirmed=own)
        return self._word("consent_given", fact)

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


def _normalised(value: str, name: str, country: str | None) -> str | None:
    """Return the address in the one form that suppressions are keyed by, as `deliver` brings it into."""
    if name == "email":
        return normalise_email(value)
    return normalise_phone(value, country) if name == "phone" else value
