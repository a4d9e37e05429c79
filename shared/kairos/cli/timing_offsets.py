"""`kairos timing offsets`: where around a moment the steps of a timeline belong, from when people answered."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator, Sequence
from itertools import combinations
from pathlib import Path
from typing import Any, TypeVar

from kairos.cli.failure import CannotDo
from kairos.cli.lift import NOT_ENOUGH
from kairos.cli.timing_files import read_rows, read_time
from kairos.timing.offsets import DAYS_MAX, Around, count_around

T = TypeVar("T")


def tell_offsets(path: Path, compare: list[int], *, as_json: bool) -> None:
    """Print when people answer around a moment, the offsets to propose, and how those asked for compare."""
    around = read_around(path)
    asked = [*compare, *([] if compare else (day for day in best_of(around) if day is not None))]
    if as_json or not sys.stdout.isatty():
        print(json.dumps(in_json(around, asked)))
        return
    for line in in_lines(around, compare):
        print(line)


def in_lines(around: Around, compare: list[int]) -> Iterator[str]:
    """Yield what can be said of answers around a moment, and of the offsets asked for, as a person reads it."""
    before, on, after = around.parts()
    answers = f"{around.days.total():,} answers to {around.days.total() + around.silent:,} moments"
    yield f"{answers}: {before:.0%} before, {on:.0%} on the day, {after:.0%} after."
    for day in best_of(around):
        if day is not None:
            yield f"propose {_offset(day)}: {around.share(day):.1%} of all moments are answered around it"
    yield from (_verdict(around, one, other) for one, other in pairs_of(compare))


def read_offsets(text: str) -> list[int]:
    """Return the days that `-14d,-9d` names. Raises CannotDo."""
    days = []
    for written in filter(None, (part.strip() for part in text.split(","))):
        found = re.fullmatch(r"([+-]?\d{1,2})d", written)
        if not found or abs(int(found[1])) > DAYS_MAX:
            raise CannotDo(f"--compare is days such as -14d,-9d, at most {DAYS_MAX} each; {written[:20]!r} is none")
        days.append(int(found[1]))
    return days


def read_around(path: Path) -> Around:
    """Return the answers of a file `customer,event_at,response_at` by days from the event. Raises CannotDo."""
    days: list[int | None] = []
    for line, row in read_rows(path, ("customer", "event_at", "response_at")):
        moment, written = read_time(path, line, "event_at", row["event_at"]), row["response_at"]
        answer = read_time(path, line, "response_at", written) if written else None
        days.append(None if answer is None else answer.toordinal() - moment.toordinal())
    if not days:
        raise CannotDo(f"{path.name}: no lines in it")
    return count_around(days)


def best_of(around: Around) -> tuple[int | None, int | None]:
    """Return the offsets to propose before the moment, and from it on."""
    return around.best(before=True), around.best(before=False)


def pairs_of(items: Sequence[T]) -> list[tuple[T, T]]:
    """Return each two of them once, in order."""
    return list(combinations(items, 2))


def _verdict(around: Around, one: int, other: int) -> str:
    found = around.prefers(one, other)
    names = _offset(one), _offset(other)
    if found is None:
        return f"{names[0]} and {names[1]}: {NOT_ENOUGH}"
    low, high = found
    if low <= 0.5 <= high:
        return f"{names[0]} and {names[1]}: no difference shown ({low:.0%} to {high:.0%} answered near the first)"
    if low > 0.5:
        return f"{names[0]} beats {names[1]}: of those who answered near either, {low:.0%} to {high:.0%} (95 %)"
    return f"{names[1]} beats {names[0]}: of those who answered near either, {1 - high:.0%} to {1 - low:.0%} (95 %)"


def in_json(around: Around, asked: list[int]) -> dict[str, Any]:
    """Return the same as plain JSON."""
    before, on, after = around.parts()
    best_before, best_after = best_of(around)
    return {
        "moments": around.days.total() + around.silent,
        "answers": around.days.total(),
        "before": before,
        "on_the_day": on,
        "after": after,
        "propose": {"before": best_before, "after": best_after},
        "offsets": [{"days": day, "answers": around.near(day), "share": around.share(day)} for day in asked],
        "compared": [
            {"one": one, "other": other, "prefers": list(found) if (found := around.prefers(one, other)) else None}
            for one, other in pairs_of(asked)
        ],
    }


def _offset(day: int) -> str:
    return f"{day:+d}d" if day else "0d"
