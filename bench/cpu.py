"""Processor seconds of a thousand journeys: an event by HTTP, a condition, an e-mail out, and its outcome told.

All four functions of the hot path, warm, over HTTP without TLS. What the kernel does for them is counted; the stub,
which stands for AWS, is another process and is not.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from bench import shop
from bench.line import Line, Spent, introduce, line
from bench.report import Section, table

JOURNEYS = 60
ROUNDS = 8
BATCHES = (1, 10)
HOT = ("ingest", "decide: the event", "dispatch", "deliver", "decide: the outcome")
PEERS = {
    "the leading open peer (55 SQL statements an event)": 22.8,
    "Celery with Redis and PostgreSQL, a comparable job without HTTP and mail": 5.2,
}


@dataclass(frozen=True, slots=True)
class Run:
    """What `journeys` journeys cost by function, in batches of `batch` messages."""

    batch: int
    journeys: int
    spent: Mapping[str, Spent]

    def per_thousand(self, part: str = "cpu") -> float:
        """Return seconds per 1,000 journeys: `cpu` in all, `sdk` of it inside botocore."""
        return 1000 / self.journeys * float(sum(getattr(spent, part) for spent in self.spent.values()))

    def share(self, function: str, part: str) -> float:
        """Return one function's part, over all that it does; without a name, that of all functions."""
        named = (spent for name, spent in self.spent.items() if function in ("", name.split(":")[0]))
        return float(sum(getattr(spent, part) for spent in named))


def measure(journeys: int = JOURNEYS, rounds: int = ROUNDS) -> list[Run]:
    """Return what journeys cost one by one, and in batches of ten: the same rounds in turn, after one to warm up."""
    with line() as running:
        people = [f"c{number}" for number in range(journeys)]
        introduce(running, people)
        spent: dict[int, defaultdict[str, Spent]] = {batch: defaultdict(Spent) for batch in BATCHES}
        for number in range(rounds + 1):
            for batch in BATCHES:
                _live(running, people, batch, f"{number}-{batch}")
                for name, once in running.spent.items() if number else ():
                    spent[batch][name].samples += once.samples
        return [Run(batch, journeys * rounds, dict(spent[batch])) for batch in BATCHES]


def _live(running: Line, people: list[str], batch: int, name: str) -> None:
    running.forget()
    for who in people:
        running.post("/v1/track", shop.order(who, 0, datetime.now(UTC)) | _unique(who, name))
    running.decide(batch, ": the event")
    running.dispatch(batch)
    sent = running.deliver(batch)
    told = running.decide(batch, ": the outcome")
    if sent != len(people) or told != len(people):
        raise RuntimeError(f"{len(people)} journeys sent {sent} messages and heard of {told}")


def _unique(who: str, name: str) -> dict[str, object]:
    properties = {"order_id": f"{who}-{name}", "total": 25_000, "currency": "GBP"}
    return {"messageId": f"{who}-{name}", "properties": properties}


def section(runs: list[Run]) -> Section:
    """Return the figure as text."""
    rows = []
    for name in HOT:
        cells = [name]
        for run in runs:
            spent = run.spent[name]
            share = 1000 / run.journeys
            cells += [
                f"{spent.invocations / run.journeys:.1f}",
                f"{spent.calls / run.journeys:.1f}",
                f"{spent.cpu * share:.2f}",
                f"{(spent.cpu - spent.sdk) * share:.2f}",
            ]
        rows.append(cells)
    total = ["**all**"]
    for run in runs:
        total += ["", f"{sum(s.calls for s in run.spent.values()) / run.journeys:.1f}", f"**{run.per_thousand():.2f}**"]
        total.append(f"{run.per_thousand() - run.per_thousand('sdk'):.2f}")
    head = ["function"]
    for run in runs:
        label = "one by one" if run.batch == 1 else f"batches of {run.batch}"
        head += [f"{label}: runs a journey", "calls", "CPU s", "without the SDK"]
    peers = [[name, f"{seconds:.1f}"] for name, seconds in PEERS.items()]
    ours = [
        [f"Kairos, {'one by one' if r.batch == 1 else 'in batches of 10'}", f"{r.per_thousand():.2f}"] for r in runs
    ]
    return Section(
        "CPU seconds per 1,000 journeys",
        __doc__ or "",
        [
            f"{runs[0].journeys} journeys each way, by the quickest quarter of runs. A batch holds messages of "
            "different customers, which share only the call that reads what is live, and the sending.",
            table(head, [*rows, total]),
            "Beside figures that others measured elsewhere, for orientation:",
            table(["", "CPU s per 1,000"], [*ours, *peers]),
        ],
    )
