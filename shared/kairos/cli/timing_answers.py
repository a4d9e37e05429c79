"""`kairos timing offsets --journey`: when people answer around a live journey's moment, and which of its steps they do.

Counted of each passage is when its goal was reached, in whole days from the moment (or how long after a triggered
entry), and of each message whether it was answered. Who is held out got nothing, so the days on which they reach the
goal are their own; of those who were written to, our own days are in it. Where enough are held out they propose.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kairos.app.decide.timeliness import LAGS
from kairos.cli.failure import CannotDo
from kairos.cli.lift import EVENTS_MIN, NOT_ENOUGH, PASSAGES_MIN
from kairos.cli.results_counted import Results, read_results
from kairos.cli.timing_offsets import best_of, in_json, in_lines, pairs_of
from kairos.domain.proportion import Interval, newcombe, wilson
from kairos.timing.offsets import ANSWERS_LEAST, Around

if TYPE_CHECKING:
    from kairos.cli.deployment import Deployment
    from kairos.domain.journey import Journey

BAR = 40


@dataclass(frozen=True, slots=True)
class Step:
    """One message of a timeline: its offset as written, how many left and how many a person answered."""

    id: str
    at: str
    sent: int
    answered: int

    @property
    def interval(self) -> Interval | None:
        """Return the interval of the share answered, or None before any left."""
        return wilson(self.answered, self.sent) if self.sent else None


@dataclass(frozen=True, slots=True)
class Answers:
    """What was counted of a journey: goals by days from its moment, of all who entered and of those held out, or by
    the time since a triggered entry; and its steps."""

    reached: Around
    held: Around
    lags: Counter[str]
    steps: tuple[Step, ...]

    @property
    def speaks(self) -> Around:
        """Return the days that propose: of those held out, where they are enough, else of all."""
        return self.held if self.held.days.total() >= ANSWERS_LEAST else self.reached


def offsets_of_journey(deployment: Deployment, journey: str, days: int, compare: list[int], *, as_json: bool) -> int:
    """Print them for people, or as one JSON object. Raises CannotDo where no such journey is, or was."""
    from kairos.cli.customer import live_release

    results = read_results(deployment, journey, days)
    release = live_release(deployment)
    found = answers_of(results, release.journey(journey) if release else None)
    if as_json:
        sys.stdout.write(json.dumps(_to_json(found, compare), ensure_ascii=False, indent=2) + "\n")
        return 0
    if not (found.reached.days or found.held.days or found.lags):
        raise CannotDo(f"no goal of {journey!r} was reached in these days: there is nothing to tell of its timing yet")
    for line in _told(found, compare):
        print(line)
    return 0


def answers_of(results: Results, live: Journey | None) -> Answers:
    """Return what was counted, in the order of the live version's steps."""
    days: tuple[Counter[int], Counter[int]] = (Counter(), Counter())
    lags: Counter[str] = Counter()
    sent: Counter[str] = Counter()
    answered: Counter[str] = Counter()
    for figure, number in results.figures.items():
        if figure.kind == "responded":
            when, _, held_out = figure.reason.partition(" ")
            if when.startswith(("+", "-")):
                days[bool(held_out)][int(when[:-1])] += number
            elif not held_out:
                lags[when] += number
        elif figure.kind == "aimed":
            sent[figure.step] += number
        elif figure.kind == "answered":
            answered[figure.step] += number
    reached, held = (
        Around(counted, max(0, passages - counted.total()))
        for counted, passages in zip(days, (results.total("entered"), results.total("held out")), strict=True)
    )
    timeline = live.timeline if live else ()
    steps = (Step(step.id, str(step.offset), sent[step.id], min(answered[step.id], sent[step.id])) for step in timeline)
    return Answers(reached, held, lags, tuple(steps))


def _told(found: Answers, compare: list[int]) -> Iterator[str]:
    if found.lags:
        yield from _lags_in_words(found.lags)
    for name, around in (("of those who entered", found.reached), ("of those held out, who got nothing", found.held)):
        if around.days:
            yield f"{name}:"
            yield from (f"  {line}" for line in _curve(around))
    if found.speaks.days:
        whom = "those held out" if found.speaks is found.held else "all, whom the journey itself wrote to on its days"
        yield f"by the days of {whom}:"
        yield from (f"  {line}" for line in in_lines(found.speaks, compare))
    yield from map(_step_in_words, found.steps)
    for one, other in pairs_of([step for step in found.steps if step.sent]):
        yield _verdict(one, other)


def _curve(around: Around) -> Iterator[str]:
    """Yield a bar for each day from the first answer to the last."""
    most = max(around.days.values())
    for day in range(min(around.days), max(around.days) + 1):
        number = around.days[day]
        yield f"{day:+4d}d {'▇' * round(BAR * number / most) or ('▏' if number else '')} {number:,}".rstrip()


def _lags_in_words(lags: Counter[str]) -> Iterator[str]:
    total, so_far = lags.total(), 0
    yield f"{total:,} goals after a triggered entry:"
    for name, _ in LAGS:
        so_far += lags[name]
        yield f"  within {name:>3}: {so_far / total:.0%}"


def _step_in_words(step: Step) -> str:
    if step.interval is None:
        return f"{step.id} at {step.at}: nothing was sent yet"
    low, high = step.interval
    rate = f"{step.answered / step.sent:.1%} of {step.sent:,} messages answered (95 %: {low:.1%} to {high:.1%})"
    return f"{step.id} at {step.at}: {rate}"


def compared(one: Step, other: Step) -> Interval | None:
    """Return the interval of the first step's share answered minus the second's; None while there is not enough."""
    enough = (step.sent >= PASSAGES_MIN and EVENTS_MIN <= step.answered <= step.sent for step in (one, other))
    return newcombe((other.answered, other.sent), (one.answered, one.sent)) if all(enough) else None


def _verdict(one: Step, other: Step) -> str:
    found, names = compared(one, other), (one.at, other.at)
    if found is None:
        return f"{names[0]} and {names[1]}: {NOT_ENOUGH}"
    low, high = found
    if low <= 0 <= high:
        return f"{names[0]} and {names[1]}: no difference shown ({low * 100:+.1f} to {high * 100:+.1f} points, 95 %)"
    better, worse = names if low > 0 else names[::-1]
    least, most = (low, high) if low > 0 else (-high, -low)
    return f"{better} beats {worse} by {least * 100:.1f} to {most * 100:.1f} points of messages answered (95 %)"


def _to_json(found: Answers, compare: list[int]) -> dict[str, Any]:
    asked = [*compare, *([] if compare else (day for day in best_of(found.speaks) if day is not None))]
    return {
        "all": in_json(found.reached, asked),
        "holdout": in_json(found.held, asked),
        "proposed_by": "holdout" if found.speaks is found.held else "all",
        "lags": {name: found.lags[name] for name, _ in LAGS},
        "steps": [
            {"step": each.id, "at": each.at, "sent": each.sent, "answered": each.answered, "interval": each.interval}
            for each in found.steps
        ],
        "compared_steps": [
            {"one": one.id, "other": other.id, "difference": compared(one, other)}
            for one, other in pairs_of(found.steps)
        ],
    }
