"""A profile as plain JSON."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings

from kairos.domain.errors import Unavailable
from kairos.domain.packing import pack, pack_apart, packed_id, unpack
from kairos.domain.profile import SCHEMA, Profile
from tests.aws.profiles import busy_profile, profiles

NOW = datetime(2026, 11, 22, 4, 10, 30, 123_456, tzinfo=UTC)


@settings(max_examples=20, deadline=None)
@given(profiles)
def test_every_profile_comes_back_from_its_json(known: Profile) -> None:
    known.version = 0
    raw = json.loads(json.dumps(pack(known)))
    assert (unpack(raw, SCHEMA), packed_id(raw)) == (known, known.id)


def test_the_hashes_may_stand_apart() -> None:
    known = busy_profile(NOW)
    raw, hashes = pack_apart(known)
    assert hashes == known.seen.hashes
    assert unpack(json.loads(json.dumps(raw)), SCHEMA, hashes) == known


def test_hashes_of_which_the_state_says_nothing_wait_for_newer_code() -> None:
    raw, _ = pack_apart(Profile("p1", NOW))
    with pytest.raises(Unavailable):
        unpack(raw, SCHEMA, b"1234567")
