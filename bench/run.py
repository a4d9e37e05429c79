"""`make bench`: make every figure, print it, and write docs/figures.md.

    python -m bench.run [--only cost cpu growth cold] [--out docs/figures.md]

Each figure is made in a process of its own, so that none inherits what another imported, patched or left in memory.
With `--only`, nothing is written unless `--out` says where.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any, TypeVar

from bench import cold, cost, cpu, growth, mixes
from bench.report import Section, machine, today

FIGURES = ("cost", "growth", "cpu", "cold")
OUT = Path(__file__).resolve().parent.parent / "docs" / "figures.md"

T = TypeVar("T")


def apart(measure: Callable[[], T]) -> T:
    """Return what `measure` returns, measured in a process that did nothing else."""
    with ProcessPoolExecutor(max_workers=1, mp_context=get_context("spawn")) as pool:
        return pool.submit(measure).result()


def make(only: tuple[str, ...]) -> list[Section]:
    """Make the figures asked for, in the order of the report."""
    sections: list[Section] = []
    runs = apart(cpu.measure) if {"cost", "cpu"} & set(only) else []
    if "cost" in only:
        _say("counting requests and units in the local cloud")
        counted = cost.estimated(apart(mixes.measure), runs, _memory())
        sections.append(cost.section(counted))
    if "growth" in only:
        _say("living the lives of customers")
        sections.append(growth.section(apart(growth.measure)))
    if "cpu" in only:
        sections.append(cpu.section(runs))
    if "cold" in only:
        _say("starting every function")
        what, found = apart(cold.measure)
        sections.append(cold.section(what, found))
    return sections


def report(sections: list[Section]) -> str:
    """Return the whole document."""
    head = (
        "# Figures\n\n"
        f"Made by `make bench` on {today()}: {machine()}. Written by the command, not by hand; run it to make them "
        "anew. Times are of this machine and were taken while others used it: compare ratios, not milliseconds."
    )
    return "\n\n".join([head, *map(str, sections)]) + "\n"


def main() -> None:
    """Make the figures, print them, and write them where they belong."""
    parser = argparse.ArgumentParser(description="Make the figures of docs/figures.md")
    parser.add_argument("--only", nargs="+", choices=FIGURES, default=FIGURES)
    parser.add_argument("--out", type=Path)
    said = parser.parse_args()
    only = tuple(said.only)
    text = report(make(only))
    print(text)
    out = said.out or (OUT if set(only) == set(FIGURES) else None)
    if out is not None:
        out.write_text(text, encoding="utf-8")
        _say(f"written to {out}")


def _memory() -> dict[str, int]:
    from infra.stations import STATIONS

    return {name: station.memory_mb for name, station in STATIONS.items()}


def _say(what: Any) -> None:
    print(f"bench: {what}", file=sys.stderr)


if __name__ == "__main__":
    main()
