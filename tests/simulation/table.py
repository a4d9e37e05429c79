"""What many seeds met, as a table of faults by place. Of a cell that no seed reached, nothing was proved.

A place is a port as one of our functions calls it (`deliver>ledger.claim`), or what lies between functions (`stream`).
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.simulation.checker import Checker
from tests.simulation.faults import CALL_FAULTS, Cell

GAP = "·"
SHORT = {"crash before": "crash <", "crash after": "crash >", "unavailable": "5xx", "answer lost": "lost"}


@dataclass
class Table:
    """What was met: `hits` by cell, the cells there are, and how much was lived."""

    hits: Counter[Cell] = field(default_factory=Counter)
    cells: set[Cell] = field(default_factory=set)
    seeds: int = 0
    calls: int = 0

    def add(self, checker: Checker) -> None:
        """Add what one history met."""
        self.hits += checker.world.faults.hits
        self.cells |= checker.world.faults.cells
        self.seeds += 1
        self.calls += len(checker.calls)

    def __iadd__(self, other: Table) -> Table:
        self.hits += other.hits
        self.cells |= other.cells
        self.seeds += other.seeds
        self.calls += other.calls
        return self

    @property
    def empty(self) -> list[Cell]:
        """Return the cells that were never reached, by place."""
        return sorted(self.cells - self.hits.keys(), key=lambda cell: (cell[1], cell[0]))

    def lines(self) -> Iterable[str]:
        """Yield the table: faults of calls as columns, and below it what befalls the places between functions."""
        kinds = [*CALL_FAULTS]
        ports = sorted({place for kind, place in self.cells if kind == "unavailable"})
        width = max(map(len, ports), default=0)
        yield f"{'':{width}}" + "".join(f"{SHORT.get(kind, kind):>11}" for kind in kinds)
        for place in ports:
            yield f"{place:{width}}" + "".join(f"{self._shown((kind, place)):>11}" for kind in kinds)
        yield ""
        others = sorted({place for _, place in self.cells} - set(ports))
        for place in others:
            said = [(kind, at) for kind, at in self.cells if at == place]
            met = ", ".join(f"{kind} {self._shown((kind, at))}" for kind, at in sorted(said))
            yield f"{place:{width}}  {met}"
        met = f"{self.hits.total()} faults in {len(self.cells)} cells"
        yield f"\n{self.seeds} seeds, {self.calls} calls of providers, {met}"

    def _shown(self, cell: Cell) -> str:
        return GAP if cell not in self.cells else str(self.hits[cell])

    def save(self, path: Path) -> None:
        """Write the table as JSON, whole or not at all."""
        rows = [[kind, place, self.hits[kind, place]] for kind, place in sorted(self.cells | self.hits.keys())]
        text = json.dumps({"seeds": self.seeds, "calls": self.calls, "cells": rows})
        beside = path.with_suffix(".part")
        beside.write_text(text)
        beside.rename(path)


def load(paths: Sequence[Path]) -> Table:
    """Return the sum of saved tables."""
    whole = Table()
    for path in paths:
        raw = json.loads(path.read_text())
        hits = Counter({(kind, place): number for kind, place, number in raw["cells"] if number})
        whole += Table(hits, {(kind, place) for kind, place, _ in raw["cells"]}, raw["seeds"], raw["calls"])
    return whole
