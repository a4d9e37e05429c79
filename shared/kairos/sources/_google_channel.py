"""Google's push channels: a calendar that changed says so at once, in a request that holds nothing but headers.

A channel lives for a week at most and is not prolonged: before it ends a new one is made. Nothing signs what it sends;
the token that we chose comes back in it, and is a keyed hash of the channel's own name, so nobody needs to remember it.
A notification proves nothing and only says when to read; some are lost, so the regular readings go on.
https://developers.google.com/workspace/calendar/api/guides/push
"""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

from kairos.domain.errors import BadInput, Throttled, Unavailable
from kairos.domain.ids import digest
from kairos.domain.instant import format_instant, parse_instant
from kairos.registry import Request
from kairos.sources._google_api import API
from kairos.sources._pulling import Page, Pulling
from kairos.sources._shape import load_body
from kairos.sources._signature import header_text, require_any, secrets

CHANNEL, TOKEN, STATE = "x-goog-channel-id", "x-goog-channel-token", "x-goog-resource-state"
CHANNEL_AT = "channel_at"
"""Where a cursor says when a channel is to be made next."""

LIVES = timedelta(days=7)
RENEWED_BEFORE = timedelta(days=1)
AGAIN = timedelta(hours=6)
"""When a channel that Google refused is asked for again: where nobody can reach us, none ever comes."""


def require_channel(request: Request) -> None:
    """Raise BadSignature unless a notification carries the token of its channel."""
    channel, given = header_text(request, CHANNEL), header_text(request, TOKEN)
    require_any(given, [_token(secret, channel) for secret in secrets(request)])


def says_changed(request: Request) -> bool:
    """Return whether a notification says that something changed: the first one of a channel only greets (`sync`)."""
    return request.headers.get(STATE, "").strip().lower() in ("exists", "not_exists")


def channel_of(pulling: Pulling) -> dict[str, Any]:
    """Return what a cursor knows of the channel: it goes on through readings of whatever kind."""
    return {name: value for name, value in pulling.cursor.items() if name == CHANNEL_AT}


def renew(pulling: Pulling, access: str, calendar: str) -> Page | None:
    """Make a channel where there is none that lives for another day; None where nothing is to be done.

    A refusal is a warning and no failure: the calendar is read all the same.
    """
    if not pulling.hook.startswith("https://") or not _is_due(pulling):
        return None
    given = pulling.settings.get("secrets")
    secret = str(given[0]) if isinstance(given, list | tuple) and given else ""
    channel = digest("channel", pulling.hook, format_instant(pulling.now))
    wanted = {
        "id": channel,
        "type": "web_hook",
        "address": pulling.hook,
        "token": _token(secret, channel),
        "params": {"ttl": str(int(LIVES.total_seconds()))},
    }
    headers = {"authorization": f"Bearer {access}", "content-type": "application/json", "accept": "application/json"}
    url = f"{API}/calendars/{quote(calendar, safe='')}/events/watch"
    try:
        answer = pulling.fetch("POST", url, headers, json.dumps(wanted).encode())
        if answer.status == 429 or answer.status >= 500:
            raise Throttled("google", f"it answers {answer.status}")
        until = _expiry(answer.body) if answer.status == 200 else None
    except Unavailable:
        return None  # the next reading asks again
    if until is None:
        again = format_instant(pulling.now + AGAIN)
        warning = f"Google tells of no changes ({answer.status}): the calendar is read every five minutes all the same"
        return Page(cursor={**pulling.cursor, CHANNEL_AT: again}, warning=warning)
    at = format_instant(until - RENEWED_BEFORE)
    return Page(cursor={**pulling.cursor, CHANNEL_AT: at}, expires_at=until, warning="")


def _is_due(pulling: Pulling) -> bool:
    at = pulling.cursor.get(CHANNEL_AT)
    return not isinstance(at, str) or parse_instant(at) <= pulling.now


def _expiry(body: bytes) -> datetime | None:
    try:
        milliseconds = int(load_body(body).need("expiration"))
        return datetime.fromtimestamp(milliseconds / 1000, UTC)
    except (BadInput, ValueError, OverflowError, OSError):
        return None


def _token(secret: str, channel: str) -> str:
    key = secret.encode("utf-8", "replace")
    return hmac.new(key, f"channel:{channel}".encode("utf-8", "replace"), hashlib.sha256).hexdigest()
