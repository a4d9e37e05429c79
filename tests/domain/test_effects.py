from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from kairos.domain.effects import Arm, Effect, Send, Tell, effect_from_json, effect_to_json
from kairos.domain.event import Event

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


EFFECTS = (
    Arm("u1", NOON),
    Send("u1", "m1", "email", True, 3, "c"),
    Send("u1", "m", "sms", False, 1),
    Tell("u2", (Event("1", "x", "u2", NOON, NOON),)),
)


@pytest.mark.parametrize("effect", EFFECTS)
def test_an_effect_comes_back_from_json_as_it_went(effect: Effect) -> None:
    assert effect_from_json(json.loads(json.dumps(effect_to_json(effect)))) == effect


@pytest.mark.parametrize(
    "wrong",
    [{}, {"do": "dance"}, {"do": "arm"}, {"do": "arm", "profile": "u1", "at": "soon"}, {"do": "send", "profile": "u1"}],
)
def test_anything_else_is_no_effect(wrong: dict[str, str]) -> None:
    with pytest.raises((KeyError, ValueError)):
        effect_from_json(wrong)
