from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from kairos.domain.effects import Arm, Effect, Send, effect_from_json, effect_to_json

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    "effect", [Arm("u1", NOON), Send("u1", "m1", "email", True, 3, "c"), Send("u1", "m", "sms", False, 1)]
)
def test_an_effect_comes_back_from_json_as_it_went(effect: Effect) -> None:
    assert effect_from_json(json.loads(json.dumps(effect_to_json(effect)))) == effect


@pytest.mark.parametrize(
    "wrong",
    [{}, {"do": "dance"}, {"do": "arm"}, {"do": "arm", "profile": "u1", "at": "soon"}, {"do": "send", "profile": "u1"}],
)
def test_anything_else_is_no_effect(wrong: dict[str, str]) -> None:
    with pytest.raises((KeyError, ValueError)):
        effect_from_json(wrong)
