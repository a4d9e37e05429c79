"""Lives of customers, lived through `decide` and kept as the customers table keeps them: real items, no AWS.

`Shelf` stands for DynamoDB's client: items by key, the wake index in order, and what each call would have been charged.
Everything above it is the product: `DynamoCustomers`, the codec, the decision.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import ceil
from typing import Any

from kairos.app.decide import decide
from kairos.app.ports import Pointer
from kairos.app.publish.release import Release
from kairos.aws.customers import DynamoCustomers
from kairos.aws.table import item_size
from kairos.domain.effects import Send
from kairos.domain.event import Event, Input, Wake
from kairos.domain.ids import digest

PROFILE = "bench" + "a" * 21
TURNS_MAX = 1_000
REPORTS = ((1, "deliver", "message_sent"), (3, "ses", "message_delivered"), (600, "ses", "message_opened"))
"""What is heard of each message: after how many seconds, from whom, what."""
SES_RETRIES = timedelta(days=2)


@dataclass
class Shelf:
    """What a client of DynamoDB does for one table, and its units."""

    items: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    index: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    read_units: int = 0
    write_units: int = 0
    queries: int = 0

    def get_item(self, *, Key: Mapping[str, Any], **_: Any) -> dict[str, Any]:  # noqa: N803 - AWS's own names
        item = self.items.get(Key["profile"]["S"])
        self.read_units += max(1, ceil(item_size(item) / 4096)) if item else 1
        return {"Item": item} if item else {}

    def put_item(self, *, Item: Mapping[str, Any], **_: Any) -> dict[str, Any]:  # noqa: N803
        key = Item["profile"]["S"]
        old = self.items.get(key, {})
        self.write_units += ceil(max(item_size(Item), item_size(old)) / 1024)
        before, after = _place(old), _place(Item)
        if before != after:
            self.write_units += sum(place is not None for place in (before, after))
            if before is not None:
                places = self.index[before[0]]
                del places[bisect_left(places, before[1])]
            if after is not None:
                insort(self.index[after[0]], after[1])
        self.items[key] = Item
        return {}

    def query(self, *, ExpressionAttributeValues: Mapping[str, Any], Limit: int, **_: Any) -> dict[str, Any]:  # noqa: N803
        wake, lowest, highest = (ExpressionAttributeValues[name]["S"] for name in (":wake", ":lowest", ":highest"))
        self.queries += 1
        places = self.index.get(wake, [])
        found = places[bisect_left(places, lowest) : bisect_right(places, highest)]
        return {"Items": [{"wake_at": {"S": place}} for place in found[:Limit]]}


def _place(item: Mapping[str, Any]) -> tuple[str, str] | None:
    return (item["wake"]["S"], item["wake_at"]["S"]) if "wake" in item else None


class Life:
    """One customer, event by event: timers ring when they are due, messages are sent and reported."""

    def __init__(self, bundle: Mapping[str, Any], profile: str = PROFILE, shelf: Shelf | None = None) -> None:
        self.profile = profile
        self.shelf = shelf or Shelf()
        self.release = Release(bundle, Pointer("bench"))
        self._customers = DynamoCustomers(self.shelf, "customers")
        self._due: datetime | None = None

    def live(self, events: Iterable[Event]) -> None:
        """Let events happen in their order, and everything that falls due in between."""
        for event in events:
            self.wait(event.received_at)
            self.turn([event], event.received_at)

    def wait(self, until: datetime) -> None:
        """Let time pass."""
        for _ in range(TURNS_MAX):
            if self._due is None or self._due > until:
                return
            self.turn([Wake(self.profile)], self._due)
        raise RuntimeError(f"{self.profile} never comes to rest before {until}")

    def turn(self, inputs: list[Input], now: datetime) -> None:
        """Decide once, as `decide` does with one message, and let what is sent be reported a second later."""
        outcome = decide(self._customers.read(self.profile), self.release, inputs, now)
        if outcome is None:
            return
        self._customers.write(outcome.profile, outcome.effects, outcome.wake_at, outcome.ttl)
        self._due = outcome.wake_at
        sends = [effect for effect in outcome.effects if isinstance(effect, Send)]
        for seconds, source, name in REPORTS:
            at = now + timedelta(seconds=seconds)
            if sends:
                self.turn([self._report(send, at, source, name) for send in sends], at)

    def _report(self, send: Send, at: datetime, source: str, name: str) -> Event:
        said = {"channel": send.channel}
        id = digest(source, name, send.message, str(send.asks))
        return Event(id, name, self.profile, at, at, said, source, message=send.message, retry_horizon=SES_RETRIES)

    @property
    def item(self) -> Mapping[str, Any]:
        """Return the item as it is stored."""
        return self.shelf.items[self.profile]
