"""Live histories in all processors, and print what they met: `python -m tests.simulation [--seeds N] [--seed N]`.

Exits with 1 when a promise is broken or a cell of the table stays empty. `KAIROS_SEEDS` says how many where the
command does not.
"""

# ruff: noqa: T201 - it is a command, and prints

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor

from tests.simulation.histories import BrokenPromise, live, live_or_tell
from tests.simulation.kept import kept_seeds
from tests.simulation.table import Table

BATCH = 20
SEEDS = 3_000


def main(arguments: Sequence[str]) -> int:
    """Run it; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--seed", type=int, help="live one history, and show where it breaks")
    parser.add_argument("--seeds", type=int, default=int(os.environ.get("KAIROS_SEEDS", SEEDS)))
    parser.add_argument("--first", type=int, default=0, help="the first of the seeds")
    options = parser.parse_args(arguments)
    if options.seed is not None:
        checker = live(options.seed)
        print(f"seed {options.seed} holds: {len(checker.calls)} calls, {checker.world.faults.hits.total()} faults")
        return 0
    began = time.monotonic()
    table, broken = _live_all([*kept_seeds(), *range(options.first, options.first + options.seeds)])
    for line in (*table.lines(), f"{time.monotonic() - began:.0f} s"):
        print(line)
    for problem in broken:
        print(f"\n{problem}")
    for kind, place in table.empty:
        print(f"no seed ever met {kind!r} at {place}")
    return 1 if broken or table.empty else 0


def _live_all(seeds: Sequence[int]) -> tuple[Table, list[str]]:
    batches = [seeds[start : start + BATCH] for start in range(0, len(seeds), BATCH)]
    table, broken = Table(), []
    with ProcessPoolExecutor() as pool:
        for lived, problems in pool.map(_live_batch, batches):
            table += lived
            broken += problems
    return table, broken


def _live_batch(seeds: Sequence[int]) -> tuple[Table, list[str]]:
    table, broken = Table(), []
    for seed in seeds:
        try:
            table.add(live_or_tell(seed))
        except BrokenPromise as error:
            broken.append(str(error))
    return table, broken


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
