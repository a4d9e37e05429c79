"""What `kairos simulate` takes for a whole shop: 100,000 customers over 90 days, through the command itself.

    python -m bench.dry_run [--customers 100000] [--days 90]

The brand is `examples/spring-day`; every customer is introduced with their consents, looks at products, and some leave
carts, buy or book a class, by hashes of their number, so that each run lives the same lives. The command runs as a
marketer runs it, in processes of its own; their processor time and memory are what the system counted of them.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic
from typing import Any

from bench.people import BRAND
from bench.report import Section, machine, table
from kairos.domain.ids import fraction
from kairos.domain.instant import format_instant

CUSTOMERS, DAYS = 100_000, 90
START = datetime(2026, 3, 2, tzinfo=UTC)
VISIT_EVERY = 15
"""Days between two visits of a customer, each of whom begins on another day."""
SHARES = {"cart": 0.3, "order": 0.25, "class": 0.1}
"""Customers who leave a cart, buy, and book a class, once each in the time."""
MEGABYTE = 1024
"""Of what `getrusage` counts on Linux, which is kilobytes."""


@dataclass(frozen=True, slots=True)
class Ran:
    """One run: `processor` seconds of all its processes, `peak` megabytes of the largest, `said` its first line."""

    customers: int
    days: int
    events: int
    wall: float
    processor: float
    peak: float
    said: str


def lines(customers: int, days: int) -> Iterator[dict[str, Any]]:
    """Yield what happens, day by day."""
    doings = _doings(customers, days)
    for day in range(days):
        for number in range(day % VISIT_EVERY, customers, VISIT_EVERY):
            yield from _visit(f"c{number:06}", _at(number, day), day)
        for number, what in doings[day]:
            yield from _doing(what, f"c{number:06}", _at(number, day) + timedelta(minutes=9), day)


def _doings(customers: int, days: int) -> Mapping[int, Sequence[tuple[int, str]]]:
    """Return who does what on each day: after the day on which they were introduced."""
    found = defaultdict(list)
    for number in range(customers):
        begins = number % VISIT_EVERY
        for what, share in SHARES.items():
            if fraction(what, str(number)) < share:
                day = begins + 1 + int(fraction("day", what, str(number)) * (days - begins - 1))
                found[day].append((number, what))
    return found


def _at(number: int, day: int) -> datetime:
    return START + timedelta(days=day, minutes=number % 720)


def _visit(who: str, at: datetime, day: int) -> Iterator[dict[str, Any]]:
    if day < VISIT_EVERY:
        yield from _introduction(who, at)
    shown = {"product_id": "tulip-10", "sku": "tulip-10", "category": "꽃다발", "price": 28_000, "currency": "KRW"}
    yield _line("product_viewed", who, at + timedelta(minutes=5), day, shown)


def _introduction(who: str, at: datetime) -> Iterator[dict[str, Any]]:
    traits = {"email": f"{who}@example.com", "phone": "+821000000000", "timezone": "Asia/Seoul", "country": "KR"}
    yield {"event": "profile_updated", "profile": who, "at": format_instant(at), "id": f"{who}-in", "traits": traits}
    for channel in ("email", "sms"):
        said = {"event": "consent_given", "profile": who, "at": format_instant(at), "id": f"{who}-{channel}"}
        yield said | {"channel": channel, "purpose": "marketing"}


def _doing(what: str, who: str, at: datetime, day: int) -> Iterator[dict[str, Any]]:
    if what == "class":
        starts = at + timedelta(days=10)
        entry = {"kind": "booking", "id": f"{who}-{day}", "starts_at": format_instant(starts), "properties": {}}
        yield {**_line("entry_updated", who, at, day, {}), "entry": entry}
        return
    said = {"checkout_id": f"{who}-{what}", "cart_id": f"{who}-{what}", "total": 33_000, "currency": "KRW"}
    yield _line("checkout_started", who, at, day, said)
    if what == "order":
        said |= {"order_id": f"{who}-{day}", "item_count": 2}
        for number, name in enumerate(("order_created", "order_completed", "order_fulfilled"), 1):
            yield _line(name, who, at + timedelta(hours=3 * number - 2), day, said)


def _line(name: str, who: str, at: datetime, day: int, properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "event": name,
        "profile": who,
        "at": format_instant(at),
        "id": f"{who}-{name}-{day}",
        "properties": properties,
    }


def measure(customers: int = CUSTOMERS, days: int = DAYS) -> Ran:
    """Write the events to a file, and let the command live through them."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "events.jsonl"
        with file.open("w", encoding="utf-8") as out:
            events = sum(
                bool(out.write(json.dumps(line, ensure_ascii=False) + "\n")) for line in lines(customers, days)
            )
        until = format_instant(START + timedelta(days=days))
        command = [sys.executable, "-c", "from kairos.cli.main import main; main()", "simulate", str(BRAND), str(file)]
        began, before = monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN)
        done = subprocess.run(
            [*command, "--until", until, "--summary"], check=True, capture_output=True, text=True, env=dict(os.environ)
        )
        wall, after = monotonic() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    processor = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Ran(customers, days, events, wall, processor, after.ru_maxrss / MEGABYTE, done.stdout.split("\n", 1)[0])


def section(ran: Ran) -> Section:
    """Return the figure as text."""
    head = ["customers", "days", "events", "wall s", "processor s", "ms a customer", "largest process, MB"]
    cells = [f"{ran.customers:,}", ran.days, f"{ran.events:,}", f"{ran.wall:.0f}", f"{ran.processor:.0f}"]
    cells += [f"{1000 * ran.processor / ran.customers:.1f}", f"{ran.peak:.0f}"]
    return Section("A dry run of a whole shop", __doc__ or "", [table(head, [cells]), f"It said: {ran.said}"])


def main() -> int:
    """Make the figure and print it."""
    parser = argparse.ArgumentParser(description="Make the figure of docs/operating.md about kairos simulate")
    parser.add_argument("--customers", type=int, default=CUSTOMERS)
    parser.add_argument("--days", type=int, default=DAYS)
    said = parser.parse_args()
    print(machine(), section(measure(said.customers, said.days)), sep="\n\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
