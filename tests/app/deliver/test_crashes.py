"""Killed at any moment, deliver neither loses a message nor repeats marketing."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from kairos.app.deliver.deliver import UNKNOWN_AFTER
from tests.app.deliver.stops import suppress
from tests.app.delivery import NOON, Crash, World


def _moments(marketing: bool) -> list[tuple[str, str, str]]:
    world = World(marketing=marketing)
    seen: list[tuple[str, str, str]] = []
    world.on = lambda *call: seen.append(call)
    world.run()
    return seen


CRASHES = [(marketing, index) for marketing in (True, False) for index in range(len(_moments(marketing)))]


def _crash_at(world: World, index: int) -> None:
    """Run the world's request and kill the function at the index-th moment."""
    count = 0

    def crash(*call: str) -> None:
        nonlocal count
        count += 1
        if count == index + 1:
            raise Crash

    world.on = crash
    with pytest.raises(Crash):
        world.run()
    world.on = lambda *call: None


def _come_again(world: World) -> None:
    """Let the queue make the request visible again, several times."""
    for _ in range(4):
        world.clock.advance(timedelta(minutes=6))
        world.run()


@pytest.mark.parametrize(("marketing", "index"), CRASHES)
def test_killed_between_any_two_calls_a_message_is_neither_lost_nor_marketing_repeated(
    marketing: bool, index: int
) -> None:
    moments = _moments(marketing)
    claimed, recorded = moments.index(("ledger", "claim", "after")), moments.index(("ledger", "record", "after"))
    called = moments.index(("provider", "send", "after"))
    world = World(marketing=marketing)
    _crash_at(world, index)
    assert len(world.channel.taken) == int(index >= called)
    _come_again(world)
    unknown = claimed <= index < recorded
    if marketing and unknown:
        assert len(world.channel.taken) == int(index >= called)
        assert world.told() == []
        world.clock.at = NOON + UNKNOWN_AFTER + timedelta(minutes=1)
        world.run(replace(world.request, asks=2))
        assert world.told() == [("message_not_sent", "unknown")]
        assert len(world.channel.taken) == int(index >= called)
        return
    assert set(world.told()) == {("message_sent", None)}
    assert len(world.channel.taken) == (2 if unknown and index >= called else 1)


@pytest.mark.parametrize("index", range(len(_moments(True))))
def test_an_opt_out_at_any_moment_before_the_gates_are_read_keeps_the_message_in(index: int) -> None:
    moments = _moments(True)
    world = World()
    count = 0

    def opt_out(*call: str) -> None:
        nonlocal count
        if count == index:
            suppress("marketing")(world)
        count += 1

    world.on = opt_out
    world.run()
    read_at = moments.index(("suppressions", "suppressed", "before"))
    assert (world.channel.taken == []) == (index <= read_at)
