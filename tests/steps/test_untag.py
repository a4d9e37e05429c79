from __future__ import annotations

from kairos.domain.decision import Update
from tests.steps.stage import read, scene


def test_it_takes_tags_off_whether_or_not_they_are_there() -> None:
    step, args = read({"untag": ["vip", "spring"]})
    assert step.enter(args, scene(traits={"tag:vip": True})) == Update({"tag:vip": None, "tag:spring": None})
