"""The preference centre: one page behind a message's own link on which its reader says what they want by which channel.

GET shows and changes nothing. POST changes what was changed on the page and nothing else: the page carries what it
showed, so whoever leaves a box as it was says nothing about it. Refusals are written where `deliver` reads them before
the answer, as a one-click's are; what else was said is in the inbox before the answer, or the answer says otherwise.

Whoever reads mail at an address may refuse for all channels of the person it was sent to, and agree for that address
alone: for any other, a message there asks (`kairos.app.preferences.centre_form`). Of who is erased, or whose item
cannot be read, the page knows the one channel that the link names, and refusing still works.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from kairos.app.http import HttpAnswer
from kairos.app.ports import Clock, Inbox, InboxMessage, Suppressions
from kairos.app.preferences.addresses import ADDRESSES, KnownAddresses
from kairos.app.preferences.centre_form import REQUESTED, after, changes_of, choices_of, read_form
from kairos.app.preferences.centre_page import Choice, centre_page
from kairos.app.preferences.page import page
from kairos.app.preferences.standing import LiveProfiles
from kairos.app.preferences.unsubscribe import Refusal, UnsubscribeLinks
from kairos.app.publish.release import Release
from kairos.domain.consent import MARKETING
from kairos.domain.errors import Unavailable
from kairos.domain.profile import PULLED, Profile
from kairos.domain.suppression import UNSUBSCRIBED


class PreferenceCentre:
    """The use case. `release` returns the live release; where it fails, the page does without the brand's name and
    without what only a journey can ask.

    An answer's facts hold the pseudonym and the outcome: shown, saved, stopped, paused, resumed, unknown or failed.
    """

    def __init__(
        self,
        profiles: LiveProfiles,
        addresses: KnownAddresses,
        suppressions: Suppressions,
        inbox: Inbox,
        links: UnsubscribeLinks,
        release: Callable[[], Release],
        clock: Clock,
    ) -> None:
        self._profiles = profiles
        self._addresses = addresses
        self._suppressions = suppressions
        self._inbox = inbox
        self._links = links
        self._release = release
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
        choice = choices_of(profile, link, self._clock.now(), asks=self._asks())
        return self._answer("shown", link, choice, accept_language)

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
            choice = choices_of(profile, link, now, asks=self._asks())
            proven = self._proven(said.ticked_anew, link, profile)
            changes = changes_of(said, choice, proven, link, now, correlation)
            self._refuse(changes.refused, link, profile, now)
            if profile is not None and changes.events:
                self._inbox.put([InboxMessage(link.profile, tuple(changes.events), correlation=correlation)])
        except Unavailable:
            return self._lost(503, "failed", accept_language)
        outcome = {"save": "saved", "stop": "stopped", "pause": "paused", "resume": "resumed"}[said.act]
        return self._answer(outcome, link, after(said, choice, changes, now), accept_language)

    def _proven(self, wanted: frozenset[str], link: Refusal, profile: Profile | None) -> frozenset[str]:
        """Return the channels whose consent the reader of this link may give; contacts are read where it matters."""
        if profile is None or not wanted - PULLED:
            return PULLED
        return self._addresses.proven_by(link.address_hash, profile)

    def _refuse(self, channels: Sequence[str], link: Refusal, profile: Profile | None, now: datetime) -> None:
        """Write the stops, durably: of the link's own channel by its hash, of others by the address that is known."""
        if link.channel in channels:
            self._suppressions.suppress_hashed(link.channel, link.address_hash, MARKETING, UNSUBSCRIBED, now)
        others = [channel for channel in channels if channel != link.channel and channel in ADDRESSES]
        kept = self._addresses.of(profile) if profile is not None and others else {}
        for channel in others:
            if address := kept.get(channel):
                self._suppressions.suppress(channel, address, MARKETING, UNSUBSCRIBED, now)
            elif ADDRESSES[channel] == ADDRESSES.get(link.channel):
                self._suppressions.suppress_hashed(channel, link.address_hash, MARKETING, UNSUBSCRIBED, now)

    def _asks(self) -> bool:
        """Return whether a journey that is live and not paused asks at other addresses."""
        try:
            release = self._release()
            return any(not release.halted(journey.id) for journey in release.index.triggered_by(REQUESTED))
        except Exception:  # noqa: BLE001 - a box more or less keeps nobody from refusing
            return False

    def _name(self) -> str:
        try:
            return str(self._release().brand.get("name") or "")
        except Exception:  # noqa: BLE001 - a name on a page keeps nobody from refusing
            return ""

    def _answer(self, outcome: str, link: Refusal, choice: Choice, accept_language: str) -> HttpAnswer:
        headers, body = centre_page(outcome, choice, accept_language, self._name())
        return HttpAnswer(200, headers, body, {"status": 200, "outcome": outcome, "profile": link.profile})

    def _lost(self, status: int, outcome: str, accept_language: str) -> HttpAnswer:
        headers, body = page(outcome, accept_language, self._name(), "")
        if status == 503:
            headers = {**headers, "Retry-After": "30"}
        return HttpAnswer(status, headers, body, {"status": status, "outcome": outcome, "profile": ""})
