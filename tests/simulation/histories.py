"""Lives one history from its seed: three customers, three days of trouble, four days in which all must come right."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from tests.simulation import shop
from tests.simulation.checker import Checker
from tests.simulation.world import World, heal

START = datetime(2026, 3, 6, 1, tzinfo=UTC)  # two days before the clocks change in New York
TROUBLE = timedelta(days=3)
AFTER = timedelta(days=4)
RATE = 0.04


class BrokenPromise(AssertionError):
    """A promise that a seed breaks, with the command that lives it again."""

    def __init__(self, seed: int, error: BaseException) -> None:
        command = f".venv/bin/python -m tests.simulation --seed {seed}"
        super().__init__(f"seed {seed}: {type(error).__name__}: {error}\nto live it again: {command}")


def live(seed: int, rate: float = RATE) -> Checker:
    """Live one history. Raises AssertionError for a promise that it breaks."""
    editions = [shop.bundle(), shop.bundle(2)]
    world = World(editions[0], START, seed, rate)
    checker = Checker(world)
    history = list(shop.days(seed, START, customers=3, length=TROUBLE))
    for said in history:
        world.at(said.at, lambda call=said.call: world.say(call))  # type: ignore[misc]
    for hour in (20, 50):
        world.at(START + timedelta(hours=hour), lambda: _click_a_link(world, checker))
    for hour in (8, 30, 44):
        world.at(START + timedelta(hours=hour), lambda: world.befall(editions))
    world.at(START + TROUBLE, lambda: heal(world))
    world.run(START + TROUBLE + AFTER)
    checker.check_end()
    # What a source gave up on, because we were down for longer than it tries, was never said.
    checker.check_joined(shop.joined(said for said in history if said.call["id"] in world.accepted))
    return checker


def live_or_tell(seed: int, live: Callable[[int], Checker] = live) -> Checker:
    """Live one history; whatever goes wrong tells how to live it again. Raises BrokenPromise."""
    try:
        return live(seed)
    except Exception as error:
        raise BrokenPromise(seed, error) from error


def _click_a_link(world: World, checker: Checker) -> None:
    if world.links_seen:
        call = world.random.choice(world.links_seen)
        if call.unsubscribe_url and world.unsubscribe(call.unsubscribe_url):
            checker.refuse(call)
