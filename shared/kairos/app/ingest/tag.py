"""A call of the web tag: what one browser did and was shown, and in the answer what lies ready for it.

The body is a batch as Segment's, with the anonymous id once for all calls; `reports` say what became of messages, each
with the message's own token. The answer costs one read: the identity that the events need anyway leads to the profile,
and the profile to its board. A browser that only asks makes nobody: an id that no event has named leads nowhere.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from kairos.app.http import HttpAnswer
from kairos.app.ingest.browsers import DEVICE, Browsers
from kairos.app.ingest.facts import CORRELATION_HEADER
from kairos.app.ingest.identifiers import identifier
from kairos.app.ingest.ingest import Ingest
from kairos.app.ingest.taken import Taken
from kairos.app.ports import Identifier
from kairos.domain.errors import BadInput
from kairos.domain.event import Event
from kairos.registry import Named, Parsed, Request
from kairos.sources._shape import Object, load_body
from kairos.sources.track import CALLS_MAX, Track

REPORTS = {"shown": "message_opened", "clicked": "message_clicked", "dismissed": "message_dismissed"}
"""What a browser says of a message, and the event that it becomes."""

REPORTS_MAX = 50
TOKEN_CHARACTERS_MAX = 64
_MESSAGE = re.compile(r"[a-z2-7]{26}", re.ASCII)


class TagCalls:
    """The source of one call: Segment's behaviour of one browser, and its reports. See `kairos.registry.Source`.

    `over` collects the messages that need no more showing.
    """

    name = Track.name
    retry_horizon = timedelta(days=3)
    topic_at = Track.topic_at
    properties: Mapping[str, Sequence[str]] = {**Track.properties, **dict.fromkeys(REPORTS.values(), ("channel",))}

    def __init__(self, track: Track, browsers: Browsers, body: Object, device: str) -> None:
        self.track = track
        self.browsers = browsers
        self.body = body
        self.device = device
        self.over: list[str] = []

    def verify(self, request: Request) -> bool:
        """A page's key is public, whichever it shows: what a browser sends is never trusted."""
        self.track.verify(request)
        return False

    def parse(self, request: Request, *, trusted: bool, refused: list[BadInput] | None = None) -> Sequence[Parsed]:
        """Translate the calls and the reports; what is wrong with one of them spoils no other."""
        problems: list[BadInput] = [] if refused is None else refused
        calls = [
            {**call, "anonymousId": self.device} if isinstance(call, Mapping) else call
            for call in self.body.items("batch", CALLS_MAX)
        ]
        body = Object({**self.body.raw, "batch": calls}, "")
        behaviour = self.track.read(body, request, trusted=False, refused=problems)
        seen = [replace(one, event=replace(one.event, reach={"web": True}), proven=True) for one in behaviour]
        for report in self.body.objects("reports", REPORTS_MAX):
            try:
                seen.append(self._report(report, request))
            except BadInput as error:
                problems.append(error)
        return seen

    def _report(self, report: Object, request: Request) -> Parsed:
        message, token = report.need("message"), report.text("token", TOKEN_CHARACTERS_MAX) or ""
        if not _MESSAGE.fullmatch(message) or not self.browsers.is_token(token, message, self.device):
            report.fail("token", "the token that came with the message to this browser")
        kind = report.text("kind", 16)
        if kind not in REPORTS:
            report.fail("kind", f"one of {', '.join(REPORTS)}")
        if report.flag("over") is True:
            self.over.append(message)
        event = Event(
            id="",
            name=REPORTS[kind],
            profile="",
            occurred_at=request.received_at,
            received_at=request.received_at,
            properties={"channel": "web"},
            message=message,
        )
        # However often it is said, and from however many pages, it is one fact of one message.
        return Parsed(event, f"{message}:{kind}", [Named("anonymous", self.device)], proven=True)


def answer_tag(ingest: Ingest, track: Track, request: Request, browsers: Browsers) -> HttpAnswer:
    """Take what a browser says, and answer with what lies ready for it. `request` shows a key that was verified.

    Raises Rejected for what can never succeed, Unavailable for later.
    """
    body = load_body(request.body)
    device = body.ident("anonymousId") or ""
    if not DEVICE.fullmatch(device):
        body.fail("anonymousId", "the id that the tag drew: 22 to 64 letters, digits, - and _")
    calls = TagCalls(track, browsers, body, device)
    taken = ingest.take(calls, request, trusted=False)
    ready: list[dict[str, Any]] = []
    if body.flag("leaving") is not True or calls.over:
        profile = taken.profiles[0] if taken.profiles else ingest.find(_identifier(device, request))
        ready = _ready(browsers, profile, calls, request) if profile else []
    return _answer(taken, ready)


def _identifier(device: str, request: Request) -> Identifier:
    found = identifier(Named("anonymous", device), f"{Track.name}/{request.connection}", None)
    if found is None:
        raise BadInput("anonymousId", "an id that stands for a browser")
    return found


def _ready(browsers: Browsers, profile: str, calls: TagCalls, request: Request) -> list[dict[str, Any]]:
    """Return what lies ready, and take away what is over."""
    now = request.received_at
    if calls.over:
        browsers.board.remove(profile, calls.over, now)
    return [
        {
            **notice.content,
            "id": notice.message,
            "token": browsers.token(notice.message, calls.device),
        }
        for notice in browsers.board.read(profile, now)
        if notice.message not in calls.over
    ]


def _answer(taken: Taken, ready: Sequence[Mapping[str, Any]]) -> HttpAnswer:
    refused = [{"field": error.field, "detail": f"expected {error.expected}"} for error in taken.refused]
    document = {"accepted": taken.accepted, "refused": refused, "messages": ready}
    headers = {
        "content-type": "application/json",
        "cache-control": "no-store",
        CORRELATION_HEADER: taken.correlation,
    }
    facts = {"status": 200, **taken.facts(), "ready": len(ready)}
    return HttpAnswer(200, headers, json.dumps(document, ensure_ascii=False), facts)
