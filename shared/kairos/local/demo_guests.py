"""What customers do on receiving an e-mail: open, click, buy, complain, bounce, or refuse by the one-click link.

Opens, clicks, bounces and complaints come back as SES reports them. What reaches the API (an order, a refusal) is put
on the guests' own agenda, which the demo works through as time passes.
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

from kairos.local import demo_shop as shop
from kairos.local.demo_month import cart_left_by
from kairos.local.demo_people import BY_ADDRESS, Person, chance
from kairos.local.demo_shop import Call, Cart
from kairos.local.mail import Email

OPENS, CLICKS = 0.55, 0.2
LEAST = timedelta(hours=1)
"""How long everything that comes back through the API takes at least: the demo looks at the agenda every hour."""

Reaction = tuple[timedelta, str, dict[str, Any]]


class Guests:
    """The recipients. `react` is what the post office asks about each message; `refused_at` is from when on an address
    must get no advertising any more."""

    def __init__(self) -> None:
        self._calls: list[tuple[datetime, int, Call]] = []
        self._order = itertools.count()
        self.refused_at: dict[str, datetime] = {}
        self._refusing: dict[str, str] = {}

    def add(self, calls: Iterable[Call]) -> None:
        """Put calls on the agenda."""
        for call in calls:
            heapq.heappush(self._calls, (call.at, next(self._order), call))

    def until(self, at: datetime) -> Iterator[Call]:
        """Take the calls due by `at` from the agenda, in order."""
        while self._calls and self._calls[0][0] <= at:
            yield heapq.heappop(self._calls)[2]

    def react(self, email: Email) -> list[Reaction]:
        """Say what the recipient does, as SES reports it and when; note what they do elsewhere."""
        person = BY_ADDRESS.get(email.to[0])
        if person is None:
            return []
        template = email.tags.get("kairos_step", "").rpartition("-")[0] or email.tags.get("kairos_step", "")
        habit = person.habit(template)
        if habit == "ignores":
            return []
        if habit == "bounces":
            return [self._stops(email, timedelta(seconds=4), "Bounce")]
        if habit == "complains":
            return [_opens(email, 0.3), self._stops(email, timedelta(hours=3), "Complaint")]
        if habit == "unsubscribes":
            refusal = _refusal(email)
            self._refusing[refusal.path] = email.to[0]
            self.add([refusal])
            return [_opens(email, 0.5)]
        if habit == "buys":
            self._buys(person, email)
            return [_opens(email, 0.3), _clicks(email)]
        return _by_chance(email)

    def acknowledged(self, call: Call) -> None:
        """Note that a refusal was answered: from now on nothing may come."""
        self.refused_at.setdefault(self._refusing[call.path], call.at)

    def _stops(self, email: Email, after: timedelta, kind: str) -> Reaction:
        self.refused_at.setdefault(email.to[0], email.at + after)
        return (after, kind, {})

    def _buys(self, person: Person, email: Email) -> None:
        at = email.at.astimezone(shop.SEOUL) + LEAST + timedelta(minutes=12)
        left = cart_left_by(person, at) or Cart(person, f"cart-{person.handle}-mail", {0: 1, 4: 1})
        self.add(shop.ordered(at, left))


def _by_chance(email: Email) -> list[Reaction]:
    luck = chance("opens", *_which(email))
    if luck >= OPENS:
        return []
    return [_opens(email, luck), _clicks(email)] if luck < CLICKS else [_opens(email, luck)]


def _which(email: Email) -> tuple[str, ...]:
    """Return what tells a message from others in every run: ids may change with the code, this does not."""
    return email.to[0], email.tags.get("kairos_step", ""), f"{email.at:%m%d}"


def _opens(email: Email, slowness: float) -> Reaction:
    return (timedelta(minutes=3) + slowness * timedelta(hours=9), "Open", {})


def _clicks(email: Email) -> Reaction:
    slowness = chance("clicks", *_which(email))
    return (timedelta(minutes=20) + slowness * timedelta(hours=5), "Click", {"link": "https://shop.example.com/"})


def _refusal(email: Email) -> Call:
    """Return the POST that a mail program makes for its reader, as RFC 8058 has it."""
    link = (email.header("List-Unsubscribe") or "").strip("<> ").split(">")[0]
    path = "/u/" + link.rpartition("/u/")[2]
    headers = {"content-type": "application/x-www-form-urlencoded"}
    at = email.at + LEAST + timedelta(minutes=40)
    return Call(at, path, headers, b"List-Unsubscribe=One-Click", "one-click refusal", 200)
