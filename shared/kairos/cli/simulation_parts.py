"""A long simulation by a process for each processor, each with its part of the customers.

Customers never meet in a decision, so parts are exact, and counts of parts add up. They meet where raw bodies make two
of them one, and a told line has its place among all others: such runs stay in one process.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from os import cpu_count
from typing import TypeVar
from zlib import crc32

from kairos.domain.walk import EVERYBODY

R = TypeVar("R")
EVENTS_MIN = 20_000
"""Below so many events another process costs more than it brings."""

STATES_MIN = 2_000
"""Customers of an export, likewise: each has timers that ring."""

PARTS_MAX = 8
"""Each part reads all files, so there is an end to what more of them bring."""


@dataclass(frozen=True, slots=True)
class Part:
    """One of `of` parts of the customers, counted from 0."""

    number: int = 0
    of: int = 1

    def has(self, profile: str) -> bool:
        """Return whether the customer belongs to this part; what is for everybody belongs to all."""
        if self.of == 1 or profile == EVERYBODY:
            return True
        return crc32(profile.encode("utf-8", "surrogatepass")) % self.of == self.number


def parts_for(events: int, states: int = 0) -> int:
    """Return in how many parts a run over so many events and customers is quickest on this machine."""
    if events < EVENTS_MIN and states < STATES_MIN:
        return 1
    return min(cpu_count() or 1, PARTS_MAX)


@contextmanager
def beside(work: Callable[[Part], R], of: int) -> Iterator[list[Future[R]]]:
    """Do the work for all parts but the first in other processes, while the caller does the first.

    `work` and what it returns must pickle. Its errors are raised where its results are asked for.
    """
    # Spawned, not forked: the parent draws a progress bar in a thread of its own.
    if of == 1:
        yield []
        return
    with ProcessPoolExecutor(of - 1, mp_context=get_context("spawn")) as others:
        yield [others.submit(work, Part(number, of)) for number in range(1, of)]
