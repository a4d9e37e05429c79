from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from kairos.domain.decision import Update
from kairos.domain.errors import BadDefinition
from tests.steps.stage import read, scene


def test_it_sets_plain_values_and_null_removes() -> None:
    values = {"tier": "gold", "points": 5, "member": True, "trial": None}
    step, args = read({"update": values})
    assert step.enter(args, scene()) == Update(values)


@pytest.mark.parametrize(
    "wrong", [None, {}, [], {"a": []}, {"a": {"b": 1}}, {"": 1}, {"a": "x" * 201}, {"a": date(2026, 1, 1)}, {"1a": 1}]
)
def test_values_that_are_not_plain_are_refused(wrong: Any) -> None:
    with pytest.raises(BadDefinition):
        read({"update": wrong})
