"""Item bytes of three customers, and what an event costs as history, journeys and pending timers grow.

Everything is real but DynamoDB's client, which a dictionary stands for (`bench/life.py`): an event is read, decided
and written through the product's own adapter, codec and decision. Times are the quickest of many turns from one and
the same item, and worth comparing within a column only.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from time import process_time
from typing import Any

from bench import people, shop
from bench.life import PROFILE, Life, Shelf
from bench.report import Section, table
from kairos.app.decide import decide
from kairos.app.ports import Pointer
from kairos.app.publish.release import Release
from kairos.aws.codec import write_state
from kairos.aws.customers import DynamoWakeIndex, profile_item
from kairos.aws.table import item_size, wake_attributes
from kairos.domain.event import Event

HISTORY = (10, 100, 1_000, 10_000)
JOURNEYS = (1, 10, 100, 1_000)
TIMERS = (1, 1_000, 100_000, 1_000_000)
BYTES_PER_TIMER = 2_000
TURNS = 60
ROUNDS = 5
NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Point:
    """What one event costs at one size: units, microseconds of processor time, and the item's bytes."""

    size: str
    item: int
    reads: int
    writes: int
    micros: float
    more: tuple[str, ...] = ()


def sizes() -> list[tuple[str, str, int, Point]]:
    """Return (name, what they do, events, cost of the next page view) of each of the three customers."""
    bundle = people.bundle()
    found = []
    for habits in people.HABITS:
        life = Life(bundle)
        events = list(people.history(habits))
        life.live(events)
        now = events[-1].received_at + timedelta(minutes=1)
        point = cost(life, people.viewed(now, "next"), now, habits.name)
        found.append((habits.name, habits.says, len(events), point))
    return found


def over_history() -> list[Point]:
    """Return the cost of the next event after ever longer histories, an event an hour."""
    bundle = people.bundle()
    lives: list[tuple[Life, datetime, str]] = []
    for size in HISTORY:
        life = Life(bundle)
        life.live(people.viewed(NOW + hour * timedelta(hours=1), str(hour)) for hour in range(size))
        lives.append((life, NOW + size * timedelta(hours=1), f"{size:,} events"))
    return together([_one_event(life, people.viewed(at, "next"), at, size) for life, at, size in lives])


def over_journeys(*, shared: bool) -> list[Point]:
    """Return the cost of an event that starts one journey among ever more; all of the same trigger when `shared`, each
    for another category."""
    return _over_journeys(lambda number: _journey(number, shared))


def over_totals() -> list[Point]:
    """Return the same where every journey listens to the same event, each for another range of totals."""
    return _over_journeys(lambda number: _journey(number, shared=True, ranges=True))


def over_goals() -> list[Point]:
    """Return the cost of an order that is the goal of ever more journeys, one of which the customer is in."""
    return _over_journeys(lambda number: _journey(number, shared=False), ordering=True)


def _over_journeys(journey: Callable[[int], dict[str, Any]], *, ordering: bool = False) -> list[Point]:
    measured = []
    for size in JOURNEYS:
        bundle = shop.bundle({f"j{n}": journey(n) for n in range(size)})
        life = Life(bundle)
        life.live([_event("profile_updated", NOW - timedelta(days=1), "in")])
        cart = _event("cart_updated_0", NOW, "cart", {"cart_id": "c", "total": 25_000, "category": "c0"})
        order = _event("order_completed", NOW, "order", {"order_id": "o"})
        if ordering:
            life.live([cart])
        event = order if ordering else cart
        release = Release(bundle, Pointer("bench"))
        found = (
            release.index.triggered_by(event.name, event.properties),
            release.index.ended_by(event.name, event.properties),
        )
        asked = sum(map(len, found))
        measured.append(_one_event(life, event, NOW, f"{size:,} journeys", (f"{asked:,}",)))
    return together(measured)


def over_both() -> list[Point]:
    """Return the cost of an event that starts a journey: one journey and a customer without a past, then a thousand
    journeys and 10,000 events behind the customer. The second may cost 1.2 times the first."""
    measured = []
    for journeys, history in ((1, 0), (JOURNEYS[-1], HISTORY[-1])):
        life = Life(shop.bundle({f"j{n}": _journey(n, shared=False) for n in range(journeys)}))
        life.live([_event("profile_updated", NOW - timedelta(days=1), "in")])
        life.live(people.viewed(NOW + hour * timedelta(hours=1), str(hour)) for hour in range(history))
        at = NOW + history * timedelta(hours=1)
        event = _event("cart_updated_0", at, "cart", {"cart_id": "c", "total": 25_000, "category": "c0"})
        measured.append(_one_event(life, event, at, f"{journeys:,} journeys, {history:,} events"))
    return together(measured)


def _journey(number: int, shared: bool, *, ranges: bool = False) -> dict[str, Any]:
    event = "cart_updated_0" if shared else f"cart_updated_{number}"
    where: dict[str, Any] = {"field": "category", "eq": f"c{number}"}
    if ranges:
        below = 10_000 - number
        where = {"field": "total", "gte": 10_000} if number == 0 else {"field": "total", "lt": below}
    return {**shop.CART, "id": f"j{number}", "trigger": {"event": event, "where": where}}


def over_timers() -> list[Point]:
    """Return the cost of an event, and of a run of sweep over the last hours, beside ever more pending timers."""
    room = _free_bytes()
    measured = []
    shelf = Shelf()
    bundle = shop.bundle()
    for size in TIMERS:
        if size * BYTES_PER_TIMER > room:
            measured.append(Point(f"{size:,} timers", 0, 0, 0, 0.0, ("not measured: it does not fit this machine",)))
            continue
        _fill(shelf, bundle, size)
        life = Life(bundle, shelf=shelf)
        life.live([_event("profile_updated", NOW - timedelta(days=1), "in")])
        event = _event("cart_updated", NOW, "cart", {"cart_id": "c", "total": 25_000})
        (point,) = together([_one_event(life, event, NOW, f"{size:,} timers")])
        shelf.queries = 0
        due = sum(1 for hour in (1, 0) for _ in _behind(shelf, hour))
        more = (f"{shelf.queries} queries, {due} found",)
        measured.append(Point(point.size, point.item, point.reads, point.writes, point.micros, more))
    return measured


def _behind(shelf: Shelf, hours: int) -> list[Any]:
    hour = NOW - timedelta(hours=hours)
    return list(DynamoWakeIndex(shelf, "customers").due(hour, NOW - timedelta(hours=2), NOW))


def _fill(shelf: Shelf, bundle: Mapping[str, Any], size: int) -> None:
    """Let the shelf hold `size` customers who each wait for one timer, spread over the next 30 days."""
    release = Release(bundle, Pointer("bench"))
    event = _event("cart_updated", NOW, "cart", {"cart_id": "c", "total": 25_000})
    outcome = decide(None, release, [event], NOW)
    assert outcome is not None
    item = profile_item(outcome.profile, (), outcome.wake_at, None)
    state, version, schema = write_state(outcome.profile), item["version"], item["schema"]
    held = len(shelf.items)
    for number in range(held, size):
        id = f"t{number:025d}"
        wake = wake_attributes(id, NOW + timedelta(seconds=1 + number * 2_592_000 // max(size, 1)))
        shelf.items[id] = {"profile": {"S": id}, "version": version, "schema": schema, "state": {"B": state}, **wake}
        shelf.index[wake["wake"]["S"]].append(wake["wake_at"]["S"])
    for places in shelf.index.values():
        places.sort()


def cost(life: Life, event: Event, now: datetime, size: str) -> Point:
    """Return what one event costs."""
    (point,) = together([_one_event(life, event, now, size)])
    return point


Turn = tuple[str, Callable[[], Point]]


def together(turns: Sequence[Turn]) -> list[Point]:
    """Measure several turns in rounds, side by side, and return the quickest of each."""
    best: dict[str, Point] = {}
    for _ in range(ROUNDS):
        for size, turn in turns:
            point = turn()
            if size not in best or point.micros < best[size].micros:
                best[size] = point
    return [best[size] for size, _ in turns]


def _one_event(life: Life, event: Event, now: datetime, size: str, more: tuple[str, ...] = ()) -> Turn:
    shelf = life.shelf

    def measure() -> Point:
        before, times = life.item, []
        for _ in range(TURNS):
            shelf.read_units = shelf.write_units = 0
            began = process_time()
            life.turn([event], now)
            times.append(process_time() - began)
            after, reads, writes = item_size(life.item), shelf.read_units, shelf.write_units
            shelf.put_item(Item=before)
        return Point(size, after, reads, writes, 1e6 * sorted(times)[TURNS // 10], more)

    return size, measure


def _event(name: str, at: datetime, id: str, properties: Mapping[str, Any] | None = None) -> Event:
    return Event(f"bench-{id}", name, PROFILE, at, at, properties or {}, "track", "main", "bench")


def _free_bytes() -> int:
    """Return half of the memory that is free now: others live here too."""
    return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2


@dataclass(frozen=True, slots=True)
class Grown:
    """All of it."""

    sizes: list[tuple[str, str, int, Point]]
    history: list[Point]
    journeys: list[Point]
    shared: list[Point]
    totals: list[Point]
    goals: list[Point]
    both: list[Point]
    timers: list[Point]


def measure() -> Grown:
    """Measure everything, in one process."""
    return Grown(
        sizes(),
        over_history(),
        over_journeys(shared=False),
        over_journeys(shared=True),
        over_totals(),
        over_goals(),
        over_both(),
        over_timers(),
    )


def section(grown: Grown) -> Section:
    """Return the figures as text."""
    head = ["customer", "lives", "events", "item bytes", "reads", "writes", "µs an event"]
    rows = [
        [n, says, f"{count:,}", f"{p.item:,}", p.reads, p.writes, f"{p.micros:.0f}"]
        for n, says, count, p in grown.sizes
    ]
    return Section(
        "Item bytes and growth",
        __doc__ or "",
        [
            "The customers of `examples/spring-day`, and the units of their next page view:",
            table(head, rows),
            "History (a page view an hour; the item keeps what it needs, see `kairos.domain.budget`):",
            _points(grown.history),
            "Published journeys, one of which the event starts:",
            _points(grown.journeys, "conditions asked"),
            "The same where every journey listens to the same event, each for another category:",
            _points(grown.shared, "conditions asked"),
            "The same where each listens for another range of totals:",
            _points(grown.totals, "conditions asked"),
            "An order that is the goal of every journey, the customer being in one of them:",
            _points(grown.goals, "conditions asked"),
            "Both at once, where the event starts a journey (to cost at most 1.2 times the first):",
            _points(grown.both),
            "Pending timers of other customers, and what a run of sweep finds in the hours behind it:",
            _points(grown.timers, "sweep"),
        ],
    )


def _points(points: Sequence[Point], *more: str) -> str:
    measured = [point for point in points if point.micros]
    rows = []
    for point in points:
        ratio = f"{point.micros / measured[0].micros:.2f}" if point.micros else ""
        cells = [point.size, f"{point.item:,}", point.reads, point.writes, f"{point.micros:.0f}", ratio]
        rows.append([*cells, *point.more])
    return table(["", "item bytes", "reads", "writes", "µs an event", "to the first", *more], rows)
