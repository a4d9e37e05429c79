"""`kairos simulate BRAND_DIR EVENTS.jsonl`: the marketer's dry run. No AWS, no side effects, production code."""

from __future__ import annotations

import gc
import json
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from kairos.app.definitions.documents import Problem, check_brand_documents
from kairos.app.definitions.folder import load_brand
from kairos.app.ports import Pointer
from kairos.app.publish.bundle import build_bundle
from kairos.app.publish.release import Release
from kairos.cli.event_file import EventFile
from kairos.cli.raw_events import RawEvents
from kairos.cli.simulation import Simulation
from kairos.domain.errors import Rejected
from kairos.domain.event import Event
from kairos.domain.instant import parse_instant
from kairos.domain.localtime import local
from kairos.domain.reason import Reason, reason_to_json
from kairos.sources._declared import compile_source

if TYPE_CHECKING:
    from rich.console import Console

AFTERWARDS = timedelta(days=90)


class BadBrand(Exception):
    """The brand's definitions are wrong; `problems` say where and how."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = problems
        super().__init__("\n".join(map(str, problems)))


def load_release(folder: Path) -> Release:
    """Return the release that a brand's folder would make, everything in it published. Raises BadBrand."""
    documents = load_brand(folder)
    problems = [problem for problem in check_brand_documents(documents) if not problem.warning]
    if problems:
        raise BadBrand(problems)
    return Release(build_bundle(documents), Pointer("draft"))


def simulate(
    release: Release,
    events: Path,
    since: datetime | None,
    until: datetime | None,
    tell: Callable[[Reason], None],
    watch: Callable[[Iterator[Event], int], Iterator[Event]] = lambda events, total: events,
) -> None:
    """Run a release over the events and tell every decision in [since, until], in time order.

    `since` defaults to the first event, `until` to 90 days after the last. `watch` may look at events as they pass (a
    progress bar). Raises BadLine for a wrong event, OSError where the file cannot be read.
    """
    declared = {id: compile_source(document) for id, document in release.bundle.get("sources", {}).items()}
    file = EventFile(events, RawEvents(release.brand.get("country", ""), declared))
    span = file.span()
    if span is None:
        return
    first, last = span
    simulation = Simulation(release, tell, since or first, until or last + AFTERWARDS)
    simulation.run(watch(iter(file), len(file)))


def print_json(reason: Reason) -> None:
    """Print one decision as a line of JSON."""
    sys.stdout.write(json.dumps(reason_to_json(reason), ensure_ascii=False) + "\n")


class Story:
    """The same for people: a line a decision in the brand's local time, and totals."""

    def __init__(self, zone: ZoneInfo, write: Callable[[str], None]) -> None:
        self._zone = zone
        self._write = write
        self._day = ""
        self.totals: Counter[str] = Counter()

    def tell(self, reason: Reason) -> None:
        """Print one decision."""
        self.totals[reason.kind] += 1
        at = local(reason.at, self._zone)
        if (day := at.strftime("%Y-%m-%d %a")) != self._day:
            self._day = day
            self._write(f"\n{day}")
        what = " ".join(part for part in (reason.channel, reason.template) if part)
        due = f" until {local(reason.due, self._zone):%m-%d %H:%M}" if reason.kind == "held" and reason.due else ""
        why = f" ({reason.reason})" if reason.reason else ""
        subject = f" [{reason.subject}]" if reason.subject else ""
        who = f"{reason.kind:<9} {reason.profile:<12}"
        self._write(f"  {at:%H:%M:%S}  {who} {reason.journey}{subject} {what}{due}{why}".rstrip())

    def end(self) -> None:
        """Print the totals."""
        self._write("\n" + (", ".join(f"{count} {kind}" for kind, count in sorted(self.totals.items())) or "nothing"))


def simulate_command(
    folder: Path, events: Path, since: str | None = None, until: str | None = None, *, as_json: bool = False
) -> int:
    """Run the dry run for the command line and return the exit code: 1 for definitions or events that are wrong."""
    from rich.console import Console

    complain = Console(stderr=True, highlight=False, soft_wrap=True)
    try:
        bounds = [parse_instant(text) if text else None for text in (since, until)]
        _run(folder, events, bounds[0], bounds[1], as_json, complain)
    except BadBrand as error:
        for problem in error.problems:
            complain.print(str(problem), markup=False)
        complain.print(f"{len(error.problems)} problems; nothing was simulated")
        return 1
    except (Rejected, OSError, ValueError) as error:
        complain.print(str(error), markup=False)
        return 1
    return 0


def _run(
    folder: Path, events: Path, since: datetime | None, until: datetime | None, as_json: bool, console: Console
) -> None:
    def write(line: str) -> None:
        sys.stdout.write(line + "\n")

    release = load_release(folder)
    # Nothing of a simulation is cyclic: looking for garbage among a million live parts would be a tenth of the time.
    gc.freeze()
    gc.set_threshold(200_000, 50, 50)
    story = Story(release.brand_zone, write)

    def watch(passing: Iterator[Event], total: int) -> Iterator[Event]:
        from rich.progress import track

        return iter(track(passing, "simulating", total, console=console, transient=True))

    simulate(release, events, since, until, print_json if as_json else story.tell, watch)
    if not as_json:
        story.end()
