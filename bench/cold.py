"""What a cold start costs: each function imported and built, against a bare handler with the same SDK clients.

Instructions are counted by Valgrind's cachegrind where it is found, and repeat to a few in a thousand; processor time
is a median and does not. What runs is the deployed package, built for this platform with its bytecode, on Python 3.13
where one is found; else the sources on this Python. Clients that a function makes with its first message (SES, and
the AWS credentials' own) are on neither side.
"""

from __future__ import annotations

import os
import platform
import re
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.line import ROOT, environment
from bench.report import Section, table

NAMES = ("ingest", "decide", "dispatch", "deliver", "preferences", "sweep")
"""Whoever waits for one of these waits for its start; `publish` is run by people, and compiles for seconds anyway."""
RUNS = 7
SHOWN = 6
START = "import functions.{0}; from kairos import bootstrap; bootstrap.{0}()"
CLIENTS = "; print(' '.join(bootstrap._clients()._made))"
BARE = """
from botocore.session import Session
session = Session()
clients = [session.create_client(name) for name in {services!r}]
def handler(event, context):
    return None
"""
_REFS = re.compile(r"I\s+refs:\s+([\d,]+)")
_IMPORT = re.compile(r"import time:\s+(\d+) \|\s+\d+ \|\s+(\S+)")


@dataclass(frozen=True, slots=True)
class Runtime:
    """A Python, where it finds the functions and what they need, and what that is called."""

    python: str
    path: str
    what: str

    def command(self, script: str, *options: str) -> list[str]:
        return [self.python, *options, "-c", script]

    def environment(self) -> dict[str, str]:
        return {**environment(9), "PYTHONPATH": self.path, "PYTHONHASHSEED": "0", "HOME": os.devnull}


@dataclass(frozen=True, slots=True)
class Start:
    """One start: millions of instructions (None: no Valgrind), milliseconds of processor time, modules imported."""

    instructions: float | None
    cpu_ms: float
    modules: int


@dataclass(frozen=True, slots=True)
class Cold:
    """A function's start beside its bare one's, and which packages its time goes to."""

    name: str
    services: tuple[str, ...]
    ours: Start
    bare: Start
    packages: tuple[tuple[str, int, float], ...]  # package, modules, ms of its own


def measure(names: Sequence[str] = NAMES) -> tuple[str, list[Cold]]:
    """Return what ran, and each function's start. Functions with the same clients share a bare start."""
    bare: dict[tuple[str, ...], Start] = {}
    found = []
    with runtime() as here:
        for name in names:
            if (problem := refuses(here, START.format(name))) is not None:
                print(f"{name} does not start here: {problem}", file=sys.stderr)
                continue
            services = tuple(sorted(_output(here, START.format(name) + CLIENTS).split()))
            if services not in bare:
                bare[services] = start(here, BARE.format(services=services))
            script = START.format(name)
            found.append(Cold(name, services, start(here, script), bare[services], packages(here, script)))
        return here.what, found


@contextmanager
def runtime() -> Iterator[Runtime]:
    """Yield the deployed package on Python 3.13, or where that cannot be built or run, the sources on this Python."""
    from infra.bytecode import find_python
    from infra.package import PYTHON_VERSION, build_code, build_layer

    python = find_python(PYTHON_VERSION)
    with tempfile.TemporaryDirectory() as folder:
        if python is not None and platform.system() == "Linux":
            code, layer = Path(folder, "code"), Path(folder, "layer")
            try:
                build_code(code, PYTHON_VERSION)
                build_layer(layer, f"{platform.machine()}-manylinux2014", PYTHON_VERSION)
            except subprocess.CalledProcessError as error:
                print(f"the package cannot be built here ({error}); the sources are measured instead", file=sys.stderr)
            else:
                path = os.pathsep.join((str(code), str(layer / "python")))
                yield Runtime(str(python), path, f"the deployed package on Python {PYTHON_VERSION}")
                return
        yield Runtime(sys.executable, os.pathsep.join((str(ROOT), str(ROOT / "shared"))), "the sources on this Python")


def refuses(here: Runtime, script: str) -> str | None:
    """Return the last line of what a script that fails has to say, or None where it runs."""
    done = subprocess.run(here.command(script), env=here.environment(), capture_output=True, text=True, check=False)
    return (
        None if done.returncode == 0 else (done.stderr.strip().splitlines() or [f"it ended with {done.returncode}"])[-1]
    )


def start(here: Runtime, script: str) -> Start:
    """Return what running a script in a new process costs, the interpreter's own start included."""
    return Start(_instructions(here, script), _cpu_ms(here, script), len(imported(here, script)))


def _instructions(here: Runtime, script: str) -> float | None:
    valgrind = shutil.which("valgrind")
    if valgrind is None:
        return None
    count = [valgrind, "--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null"]
    done = subprocess.run(
        [*count, *here.command(script)], env=here.environment(), capture_output=True, text=True, check=True
    )
    counted = _REFS.search(done.stderr)
    return int(counted[1].replace(",", "")) / 1e6 if counted else None


def _cpu_ms(here: Runtime, script: str) -> float:
    times = []
    for _ in range(RUNS):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(here.command(script), env=here.environment(), check=True, stdout=subprocess.DEVNULL)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        times.append(1000 * (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime))
    return statistics.median(times)


def imported(here: Runtime, script: str) -> list[str]:
    """Return every module that a script has imported when it ends."""
    return _output(here, script + "\nimport sys; print(*sys.modules)").split()


def packages(here: Runtime, script: str) -> tuple[tuple[str, int, float], ...]:
    """Return the packages whose imports take longest: name, modules, milliseconds of their own."""
    told = subprocess.run(
        here.command(script, "-X", "importtime"), env=here.environment(), capture_output=True, text=True, check=True
    ).stderr
    return heaviest(told)


def heaviest(told: str) -> tuple[tuple[str, int, float], ...]:
    """Read `-X importtime`: (package, modules, ms), the longest first; modules of the standard library are one."""
    modules: Counter[str] = Counter()
    micros: Counter[str] = Counter()
    for own, module in _IMPORT.findall(told):
        package = module.partition(".")[0]
        if package in sys.stdlib_module_names:
            package = "standard library"
        modules[package] += 1
        micros[package] += int(own)
    return tuple((name, modules[name], own / 1000) for name, own in micros.most_common(SHOWN))


def _output(here: Runtime, script: str) -> str:
    done = subprocess.run(here.command(script), env=here.environment(), capture_output=True, text=True, check=True)
    return done.stdout


def section(what: str, found: Sequence[Cold]) -> Section:
    """Return the figure as text."""
    head = ["function", "clients", "M instructions", "bare", "ratio", "CPU ms", "bare", "ratio", "modules"]
    rows = []
    for cold in found:
        ours, bare = cold.ours, cold.bare
        cells = [cold.name, ", ".join(cold.services)]
        if ours.instructions is not None and bare.instructions is not None:
            cells += [f"{ours.instructions:,.0f}", f"{bare.instructions:,.0f}"]
            cells += [f"{ours.instructions / bare.instructions:.2f}"]
        else:
            cells += ["", "", ""]
        cells += [f"{ours.cpu_ms:.0f}", f"{bare.cpu_ms:.0f}", f"{ours.cpu_ms / bare.cpu_ms:.2f}", str(ours.modules)]
        rows.append(cells)
    spent = [
        [cold.name, ", ".join(f"{name} {ms:.0f} ms ({count})" for name, count, ms in cold.packages)] for cold in found
    ]
    return Section(
        "Cold starts",
        __doc__ or "",
        [
            f"Measured: {what}.",
            table(head, rows),
            "Where the imports' own time goes, with the number of modules:",
            table(["function", "packages"], spent),
        ],
    )
