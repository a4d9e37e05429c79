from __future__ import annotations

from dataclasses import fields
from datetime import UTC, datetime

import pytest

from kairos.domain.profile import Enrollment, Profile

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def test_a_copy_shares_no_collection_that_can_change() -> None:
    profile = Profile("u1", NOON, entered={"j": {"s": NOON}}, endings={"j": {"s": NOON}})
    copy = profile.copy()
    assert copy == profile
    for field in fields(Profile):
        mine, other = getattr(profile, field.name), getattr(copy, field.name)
        assert not isinstance(mine, dict) or mine is not other, field.name
    copy.entered["j"]["t"] = NOON
    copy.endings["j"]["t"] = NOON
    assert profile.entered == profile.endings == {"j": {"s": NOON}}


def test_the_birth_id_is_the_first_one() -> None:
    assert Profile("u1", NOON).birth == "u1"
    assert Profile("u3", NOON, former=("u1", "u2")).birth == "u1"


@pytest.mark.parametrize("zone", [None, "", 5, ["Asia/Seoul"]])
def test_a_zone_that_is_no_text_is_not_known(zone: object) -> None:
    assert Profile("u1", NOON, traits={"timezone": zone}).zone is None
    assert Profile("u1", NOON, traits={"timezone": "Asia/Seoul"}).zone == "Asia/Seoul"


def test_a_passage_is_active_until_it_ended() -> None:
    passage = Enrollment("e", "j", 1, "", NOON, NOON)
    assert passage.active
    assert not Enrollment("e", "j", 1, "", NOON, NOON, ended_at=NOON).active
