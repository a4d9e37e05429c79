"""Counted links: nobody else can write one, and what they hold comes out as it went in."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kairos.app.preferences.tracked import Tracked, TrackedLinks
from kairos.app.preferences.unsubscribe import Refusal, UnsubscribeLinks
from kairos.domain.ids import digest
from tests.app.preferences.test_unsubscribe import OLD, ROTATED, Keys

AT = datetime(2026, 11, 22, 3, 0, 10, tzinfo=UTC)
LINK = Tracked("https://shop.example.com/coats?color=red&size=m", digest("profile"), digest("message"), AT)
LINKS = TrackedLinks(lambda: OLD, "https://api.example.com/")


def test_a_link_leads_over_ours_and_says_what_it_is() -> None:
    url = LINKS.url(LINK)
    assert url.startswith("https://api.example.com/r/")
    assert LINKS.read(url.rpartition("/")[2]) == LINK
    assert LINKS.url(LINK, "go.example.com").startswith("https://go.example.com/r/")


@given(st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=400), st.integers(0, 2**33))
def test_whatever_it_leads_to_comes_out_as_it_went_in(path: str, second: int) -> None:
    link = replace(LINK, target=f"https://shop.example.com/{path}", sent_at=datetime.fromtimestamp(second, UTC))
    assert LINKS.read(LINKS.token(link)) == link


@pytest.mark.parametrize("at", range(0, 60, 7))
def test_a_changed_bit_makes_it_nobodys(at: int) -> None:
    raw = bytearray(urlsafe_b64decode(LINKS.token(LINK) + "=="))
    raw[-1 - at] ^= 1
    assert LINKS.read(urlsafe_b64encode(bytes(raw)).decode().rstrip("=")) is None


def test_a_target_cannot_be_put_behind_a_signature_of_ours() -> None:
    raw = urlsafe_b64decode(LINKS.token(LINK) + "==")
    forged = raw[:-16].replace(b"shop.example.com", b"evil.example.org") + raw[-16:]
    assert LINKS.read(urlsafe_b64encode(forged).decode().rstrip("=")) is None


@pytest.mark.parametrize("token", ["", "x", "A", "A" * 40, "A" * 5_000, "링크", "../..", "https://evil.example.org"])
def test_what_is_no_link_of_ours_leads_nowhere(token: str) -> None:
    assert LINKS.read(token) is None


def test_a_link_is_no_opt_out_and_an_opt_out_no_link() -> None:
    refusals = UnsubscribeLinks(lambda: OLD)
    refusal = refusals.token(Refusal("email", "1#" + "a" * 26, digest("profile"), digest("message")))
    assert LINKS.read(refusal) is None
    assert refusals.read(LINKS.token(LINK)) is None


def test_links_survive_a_rotation_and_end_with_their_key() -> None:
    token = LINKS.token(LINK)
    assert TrackedLinks(lambda: ROTATED).read(token) == LINK
    assert TrackedLinks(lambda: Keys("2", {"2": b"b" * 32})).read(token) is None
