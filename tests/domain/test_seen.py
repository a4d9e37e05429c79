"""What was applied is known until it may be forgotten."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kairos.domain.seen import NOTHING, WIDTH, Seen, seen_key

keys = st.integers(0, 9).map(lambda number: bytes([number % 2] * (WIDTH - 1) + [number]))
"""Few, and alike: each is found at every place where two others meet."""


@given(st.lists(st.tuples(keys, st.integers(0, 6)), max_size=30))
def test_it_is_a_dictionary_of_the_latest_ends_in_their_order(noted: list[tuple[bytes, int]]) -> None:
    seen, expected = NOTHING, dict[bytes, int]()
    for key, until in noted:
        seen = seen.with_one(key, until)
        expected[key] = max(until, expected.get(key, until))
    assert dict(zip(seen, seen.ends, strict=True)) == expected
    assert list(seen.ends) == sorted(expected.values())
    assert all((bytes([key]) * WIDTH in seen) == (bytes([key]) * WIDTH in expected) for key in range(3))
    for minute in range(7):
        assert seen.ending(minute) == list(expected.values()).count(minute)
        assert set(seen.kept(minute, 99)) == {key for key, until in expected.items() if until > minute}


def test_what_only_spans_two_hashes_was_not_seen() -> None:
    seen = NOTHING.with_one(b"abcdefg", 1).with_one(b"hijklmn", 2)
    assert b"bcdefgh" not in seen
    assert b"hijklmn" in seen
    assert b"bcdefgh" in seen.with_one(b"bcdefgh", 3), "behind the place that looks like it"


def test_of_too_many_the_soonest_to_expire_go() -> None:
    seen = NOTHING
    for until in (5, 3, 9, 1, 7):
        seen = seen.with_one(bytes([until]) * WIDTH, until)
    assert seen.kept(0, 2).ends == (7, 9)
    assert seen.kept(7, 2).ends == (9,)
    assert seen.kept(0, 5) is seen


def test_two_that_become_one_keep_the_later_end_of_each() -> None:
    ours = NOTHING.with_one(b"a" * WIDTH, 5).with_one(b"b" * WIDTH, 6)
    both = ours.joined(NOTHING.with_one(b"a" * WIDTH, 8).with_one(b"b" * WIDTH, 1).with_one(b"c" * WIDTH, 2))
    assert dict(zip(both, both.ends, strict=True)) == {b"c" * WIDTH: 2, b"b" * WIDTH: 6, b"a" * WIDTH: 8}


def test_a_hash_without_an_end_is_refused() -> None:
    with pytest.raises(ValueError, match="7 bytes are not the hashes of 0"):
        Seen(b"1234567")


def test_ids_of_every_kind_have_a_hash_of_one_width() -> None:
    found = {seen_key(id) for id in ("", "1", "01", "\ud800", "x" * 10_000, "seen")}
    assert len(found) == 6
    assert {len(key) for key in found} == {WIDTH}
