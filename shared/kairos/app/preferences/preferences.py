"""One click and out: the page behind an opt-out link, and the stop that is durable before anybody is told so.

GET changes nothing, because mail scanners open every link (RFC 8058, 3.2); POST refuses, for a mail provider's
one-click and for the page's own button alike, as often as it comes. The suppression is written first and keeps the
promise; the event that tells the profile's journeys is sent after it, and where the inbox does not answer the stop
still holds, since `deliver` reads suppressions before every message.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from kairos.app.http import HttpAnswer
from kairos.app.ports import Clock, Inbox, InboxMessage, Suppressions
from kairos.app.preferences.addresses import KnownAddresses
from kairos.app.preferences.page import page
from kairos.app.preferences.standing import LiveProfiles
from kairos.app.preferences.unsubscribe import CONFIRMS, Refusal, UnsubscribeLinks
from kairos.domain.errors import Unavailable
from kairos.domain.event import ConsentFact, Event
from kairos.domain.ids import digest
from kairos.domain.suppression import UNSUBSCRIBED

SOURCE = "preferences"
WORDING = "confirmation-page-1"
"""The version of what the page says beside its button to confirm; it is raised where those words change."""

SHOWS = {
    "shown": "ask",
    "stopped": "done",
    "untold": "done",
    "offered": "confirm",
    "confirmed": "confirmed",
    "unknown": "unknown",
    "failed": "failed",
}
"""Which page an outcome shows."""

RETRIED_FOR = timedelta(hours=1)
"""For how long the same click may come again under the same event id: providers repeat a POST within minutes."""


class Preferences:
    """The use case. `brand_name` returns the live brand's name; where it fails, the page does without. `profiles` says
    who is there to be told of a refusal; without it everybody is told. `addresses` says whether a link to confirm by
    went to an address that is still theirs; without it that is taken for granted.

    An answer's facts hold the pseudonym and the outcome: shown, stopped, untold (stopped, but the inbox did not take
    the event), offered and confirmed (a link to confirm by), unknown (no link of ours) or failed.
    """

    def __init__(
        self,
        suppressions: Suppressions,
        inbox: Inbox,
        links: UnsubscribeLinks,
        brand_name: Callable[[], str],
        clock: Clock,
        profiles: LiveProfiles | None = None,
        addresses: KnownAddresses | None = None,
    ) -> None:
        self._suppressions = suppressions
        self._inbox = inbox
        self._links = links
        self._brand_name = brand_name
        self._clock = clock
        self._profiles = profiles
        self._addresses = addresses

    def show(self, token: str, accept_language: str = "") -> HttpAnswer:
        """Answer a GET: a page with one button, or a page that knows nothing. Changes nothing."""
        try:
            refusal, confirmation = self._links.read(token), self._links.read(token, CONFIRMS)
        except Unavailable:
            return self._answer(503, "failed", accept_language)
        if confirmation is not None:
            return self._answer(200, "offered", accept_language, confirmation)
        if refusal is None:
            return self._answer(404, "unknown", accept_language)
        return self._answer(200, "shown", accept_language, refusal, f"../p/{token}")

    def stop(self, token: str, accept_language: str = "", correlation: str = "") -> HttpAnswer:
        """Answer a POST: write the stop, tell the profile, confirm. The body says nothing that the token does not."""
        now = self._clock.now()
        try:
            if (confirmation := self._links.read(token, CONFIRMS)) is not None:
                return self._confirm(confirmation, now, accept_language, correlation)
            refusal = self._links.read(token)
            if refusal is None:
                return self._answer(404, "unknown", accept_language)
            self._suppressions.suppress_hashed(refusal.channel, refusal.address_hash, "marketing", UNSUBSCRIBED, now)
        except Unavailable:
            return self._answer(503, "failed", accept_language)
        try:
            if self._is_gone(refusal.profile):
                return self._answer(200, "stopped", accept_language, refusal)
            message = InboxMessage(refusal.profile, (_withdrawn(refusal, now, correlation),), correlation=correlation)
            self._inbox.put([message])
        except Unavailable:
            return self._answer(200, "untold", accept_language, refusal, f"../p/{token}")
        return self._answer(200, "stopped", accept_language, refusal, f"../p/{token}")

    def _is_gone(self, id: str) -> bool:
        """Return whether nobody is to be told: an event for a profile that was erased would bring it back.

        Where that cannot be read, the profile is told: `decide` itself knows who was erased of late.
        """
        try:
            return self._profiles is not None and self._profiles.find(id) is None
        except Unavailable:
            return False

    def _confirm(self, said: Refusal, now: datetime, accept_language: str, correlation: str) -> HttpAnswer:
        """Tell the profile that its consent is confirmed. Raises Unavailable: unlike a stop, it holds nowhere else."""
        if self._is_gone(said.profile) or not self._is_theirs(said):
            return self._answer(404, "unknown", accept_language)
        self._inbox.put([InboxMessage(said.profile, (_confirmed(said, now, correlation),), correlation=correlation)])
        return self._answer(200, "confirmed", accept_language, said)

    def _is_theirs(self, said: Refusal) -> bool:
        """Return whether the channel still goes to the address whose reader confirms it: an old mailbox, which may be
        another's by now, agrees to nothing at the new one."""
        profile = self._profiles.find(said.profile) if self._profiles is not None else None
        if self._addresses is None or profile is None:
            return True
        return said.channel in self._addresses.proven_by(said.address_hash, profile)

    def _answer(
        self, status: int, outcome: str, accept_language: str, refusal: Refusal | None = None, more: str = ""
    ) -> HttpAnswer:
        headers, body = page(SHOWS[outcome], accept_language, self._brand(), refusal.channel if refusal else "", more)
        if status == 503:
            headers = {**headers, "Retry-After": "30"}
        facts = {"status": status, "outcome": outcome, "profile": refusal.profile if refusal else ""}
        return HttpAnswer(status, headers, body, facts)

    def _brand(self) -> str:
        try:
            return self._brand_name()
        except Exception:  # noqa: BLE001 - a name on a page keeps nobody from refusing
            return ""


def _withdrawn(refusal: Refusal, now: datetime, correlation: str) -> Event:
    """Return the withdrawal. Its id holds the minute: a repeated POST is one event, a refusal after a new consent is
    another."""
    return _word(
        "unsubscribed",
        "consent_withdrawn",
        ConsentFact(refusal.channel, "marketing", proof=refusal.message),
        refusal,
        now,
        correlation,
    )


def _confirmed(said: Refusal, now: datetime, correlation: str) -> Event:
    """Return the consent, said on our own page by whoever reads mail at that address."""
    fact = ConsentFact(said.channel, "marketing", wording=WORDING, proof=said.message, confirmed=True)
    return _word("confirmed", "consent_given", fact, said, now, correlation)


def _word(kind: str, name: str, fact: ConsentFact, refusal: Refusal, now: datetime, correlation: str) -> Event:
    minute = now.strftime("%Y%m%d%H%M")
    return Event(
        id=digest(kind, refusal.channel, refusal.address_hash, refusal.profile, minute),
        name=name,
        profile=refusal.profile,
        occurred_at=now,
        received_at=now,
        properties={"message": refusal.message},
        source=SOURCE,
        correlation=correlation,
        retry_horizon=RETRIED_FOR,
        consent=fact,
    )
