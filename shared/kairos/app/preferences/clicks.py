"""What happens when a counted link is followed: its reader goes on at once, and the message's journeys hear of it.

The reader comes first: where the inbox does not answer they still arrive, uncounted. Machines are led on as well, or a
filter would call the link broken, and are told apart (`machine: true`). A link counts for three months and leads on for
thirteen: a target is the brand's own page today, and nobody can vouch for it for ever.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from kairos.app.http import HttpAnswer
from kairos.app.ports import Clock, Inbox, InboxMessage
from kairos.app.preferences.page import page
from kairos.app.preferences.standing import LiveProfiles
from kairos.app.preferences.tracked import Tracked, TrackedLinks
from kairos.domain.errors import Unavailable
from kairos.domain.event import Event
from kairos.domain.ids import digest
from kairos.domain.machines import followed_by_machine

SOURCE = "links"
COUNTED_FOR = timedelta(days=90)
LEADS_FOR = timedelta(days=400)
RETRIED_FOR = timedelta(days=1)


class Clicks:
    """The use case. An answer's facts hold the pseudonym and the outcome: followed, scanned (by a machine), uncounted,
    expired, unknown or failed."""

    def __init__(
        self,
        inbox: Inbox,
        profiles: LiveProfiles,
        links: TrackedLinks,
        brand_name: Callable[[], str],
        clock: Clock,
    ) -> None:
        self._inbox = inbox
        self._profiles = profiles
        self._links = links
        self._brand_name = brand_name
        self._clock = clock

    def follow(self, token: str, method: str, headers: Mapping[str, str], correlation: str = "") -> HttpAnswer:
        """Answer a GET or HEAD of a counted link; header names are in lower case."""
        now = self._clock.now()
        try:
            link = self._links.read(token)
        except Unavailable:
            return self._lost(503, "failed", headers)
        if link is None or method not in ("GET", "HEAD"):
            return self._lost(404, "unknown", headers)
        after = now - link.sent_at
        if after > LEADS_FOR:
            return self._lost(410, "expired", headers)
        machine = followed_by_machine(method, headers, after)
        outcome = self._count(link, now, machine, correlation) if after <= COUNTED_FOR else "uncounted"
        location = {"Location": link.target, "Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
        facts = {"status": 302, "outcome": outcome, "profile": link.profile}
        return HttpAnswer(302, {**location, "X-Robots-Tag": "noindex, nofollow"}, "", facts)

    def _count(self, link: Tracked, now: datetime, machine: bool, correlation: str) -> str:
        event = clicked(link, now, machine, correlation)
        try:
            if self._profiles.find(link.profile) is None:
                return "uncounted"  # an event for a profile that was erased would bring it back
            self._inbox.put([InboxMessage(link.profile, (event,), correlation=correlation)])
        except Unavailable:
            return "uncounted"
        return "scanned" if machine else "followed"

    def _lost(self, status: int, outcome: str, headers: Mapping[str, str]) -> HttpAnswer:
        try:
            brand = self._brand_name()
        except Exception:  # noqa: BLE001 - a page does without a name
            brand = ""
        shows = "failed" if outcome == "failed" else "unknown"
        written, body = page(shows, headers.get("accept-language", ""), brand, "")
        more = {"Retry-After": "5"} if status == 503 else {}
        return HttpAnswer(status, {**written, **more}, body, {"status": status, "outcome": outcome})


def clicked(link: Tracked, now: datetime, machine: bool, correlation: str) -> Event:
    """Return the event. One a day for each link of a message, and a machine's is another than a person's.

    Of the target only the host is told: a path or query may carry what acts for the person, or names them.
    """
    host = urlsplit(link.target).hostname
    return Event(
        id=digest("click", link.message, link.target, str(machine), now.strftime("%Y%m%d")),
        name="message_clicked",
        profile=link.profile,
        occurred_at=now,
        received_at=now,
        properties={**({"link_domain": host} if host else {}), **({"machine": True} if machine else {})},
        source=SOURCE,
        correlation=correlation,
        retry_horizon=RETRIED_FOR,
        message=link.message,
    )
