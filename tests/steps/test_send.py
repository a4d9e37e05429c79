from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from kairos.domain.condition import parse_condition
from kairos.domain.decision import Ask
from kairos.domain.document import Document
from kairos.domain.errors import BadDefinition
from kairos.domain.journey import SendArgs
from kairos.steps.send import read_send
from tests.steps.stage import read, scene


def test_it_asks_for_the_template_in_its_own_order_of_channels() -> None:
    step, args = read({"send": "hello"})
    assert step.enter(args, scene()) == Ask(SendArgs("hello"))


def test_it_takes_a_channel_a_span_for_the_best_moment_a_rule_for_caps_and_an_expiry() -> None:
    _, args = read(
        {"send": "hello", "channel": "sms", "at": {"best_within": "6h"}, "over_cap": "hold", "expires": "2h"}
    )
    assert args == SendArgs("hello", "sms", timedelta(hours=6), "hold", timedelta(hours=2))


@pytest.mark.parametrize(
    "wrong",
    [
        {"send": None},
        {"send": "Not An Id"},
        {"send": "hello", "channel": ""},
        {"send": "hello", "over_cap": "ignore"},
        {"send": "hello", "expires": 5},
        {"send": "hello", "at": {"best": "6h"}},
        {"send": "hello", "at": "-2h"},
        {"send": "hello", "too": 1},
        {"send": "hello", "if": "vip"},
        {"send": "hello", "if": {"trait": "tier"}},
    ],
)
def test_what_it_does_not_know_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(BadDefinition):
        read(wrong)


def test_timelines_and_reactions_read_a_send_the_same_way() -> None:
    assert read_send(Document({"send": "hello", "channel": "email"})) == SendArgs("hello", "email")


def test_what_must_hold_at_the_moment_of_sending_is_read_everywhere_alike() -> None:
    vip = {"trait": "tier", "eq": "vip"}
    _, args = read({"send": "hello", "if": vip})
    assert args == SendArgs("hello", condition=parse_condition(vip))
    assert read_send(Document({"send": "hello", "if": vip})) == args
