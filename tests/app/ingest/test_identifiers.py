"""Identifiers: one form for each way to name a person."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kairos.app.ingest.identifiers import identifiers, normalise_email, normalise_id, normalise_phone
from kairos.app.ports import Identifier
from kairos.registry import Named


@pytest.mark.parametrize(
    ("given", "email"),
    [
        (" Jane.Doe+Tag@Example.COM ", "jane.doe+tag@example.com"),
        ("jane@bücher.example", "jane@xn--bcher-kva.example"),
        ("김@example.com", "김@example.com"),
        ("o'neil@sub.example.com", "o'neil@sub.example.com"),
        ("", None),
        ("jane", None),
        ("@example.com", None),
        ("jane@", None),
        ("jane@localhost", None),
        ("jane@example.c", None),
        ("jane@example.123", None),
        ("jane@-example.com", None),
        ("jane@exa mple.com", None),
        ("jane doe@example.com", None),
        ("jane@x@example.com", None),
        (".jane@example.com", None),
        ("jane..doe@example.com", None),
        ("Jane <jane@example.com>", None),
        ("a" * 65 + "@example.com", None),
        ("a@" + "b" * 250 + ".com", None),
        ("jane@" + "ü" * 200 + ".com", None),
        ("jane@example..com", None),
        ("jane\x00@example.com", None),
    ],
)
def test_email(given: str, email: str | None) -> None:
    assert normalise_email(given) == email


@pytest.mark.parametrize(
    ("given", "country", "phone"),
    [
        ("010-1234-5678", "KR", "+821012345678"),
        ("01012345678", "kr", "+821012345678"),
        ("\uff10\uff11\uff10 1234 5678", "KR", "+821012345678"),
        ("02-123-4567", "KR", "+8221234567"),
        ("011-123-4567", "KR", "+82111234567"),
        ("821012345678", "KR", "+821012345678"),
        ("+82 10 1234 5678", None, "+821012345678"),
        ("+82 (0)10-1234-5678", None, "+821012345678"),
        ("00821012345678", None, "+821012345678"),
        ("tel:+821012345678", None, "+821012345678"),
        ("(212) 555-0100", "US", "+12125550100"),
        ("1-212-555-0100", "US", "+12125550100"),
        ("+1 212 555 0100", "KR", "+12125550100"),
        ("07700 900123", "GB", "+447700900123"),
        ("090-1234-5678", "JP", "+819012345678"),
        ("06 1234 5678", "IT", "+390612345678"),
        ("+971501234567", None, "+971501234567"),
        ("010-1234-5678", None, None),
        ("010-1234-5678", "ZZ", None),
        ("010-1234", "KR", None),
        ("+82 10 1234", None, None),
        ("+0821012345678", None, None),
        ("+82-10-CALL-NOW", "KR", None),
        ("12345", "US", None),
        ("+" + "9" * 16, None, None),
        ("", "KR", None),
        ("none", "KR", None),
        ("010\u20121234\u20125678", "KR", "+821012345678"),
    ],
)
def test_phone(given: str, country: str | None, phone: str | None) -> None:
    assert normalise_phone(given, country) == phone


@pytest.mark.parametrize("given", ["", "  ", "null", "Undefined", "0", "[object Object]", "x" * 257, "a\x00b", "a\nb"])
def test_what_stands_for_nobody_is_no_id(given: str) -> None:
    assert normalise_id(given) is None


def test_an_id_keeps_its_case_and_loses_its_blanks() -> None:
    assert normalise_id(" Ab-12 ") == "Ab-12"


def test_addresses_are_the_same_everywhere_and_ids_belong_to_their_connection() -> None:
    who = [
        Named("customer", "7", True),
        Named("email", "A@Example.com", True),
        Named("email", "a@example.com", True),
        Named("phone", "010", True),
    ]
    assert identifiers(who, "shopify/main", "KR") == [
        Identifier("customer", "7", "shopify/main", True, "shopify/main"),
        Identifier("email", "a@example.com", "", True, "shopify/main"),
    ]


@given(st.text(max_size=80), st.sampled_from([None, "", "KR", "US", "XX"]))
def test_any_text_is_brought_into_form_or_dropped_and_a_form_stays_itself(text: str, country: str | None) -> None:
    email, phone, id = normalise_email(text), normalise_phone(text, country), normalise_id(text)
    assert email is None or normalise_email(email) == email
    assert phone is None or normalise_phone(phone, country) == phone
    assert id is None or normalise_id(id) == id
