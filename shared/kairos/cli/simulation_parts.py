"""A long simulation by two processes, each with half of the customers.

Customers never meet in a decision, so halves are exact, and counts of halves add up. They meet where raw bodies make
two of them one, and a told line has its place among all others: such runs stay in one process.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from os import cpu_count
from typing import TypeVar
from zlib import crc32

from kairos.domain.walk import EVERYBODY

R = TypeVar("R")
PARTS = 2
EVENTS_MIN = 20_000
"""Below so many events another process costs more than it brings."""


def is_worth_it(events: int) -> bool:
    """Return whether a run over so many events is quicker in parts on this machine."""
    return events >= EVENTS_MIN and (cpu_count() or 1) >= PARTS


def is_of(profile: str, part: int) -> bool:
    """Return whether the customer belongs to this part; what is for everybody belongs to all."""
    return profile == EVERYBODY or crc32(profile.encode("utf-8", "surrogatepass")) % PARTS == part


@contextmanager
def beside(work: Callable[[int], R]) -> Iterator[list[Future[R]]]:
    """Do the work for all parts but the first in other processes, while the caller does the first.

    `work` and what it returns must pickle. Its errors are raised where its results are asked for.
    """
    # Spawned, not forked: the parent draws a progress bar in a thread of its own.
    with ProcessPoolExecutor(PARTS - 1, mp_context=get_context("spawn")) as others:
        yield [others.submit(work, part) for part in range(1, PARTS)]
