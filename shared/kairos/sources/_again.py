"""What a source of webhooks reads by itself: the vendor's own objects, handed on as webhooks that may have been lost.

Each object becomes a row: the headers and the body of the webhook that would have told it. So the one translation of a
source reads both, under the same de-duplication keys, and whatever a webhook told already is told nobody twice. What is
told this way is historical: it changes what is known and starts nothing (DESIGN 6).

An object is looked at only once it has rested for `SETTLED`: its webhook comes first, and a page that is being written
is not read in the middle.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from kairos.domain.errors import BadInput, Refused, Throttled, Unavailable
from kairos.domain.instant import parse_instant
from kairos.registry import Parsed, Request
from kairos.sources._pulling import PAGE, Answer, Page, Pulling
from kairos.sources._shape import BODY_BYTES_MAX, Object, load_body

SETTLED = timedelta(minutes=10)
HEALED_FOR = timedelta(days=3)
"""For how long a fact that was lost is told. Sources remember repeats for longer, so it is told once."""

EVERY = timedelta(minutes=15)
PAGE_BYTES = 700_000
PAGES_MAX = 200
ANSWER_BYTES_MAX = 8 * BODY_BYTES_MAX


@dataclass(frozen=True, slots=True)
class Row:
    """One webhook that may have been lost. `fresh`: it was asked for because somebody told of it, so it starts what a
    webhook would start."""

    body: Mapping[str, Any]
    headers: Mapping[str, str] = field(default_factory=dict)
    fresh: bool = False


def api_key(settings: Mapping[str, Any]) -> str:
    """Return the key with which a connection's API is read; empty where there is none."""
    key = settings.get("api_key")
    return key if isinstance(key, str) else ""


def pages(rows: Iterable[Row], **more: Any) -> Iterator[Page]:
    """Yield pages of rows; the last one carries `more` (a cursor, what was told), which is kept once all was told."""
    held: list[Row] = []
    size, left_out = 0, 0
    for row in rows:
        length = len(json.dumps(row.body))
        if length > PAGE_BYTES:
            left_out += 1
            continue
        if held and size + length > PAGE_BYTES:
            yield Page(written(held))
            held, size = [], 0
        held.append(row)
        size += length
    yield Page(written(held) if held else None, left_out=left_out, **more)


def written(rows: Sequence[Row]) -> bytes:
    """Return the body in which rows travel to `read`."""
    told = [{"headers": dict(row.headers), "body": dict(row.body), "fresh": row.fresh} for row in rows]
    return json.dumps({"told": told}).encode()


def _rows(request: Request, read: Callable[..., Sequence[Parsed]], refused: list[BadInput] | None) -> list[Parsed]:
    """Translate a body that `written` made, each row as `read` reads its webhook. A wrong one spoils no other."""
    out: list[Parsed] = []
    for row in load_body(request.body).objects("told"):
        headers = {str(name): str(value) for name, value in row.object("headers").raw.items()}
        one = replace(request, headers=headers, body=json.dumps(dict(row.object("body").raw)).encode())
        try:
            facts = read(one, trusted=True)
        except BadInput as error:
            if refused is None:
                raise
            refused.append(error)
            continue
        fresh = row.flag("fresh") is True
        out += [fact if fresh else replace(fact, event=replace(fact.event, historical=True)) for fact in facts]
    return out


class Reader(ABC):
    """What a source of webhooks that can be read has in common: whether it is, how often, and that it leaves nobody.

    The vendor itself says who leaves a booking, so nobody else has to. `key_is` says what its API key is and where it
    is made, `without_key` what is lost where there is none.
    """

    every = EVERY
    key_is = ""
    without_key = ""

    def reads(self, settings: Mapping[str, Any]) -> bool:
        """Return whether a connection has what it takes to be read: an API key."""
        return bool(api_key(settings))

    def parse(self, request: Request, *, trusted: bool, refused: list[BadInput] | None = None) -> Sequence[Parsed]:
        """Translate a webhook, or a page of those that may have been lost."""
        if PAGE in request.headers:  # `sync` alone writes it, and the proof of a webhook does not cover it
            return _rows(request, self.read, refused) if trusted else ()
        return self.read(request, trusted=trusted)

    @abstractmethod
    def read(self, request: Request, *, trusted: bool) -> Sequence[Parsed]:
        """Translate one webhook. Raises BadInput."""

    def leave(self, entry: str, whom: tuple[str, ...], pulling: Pulling) -> bytes:
        """Return a body that says nothing."""
        return written([])


class Api:
    """A vendor's API as it is read: one key, JSON answers, and failures told apart by who can mend them."""

    def __init__(self, name: str, base: str, headers: Mapping[str, str], pulling: Pulling) -> None:
        self._name = name
        self._base = base.rstrip("/")
        self._headers = {"accept": "application/json", "user-agent": "Kairos", **headers}
        self._pulling = pulling

    def get(self, path: str, query: Mapping[str, Any] | None = None) -> Answer:
        """Return the answer of 200 to a GET of a path of this API, or of a whole URL of it.

        Raises Refused where only the owner can help, Unavailable for later.
        """
        url = path if path.startswith(f"{self._base}/") else self._base + path
        asked = f"{url}?{urlencode(query)}" if query else url
        answer = self._pulling.fetch("GET", asked, self._headers, bytes_max=ANSWER_BYTES_MAX)
        self.require_ok(answer)
        return answer

    def require_ok(self, answer: Answer) -> None:
        """Raise what an answer that is none means."""
        if answer.status == 200:
            return
        if answer.status == 429:
            raise Throttled(self._name, "it answers 429")
        if answer.status >= 500 or answer.status == 408:
            raise Unavailable(self._name, f"it answers {answer.status}")
        if answer.status in (401, 403):
            raise Refused(self._name, f"the API key no longer opens it ({answer.status}): connect it anew")
        if answer.status in (404, 410):
            raise Refused(self._name, f"there is nothing at this address ({answer.status}): is it still the right one?")
        raise Refused(self._name, f"it answers {answer.status}")

    def items(self, answer: Answer, key: str = "") -> list[Mapping[str, Any]]:
        """Return the list of objects that an answer is, or has under a key. Raises Unavailable for anything else: what
        cannot be read says nothing, least of all that nothing is there."""
        found = self.json(answer)
        if key:
            found = found.get(key) if isinstance(found, Mapping) else None
        if not isinstance(found, list):
            raise Unavailable(self._name, "its answer is no list")
        return [one for one in found if isinstance(one, Mapping)]

    def json(self, answer: Answer) -> Any:
        """Return an answer's JSON. Raises Unavailable."""
        try:
            return json.loads(answer.body)
        except (ValueError, RecursionError):
            raise Unavailable(self._name, "its answer is no JSON") from None

    def late(self) -> None:
        """Raise Unavailable once the time of a reading is over that proves nothing by half."""
        if self._pulling.late():
            raise Unavailable(self._name, "there is more than can be read in time")


def base_url(settings: Mapping[str, Any], otherwise: str) -> str:
    """Return where an API is: what `api_url` says (a vendor's software on one's own server), or the vendor's own."""
    given = settings.get("api_url")
    return given if isinstance(given, str) and given else otherwise


def since(pulling: Pulling) -> datetime:
    """Return from when on objects are to be read: where the last reading ended, or as long ago as facts are healed."""
    oldest = pulling.now - HEALED_FOR
    kept = pulling.cursor.get("since")
    return max(parse_instant(kept), oldest) if isinstance(kept, str) else oldest


def moment(body: Mapping[str, Any], key: str, *, utc: bool = False) -> datetime | None:
    """Return the instant under a key of an object, whatever is wrong with it; `utc` reads one without an offset so."""
    text = body.get(key)
    if not isinstance(text, str):
        return None
    with_offset = f"{text}Z" if utc and not text.endswith("Z") else text
    return Object({key: with_offset}, "", lenient=True).instant(key)
