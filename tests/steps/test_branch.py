from __future__ import annotations

from typing import Any

import pytest

from kairos.domain.decision import Go
from kairos.domain.document import Document
from kairos.domain.errors import BadDefinition
from tests.steps.stage import read, scene

VIP: dict[str, Any] = {"if": {"trait": "tier", "eq": "vip"}, "steps": []}
BIG: dict[str, Any] = {"if": {"field": "total", "gte": 100}, "steps": []}


@pytest.mark.parametrize(
    "traits,properties,way",
    [({"tier": "vip"}, {"total": 500}, "0"), ({}, {"total": 500}, "1"), ({}, {"total": 5}, "else"), ({}, {}, "else")],
)
def test_the_first_arm_that_holds_is_taken(traits: Any, properties: Any, way: str) -> None:
    step, args = read({"branch": [VIP, BIG, {"else": []}]})
    assert step.enter(args, scene(traits=traits, properties=properties)) == Go(way)


def test_its_blocks_are_named_as_its_ways_are() -> None:
    step, _ = read({"branch": [VIP, {"else": []}]})
    assert [way for way, _ in step.blocks(Document({"branch": [VIP, BIG, {"else": []}]}))] == ["0", "1", "else"]


@pytest.mark.parametrize(
    "wrong",
    [
        [],
        None,
        "x",
        [{"steps": []}],
        [{"else": []}, VIP],
        [{**VIP, "els": []}],
        [{"if": {"trait": "t"}, "steps": []}],
        [VIP] * 51,
    ],
)
def test_arms_that_make_no_sense_are_refused(wrong: object) -> None:
    with pytest.raises(BadDefinition):
        read({"branch": wrong})
