"""Solapi's list of messages: what became of each, read with a signed call and believed only then.

A report names one message, which is asked for by its id; where a report names many, or none ever came, the list of
those that changed lately is read instead. https://docs.solapi.com, "메시지 목록 조회" (`GET /messages/v4/list`)
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

from kairos.domain.errors import Refused, Unavailable
from kairos.domain.instant import format_instant
from kairos.sources._again import PAGES_MAX, Api, Row, api_key, base_url, pages, since
from kairos.sources._pulling import Page, Pulling
from kairos.sources._solapi_signature import HOST, authorization

PATH = "/messages/v4/list"
PAGE_ITEMS = 500
ONE_BY_ONE_MAX = 5
"""Beyond so many one list of what changed is fewer calls than one for each."""

LATELY = timedelta(hours=1)
OVERLAP = timedelta(minutes=5)
"""Solapi's clock is not ours; what is read twice is told under the same key."""


def pull(pulling: Pulling) -> Iterator[Page]:
    """Yield what became of the messages that changed since the last reading."""
    rows = _changed(pulling, format_instant(since(pulling) - OVERLAP))
    yield from pages(rows, cursor={"since": format_instant(pulling.now)})


def reread(subjects: Sequence[str], pulling: Pulling) -> Iterator[Page]:
    """Yield what is true of the messages that reports named, by Solapi's ids."""
    ids = list(dict.fromkeys(subjects))
    if len(ids) > ONE_BY_ONE_MAX:
        yield from pages(_changed(pulling, format_instant(pulling.now - LATELY)))
        return
    found = [one for id in ids for one in _listed(pulling, {"messageId": id, "limit": 1})[0] if is_ours(one)]
    yield from pages([Row(one, fresh=True) for one in found])


def is_ours(message: Mapping[str, Any]) -> bool:
    """Return whether Kairos sent a message: the same account may send others."""
    fields = message.get("customFields")
    return isinstance(fields, Mapping) and isinstance(fields.get("kairos_message"), str)


def _changed(pulling: Pulling, start: str) -> list[Row]:
    asked: dict[str, Any] = {"type": "ATA", "dateType": "UPDATED", "startDate": start, "limit": PAGE_ITEMS}
    asked["endDate"] = format_instant(pulling.now)
    rows: list[Row] = []
    for _ in range(PAGES_MAX):
        found, following = _listed(pulling, asked)
        # What is told so late is judged by its own time, as a report that came late would be.
        rows += [Row(one, fresh=True) for one in found if is_ours(one)]
        if not following:
            break
        asked["startKey"] = following
    return rows


def _listed(pulling: Pulling, asked: Mapping[str, Any]) -> tuple[list[Mapping[str, Any]], str]:
    """Return the messages of one page, and where the next one begins; empty where this is the last."""
    key, secret = str(pulling.settings.get("key_id") or ""), api_key(pulling.settings)
    if not key:
        raise Refused("solapi", "the connection does not say which API key it reads with: set key_id=…")
    about = "|".join(f"{name}={asked[name]}" for name in sorted(asked))
    headers = {"authorization": authorization(about, pulling.now, key, secret)}
    api = Api("solapi", base_url(pulling.settings, HOST), headers, pulling)
    api.late()
    answer = api.json(api.get(PATH, asked))
    listed = answer.get("messageList") if isinstance(answer, Mapping) else None
    if not isinstance(listed, Mapping | list):
        raise Unavailable("solapi", "its answer lists no messages")
    found = listed.values() if isinstance(listed, Mapping) else listed
    following = answer.get("nextKey")
    return [one for one in found if isinstance(one, Mapping)], following if isinstance(following, str) else ""
