"""`kairos simulate BRAND_DIR EVENTS.jsonl`: the marketer's dry run. No AWS, no side effects, production code."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kairos.cli.failure import CannotDo
from kairos.cli.simulate_counted import Counted, count_in_parts
from kairos.cli.simulate_inputs import BadBrand, Wish, read_definitions
from kairos.cli.simulate_picture import draw_messages
from kairos.cli.simulate_run import collect_rarely, live_through
from kairos.cli.simulate_story import Story, print_json
from kairos.cli.simulate_summary import Summary, compare_runs
from kairos.domain.errors import Rejected
from kairos.domain.instant import parse_instant
from kairos.domain.reason import Reason

if TYPE_CHECKING:
    from rich.console import Console


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
        _tell_counted(wish, count_in_parts(wish, console))
        return
    release, states = read_definitions(wish)
    collect_rarely()
    summary = Summary(release.brand_zone, states.share if states else 1)
    story = Story(release.brand_zone, _write)
    tells: list[Callable[[Reason], None]] = [summary.tell] if wish.summary or wish.picture else []
    tells += [print_json if wish.as_json else story.tell]
    live_through(wish, release, states, lambda reason: [tell(reason) for tell in tells], console)
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


def _write(line: str) -> None:
    sys.stdout.write(line + "\n")
