"""A function may die between any two of its calls, in any turn: nothing is lost, nothing is repeated.

Every story is lived once in peace, which shows where its functions call AWS. Then it is lived again for each of these
places, with a death there; senders, queues and streams repeat what was not acknowledged, and the ending must be the
same one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

import pytest

from kairos.local.cloud import LocalCloud
from tests.loop.shop import is_clean, open_shop
from tests.loop.stories import RATES, STORIES, Death, Ending, ended, ending

MARKETING = ("your cart is waiting", "Your cart is kept until tonight.")

DEATHS = {
    "cart": ("ingest", "decide", "dispatch", "deliver", "sweep"),
    "bookings": ("dispatch", "deliver"),
    "opt-out": ("preferences",),
    "version": ("publish",),
}
"""Which functions are killed in which story, every day. `make nightly` kills all in all, at every call."""

PLACES_A_DAY = 5
"""At how many of a function's places it is killed every day, evenly chosen; doubtful ones always."""

FUNCTIONS = ("ingest", "decide", "dispatch", "deliver", "publish", "sweep", "preferences")

Peace = Callable[[str], Ending]


@pytest.fixture(scope="module")
def peace(template: dict[str, Any]) -> Peace:
    """How each story ends when nobody dies."""
    return cache(lambda name: ending(template, STORIES[name]))


def lived(template: Mapping[str, Any], name: str, *deaths: Death) -> Ending:
    """Live a story with deaths in it, and see that each of them came and that nothing is left over."""
    with open_shop(template, rates=RATES) as cloud:
        cloud.parts.wire.calls.clear()
        for death in deaths:
            cloud.kill(death.function, death.nth, death.when, death.skip)
        STORIES[name].live(cloud)
        assert not cloud.parts.wire.trouble.crashes, "nobody came to the place of death"
        assert is_clean(cloud), _left(cloud)
        return ended(cloud)


def differences(peace: Ending, now: Ending, *deaths: Death) -> list[str]:
    """Return what became of a story otherwise than in peace, and beyond what these deaths may do.

    Where one leaves a claim that nobody can judge, advertising stays away, at most once, and what the class of a
    booking's mail demands is said twice, at most once.
    """
    in_doubt, taken = sum(death.in_doubt for death in deaths), sum(death.taken for death in deaths)
    missing, more = peace.messages - now.messages, now.messages - peace.messages
    wrong = [f"lost: {message}" for message in missing if not is_marketing(message) or not in_doubt]
    wrong += [f"one too many: {message}" for message in more if is_marketing(message) or not taken]
    wrong += [f"nobody should get {message}" for message in more if message not in peace.messages]
    if missing.total() > in_doubt or more.total() > taken:
        wrong.append(f"{in_doubt} in doubt, {taken} taken, but missing {missing} and more {more}")
    return wrong if in_doubt else [*wrong, *_told_otherwise(peace, now)]


def is_marketing(message: tuple[str, str, str]) -> bool:
    return message[2].endswith(MARKETING)


def _told_otherwise(peace: Ending, now: Ending) -> list[str]:
    wrong = []
    for who in {*peace.remembered, *now.remembered}:
        was, is_ = peace.remembered.get(who, Counter()), now.remembered.get(who, Counter())
        wrong += [f"{who} lost {list(was - is_)}"] * bool(was - is_) + [f"{who} gained {list(is_ - was)}"] * bool(
            is_ - was
        )
    return wrong


def _left(cloud: LocalCloud) -> str:
    queues = {name: [message.body[:300] for message in queue] for name, queue in cloud.queues.items() if len(queue)}
    return f"left in {queues}, given up {cloud.dropped}"


KILLED = [(name, function) for name, functions in DEATHS.items() for function in functions]
EVERYWHERE = [(name, function) for name in STORIES for function in FUNCTIONS]


def places(peace: Peace, name: str, function: str) -> list[Death]:
    """Return where `function` dies in a story, without what an earlier story has shown of it.

    What a message in doubt comes to depends on its class, so those places are visited in each story.
    """
    earlier = list(STORIES)[: list(STORIES).index(name)]
    shown = {death.says for story in earlier if function in DEATHS[story] for death in peace(story).places(function)}
    return [death for death in peace(name).places(function) if death.in_doubt or death.says not in shown]


def sample(deaths: Sequence[Death]) -> list[Death]:
    """Return the first, the last and what lies evenly between them, and all that leaves a message in doubt."""
    step = max(1, -(-len(deaths) // PLACES_A_DAY))
    chosen = {id(death) for death in [*deaths[::step], deaths[-1]]}
    return [death for death in deaths if death.in_doubt or id(death) in chosen]


@pytest.mark.parametrize(("name", "function"), KILLED)
def test_death_between_any_two_calls_changes_no_ending(
    template: dict[str, Any], peace: Peace, name: str, function: str
) -> None:
    deaths = sample(places(peace, name, function))
    assert deaths
    for death in deaths:
        assert not differences(peace(name), lived(template, name, death), death), death


@pytest.mark.nightly
@pytest.mark.parametrize(("name", "function"), EVERYWHERE)
def test_death_at_any_call_of_any_turn_changes_no_ending(
    template: dict[str, Any], peace: Peace, name: str, function: str
) -> None:
    for death in peace(name).deaths(function):
        assert not differences(peace(name), lived(template, name, death), death), death


TWO = [
    ("ingest", "decide"),
    ("decide", "dispatch"),
    ("dispatch", "deliver"),
    ("deliver", "ingest"),
    ("decide", "decide"),
]


@pytest.mark.parametrize(("first", "second"), TWO)
def test_two_deaths_in_one_story_change_no_ending(
    template: dict[str, Any], peace: Peace, first: str, second: str
) -> None:
    """The last places of the one and the first of the other, where what was begun is not yet told."""
    one, other = peace("cart").places(first)[-1], peace("cart").places(second)[1]
    assert not differences(peace("cart"), lived(template, "cart", one, other), one, other), (one, other)


def test_every_function_is_killed_every_day(peace: Peace) -> None:
    assert {function for functions in DEATHS.values() for function in functions} == set(FUNCTIONS)
    assert all(peace(name).places(function) for name, function in KILLED)
