"""Google's calendar API as far as `gcal` asks it, with the faults it is known for.

It answers as https://developers.google.com/workspace/calendar/api/v3/reference/events/list says: pages, a sync token on
the last one, series expanded, what was deleted as a thin `cancelled` item, 410 for a token it no longer knows.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from kairos.sources._pulling import Answer

CREDENTIALS = json.dumps({"client_id": "c", "client_secret": "s", "refresh_token": "r", "type": "authorized_user"})


class GoogleServer:
    """One calendar. `faults` are answers given instead of the next ones; `log` is what was asked for."""

    def __init__(self, page_items: int = 2) -> None:
        self.items: dict[str, dict[str, Any]] = {}
        self.changed: dict[str, int] = {}
        self.clock = 0
        self.known_since = 0
        self.page_items = page_items
        self.faults: list[Answer] = []
        self.log: list[Mapping[str, str]] = []
        self.revoked = False
        self.watchable = True
        self.channels: list[dict[str, Any]] = []
        self.refused: list[dict[str, Any]] = []
        self.now: Callable[[], datetime] = lambda: datetime(2026, 11, 22, tzinfo=UTC)

    def put(self, id: str, starts: datetime, *people: str, **more: Any) -> None:
        """Make or change an event of an hour."""
        item: dict[str, Any] = {
            "id": id,
            "status": "confirmed",
            "summary": f"About {id}",
            "attendees": [{"email": p} for p in people],
        }
        item["start"] = {"dateTime": starts.isoformat(), "timeZone": "Asia/Seoul"}
        item["end"] = {"dateTime": (starts + timedelta(hours=1)).isoformat(), "timeZone": "Asia/Seoul"}
        self._write(id, item | more)

    def delete(self, id: str) -> None:
        """Delete an event: what is left of it is thin."""
        self._write(id, {"id": id, "status": "cancelled"})

    def forget(self) -> None:
        """Know no token any more."""
        self.known_since = self.clock + 1

    def live(self) -> dict[str, str]:
        """Return when everything that is on begins, by id."""
        return {id: item["start"]["dateTime"] for id, item in self.items.items() if item["status"] != "cancelled"}

    def __call__(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes = b"", *, bytes_max: int = 0
    ) -> Answer:
        if url == "https://oauth2.googleapis.com/token":
            given = parse_qs(body.decode())
            sound = given["grant_type"] == ["refresh_token"] and given["refresh_token"] == ["r"] and not self.revoked
            return _json({"access_token": "t", "expires_in": 3599}) if sound else _json({"error": "invalid_grant"}, 400)
        if method == "POST":
            return self._watch(url, headers, json.loads(body))
        assert (method, headers["authorization"]) == ("GET", "Bearer t")
        if self.faults:
            return self.faults.pop(0)
        parts = urlsplit(url)
        assert unquote(parts.path) == "/calendar/v3/calendars/shop@example.com/events"
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        self.log.append(query)
        return self._list(query)

    def _list(self, query: Mapping[str, str]) -> Answer:
        assert query["singleEvents"] == "true"
        assert not ("syncToken" in query and {"timeMin", "timeMax", "orderBy", "updatedMin"} & set(query))
        since = int(query["syncToken"]) if "syncToken" in query else None
        if since is not None and since < self.known_since:
            return _json({"error": {"code": 410, "errors": [{"reason": "fullSyncRequired"}]}}, 410)
        ids = [id for id in sorted(self.items) if since is None or self.changed[id] > since]
        start = int(query.get("pageToken", "0"))
        page: dict[str, Any] = {"timeZone": "Asia/Seoul"}
        page["items"] = [self.items[id] for id in ids[start : start + self.page_items]]
        if start + self.page_items < len(ids):
            page["nextPageToken"] = str(start + self.page_items)
        else:
            page["nextSyncToken"] = str(self.clock)
        return _json(page)

    def _watch(self, url: str, headers: Mapping[str, str], wanted: dict[str, Any]) -> Answer:
        assert headers["authorization"] == "Bearer t"
        assert unquote(urlsplit(url).path) == "/calendar/v3/calendars/shop@example.com/events/watch"
        if not self.watchable:
            self.refused.append(wanted)
            return _json({"error": {"errors": [{"reason": "push.webhookUrlUnauthorized"}]}}, 401)
        assert (wanted["type"], wanted["id"].isalnum(), bool(wanted["token"])) == ("web_hook", True, True)
        self.channels.append(wanted)
        ends = self.now() + timedelta(seconds=int(wanted["params"]["ttl"]))
        return _json({"id": wanted["id"], "resourceId": "r", "expiration": str(int(ends.timestamp() * 1000))})

    def _write(self, id: str, item: dict[str, Any]) -> None:
        self.clock += 1
        self.items[id], self.changed[id] = item, self.clock


def _json(value: Any, status: int = 200) -> Answer:
    return Answer(status, {"content-type": "application/json"}, json.dumps(value).encode())
