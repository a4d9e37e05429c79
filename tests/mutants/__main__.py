"""`make mutants`: put each mistake into a copy of the tree and see whether the tests notice.

The named tests of a mutant run first; where they pass, all that could notice runs. Whoever survives that is a test that
is missing. The same tests must pass on the untouched copy before any of it counts.
"""

# ruff: noqa: T201 - it is a command, and prints

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue

from tests.mutants.catalogue import CATALOGUE
from tests.mutants.mutant import REPOSITORY, Mutant, Stale

LEFT = ("node_modules", "build", "cdk.out", "__pycache__")
"""What a copy of the tree does without, beside hidden files."""
WIDE = ("app", "domain", "steps", "sources", "aws", "contracts", "channels", "policies", "simulation")
SECONDS_MAX = 300
"""A mutant that keeps the tests from ending is noticed too."""

PASSED, FAILED, BROKEN = 0, 1, 2
LATE = "killed late"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a mutant. `by` is the test that noticed, or why nothing can be said."""

    mutant: Mutant
    said: str  # killed, killed late, survived, stale, unusable
    by: str
    seconds: float

    @property
    def good(self) -> bool:
        """Return whether the suite holds against it."""
        return self.said.startswith("killed")


def main(arguments: Sequence[str]) -> int:
    """Run the mutants whose name or file contains the given text; 0 when all are killed."""
    parser = argparse.ArgumentParser(prog="make mutants", description=__doc__)
    parser.add_argument("only", nargs="*", default=[""], help="parts of the names or files of mutants")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--skip-wide", action="store_true", help="only the named tests")
    options = parser.parse_args(arguments)
    chosen = [m for m in CATALOGUE if any(part in m.name or part in m.file for part in options.only)]
    with _copies(options.jobs) as copies:
        if not _holds(sorted({test for mutant in chosen for test in mutant.tests}), copies):
            return 1
        verdicts = _judge_all(chosen, copies, options.jobs, () if options.skip_wide else WIDE)
        if any(verdict.said == LATE for verdict in verdicts) and not _holds(WIDE, copies):
            return 1
    return _report(verdicts)


@contextmanager
def _copies(number: int) -> Iterator[SimpleQueue[Path]]:
    copies: SimpleQueue[Path] = SimpleQueue()
    with tempfile.TemporaryDirectory(prefix="kairos-mutants-") as folder:
        for n in range(number):
            copy = Path(folder, str(n))
            shutil.copytree(REPOSITORY, copy, ignore=shutil.ignore_patterns(".*", *LEFT))
            copies.put(copy)
        yield copies


def _holds(tests: Sequence[str], copies: SimpleQueue[Path]) -> bool:
    """Return whether the tests pass where nothing was changed: else their failing says nothing of a mutant."""
    copy = copies.get()
    code, said = _pytest(copy, tests, SECONDS_MAX * 4)
    copies.put(copy)
    if code != PASSED:
        print(f"the tests do not pass on the untouched tree: {said}")
    return code == PASSED


def _judge_all(chosen: Sequence[Mutant], copies: SimpleQueue[Path], jobs: int, wide: Sequence[str]) -> list[Verdict]:
    def judge(mutant: Mutant) -> Verdict:
        copy = copies.get()
        try:
            verdict = _judge(mutant, copy, wide)
        finally:
            copies.put(copy)
        print(f"{verdict.said:12} {verdict.seconds:5.1f} s  {mutant.name}", flush=True)
        return verdict

    with ThreadPoolExecutor(jobs) as pool:
        return list(pool.map(judge, chosen))


def _judge(mutant: Mutant, copy: Path, wide: Sequence[str]) -> Verdict:
    began = time.monotonic()
    file = copy / mutant.file
    text = file.read_text()
    try:
        _write(file, mutant.apply(text))
        said, by = _noticed(mutant, copy, wide)
    except Stale as error:
        said, by = "stale", str(error)
    finally:
        _write(file, text)
    return Verdict(mutant, said, by, time.monotonic() - began)


def _noticed(mutant: Mutant, copy: Path, wide: Sequence[str]) -> tuple[str, str]:
    for said, tests in (("killed", mutant.tests), (LATE, tuple(wide))):
        code, by = _pytest(copy, tests, SECONDS_MAX) if tests else (PASSED, "")
        if code in (FAILED, BROKEN):
            return said, by
        if code != PASSED:
            return "unusable", by
    return "survived", ""


def _write(file: Path, text: str) -> None:
    # Bytecode is told apart by second and size: a mistake of the same length within a second would not be seen.
    for compiled in (file.parent / "__pycache__").glob(f"{file.stem}.*.pyc"):
        compiled.unlink()
    file.write_text(text)


def _pytest(copy: Path, tests: Sequence[str], seconds: float) -> tuple[int, str]:
    """Return pytest's exit code, and the first failure or last line it printed."""
    command = [sys.executable, "-m", "pytest", "-x", "-q", "--no-header", "--tb=no", "-p", "no:cacheprovider"]
    command += ["-p", "no:xdist", *(f"tests/{test}" for test in tests)]
    environment = {**os.environ, "PYTHONPATH": f"{copy}:{copy / 'shared'}", "PYTHONTZPATH": ""}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    try:
        done = subprocess.run(
            command, cwd=copy, env=environment, capture_output=True, text=True, timeout=seconds, check=False
        )
    except subprocess.TimeoutExpired:
        return FAILED, f"not over after {seconds} s"
    lines = (done.stdout + done.stderr).strip().splitlines()
    failures = [line for line in lines if line.startswith(("FAILED", "ERROR"))]
    return done.returncode, (failures or lines[-1:] or [""])[0].removeprefix("FAILED ")


def _report(verdicts: Sequence[Verdict]) -> int:
    width = max((len(verdict.mutant.name) for verdict in verdicts), default=0)
    print()
    for verdict in verdicts:
        print(f"{verdict.mutant.name:{width}}  {verdict.said:12} {verdict.by[:110]}")
    bad = [verdict for verdict in verdicts if not verdict.good]
    print(f"\n{len(verdicts) - len(bad)} of {len(verdicts)} mutants killed")
    for verdict in bad:
        print(f"{verdict.said}: {verdict.mutant.name} ({verdict.mutant.file}): {verdict.mutant.why}")
    return 1 if bad or not verdicts else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
