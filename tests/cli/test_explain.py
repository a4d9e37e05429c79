"""What `explain` and `show` say of counts and segments."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from kairos.domain.condition import Did, parse_condition
from kairos.domain.membership import membership_key
from kairos.domain.profile import Counter, Profile
from tests.app.brands import journey, segment, small_drafts
from tests.cli.memory_deployment import NOW, PROFILE, MemoryDeployment, Run

WHERE = {"field": "category", "eq": "shoes"}
LATELY = {"did": "ordered", "within": "7d", "where": WHERE}


@pytest.fixture
def deployment() -> MemoryDeployment:
    """Return one whose customer ordered yesterday, and is in the segment that asks for it."""
    deployment = MemoryDeployment()
    lately = {**segment("lately", **LATELY), "track": True}
    deployment.drafts = small_drafts(("journey", "welcome", journey()), ("segment", "lately", lately))
    deployment.command({"command": "publish", "all": True})
    did = parse_condition(LATELY)
    assert isinstance(did, Did)
    ago, key = NOW - timedelta(days=1), membership_key("lately")
    profile = Profile(PROFILE, NOW, counters={did.key: Counter(ago, (ago,))}, segments=frozenset({key}))
    deployment.keep(replace(profile, windows={key: ago + timedelta(days=7)}))
    return deployment


def test_a_count_says_since_when_it_runs(
    kairos: Run, deployment: MemoryDeployment, capsys: pytest.CaptureFixture[str]
) -> None:
    assert kairos("explain", PROFILE) == 0
    told = 'counted: ordered where {"eq": "shoes", "field": "category"}: 1, last 2026-11-21 12:00:00; counting since'
    assert f"{told} 2026-11-22 12:00:00" in capsys.readouterr().out


def test_segments_are_shown_with_the_end_of_their_windows(
    kairos: Run, deployment: MemoryDeployment, capsys: pytest.CaptureFixture[str]
) -> None:
    assert kairos("show", PROFILE) == 0
    assert "lately   in   looked at again 2026-11-28 12:00:00" in capsys.readouterr().out
