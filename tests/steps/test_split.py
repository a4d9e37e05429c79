from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from kairos.domain.decision import Go
from kairos.domain.document import Document
from kairos.domain.errors import BadDefinition
from kairos.domain.profile import Profile
from tests.steps.stage import NOON, read, scene


def ways(shares: list[str], journey: str = "j", node: str = "split-1", customers: int = 5000) -> list[str]:
    step, args = read({"split": [{"share": share, "steps": []} for share in shares]})
    stage = scene(journey=journey, node=node)
    found = (step.enter(args, replace(stage, profile=Profile(f"u{n}", NOON))) for n in range(customers))
    return [decision.exit for decision in found if isinstance(decision, Go)]


def test_each_way_gets_its_share_and_the_rest_goes_past() -> None:
    counts = Counter(ways(["50%", "30%", "5%"]))
    for way, share in (("0", 0.5), ("1", 0.3), ("2", 0.05), ("rest", 0.15)):
        assert abs(counts[way] / 5000 - share) < 4 * (share * (1 - share) / 5000) ** 0.5


def test_shares_of_a_hundred_percent_leave_no_rest() -> None:
    assert set(ways(["33.3%", "33.3%", "33.4%"], customers=3000)) == {"0", "1", "2"}


def test_the_same_customer_always_goes_the_same_way() -> None:
    assert ways(["50%", "50%"], customers=100) == ways(["50%", "50%"], customers=100)


@pytest.mark.parametrize("other", [{"journey": "k"}, {"node": "split-2"}])
def test_splits_of_other_journeys_and_steps_are_independent(other: dict[str, Any]) -> None:
    pairs = Counter(zip(ways(["50%", "50%"]), ways(["50%", "50%"], **other), strict=True))
    assert all(abs(count / 5000 - 0.25) < 0.03 for count in pairs.values())
    assert len(pairs) == 4


def test_a_merged_customer_keeps_the_way_of_their_birth() -> None:
    step, args = read({"split": [{"share": "50%", "steps": []}]})
    for n in range(20):
        born = replace(scene(), profile=Profile(f"u{n}", NOON))
        merged = replace(scene(), profile=Profile("winner", NOON, former=(f"u{n}",)))
        assert step.enter(args, born) == step.enter(args, merged)


def test_its_blocks_are_named_by_their_place() -> None:
    step, _ = read({"split": [{"share": "50%", "steps": []}]})
    arms = Document({"split": [{"share": "50%", "steps": [{"stop": "a"}]}, {"share": "50%", "steps": []}]})
    assert [(way, len(steps)) for way, steps in step.blocks(arms)] == [("0", 1), ("1", 0)]


@pytest.mark.parametrize("shares", [[], ["60%", "50%"], ["-1%"], [50], ["101%"], ["half"]])
def test_shares_that_cannot_be_are_refused(shares: list[Any]) -> None:
    with pytest.raises(BadDefinition):
        read({"split": [{"share": share, "steps": []} for share in shares]})
