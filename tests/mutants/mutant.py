"""One mistake that somebody could make in our own code, and the tests that must notice it.

The snippets are exact text, so that a change of the code that touches one says so at once (`test_mutants.py`), and
short, so that few changes do.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]


class Stale(Exception):
    """A snippet is not in its file exactly once."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """`old` becomes `new` in `file`; `also` are further (old, new) pairs of the same mistake, in the same file.

    `tests` are what pytest is given, below `tests/`: the smallest set that should notice. `why` says what would happen
    to a customer or an operator.
    """

    name: str
    file: str
    old: str
    new: str
    why: str
    tests: tuple[str, ...]
    also: tuple[tuple[str, str], ...] = ()

    @property
    def edits(self) -> Iterator[tuple[str, str]]:
        """Yield every (old, new)."""
        yield (self.old, self.new)
        yield from self.also

    def apply(self, text: str) -> str:
        """Return the file's text with the mistake in it. Raises Stale."""
        for old, new in self.edits:
            if text.count(old) != 1:
                raise Stale(f"{self.name}: {text.count(old)} times in {self.file}: {old!r}")
            text = text.replace(old, new)
        return text
