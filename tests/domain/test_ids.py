from __future__ import annotations

import hashlib
import re
from base64 import b32encode
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from kairos.domain.ids import digest, enrollment_id, fraction, message_id


@given(st.lists(st.text(), max_size=4))
def test_a_digest_is_26_lower_case_base32_characters_and_always_the_same(parts: list[str]) -> None:
    assert re.fullmatch("[a-z2-7]{26}", digest(*parts))
    assert digest(*parts) == digest(*parts)


@given(st.lists(st.text(), max_size=4), st.lists(st.text(), max_size=4))
def test_different_parts_have_different_digests(one: list[str], other: list[str]) -> None:
    assert (digest(*one) == digest(*other)) is (one == other)


@given(st.text())
def test_a_digest_is_base32_as_rfc_4648_writes_it(text: str) -> None:
    hashed = hashlib.sha256(f"{len(text)}:{text}".encode()).digest()[:16]
    assert digest(text) == b32encode(hashed).decode().rstrip("=").lower()


def test_the_digest_is_the_one_it_has_always_been() -> None:
    """Stored ids depend on it: it must never change."""
    assert digest("enrollment", "u1", "j") == "irr2nghsnyopikztgwks3mlrli"


@given(st.text(), st.text())
def test_a_fraction_lies_in_the_unit_interval(one: str, other: str) -> None:
    assert 0 <= fraction(one, other) < 1


def test_fractions_are_spread_evenly() -> None:
    tenths = Counter(int(fraction("holdout", str(n), "j") * 10) for n in range(10_000))
    assert all(880 < tenths[tenth] < 1120 for tenth in range(10))


def test_ids_tell_apart_what_differs_in_one_part() -> None:
    base = ("u1", "j", "s", "e")
    others = [("u2", "j", "s", "e"), ("u1", "k", "s", "e"), ("u1", "j", "t", "e"), ("u1", "j", "s", "f")]
    assert len({enrollment_id(*parts) for parts in [base, *others]}) == 5
    sends = [
        ("e", "s", 1, 0),
        ("e", "s", 2, 0),
        ("e", "s", 1, 1),
        ("e", "t", 1, 0),
        ("f", "s", 1, 0),
        ("e", "s1", 1, 0),
    ]
    assert len({message_id(*parts) for parts in sends}) == len(sends)
