"""Opt-out links: short, opaque, ours alone to write, and good for ever."""

from __future__ import annotations

import hashlib
import hmac
from base64 import urlsafe_b64decode
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kairos.app.preferences.unsubscribe import Refusal, UnsubscribeLinks
from kairos.aws.secret import Keyring as StackKeyring
from kairos.domain.ids import digest

REFUSAL = Refusal("email", "1#" + digest("a") * 2, digest("profile"), digest("message"))


@dataclass(frozen=True)
class Keys:
    """A keyring of given keys."""

    current: str
    keys: Mapping[str, bytes]

    def derive(self, purpose: str, key_id: str | None = None) -> bytes:
        return hmac.digest(self.keys[key_id or self.current], purpose.encode(), hashlib.sha256)


OLD = Keys("1", {"1": b"a" * 32})
ROTATED = Keys("2", {"1": b"a" * 32, "2": b"b" * 32})
LINKS = UnsubscribeLinks(lambda: OLD, "https://api.example.com/")


def test_a_link_says_who_refuses_what() -> None:
    url = LINKS.url(REFUSAL)
    assert url.startswith("https://api.example.com/u/")
    assert LINKS.read(url.rpartition("/")[2]) == REFUSAL


def test_a_token_is_url_safe_short_and_always_the_same() -> None:
    refusal = replace(REFUSAL, address_hash="1#" + "a" * 51 + "q")
    token = LINKS.token(refusal)
    assert token == LINKS.token(refusal)
    assert len(token) <= 140
    assert token.replace("-", "a").replace("_", "a").isalnum()


def test_the_keyring_of_the_stack_signs_and_reads() -> None:
    keyring = StackKeyring("1", {"1": b"k" * 64})
    links = UnsubscribeLinks(lambda: keyring, "https://api.example.com")
    refusal = replace(REFUSAL, address_hash=keyring.hash("address", "ann@example.com"))
    token = links.token(refusal)
    assert links.read(token) == refusal
    assert len(token) <= 140


def test_a_link_outlives_the_rotation_of_its_key() -> None:
    token = LINKS.token(REFUSAL)
    assert UnsubscribeLinks(lambda: ROTATED).read(token) == REFUSAL
    assert UnsubscribeLinks(lambda: ROTATED).token(REFUSAL) != token


def test_a_key_that_is_no_longer_in_force_opens_nothing() -> None:
    token = UnsubscribeLinks(lambda: ROTATED).token(REFUSAL)
    assert LINKS.read(token) is None


def test_another_deployments_link_opens_nothing() -> None:
    other = UnsubscribeLinks(lambda: Keys("1", {"1": b"x" * 32}))
    assert LINKS.read(other.token(REFUSAL)) is None


def test_any_changed_bit_is_found() -> None:
    token = LINKS.token(REFUSAL)
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    size = len(urlsafe_b64decode(token + "=" * (-len(token) % 4))) * 8 // 6
    for at in range(size):
        changed = alphabet[alphabet.index(token[at]) ^ 1]
        assert LINKS.read(token[:at] + changed + token[at + 1 :]) is None, at


@pytest.mark.parametrize("cut", range(0, 120, 7))
def test_a_token_cut_short_opens_nothing(cut: int) -> None:
    assert LINKS.read(LINKS.token(REFUSAL)[:cut]) is None


@given(st.text(max_size=700))
def test_no_text_of_a_stranger_opens_or_breaks_anything(text: str) -> None:
    assert LINKS.read(text) is None


@given(st.binary(max_size=200))
def test_no_bytes_of_a_stranger_open_or_break_anything(raw: bytes) -> None:
    from base64 import urlsafe_b64encode

    assert LINKS.read(urlsafe_b64encode(b"\x01" + raw).decode().rstrip("=")) is None


field = (
    st.text(max_size=40)
    .filter(lambda text: len(text.encode("utf-8", "replace")) < 128)
    .filter(lambda text: text.isprintable() and "#" not in text)
)


@given(field, field, field, field)
def test_every_field_comes_back_as_it_was(channel: str, mac: str, profile: str, message: str) -> None:
    refusal = Refusal(channel, mac, profile, message)
    assert LINKS.read(LINKS.token(refusal)) == refusal


@given(st.from_regex(r"[a-z2-7]{0,60}", fullmatch=True))
def test_what_only_looks_like_base32_comes_back_as_it_was(text: Any) -> None:
    refusal = replace(REFUSAL, profile=text)
    assert LINKS.read(LINKS.token(refusal)) == refusal


def test_a_field_too_long_for_a_link_is_an_error_and_no_wrong_link() -> None:
    with pytest.raises(ValueError, match="fits in no link"):
        LINKS.token(replace(REFUSAL, profile="X" * 128))
