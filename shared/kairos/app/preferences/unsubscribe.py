"""The opt-out link: a token that says by itself who refuses what, and that nobody else could have written.

It carries the keyed hash of the address and no address: it works after the profile is gone and tells a finder nothing.
It never ends: CAN-SPAM wants 30 days, Korea's §50⑥ and RFC 8058 name no end, and refusing late is refusing.

    version 1 | key id | channel | hash | profile | message | first 16 bytes of HMAC-SHA256 over all before

Version 2 says the opposite in the same form: whoever reads mail at that address agrees, or still agrees, to marketing
there (double opt-in, Korea's §50⑧). One is never read as the other.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from base64 import b32decode, b32encode, urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, Protocol

VERSION = 1
CONFIRMS = 2
TAG_BYTES = 16
TOKEN_CHARACTERS_MAX = 600
_PACKED = 0x80
_BASE32 = re.compile(r"[a-z2-7]{16,}")
_TOKEN = re.compile(r"[A-Za-z0-9_-]+", re.ASCII)


class Keyring(Protocol):
    """The keys in force, of which `current` signs and every one verifies."""

    @property
    def current(self) -> str: ...

    @property
    def keys(self) -> Mapping[str, bytes]: ...

    def derive(self, purpose: Literal["unsubscribe", "link"], key_id: str | None = None) -> bytes:
        """Return the sub-key of one key."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """What a link says: the person behind `address_hash` wants no marketing on `channel`, as `message` had offered."""

    channel: str
    address_hash: str
    profile: str
    message: str


class UnsubscribeLinks:
    """Writes and reads tokens. `keys` is asked each time, so that a rotation reaches a warm container.

    `public_url` is where the API answers; whoever only reads needs none.
    """

    def __init__(self, keys: Callable[[], Keyring], public_url: str = "") -> None:
        self._keys = keys
        self._public_url = public_url.rstrip("/")

    def url(self, refusal: Refusal) -> str:
        """Return the link of one message: GET shows a page, POST refuses (RFC 8058)."""
        return f"{self._public_url}/u/{self.token(refusal)}"

    def confirm_url(self, refusal: Refusal) -> str:
        """Return the link by which the reader of one message confirms what `url` would refuse."""
        return f"{self._public_url}/u/{self.token(refusal, CONFIRMS)}"

    def token(self, refusal: Refusal, version: int = VERSION) -> str:
        """Return the URL-safe token, about 130 characters, the same for the same refusal and key."""
        keyring = self._keys()
        key_id, _, mac = refusal.address_hash.rpartition("#")
        fields = (keyring.current, refusal.channel, key_id, mac, refusal.profile, refusal.message)
        signed = bytes([version]) + b"".join(pack(field) for field in fields)
        return urlsafe_b64encode(signed + _tag(keyring, keyring.current, signed)).decode().rstrip("=")

    def read(self, token: str, version: int = VERSION) -> Refusal | None:
        """Return what the token says, or None for whatever no key in force has signed, without saying why.

        A token of another version than the one asked for is none.
        """
        if len(token) > TOKEN_CHARACTERS_MAX or not _TOKEN.fullmatch(token):
            return None
        try:
            raw = urlsafe_b64decode(token + "=" * (-len(token) % 4))
            fields = _unpack(raw[:-TAG_BYTES], version)
        except (ValueError, IndexError):
            return None
        keyring = self._keys()
        if len(fields) != 6 or fields[0] not in keyring.keys:
            return None
        if not hmac.compare_digest(_tag(keyring, fields[0], raw[:-TAG_BYTES]), raw[-TAG_BYTES:]):
            return None
        _, channel, key_id, mac, profile, message = fields
        return Refusal(channel, f"{key_id}#{mac}" if key_id else mac, profile, message)


def _tag(keyring: Keyring, key_id: str, signed: bytes) -> bytes:
    return hmac.digest(keyring.derive("unsubscribe", key_id), signed, hashlib.sha256)[:TAG_BYTES]


def pack(field: str) -> bytes:
    """Return the field behind its length. Ids and hashes are base32 text, of which the bytes themselves travel."""
    if _BASE32.fullmatch(field) and _text32(raw := _raw32(field)) == field and len(raw) < _PACKED:
        return bytes([_PACKED | len(raw)]) + raw
    raw = field.encode()
    if len(raw) >= _PACKED:
        raise ValueError(f"a field of {len(raw)} bytes fits in no link")
    return bytes([len(raw)]) + raw


def take_field(signed: bytes, at: int) -> tuple[str, int]:
    """Return the field that `pack` wrote at a place, and the place behind it. Raises ValueError or IndexError."""
    size, packed = signed[at] & ~_PACKED, signed[at] & _PACKED
    raw = signed[at + 1 : at + 1 + size]
    if len(raw) != size:
        raise ValueError("cut off")
    return (_text32(raw) if packed else raw.decode()), at + 1 + size


def _unpack(signed: bytes, version: int) -> list[str]:
    if not signed or signed[0] != version:
        raise ValueError("another version")
    fields: list[str] = []
    at = 1
    while at < len(signed):
        field, at = take_field(signed, at)
        fields.append(field)
    return fields


def _raw32(text: str) -> bytes:
    try:
        return b32decode(text.upper() + "=" * (-len(text) % 8))
    except ValueError:
        return b""


def _text32(raw: bytes) -> str:
    return b32encode(raw).decode().rstrip("=").lower()
