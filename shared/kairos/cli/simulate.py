"""`kairos simulate BRAND_DIR EVENTS.jsonl`: the marketer's dry run. No AWS, no side effects, production code."""

from __future__ import annotations

import gc
import json
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from kairos.app.definitions.documents import Problem, check_brand_documents
from kairos.app.definitions.folder import load_brand
from kairos.app.ports import Pointer
from kairos.app.publish.bundle import build_bundle
from kairos.app.publish.release import Release
from kairos.app.walk.start import needs_of_release
from kairos.cli.customer_states import States, open_states
from kairos.cli.event_file import EventFile
from kairos.cli.failure import CannotDo
from kairos.cli.raw_events import RawEvents
from kairos.cli.simulate_picture import draw_messages
from kairos.cli.simulate_summary import Messages, Summary, compare_runs
from kairos.cli.simulation import Simulation
from kairos.cli.simulation_parts import Part, beside, parts_for
from kairos.domain.errors import Rejected
from kairos.domain.event import Event
from kairos.domain.instant import parse_instant
from kairos.domain.localtime import local
from kairos.domain.profile import Profile
from kairos.domain.reason import Reason, reason_to_json
from kairos.sources._declared import compile_source

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress

AFTERWARDS = timedelta(days=90)
FOLLOWED = frozenset({"enroll", "replan", "recount"})
"""Walks by which a publish reaches customers who send nothing: an export is lived through with them."""


class BadBrand(Exception):
    """The brand's definitions are wrong; `problems` say where and how."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = problems
        super().__init__("\n".join(map(str, problems)))


def load_release(folder: Path, previous: Mapping[str, Any] | None = None) -> Release:
    """Return the release that a brand's folder would make, everything in it published. Raises BadBrand.

    `previous` is the bundle that is live: who is under way stays in its versions.
    """
    documents = load_brand(folder)
    problems = [problem for problem in check_brand_documents(documents) if not problem.warning]
    if problems:
        raise BadBrand(problems)
    return Release(build_bundle(documents, previous), Pointer("draft"))


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
    file = _open_events(events, release)
    span = file.span()
    if span is None:
        return
    first, last = span
    simulation = Simulation(release, tell, since or first, until or last + AFTERWARDS)
    simulation.run(watch(iter(file), len(file)))


def _open_events(path: Path, release: Release) -> EventFile:
    """Open a file of events; raw lines may come from a source that the brand declares."""
    declared = {id: compile_source(document) for id, document in release.bundle.get("sources", {}).items()}
    return EventFile(path, RawEvents(release.brand.get("country", ""), declared))


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


@dataclass(frozen=True, slots=True)
class Wish:
    """What the command line asks for: what to live through, and what to tell of it.

    `states` is an export to begin with; `against` another brand's folder, or "live": what was live when it was written.
    """

    folder: Path
    events: Path | None = None
    since: datetime | None = None
    until: datetime | None = None
    as_json: bool = False
    states: Path | None = None
    against: str | None = None
    summary: bool = False
    picture: Path | None = None

    @property
    def is_counted_only(self) -> bool:
        """Whether nothing is told of single decisions: then customers may be lived through in parts."""
        return (self.summary or self.against is not None) and not self.as_json


@dataclass
class Counted:
    """What came of a run, or of one part of it; `told` and `others` are the messages of two runs that are compared."""

    summary: Summary
    told: Messages = field(default_factory=Messages)
    others: Messages = field(default_factory=Messages)

    def add(self, other: Counted) -> None:
        """Take in what came of other customers."""
        self.summary.add(other.summary)
        self.told.add(other.told)
        self.others.add(other.others)


def simulate_command(
    folder: Path,
    events: Path | None,
    since: str | None = None,
    until: str | None = None,
    *,
    as_json: bool = False,
    **more: Any,
) -> int:
    """Run the dry run for the command line and return the exit code: 1 for definitions or events that are wrong."""
    from rich.console import Console

    complain = Console(stderr=True, highlight=False, soft_wrap=True)
    try:
        bounds = [parse_instant(text) if text else None for text in (since, until)]
        _run(Wish(folder, events, bounds[0], bounds[1], as_json, **more), complain)
    except BadBrand as error:
        for problem in error.problems:
            complain.print(str(problem), markup=False)
        complain.print(f"{len(error.problems)} problems; nothing was simulated")
        return 1
    except (Rejected, CannotDo, OSError, ValueError) as error:
        complain.print(str(error), markup=False)
        return 1
    return 0


def _run(wish: Wish, console: Console) -> None:
    if wish.states is None and wish.events is None:
        raise CannotDo("say what to live through: a file of events, --state with an export of customers, or both")
    if wish.is_counted_only:
        _tell_counted(wish, _in_parts(wish, console))
        return
    states = open_states(wish.states) if wish.states else None
    release = load_release(wish.folder, states.bundle if states else None)
    _collect_rarely()
    summary = Summary(release.brand_zone, states.share if states else 1)
    story = Story(release.brand_zone, _write)
    tells: list[Callable[[Reason], None]] = [summary.tell] if wish.summary or wish.picture else []
    tells += [print_json if wish.as_json else story.tell]
    _live_through(wish, release, states, lambda reason: [tell(reason) for tell in tells], console)
    if not wish.as_json:
        story.end()
    _tell_summary(wish, summary)


def _tell_counted(wish: Wish, counted: Counted) -> None:
    if wish.against:
        for line in compare_runs(counted.told, counted.others, (wish.folder.name, Path(wish.against).name)):
            _write(line)
    _tell_summary(wish, counted.summary)


def _tell_summary(wish: Wish, summary: Summary) -> None:
    if wish.summary:
        for line in summary.lines():
            _write(line)
    if wish.picture:
        wish.picture.write_text(draw_messages(summary), "utf-8")


def _in_parts(wish: Wish, console: Console) -> Counted:
    """Count with all processors, where the run is long enough for that and no customers may become one in it."""
    states = open_states(wish.states) if wish.states else None
    release = load_release(wish.folder, states.bundle if states else None)
    file = _open_events(wish.events, release) if wish.events else None
    alone = file is not None and file.has_raw
    of = 1 if alone else parts_for(len(file) if file else 0, states.count() if states else 0)
    with beside(partial(count_part, wish), of) as others:
        counted = count_part(wish, Part(of=of), console)
        for other in others:
            counted.add(other.result())
    return counted


def count_part(wish: Wish, part: Part, console: Console | None = None) -> Counted:
    """Count what becomes of one part of the customers; in another process without a console to tell it on."""
    from rich.console import Console

    console = console or Console(quiet=True)
    states = open_states(wish.states) if wish.states else None
    release = load_release(wish.folder, states.bundle if states else None)
    _collect_rarely()
    counted = Counted(Summary(release.brand_zone, states.share if states else 1))
    tells = [counted.summary.tell] if wish.summary or wish.picture else []
    tells += [counted.told.tell] if wish.against else []
    _live_through(wish, release, states, lambda reason: [tell(reason) for tell in tells], console, part)
    if wish.against:
        other = _against(wish, states)
        _live_through(wish, other, states, counted.others.tell, console, part)
    return counted


def _collect_rarely() -> None:
    # Nothing of a simulation is cyclic: looking for garbage among a million live parts would be a tenth of the time.
    gc.freeze()
    gc.set_threshold(200_000, 50, 50)


def _write(line: str) -> None:
    sys.stdout.write(line + "\n")


def _against(wish: Wish, states: States | None) -> Release:
    """Return the other definitions under which the same is lived through."""
    if wish.against != "live":
        return load_release(Path(wish.against or ""), states.bundle if states else None)
    if states is None:
        raise CannotDo("--against live needs --state: the export says what was live")
    return Release(states.bundle, Pointer("live"))


def _live_through(
    wish: Wish,
    release: Release,
    states: States | None,
    tell: Callable[[Reason], Any],
    console: Console,
    part: Part = Part(),
) -> None:
    """Live through the customers of a part as they stood, then their events, showing how far it is on the virtual
    clock."""
    from rich.progress import Progress

    file = _open_events(wish.events, release) if wish.events else None
    spans = [span for span in (file.span() if file else None, (states.at, states.at) if states else None) if span]
    if not spans:
        return
    first, last = min(span[0] for span in spans), max(span[1] for span in spans)
    until = wish.until or last + AFTERWARDS
    with Progress(console=console, transient=True) as progress:
        bar = progress.add_task("simulating", total=max(1.0, (until - first).total_seconds()))
        simulation = Simulation(release, tell, wish.since or first, until)
        simulation.watch = _clock(progress, bar, first, until)
        if states:
            needs = [need for need in needs_of_release(states.bundle, release.bundle) if need.about in FOLLOWED]
            simulation.begin(_counted(states.profiles(part.has), progress), states.at, needs)
        events: Iterable[Event] = file.of(part.has) if file else ()
        simulation.run(_passing(events, states.at if states else None, simulation.watch))


def _clock(progress: Progress, bar: Any, first: datetime, until: datetime) -> Callable[[datetime], None]:
    """Return what moves the bar with the virtual clock, but not at every tick: a million ticks would cost more."""
    step, shown = (until - first) / 500, first

    def watch(now: datetime) -> None:
        nonlocal shown
        if now >= shown + step:
            shown = now
            progress.update(bar, completed=(now - first).total_seconds())

    return watch


def _counted(profiles: Iterable[Profile], progress: Progress) -> Iterator[Profile]:
    bar = progress.add_task("customers", total=None)
    for number, profile in enumerate(profiles, 1):
        progress.update(bar, completed=number)
        yield profile
    progress.remove_task(bar)


def _passing(events: Iterable[Event], since: datetime | None, watch: Callable[[datetime], None]) -> Iterator[Event]:
    """Yield the events; what an export knows already is not told to it again."""
    for event in events:
        if since is None or event.received_at > since:
            watch(event.received_at)
            yield event
