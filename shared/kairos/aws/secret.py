"""The identity secret: what turns an identifier into a hash that means nothing without it.

The stack makes it as a random text (key "1"). After a rotation it is JSON: {"current": "2", "keys": {"1": "<hex>",
"2": "<hex>"}}: the current key writes, every key reads. Add a key before making it current, and let every container
read it (REFRESH) in between, or one that does not know it yet would take a known customer for a new one.

From each key one sub-key per purpose is derived with HMAC-SHA256 (RFC 2104), so that a hash kept for one purpose says
nothing in another.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from base64 import b32encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

from kairos.app.ports import Clock
from kairos.aws.errors import calling
from kairos.domain.canonical import canonical
from kairos.domain.errors import Unavailable

REFRESH = timedelta(minutes=5)
KEY_BYTES_MIN = 32
_KEY_ID = re.compile(r"[0-9A-Za-z]{1,16}")

Purpose = Literal["identity", "address", "unsubscribe", "link", "onsite"]


@dataclass(frozen=True, slots=True)
class Keyring:
    """The keys in force: `current` is the id of the one that writes."""

    current: str
    keys: Mapping[str, bytes] = field(repr=False)

    def derive(self, purpose: Purpose, key_id: str | None = None) -> bytes:
        """Return the 32-byte sub-key of one key (the current one). Raises KeyError for an id that is not in force."""
        return hmac.digest(self.keys[key_id or self.current], b"kairos/" + purpose.encode(), hashlib.sha256)

    def hash(self, purpose: Purpose, *parts: str) -> str:
        """Return "<key id>#<hash>" under the current key: 52 base32 characters of HMAC-SHA256."""
        return self._hash(self.current, purpose, parts)

    def hashes(self, purpose: Purpose, *parts: str) -> list[str]:
        """Return the hash under every key in force, the current one first."""
        others = [key_id for key_id in self.keys if key_id != self.current]
        return [self._hash(key_id, purpose, parts) for key_id in (self.current, *others)]

    def _hash(self, key_id: str, purpose: Purpose, parts: tuple[str, ...]) -> str:
        mac = hmac.digest(self.derive(purpose, key_id), canonical(parts).encode(), hashlib.sha256)
        return f"{key_id}#{b32encode(mac).decode().rstrip('=').lower()}"


Keys = Callable[[], Keyring]
"""Returns the keyring as it is now; adapters ask each time, so a rotation reaches a warm container."""


class IdentitySecret:
    """Keys from Secrets Manager, read at most every five minutes and used stale while it cannot be read."""

    def __init__(self, client: Any, arn: str, clock: Clock) -> None:
        self._client = client
        self._arn = arn
        self._clock = clock
        self._known: tuple[datetime, Keyring] | None = None

    def __call__(self) -> Keyring:
        now = self._clock.now()
        if self._known is not None and now - self._known[0] < REFRESH:
            return self._known[1]
        try:
            keyring = self._read()
        except Unavailable:
            if self._known is None:
                raise
            keyring = self._known[1]
        self._known = (now, keyring)
        return keyring

    def _read(self) -> Keyring:
        with calling("identity secret"):
            return parse_secret(self._client.get_secret_value(SecretId=self._arn)["SecretString"])


def parse_secret(text: str) -> Keyring:
    """Return the keyring of a generated text or of the JSON after a rotation.

    Raises Unavailable, never quoting the secret, for JSON that is no keyring or a key that is too short: going on
    would make every customer a stranger.
    """
    if not text.lstrip().startswith("{"):
        return _checked(Keyring("1", {"1": text.encode()}))
    try:
        raw = json.loads(text)
        keyring = Keyring(raw["current"], {key_id: bytes.fromhex(key) for key_id, key in raw["keys"].items()})
    except (ValueError, KeyError, TypeError, AttributeError):
        raise Unavailable("identity secret", "it is neither a generated text nor a keyring") from None
    return _checked(keyring)


def _checked(keyring: Keyring) -> Keyring:
    if keyring.current not in keyring.keys:
        raise Unavailable("identity secret", "its current key is not among its keys")
    if not all(_KEY_ID.fullmatch(key_id) for key_id in keyring.keys):
        raise Unavailable("identity secret", "a key id is more than letters and digits")
    if any(len(key) < KEY_BYTES_MIN for key in keyring.keys.values()):
        raise Unavailable("identity secret", f"a key is shorter than {KEY_BYTES_MIN} bytes")
    return keyring
