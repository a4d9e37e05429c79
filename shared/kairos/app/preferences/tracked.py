"""A link whose following is counted: our address with a token that holds the target, signed so that nobody else's can.

The target travels in the token and nowhere else, so nothing is kept of it, a follow needs no look-up, and the link
works after its profile is gone. It is no open redirect: `deliver` signs targets on the brand's own hosts only, and what
was not signed leads nowhere.

    version 3 | seconds since 1970 | key id | profile | message | target | first 16 bytes of HMAC-SHA256 over all before
"""

from __future__ import annotations

import hashlib
import hmac
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from kairos.app.preferences.unsubscribe import TAG_BYTES, Keyring, pack, take_field

VERSION = 3
TARGET_BYTES_MAX = 1_500
TOKEN_CHARACTERS_MAX = 2_300
_TOKEN = re.compile(r"[A-Za-z0-9_-]+", re.ASCII)


@dataclass(frozen=True, slots=True)
class Tracked:
    """What a link says: it stood in `message`, which was sent to `profile` at `sent_at` (whole seconds, UTC)."""

    target: str
    profile: str
    message: str
    sent_at: datetime


class TrackedLinks:
    """Writes and reads tokens. `keys` is asked each time, so that a rotation reaches a warm container."""

    def __init__(self, keys: Callable[[], Keyring], public_url: str = "") -> None:
        self._keys = keys
        self._public_url = public_url.rstrip("/")

    def url(self, link: Tracked, domain: str = "") -> str:
        """Return the link, on the brand's own `domain` ("go.example.com") where it has one for it."""
        base = f"https://{domain}" if domain else self._public_url
        return f"{base}/r/{self.token(link)}"

    def token(self, link: Tracked) -> str:
        """Return the URL-safe token, about 90 characters and four for three of the target's bytes."""
        keyring = self._keys()
        seconds = int(link.sent_at.timestamp()).to_bytes(5, "big")
        fields = b"".join(pack(field) for field in (keyring.current, link.profile, link.message))
        signed = bytes([VERSION]) + seconds + fields + link.target.encode()
        return urlsafe_b64encode(signed + _tag(keyring, keyring.current, signed)).decode().rstrip("=")

    def read(self, token: str) -> Tracked | None:
        """Return what the token says, or None for whatever no key in force has signed, without saying why."""
        if len(token) > TOKEN_CHARACTERS_MAX or not _TOKEN.fullmatch(token):
            return None
        try:
            raw = urlsafe_b64decode(token + "=" * (-len(token) % 4))
            signed, tag = raw[:-TAG_BYTES], raw[-TAG_BYTES:]
            key_id, at = take_field(signed, 6)
            profile, at = take_field(signed, at)
            message, at = take_field(signed, at)
            target = signed[at:].decode()
        except (ValueError, IndexError):
            return None
        keyring = self._keys()
        if signed[0] != VERSION or key_id not in keyring.keys:
            return None
        if not hmac.compare_digest(_tag(keyring, key_id, signed), tag):
            return None
        return Tracked(target, profile, message, datetime.fromtimestamp(int.from_bytes(signed[1:6], "big"), UTC))


def _tag(keyring: Keyring, key_id: str, signed: bytes) -> bytes:
    return hmac.digest(keyring.derive("link", key_id), signed, hashlib.sha256)[:TAG_BYTES]
