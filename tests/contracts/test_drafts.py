"""Drafts: documents as marketers left them, and what is wrong with them beside them."""

from __future__ import annotations

from typing import Any

import pytest

from kairos.aws.drafts import DynamoDrafts
from kairos.domain.canonical import fingerprint
from kairos.memory import MemoryDrafts
from tests.aws.cloud import Cloud

JOURNEY = {
    "id": "cart-rescue",
    "trigger": {"event": "cart_updated", "where": {"field": "total", "gte": 10_000}},
    "steps": [{"wait": "30m"}, {"send": "cart-coupon", "share": 0.5, "on": True, "note": None, "empty": ""}],
}
PROBLEMS = [{"path": ["steps", 0, "wait"], "expected": "a duration such as 30m"}]


class _Memory:
    def __init__(self) -> None:
        self.drafts: Any = MemoryDrafts()

    def problems(self, kind: str, id: str) -> Any:
        return self.drafts.problems.get((kind, id))


class _Dynamo:
    def __init__(self, cloud: Cloud) -> None:
        self.drafts: Any = DynamoDrafts(cloud.client("dynamodb"), cloud.table("config"))

    def problems(self, kind: str, id: str) -> Any:
        return self.drafts.problems(kind, id)


@pytest.fixture
def config(kind: str, cloud: Cloud) -> Any:
    return _Memory() if kind == "memory" else _Dynamo(cloud)


def test_all_drafts_are_there_as_they_were_written(config: Any) -> None:
    config.drafts.put("journey", "cart-rescue", JOURNEY)
    config.drafts.put("brand", "brand", {"name": "봄날 상점"})
    assert config.drafts.all() == {("journey", "cart-rescue"): JOURNEY, ("brand", "brand"): {"name": "봄날 상점"}}


def test_a_draft_is_overwritten(config: Any) -> None:
    config.drafts.put("journey", "cart-rescue", JOURNEY)
    config.drafts.put("journey", "cart-rescue", {"id": "cart-rescue"})
    assert config.drafts.all() == {("journey", "cart-rescue"): {"id": "cart-rescue"}}


def test_problems_stand_beside_the_draft_until_it_is_written_again(config: Any) -> None:
    config.drafts.put("journey", "cart-rescue", JOURNEY)
    assert config.problems("journey", "cart-rescue") is None
    config.drafts.mark("journey", "cart-rescue", PROBLEMS, fingerprint(JOURNEY))
    assert config.problems("journey", "cart-rescue") == PROBLEMS
    assert config.drafts.all()["journey", "cart-rescue"] == JOURNEY
    config.drafts.put("journey", "cart-rescue", {**JOURNEY, "class": "marketing"})
    assert config.problems("journey", "cart-rescue") is None


def test_a_draft_without_problems_is_marked_so(config: Any) -> None:
    config.drafts.put("journey", "cart-rescue", JOURNEY)
    config.drafts.mark("journey", "cart-rescue", [], fingerprint(JOURNEY))
    assert config.problems("journey", "cart-rescue") == []


def test_problems_of_an_earlier_text_are_not_written_beside_a_later_one(config: Any) -> None:
    config.drafts.put("journey", "cart-rescue", {**JOURNEY, "class": "marketing"})
    config.drafts.mark("journey", "cart-rescue", PROBLEMS, fingerprint(JOURNEY))
    assert config.problems("journey", "cart-rescue") is None


def test_marking_what_is_gone_makes_nothing(config: Any) -> None:
    config.drafts.mark("journey", "cart-rescue", PROBLEMS, fingerprint(JOURNEY))
    assert config.drafts.all() == {}
