"""A profile comes back from its bytes exactly as it was, or not at all."""

from __future__ import annotations

import json
import zlib
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings

from kairos.aws.codec import INFLATED_MAX, inflate, read_effects, read_state, write_effects, write_state
from kairos.aws.dictionary import STATES
from kairos.domain.effects import Arm, Send
from kairos.domain.errors import TooLarge, Unavailable
from kairos.domain.packing import pack
from kairos.domain.profile import SCHEMA, Profile
from kairos.domain.seen import WIDTH
from tests.aws.profiles import busy_profile, profiles

NOW = datetime(2026, 11, 22, 4, 10, 30, 123_456, tzinfo=UTC)


@settings(max_examples=40, deadline=None)
@given(profiles)
def test_every_profile_comes_back_exactly(profile: Profile) -> None:
    assert read_state(write_state(profile), SCHEMA, profile.version) == profile


def test_instants_come_back_to_the_microsecond_and_in_utc() -> None:
    profile = replace(busy_profile(NOW), alarm=NOW)
    found = read_state(write_state(profile), SCHEMA, 0)
    assert found.alarm == NOW
    assert found.alarm.tzinfo is UTC


def test_collections_keep_their_order() -> None:
    profile = replace(busy_profile(NOW), traits={"b": 1, "a": 2})
    found = read_state(write_state(profile), SCHEMA, 0)
    assert list(found.traits) == ["b", "a"]
    assert list(found.enrollments) == list(profile.enrollments)


def test_a_record_under_a_key_that_is_not_its_own_is_refused() -> None:
    profile = busy_profile(NOW)
    (enrollment, *_) = profile.enrollments.values()
    with pytest.raises(ValueError, match="is filed under 'other'"):
        write_state(replace(profile, enrollments={"other": enrollment}))


def test_a_newer_schema_waits_for_newer_code() -> None:
    with pytest.raises(Unavailable, match="newer"):
        read_state(write_state(busy_profile(NOW)), SCHEMA + 1, 0)


def test_a_state_from_before_the_dictionary_is_read() -> None:
    before = zlib.compress(json.dumps(pack(busy_profile(NOW))).encode())
    assert read_state(before, SCHEMA, 7) == replace(busy_profile(NOW), version=7)


def test_hashes_stand_behind_the_compressed_state_as_they_are() -> None:
    known = busy_profile(NOW)
    state = write_state(known)
    raw, behind = inflate(state)
    assert behind == known.seen.hashes == state[-len(known.seen) * WIDTH :]
    assert len(raw["h"]) == len(known.seen)
    for cut in (state[:-1], state[:-WIDTH], state[: -len(behind)]):
        with pytest.raises((ValueError, Unavailable)):
            read_state(cut, SCHEMA, 0)


def test_a_state_names_the_dictionary_and_is_read_with_no_other() -> None:
    state = write_state(busy_profile(NOW))
    assert int.from_bytes(state[2:6], "big") == zlib.adler32(STATES)
    with pytest.raises(zlib.error):
        zlib.decompressobj(zdict=STATES + b" ").decompress(state)


def test_the_dictionary_is_the_one_that_stored_states_were_written_with() -> None:
    """Whoever changes it loses every customer: make another beside it instead, and keep reading this one."""
    assert zlib.adler32(STATES) == 2_158_699_687


def test_a_part_that_this_code_does_not_know_waits_for_newer_code() -> None:
    raw = pack(busy_profile(NOW))
    for changed in ({**raw, "zz": 1}, {**raw, "n": [{**raw["n"][0], "zz": 1}]}):
        with pytest.raises(Unavailable, match="unknown part"):
            read_state(zlib.compress(json.dumps(changed).encode()), SCHEMA, 0)


def test_the_previous_schema_is_read_through_its_upgrade() -> None:
    raw = pack(busy_profile(NOW))
    older = zlib.compress(json.dumps({**raw, "t": None, "old_traits": raw["t"]}).encode())

    def upgrade(state: dict[str, Any]) -> dict[str, Any]:
        return {**state, "t": state["old_traits"]} | {} if not state.pop("t") else state

    def without_leftover(state: dict[str, Any]) -> dict[str, Any]:
        return {key: value for key, value in upgrade(state).items() if key != "old_traits"}

    assert read_state(older, SCHEMA - 1, 0, upgrades={SCHEMA - 1: without_leftover}) == busy_profile(NOW)


def test_a_schema_without_an_upgrade_is_not_guessed_at() -> None:
    with pytest.raises(Unavailable, match="too old"):
        read_state(write_state(busy_profile(NOW)), SCHEMA - 1, 0, upgrades={})


def test_a_state_beyond_all_budgets_is_not_written() -> None:
    with pytest.raises(TooLarge):
        write_state(Profile("p1", NOW, traits={"note": "x" * INFLATED_MAX}))


@pytest.mark.parametrize(
    "data", [b"", b"junk", zlib.compress(b"[]"), zlib.compress(b"{")[:-3], zlib.compress(b" " * (INFLATED_MAX + 1))]
)
def test_bytes_that_are_no_state_are_an_error_and_use_no_memory(data: bytes) -> None:
    with pytest.raises(ValueError):
        read_state(data, SCHEMA, 0)


def test_effects_carry_the_version_they_were_written_with() -> None:
    effects = (Arm("p1", NOW.replace(second=0, microsecond=0)), Send("p1", "m1", "email", True, 2, "c1"))
    assert read_effects(write_effects(effects, 7)) == (7, effects)


def test_a_customer_of_some_months_takes_one_write_unit() -> None:
    assert len(write_state(busy_profile(NOW))) < 900
