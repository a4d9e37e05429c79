"""The randomness of the process while a cloud runs: drawn from a seed, so that two runs of one history are the same.

New profiles get random ids, on which holdouts and splits depend. `secrets` reads the system's source through one name
of the standard library's `random`, which is lent another source meanwhile.
"""

from __future__ import annotations

import hashlib
import random
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def seeded(seed: str) -> Iterator[None]:
    """Let `secrets` draw from `seed` meanwhile."""
    source: Any = random
    kept, source._urandom = source._urandom, _stream(seed)
    try:
        yield
    finally:
        source._urandom = kept


def _stream(seed: str) -> Any:
    draws: Counter[int] = Counter()

    def draw(size: int) -> bytes:
        # Counted by size: who draws tokens of another length does not change everybody's ids.
        draws[size] += 1
        return hashlib.shake_256(f"{seed}\x1f{size}\x1f{draws[size]}".encode()).digest(size)

    return draw
