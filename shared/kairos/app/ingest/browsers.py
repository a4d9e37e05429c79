"""What the web tag's side of `ingest` stands on: the board, and the tokens that go out with what lies there.

A browser is known by the anonymous id that its tag drew: 128 random bits, which only that browser holds. Who has the
public key of a shop has everybody's key and nobody's id, so they can read nothing. With each message goes a token,
keyed for that message and that browser: only who was shown a message can report of it, and nobody of another's.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from typing import Literal, Protocol

from kairos.app.ports import Board
from kairos.domain.canonical import canonical

DEVICE = re.compile(r"[A-Za-z0-9_-]{22,64}", re.ASCII)
"""What the tag draws: 16 bytes in base64url. Shorter ids may be counted up, and nothing is shown to what can be."""

TAG_BYTES = 16


class Keyring(Protocol):
    """The keys in force, of which `current` signs and every one verifies."""

    @property
    def current(self) -> str: ...

    @property
    def keys(self) -> Mapping[str, bytes]: ...

    def derive(self, purpose: Literal["onsite"], key_id: str | None = None) -> bytes:
        """Return the sub-key of one key."""


class Browsers:
    """The board, opened when it is first asked for, and the tokens. `keys` is asked each time: keys rotate."""

    def __init__(self, open_board: Callable[[], Board], keys: Callable[[], Keyring]) -> None:
        self._open_board = open_board
        self._keys = keys

    @cached_property
    def board(self) -> Board:
        return self._open_board()

    def token(self, message: str, device: str) -> str:
        """Return what goes with a message to one browser: 22 characters, the same each time while the key is."""
        return next(self._tokens(message, device))

    def is_token(self, token: str, message: str, device: str) -> bool:
        """Return whether a key in force made the token for this message and browser (constant time)."""
        given = token.encode("utf-8", "replace")
        return any(hmac.compare_digest(given, made.encode()) for made in self._tokens(message, device))

    def _tokens(self, message: str, device: str) -> Iterator[str]:
        keyring = self._keys()
        content = canonical((message, device)).encode()
        for key_id in (keyring.current, *(other for other in keyring.keys if other != keyring.current)):
            made = hmac.digest(keyring.derive("onsite", key_id), content, hashlib.sha256)[:TAG_BYTES]
            yield urlsafe_b64encode(made).decode().rstrip("=")
