"""`results`: what came of a journey, as it was counted: in all, by step, by day, and why not, to the unit."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

from kairos.cli import experiments, lift, timeliness
from kairos.cli.customer import live_release
from kairos.cli.results_counted import NUMBERS, Results, lift_of, read_results
from kairos.cli.screen import clock_of, open_screen
from kairos.cli.table import tell_table
from kairos.domain.instant import format_instant
from kairos.domain.localtime import load_zone

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from rich.console import Console

    from kairos.cli.deployment import Deployment

_OF_STEPS = ("asked for", "sent", "delivered", "delayed", "opened", "clicked", "bounced", "held", "not sent")
_OF_DAYS = ("entered", "held out", "sent", "delivered", "opened", "clicked", "converted", "not sent")


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
