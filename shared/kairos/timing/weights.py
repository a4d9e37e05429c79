"""The numbers of a score: what everybody starts from, and what each signal adds, in log-odds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Any

ODDS_MAX = 50.0


@dataclass(frozen=True, slots=True)
class Weights:
    """`print` names the signals that these numbers are of, so that those of other signals are never taken for them."""

    base: float
    adds: tuple[float, ...]
    print: str

    def to_document(self) -> dict[str, Any]:
        """Return what a release stores."""
        return {"base": self.base, "adds": list(self.adds), "print": self.print}

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Weights:
        """Read what `to_document` wrote. Raises ValueError, TypeError or KeyError."""
        found = cls(float(document["base"]), tuple(map(float, document["adds"])), str(document["print"]))
        if not all(isfinite(each) and abs(each) <= ODDS_MAX for each in (found.base, *found.adds)):
            raise ValueError(f"log-odds of at most {ODDS_MAX:g}")
        return found
