"""The figure of the front door: all handlers take the same requests, and the text says how they compare."""

from __future__ import annotations

from bench import door
from bench.run import apart


def test_all_handlers_take_the_same_requests_and_are_told_by_the_least() -> None:
    made = apart(_small)
    assert set(made.spent) == {door.LEAST, door.MET, door.ANEW, door.NAMED, door.BOTOCORE}
    assert all(spent > 0 for spent in made.spent.values())
    assert made.ratio(door.MET) == made.spent[door.MET] / made.spent[door.LEAST]
    assert f"{made.ratio(door.MET):.2f}" in str(door.section(made))


def _small() -> door.Door:
    return door.measure(requests=2, rounds=2)
