"""What goes wrong at a port, drawn from a seed: one plan a world, one hit counted per (fault, place)."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from typing import Any

from kairos.domain.errors import Throttled, Unavailable

CALL_FAULTS = ("crash before", "crash after", "unavailable", "answer lost", "throttled")


class Crash(BaseException):
    """The process is gone: nothing of ours may catch it."""


class Faults:
    """A seeded plan. `rate` is the chance that a call is struck; `healed` ends all faults."""

    def __init__(self, seed: int, rate: float) -> None:
        self.random = random.Random(seed)
        self.rate = rate
        self.healed = rate == 0
        self.hits: Counter[tuple[str, str]] = Counter()

    def strike(self, place: str, *kinds: str, rate: float | None = None) -> str | None:
        """Return the fault that strikes `place` now, if any, and count it."""
        if self.healed or self.random.random() >= (self.rate if rate is None else rate):
            return None
        kind = self.random.choice(kinds)
        self.hits[kind, place] += 1
        return kind


class FaultyPort:
    """A port each of whose named methods may fail before, after, or with its answer lost."""

    def __init__(self, port: Any, place: str, methods: tuple[str, ...], faults: Faults) -> None:
        self._port, self._place, self._methods, self._faults = port, place, methods, faults

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._port, name)
        return self._struck(name, value) if name in self._methods else value

    def _struck(self, name: str, method: Callable[..., Any]) -> Callable[..., Any]:
        place = f"{self._place}.{name}"

        def call(*args: Any, **kwargs: Any) -> Any:
            fault = self._faults.strike(place, *CALL_FAULTS)
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
