"""`results`: what came of a journey, as it was counted: in all, by step, by day, and why not, to the unit."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from kairos.app.ports import Figure
from kairos.cli import experiments, lift, timeliness
from kairos.cli.customer import live_release
from kairos.cli.failure import CannotDo
from kairos.cli.screen import clock_of, open_screen
from kairos.domain.condition import Score
from kairos.domain.instant import format_instant
from kairos.domain.localtime import load_zone, local
from kairos.domain.reason import ALL_MARKETING, IN_HOLDOUT, MACHINE, OF_ALL

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from rich.console import Console

    from kairos.app.publish.release import Release
    from kairos.cli.deployment import Deployment
    from kairos.domain.journey import Journey

DAYS_MAX = 3_660
COUNTED_WITHIN = timedelta(minutes=2)
FELL_BACK = "; trying "

# The word of a number, and the figures that it adds up: kind, and whether a reason is among those meant.
_Meant = Callable[[str], bool]
NUMBERS: tuple[tuple[str, str, _Meant], ...] = (
    ("entered", "entered", lambda reason: True),
    ("held out", "holdout", lambda reason: reason != OF_ALL),
    ("held out of all marketing", "holdout", lambda reason: reason == OF_ALL),
    ("asked for", "message", lambda reason: True),
    ("sent", "sent", lambda reason: True),
    ("delivered", "delivered", lambda reason: True),
    ("delayed", "delayed", lambda reason: True),
    ("opened", "opened", lambda reason: reason != MACHINE),
    ("opened by machines", "opened", lambda reason: reason == MACHINE),
    ("clicked", "clicked", lambda reason: reason != MACHINE),
    ("clicked by machines", "clicked", lambda reason: reason == MACHINE),
    ("bounced", "bounced", lambda reason: True),
    ("complained", "complained", lambda reason: True),
    ("held", "held", lambda reason: True),
    ("not sent", "not_sent", lambda reason: FELL_BACK not in reason),
    ("tried another channel", "not_sent", lambda reason: FELL_BACK in reason),
    ("converted", "converted", lambda reason: reason not in (IN_HOLDOUT, OF_ALL)),
    ("converted in holdout", "converted", lambda reason: reason == IN_HOLDOUT),
    ("exited", "exited", lambda reason: True),
)
_OF_STEPS = ("asked for", "sent", "delivered", "delayed", "opened", "clicked", "bounced", "held", "not sent")
_OF_DAYS = ("entered", "held out", "sent", "delivered", "opened", "clicked", "converted", "not sent")


@dataclass(frozen=True, slots=True)
class Results:
    """What was counted of one journey: all that was decided by `as_of`, but for what lies in `waiting` objects."""

    journey: str
    first: date
    last: date
    as_of: datetime | None
    waiting: int
    figures: Counter[Figure]
    order: Sequence[str] = ()
    arms: experiments.Orders = field(default_factory=dict)
    brand: Counter[Figure] = field(default_factory=Counter)

    def total(self, word: str, **only: str) -> int:
        """Return one of NUMBERS, over all figures or only those with such a step or day."""
        kind, meant = next((kind, meant) for name, kind, meant in NUMBERS if name == word)
        return sum(
            number
            for figure, number in self.figures.items()
            if figure.kind == kind and meant(figure.reason) and all(getattr(figure, k) == v for k, v in only.items())
        )

    def by_reason(self, kind: str) -> list[tuple[str, int]]:
        """Return the reasons of a kind with their numbers, the most frequent first."""
        found: Counter[str] = Counter()
        for figure, number in self.figures.items():
            if figure.kind == kind:
                found[figure.reason or "-"] += number
        return sorted(found.items(), key=lambda row: (-row[1], row[0]))


def read_results(deployment: Deployment, journey: str, days: int) -> Results:
    """Read what was counted in the last `days` days, with today. Raises CannotDo where there is no such journey."""
    if not 1 <= days <= DAYS_MAX:
        raise CannotDo(f"--days is a number from 1 to {DAYS_MAX}")
    release = live_release(deployment)
    zone = release.brand_zone if release else load_zone("UTC")
    now = deployment.clock.now()
    last = local(now, zone).date()
    first = last - timedelta(days=days - 1)
    # In this order: what is counted between the two questions is then in the figures, not waiting and missing.
    waiting = deployment.uncounted()
    newest = deployment.insights.newest()
    figures = Counter(dict(deployment.insights.figures(journey, first.isoformat(), last.isoformat())))
    if not figures and (release is None or release.journey(journey) is None):
        raise CannotDo(f"nothing was ever counted of a journey {journey!r} in these days, and none is live")
    as_of = newest if waiting or newest is None else max(newest, now - COUNTED_WITHIN)
    live = release.journey(journey) if release else None
    every = deployment.insights.figures(ALL_MARKETING, first.isoformat(), last.isoformat())
    brand = Counter({each: number for each, number in every.items() if _is_signal(each, release)})
    return Results(journey, first, last, as_of, waiting, figures, _order(live), _arms(live), brand)


def _is_signal(figure: Figure, release: Release | None) -> bool:
    """Return whether it says something of timing: entries into segments do where a score makes the segment."""
    if figure.kind != "segment_entered":
        return True
    return release is not None and isinstance(release.segments.get(figure.reason), Score)


def _arms(live: Journey | None) -> experiments.Orders:
    """Return the arms of each experiment of the live version in the author's order."""
    nodes = live.nodes.values() if live else ()
    return {node.id: [name for name, _ in node.args.arms] for node in nodes if node.kind == "experiment"}


def _order(live: Journey | None) -> list[str]:
    """Return the steps of the live version in the author's order."""
    return [*(step.id for step in live.timeline), *_walked(live, live.first, set())] if live else []


def _walked(journey: Journey, node: str | None, seen: set[str]) -> Iterator[str]:
    """Yield steps as they are walked: what stands inside a branch comes before what follows it."""
    while node is not None and node not in seen:
        seen.add(node)
        yield node
        for inner in journey.nodes[node].exits.values():
            yield from _walked(journey, inner, seen)
        node = journey.nodes[node].next


def results_command(deployment: Deployment, journey: str, days: int, *, as_json: bool) -> int:
    """Print the results for people, or as one JSON object."""
    results = read_results(deployment, journey, days)
    if as_json:
        sys.stdout.write(json.dumps(to_json(results), ensure_ascii=False, indent=2) + "\n")
        return 0
    release = live_release(deployment)
    _tell(results, release.brand_zone if release else load_zone("UTC"), open_screen())
    return 0


def to_json(results: Results) -> dict[str, Any]:
    """Return the results as plain JSON: totals, and the same by step, by day and by reason."""

    def numbers(**only: str) -> dict[str, int]:
        return {word.replace(" ", "_"): results.total(word, **only) for word, _, _ in NUMBERS}

    return {
        "journey": results.journey,
        "first_day": results.first.isoformat(),
        "last_day": results.last.isoformat(),
        "as_of": format_instant(results.as_of) if results.as_of else None,
        "objects_waiting": results.waiting,
        "total": numbers(),
        "steps": {step: numbers(step=step) for step in _steps(results)},
        "days": {day: numbers(day=day) for day in _days(results)},
        "not_sent_by_reason": dict(results.by_reason("not_sent")),
        "held_by_reason": dict(results.by_reason("held")),
        "delayed_by_reason": dict(results.by_reason("delayed")),
        "exited_by_reason": dict(results.by_reason("exited")),
        "lift": lift.to_json(lift_of(results)),
        "timing": timeliness.to_json(timeliness.timeliness_of(results.figures, results.brand)),
        "experiments": experiments.to_json(results.figures, results.arms),
    }


def lift_of(results: Results) -> lift.Lift:
    """Return what the journey changed, as far as its own holdout tells."""
    counts = (results.total(word) for word in ("converted", "entered", "converted in holdout", "held out"))
    return lift.Lift(*counts)


def _steps(results: Results) -> list[str]:
    """Return the steps that were counted, in the author's order; those that are no longer there come last."""
    counted = {figure.step for figure in results.figures if figure.step and figure.kind not in experiments.KINDS}
    return [*(step for step in results.order if step in counted), *sorted(counted.difference(results.order))]


def _days(results: Results) -> list[str]:
    return sorted({figure.day for figure in results.figures})


def _tell(results: Results, zone: ZoneInfo, screen: Console) -> None:
    screen.print(f"{results.journey}, {results.first} to {results.last}, days of {zone.key}", style="bold")
    screen.print(_how_true(results, zone), style="yellow" if results.waiting else "dim")
    tell_table(screen, "", [(word, results.total(word), _share(results, word)) for word, _, _ in NUMBERS], always=True)
    screen.print()
    screen.print(lift.in_words(lift_of(results)), highlight=False)
    tell_table(screen, "timing", timeliness.to_rows(timeliness.timeliness_of(results.figures, results.brand)))
    steps = [(step, *(results.total(word, step=step) for word in _OF_STEPS)) for step in _steps(results)]
    tell_table(screen, "by step", steps, ("", *_OF_STEPS))
    days = [(day, *(results.total(word, day=day) for word in _OF_DAYS)) for day in _days(results)]
    tell_table(screen, "by day", days, ("", *_OF_DAYS))
    for step, rows in experiments.to_rows(results.figures, results.arms):
        tell_table(screen, f"experiment {step}", rows, experiments.HEAD)
    for title, kind in (("not sent", "not_sent"), ("held", "held"), ("delayed", "delayed"), ("exited", "exited")):
        tell_table(screen, f"{title}, by reason", results.by_reason(kind))


def _how_true(results: Results, zone: ZoneInfo) -> str:
    if results.as_of is None:
        return "nothing was counted yet; what is decided is counted within two minutes"
    at = clock_of(results.as_of, zone)
    if results.waiting:
        return f"counted up to {at}, but {results.waiting} objects of the archive wait: some numbers are still too low"
    return f"true as of {at}: everything decided by then is counted"


def _share(results: Results, word: str) -> str:
    """Return a number's share of what it is usually compared with."""
    base = {
        **dict.fromkeys(("delivered", "delayed", "bounced"), "sent"),
        **dict.fromkeys(("opened", "clicked", "complained"), "delivered"),
        "converted": "entered",
        "converted in holdout": "held out",
    }.get(word)
    whole = results.total(base) if base else 0
    return f"{results.total(word) / whole:.1%} of {base}" if whole else ""


def tell_table(
    screen: Console, title: str, rows: Sequence[Sequence[object]], head: Sequence[str] = (), *, always: bool = False
) -> None:
    if not rows and not always:
        return
    from rich.cells import cell_len  # a Hangul syllable takes two columns

    lines = [[str(cell) for cell in row] for row in (*([head] if head else []), *rows)]
    widths = [max(map(cell_len, column)) for column in zip(*lines, strict=True)]
    numbers = [all(isinstance(row[place], int) for row in rows) for place in range(len(widths))]
    screen.print()
    if title:
        screen.print(title, style="bold")
    for place, line in enumerate(lines):
        cells = (_padded(cell, width, right) for cell, width, right in zip(line, widths, numbers, strict=True))
        screen.print(f"  {'   '.join(cells)}".rstrip(), style="dim" if head and place == 0 else None)


def _padded(cell: str, width: int, right: bool) -> str:
    from rich.cells import cell_len

    blank = " " * (width - cell_len(cell))
    return blank + cell if right else cell + blank
