"""A dry run of which only sums are told: customers are lived through in parts, by all processors."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from kairos.cli.simulate_inputs import Wish, open_events, read_definitions, read_other
from kairos.cli.simulate_run import collect_rarely, live_through
from kairos.cli.simulate_summary import Messages, Summary
from kairos.cli.simulation_parts import Part, beside, parts_for

if TYPE_CHECKING:
    from rich.console import Console


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


def count_in_parts(wish: Wish, console: Console) -> Counted:
    """Count with all processors, where the run is long enough for that and no customers may become one in it."""
    release, states = read_definitions(wish)
    file = open_events(wish.events, release) if wish.events else None
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
    release, states = read_definitions(wish)
    collect_rarely()
    counted = Counted(Summary(release.brand_zone, states.share if states else 1))
    tells = [counted.summary.tell] if wish.summary or wish.picture else []
    tells += [counted.told.tell] if wish.against else []
    live_through(wish, release, states, lambda reason: [tell(reason) for tell in tells], console, part)
    if wish.against:
        other = read_other(wish, states)
        live_through(wish, other, states, counted.others.tell, console, part)
    return counted
