"""The running of a dry run: customers as they stood and their events, on a virtual clock, with a bar that shows it."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kairos.app.publish.release import Release
from kairos.app.walk.start import needs_of_release
from kairos.cli.customer_states import States
from kairos.cli.simulate_inputs import Wish, open_events
from kairos.cli.simulation import Simulation
from kairos.cli.simulation_parts import Part
from kairos.domain.event import Event
from kairos.domain.profile import Profile
from kairos.domain.reason import Reason

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress

AFTERWARDS = timedelta(days=90)
FOLLOWED = frozenset({"enroll", "replan", "recount"})
"""Walks by which a publish reaches customers who send nothing: an export is lived through with them."""


def simulate(
    release: Release,
    events: Path,
    since: datetime | None,
    until: datetime | None,
    tell: Callable[[Reason], None],
) -> None:
    """Run a release over the events and tell every decision in [since, until], in time order.

    `since` defaults to the first event, `until` to 90 days after the last. Raises BadLine for a wrong event, OSError
    where the file cannot be read.
    """
    file = open_events(events, release)
    span = file.span()
    if span is None:
        return
    first, last = span
    simulation = Simulation(release, tell, since or first, until or last + AFTERWARDS)
    simulation.run(iter(file))


def live_through(
    wish: Wish,
    release: Release,
    states: States | None,
    tell: Callable[[Reason], Any],
    console: Console,
    part: Part = Part(),
) -> None:
    """Live through the customers of a part as they stood, then their events, and show how far the virtual
    clock is."""
    from rich.progress import Progress

    file = open_events(wish.events, release) if wish.events else None
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


def collect_rarely() -> None:
    """Let this process look for garbage less often."""
    # Nothing of a simulation is cyclic: looking for garbage among a million live parts would be a tenth of the time.
    gc.freeze()
    gc.set_threshold(200_000, 50, 50)
