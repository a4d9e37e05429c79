"""How a call of Solapi's API is signed: HMAC-SHA256 over the date and a salt, in hex, anew for each call.

Nothing here is random: the salt is a hash of what the call is about and of its instant, and an instant of milliseconds
is never signed twice for one thing. https://docs.solapi.com, "API Key 인증"; github.com/solapi/solapi-python
"""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime

HOST = "https://api.solapi.com"
ON_ITS_WAY = frozenset({"2000", "3000"})
DELIVERED = "4000"
"""Solapi's codes for a message that it took: to be handed on, handed on; and delivered."""


def authorization(about: str, at: datetime, key: str, secret: str) -> str:
    """Return the header of one call about something, made at an aware instant in UTC."""
    date = f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}Z"
    salt = hashlib.sha256(f"{about}|{date}".encode()).hexdigest()[:32]
    signature = hmac.new(secret.encode(), f"{date}{salt}".encode(), hashlib.sha256).hexdigest()
    return f"HMAC-SHA256 apiKey={key}, date={date}, salt={salt}, signature={signature}"
