from __future__ import annotations

import pytest

from kairos.domain.decision import Stop
from kairos.domain.errors import BadDefinition
from tests.app.decide.world import NOON, World, make_event
from tests.steps.stage import read, scene


def test_it_leaves_the_journey_with_its_word_why() -> None:
    step, args = read({"stop": "responded"})
    assert step.enter(args, scene()) == Stop("responded")


def test_nothing_behind_it_is_done() -> None:
    steps = [{"stop": "enough"}, {"send": "hello"}]
    world = World({"id": "j", "class": "transactional", "trigger": {"event": "go"}, "steps": steps})
    world.hear(make_event("go", NOON))
    assert (world.sent, world.said("exited")) == ([], ["enough"])


@pytest.mark.parametrize("wrong", [None, "", "  ", True, 5, []])
def test_it_needs_a_word(wrong: object) -> None:
    with pytest.raises(BadDefinition):
        read({"stop": wrong})
