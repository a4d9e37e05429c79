"""The figure of the front door: both handlers take the same requests, and the text says how they compare."""

from __future__ import annotations

from bench import door
from bench.run import apart


def test_both_handlers_take_the_same_requests_and_the_ratio_is_theirs() -> None:
    made = apart(_small)
    assert made.ours > 0
    assert made.least > 0
    assert made.ratio == made.ours / made.least
    assert f"{made.ratio:.2f}" in str(door.section(made))


def _small() -> door.Door:
    return door.measure(requests=2, rounds=2)
