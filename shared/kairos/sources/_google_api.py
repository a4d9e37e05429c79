"""Asking Google's calendar API: a short-lived token for the owner's long-lived one, then pages of events.

What is wrong is told apart by who can mend it: 429, a quota (403 with such a reason) and 5xx pass by themselves, a
grant that was taken back and a calendar that is not there do not.
https://developers.google.com/workspace/calendar/api/guides/errors
https://developers.google.com/identity/protocols/oauth2/web-server#offline
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from urllib.parse import quote, urlencode

from kairos.domain.errors import BadInput, Refused, Throttled, Unavailable
from kairos.registry import Request
from kairos.sources._pulling import Answer, Pulling
from kairos.sources._shape import BODY_BYTES_MAX, Object, load_body
from kairos.sources._signature import keys

API = "https://www.googleapis.com/calendar/v3"
TOKEN_URL = "https://oauth2.googleapis.com/token"  # noqa: S105 - where one is asked for
PAGE_ITEMS = 250
PAGES_MAX = 40

_PASSING = frozenset({"rateLimitExceeded", "userRateLimitExceeded", "quotaExceeded", "backendError"})


class SyncTokenGone(Exception):
    """410: what changed since that token is no longer known, so everything must be read."""


def access_token(pulling: Pulling) -> str:
    """Return a token for an hour, for the credentials in the connection's secret.

    The secret is the JSON that Google's own tools write (`type: authorized_user`): client_id, client_secret,
    refresh_token. Raises Refused where they are none or no longer stand.
    """
    bare = Request({}, b"", pulling.now, settings=pulling.settings)
    secret = next(iter(keys(bare, "secrets")), "")
    try:
        given = load_body(secret.encode("utf-8", "replace"))
        form = {name: given.need(name) for name in ("client_id", "client_secret", "refresh_token")}
    except BadInput:
        raise Refused("google", "the secret is not the JSON of an authorized user") from None
    headers = {"content-type": "application/x-www-form-urlencoded", "accept": "application/json"}
    body = urlencode({"grant_type": "refresh_token", **form}).encode()
    answer = pulling.fetch("POST", TOKEN_URL, headers, body)
    if answer.status in (400, 401):
        raise Refused("google", "the permission no longer stands: connect the calendar anew")
    _require_ok(answer)
    return _read(answer).need("access_token")


def event_pages(pulling: Pulling, token: str, calendar: str, query: Mapping[str, str]) -> Iterator[Object]:
    """Yield the pages of `events.list`, each once; the last has `nextSyncToken`.

    Raises SyncTokenGone, Refused, Unavailable: also where the time is over, since half a list proves nothing.
    """
    headers = {"authorization": f"Bearer {token}", "accept": "application/json", "user-agent": "Kairos (gzip)"}
    asked = {**query, "singleEvents": "true", "maxResults": str(PAGE_ITEMS)}
    for _ in range(PAGES_MAX):
        url = f"{API}/calendars/{quote(calendar, safe='')}/events?{urlencode(asked)}"
        answer = pulling.fetch("GET", url, headers, bytes_max=4 * BODY_BYTES_MAX)
        if answer.status == 410:
            raise SyncTokenGone
        _require_ok(answer)
        page = _read(answer)
        yield page
        following = page.text("nextPageToken", 4_000)
        if following is None:
            return
        if pulling.late():
            raise Unavailable("google", "the calendar is longer than can be read in time")
        asked["pageToken"] = following
    raise Refused("google", f"the calendar has more than {PAGES_MAX * PAGE_ITEMS} events in the time looked at")


def _require_ok(answer: Answer) -> None:
    if answer.status == 200:
        return
    if answer.status == 429 or (answer.status == 403 and _reason(answer) in _PASSING):
        raise Throttled("google", f"it answers {answer.status}")
    if answer.status >= 500:
        raise Unavailable("google", f"it answers {answer.status}")
    if answer.status == 404:
        raise Refused("google", "there is no such calendar, or it is not shared with this account")
    raise Refused("google", f"it answers {answer.status}")


def _reason(answer: Answer) -> str:
    try:
        errors = _read(answer).object("error").objects("errors")
        return next((one.text("reason", 100) or "" for one in errors), "")
    except (BadInput, Unavailable):
        return ""


def _read(answer: Answer) -> Object:
    try:
        return load_body(answer.body)
    except BadInput:
        raise Unavailable("google", "its answer is no JSON") from None
