"""What goes wrong at a port, drawn from a seed: one plan a world, one hit counted per (fault, place).

Every place says beforehand what may befall it (`declare`), so that a cell which no seed ever reaches is known to be
empty, and fails the build (`table.py`).
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from kairos.domain.errors import Throttled, Unavailable

CALL_FAULTS = ("crash before", "crash after", "unavailable", "answer lost", "throttled")

Cell = tuple[str, str]  # fault, place


class Crash(BaseException):
    """The process is gone: nothing of ours may catch it."""


class Faults:
    """A seeded plan. `rate` is the chance that a call is struck; `healed` ends all faults."""

    def __init__(self, seed: int, rate: float) -> None:
        self.random = random.Random(seed)
        self.rate = rate
        self.healed = rate == 0
        self.hits: Counter[Cell] = Counter()
        self._kinds: dict[str, tuple[str, ...]] = {}
        self._rates: dict[str, float | None] = {}

    def declare(self, place: str, *kinds: str, rate: float | None = None) -> None:
        """Say what may befall a place, and how often (None: as often as a call of a port)."""
        self._kinds[place] = kinds
        self._rates[place] = rate

    @property
    def cells(self) -> set[Cell]:
        """Return every fault at every place."""
        return {(kind, place) for place, kinds in self._kinds.items() for kind in kinds}

    def strike(self, place: str, *kinds: str, rate: float | None = None) -> str | None:
        """Return the fault that strikes a place now, if any, and count it. What is not given was declared."""
        if self.healed:
            return None
        rate = self._rates.get(place) if rate is None else rate
        if self.random.random() >= (self.rate if rate is None else rate):
            return None
        kind = self.random.choice(kinds or self._kinds[place])
        self.hits[kind, place] += 1
        return kind


class FaultyPort:
    """A port each of whose named methods may fail before, after, or with its answer lost."""

    def __init__(
        self,
        port: Any,
        place: str,
        methods: tuple[str, ...],
        faults: Faults,
        rates: Mapping[str, float] | None = None,
    ) -> None:
        self._port, self._place, self._methods, self._faults = port, place, methods, faults
        rates = rates or {}
        for method in methods:
            name = f"{place}.{method}"
            faults.declare(name, *CALL_FAULTS, rate=rates.get(name, rates.get(place)))

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._port, name)
        return self._struck(name, value) if name in self._methods else value

    def _struck(self, name: str, method: Callable[..., Any]) -> Callable[..., Any]:
        place = f"{self._place}.{name}"

        def call(*args: Any, **kwargs: Any) -> Any:
            fault = self._faults.strike(place)
            if fault == "crash before":
                raise Crash(place)
            if fault == "unavailable":
                raise Unavailable(place, "struck")
            if fault == "throttled":
                raise Throttled(place, "struck")
            result = method(*args, **kwargs)
            if fault == "crash after":
                raise Crash(place)
            if fault == "answer lost":
                raise Unavailable(place, "answer lost")
            return result

        return call
