"""iCalendar feeds: what stands in a published calendar (RFC 5545) becomes entries, and what vanishes is cancelled.

Nobody sends anything: `sync` reads the feed. Its address is the secret, for whoever knows it can read the calendar.
Whose the entries are is said by the connection (`email`, `customer` or `external`), or else by each entry's ATTENDEEs.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from kairos.domain.errors import BadSignature
from kairos.registry import Request
from kairos.sources import _calendar
from kairos.sources._ical_feed import fetch_feed
from kairos.sources._pulling import Page, Pulling
from kairos.sources._signature import keys


class ICal(_calendar.Calendar):
    """See `kairos.registry.Source` and `kairos.sources._pulling.Puller`.

    A connection's settings: `secrets` (the feed's address), `email`, `customer` or `external` (whose calendar it is),
    `kind` (of its entries: booking), `timezone` (of times that have none), `days` (how far to look ahead: 92).
    """

    name = "ical"
    every = timedelta(minutes=15)

    def verify(self, request: Request) -> bool:
        """Refuse: a feed is read and sends nothing."""
        raise BadSignature("a feed is read, and nobody sends it")

    def pull(self, pulling: Pulling) -> Iterator[Page]:
        """Read the feed where it changed, and tell what is new, what moved and what is gone."""
        address = next(iter(keys(Request({}, b"", pulling.now, settings=pulling.settings), "secrets")), "")
        fetched = fetch_feed(pulling, address.replace("webcal://", "https://", 1))
        if fetched is None:
            return
        feed, cursor = fetched
        from kairos.sources._ical_expand import expand

        since, until = _calendar.window(pulling)
        found = expand(feed, since, until, pulling.settings.get("timezone"), pulling.late)
        if _calendar.is_doubtful(pulling, found.sightings):
            yield Page(cursor={_calendar.EMPTY: True})  # without a mark of this one: the next is read whatever it is
            return
        yield from _calendar.changes(pulling, found.sightings.values(), unread=found.unread)
        yield Page(cursor=cursor, left_out=len(found.unread))


SOURCE = ICal()
