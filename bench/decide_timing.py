"""What timing costs `decide`: the same customers and events, with and without it, in processor time.

`python -m bench.decide_timing [CUSTOMERS]`. The measure is that of a write: the state read from its stored bytes, one
event decided, the state written again. With timing, a journey stands around the next order, another sends within the
best of six hours, and every item carries the days and hours of `ORDERS` orders and `VISITS` visits. Without it the
first stands around a day of every month instead, so that both have passages to live through.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from statistics import median
from time import process_time
from typing import Any

from bench.report import Section, table
from kairos.app.decide import decide
from kairos.app.definitions.documents import Definition, Documents
from kairos.app.ports import Pointer
from kairos.app.publish.bundle import build_bundle
from kairos.app.publish.release import Release
from kairos.aws.codec import read_state, write_state
from kairos.domain.event import ConsentFact, Event, Wake
from kairos.domain.profile import SCHEMA, Profile

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
ORDERS, VISITS = 12, 40
ROUNDS = 7
MOST = 1.3
"""What `decide` with timing may take, as a multiple of what it takes without."""
MIX = ("page_viewed",) * 14 + ("cart_updated",) * 4 + ("order_completed",) * 2
"""What a shop's customer does: seven visits and two carts an order."""
MIXES = {
    "the mix of a shop": MIX,
    "a visit alone": ("page_viewed",),
    "a cart alone": ("cart_updated",),
    "an order alone": ("order_completed",),
}

_CART = {"id": "cart", "class": "marketing", "trigger": {"event": "cart_updated"}, "reenter": "always"}
_NEXT = {"id": "refill", "class": "marketing", "anchor": {"predicted": "next_order"}}
_BORN = {"birthday": "1990-06-17"}
_TEMPLATE = {"id": "hello", "email": {"subject": "s", "text": "t"}}


def release(*, timing: bool) -> Release:
    """Return a shop's release with three journeys that an event may concern, timed or not."""
    send: dict[str, Any] = {"send": "hello"} | ({"at": {"best_within": "6h"}} if timing else {})
    around = _NEXT if timing else _NEXT | {"anchor": {"anniversary": "birthday", "every": "month"}}
    journeys: list[dict[str, Any]] = [
        {**_CART, "goal": {"event": "order_completed", "within": "7d"}, "steps": [{"wait": "30m"}, send]},
        {
            "id": "thanks",
            "class": "marketing",
            "trigger": {"event": "order_completed"},
            "steps": [{"wait": "1d"}, send],
        },
        {**around, "timeline": [{"at": "-3d 10:00", "send": "hello"}]},
    ]
    brand = {"name": "Shop", "timezone": "Europe/London", "quiet_hours": {"email": "21:00-08:00"}}
    found = [Definition("brand", "brand", brand, "brand"), Definition("template", "hello", _TEMPLATE, "hello")]
    found += [Definition("journey", each["id"], each, each["id"]) for each in journeys]
    return Release(build_bundle(Documents(tuple(found)), years=[2026]), Pointer("bench"))


def customer(number: int, live: Release) -> bytes:
    """Return the stored state of somebody who has bought and looked around for months."""
    name = f"p{number:025}"
    gap = 5 + number % 40
    told = [("order_completed", NOW - timedelta(days=gap * (ORDERS - n), hours=n)) for n in range(ORDERS)]
    told += [("page_viewed", NOW - timedelta(hours=(7 + number % 5) * (n + 1))) for n in range(VISITS)]
    events = [_event(name, kind, at, str(place)) for place, (kind, at) in enumerate(sorted(told, key=lambda t: t[1]))]
    consent = ConsentFact("email", "marketing")
    at = events[0].occurred_at
    given = Event("c", "consent_given", name, at, at, consent=consent, reach={"email": True}, traits=_BORN)
    profile: Profile | None = None
    for event in [given, *events]:
        outcome = decide(profile, live, [event], event.occurred_at)
        assert outcome is not None
        profile = outcome.profile
    rung = decide(profile, live, [Wake(name)], NOW)  # so that nothing but the event is due in what is measured
    assert rung is not None
    return write_state(rung.profile)


def spend(live: Release, states: Sequence[bytes], salt: str, mix: Sequence[str] = MIX) -> float:
    """Return processor seconds a write."""
    events = [_event(f"p{n:025}", mix[n % len(mix)], NOW, f"{salt}-{n}") for n in range(len(states))]
    began = process_time()
    for state, event in zip(states, events, strict=True):
        outcome = decide(read_state(state, SCHEMA, 1), live, [event], NOW)
        assert outcome is not None
        write_state(outcome.profile)
    return (process_time() - began) / len(states)


@dataclass(frozen=True, slots=True)
class Timed:
    """Seconds a write without and with timing, for each of `MIXES`; the mean bytes of an item without and with."""

    seconds: Mapping[str, tuple[float, float]]
    bytes: tuple[int, int]


def measure(customers: int = 200, rounds: int = ROUNDS) -> Timed:
    """Return the medians of rounds in turn, after one to warm up."""
    plain, timed = release(timing=False), release(timing=True)
    without = [customer(number, plain) for number in range(customers)]
    within = [customer(number, timed) for number in range(customers)]
    seconds = {}
    for name, mix in MIXES.items():
        spent = [
            (spend(plain, without, f"{number}", mix), spend(timed, within, f"{number}", mix))
            for number in range(rounds + 1)
        ]
        seconds[name] = (median(each[0] for each in spent[1:]), median(each[1] for each in spent[1:]))
    small, large = (sum(map(len, states)) // customers for states in (without, within))
    return Timed(seconds, (small, large))


def section(found: Timed) -> Section:
    """Return the figure as text."""
    rows = [
        [name, f"{without * 1e6:.0f}", f"{within * 1e6:.0f}", f"{within / without:.2f}"]
        for name, (without, within) in found.seconds.items()
    ]
    small, large = found.bytes
    said = f"An item holds {small:,} bytes without timing, {large:,} with it. Over the mix, {MOST} times are allowed."
    about = (__doc__ or "").replace("`python -m bench.decide_timing [CUSTOMERS]`. ", "")
    return Section(
        "What timing costs `decide`", about, [table(["event", "µs without", "µs with", "times"], rows), said]
    )


def _event(profile: str, name: str, at: datetime, id: str) -> Event:
    properties = {"cart_id": "c1", "total": 25_000, "currency": "GBP"}
    return Event(id, name, profile, at, at, properties=properties, retry_horizon=timedelta(hours=4))


def main() -> int:
    """Measure, print, and say whether it is within what was promised."""
    customers = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    found = measure(customers)
    print(section(found))
    without, within = found.seconds["the mix of a shop"]
    return 0 if within <= MOST * without else 1


if __name__ == "__main__":
    raise SystemExit(main())
