"""`make bench`: make every figure, print it, and write docs/figures.md.

    python -m bench.run [--only cost growth timing cpu door cold] [--out docs/figures.md]

Each figure is made in a process of its own, so that none inherits what another imported, patched or left in memory.
With `--only`, and where a figure cannot be made, nothing is written unless `--out` says where.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any, TypeVar

from bench import cold, cost, cpu, decide_timing, door, growth, mixes
from bench.report import Section, machine, today

MEASURES: Mapping[str, Callable[[], Any]] = {
    "cost": mixes.measure,
    "growth": growth.measure,
    "timing": decide_timing.measure,
    "cpu": cpu.measure,
    "door": door.measure,
    "cold": cold.measure,
}
SECTIONS: Mapping[str, Callable[[Any], Section]] = {
    "growth": growth.section,
    "timing": decide_timing.section,
    "cpu": cpu.section,
    "door": door.section,
}
OUT = Path(__file__).resolve().parent.parent / "docs" / "figures.md"

T = TypeVar("T")


def apart(measure: Callable[[], T]) -> T:
    """Return what `measure` returns, measured in a process that did nothing else."""
    with ProcessPoolExecutor(max_workers=1, mp_context=get_context("spawn")) as pool:
        return pool.submit(measure).result()


def make(only: Sequence[str]) -> tuple[list[Section], list[str]]:
    """Make the figures asked for, in the order of the report; return them, and what went wrong with the others."""
    made: dict[str, Any] = {}
    problems: list[str] = []
    for name, measure in MEASURES.items():
        if name in only or (name == "cpu" and "cost" in only):
            _say(f"{name} …")
            try:
                made[name] = apart(measure)
            except Exception as error:  # noqa: BLE001 - one figure that cannot be made spoils no other
                problems.append(f"{name}: {type(error).__name__}: {error}")
    return [section for name in only if (section := _section(name, made)) is not None], problems


def _section(name: str, made: Mapping[str, Any]) -> Section | None:
    if name not in made or (name == "cost" and "cpu" not in made):
        return None
    if name == "cost":
        return cost.section(cost.estimated(made["cost"], made["cpu"], _memory()))
    if name == "cold":
        return cold.section(*made["cold"])
    section: Section = SECTIONS[name](made[name])
    return section


def report(sections: list[Section]) -> str:
    """Return the whole document."""
    head = (
        "# Figures\n\n"
        f"Made by `make bench` on {today()}: {machine()}. Written by the command, not by hand; run it to make them "
        "anew. Times are of this machine on that day: compare ratios, not milliseconds."
    )
    return "\n\n".join([head, *map(str, sections)]) + "\n"


def main() -> int:
    """Make the figures, print them, and write them where they belong. Return 1 when one could not be made."""
    parser = argparse.ArgumentParser(description="Make the figures of docs/figures.md")
    parser.add_argument("--only", nargs="+", choices=MEASURES, default=list(MEASURES))
    parser.add_argument("--out", type=Path)
    said = parser.parse_args()
    sections, problems = make(said.only)
    text = report(sections)
    print(text)
    whole = set(said.only) == set(MEASURES) and not problems
    if out := said.out or (OUT if whole else None):
        out.write_text(text, encoding="utf-8")
        _say(f"written to {out}")
    for problem in problems:
        _say(problem)
    return 1 if problems else 0


def _memory() -> dict[str, int]:
    from infra.stations import STATIONS

    return {name: station.memory_mb for name, station in STATIONS.items()}


def _say(what: Any) -> None:
    print(f"bench: {what}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
