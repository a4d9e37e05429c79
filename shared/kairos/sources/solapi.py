"""What Solapi says of AlimTalk that it took: delivered, or not, because somebody has no KakaoTalk or blocked the brand.

Its webhook (`SINGLE-REPORT`: a list of reports, each the message with its `statusCode`) signs nothing: the header
`X-Solapi-Secret` is the SHA-1 of the secret that was typed in there, the same in each request. So a report is a hint:
`sync` reads the messages it names with a signed call, at once, and believes that. What was never reported is read every
five minutes.

A message of ours carries its id and the customer's pseudonym in `customFields`, so nobody is looked up. Codes: 2000 and
3000 are on their way, 4000 is delivered, other thousands of 1 and 3 are final refusals (3104: no KakaoTalk).
https://docs.solapi.com, "웹훅" and "메시지 상태코드"; github.com/solapi/solapi-python (model/webhook)
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta

from kairos.domain.errors import BadInput
from kairos.domain.event import Event
from kairos.registry import Named, Parsed, Request
from kairos.sources import _again
from kairos.sources._pulling import Page, Pulling
from kairos.sources._shape import Object, load_value, present
from kairos.sources._signature import header_text, require_any, secrets
from kairos.sources._solapi_signature import DELIVERED, ON_ITS_WAY

PROOF = "x-solapi-secret"
REPORTS_MAX = 1_000
EVERY = timedelta(minutes=5)

_SETTLED = frozenset({"COMPLETE", "FAILED"})
_REFUSED = re.compile(r"[13][0-9]{3}", re.ASCII)
_CODE = re.compile(r"[0-9A-Z]{1,10}", re.ASCII)
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)


class SolapiReports(_again.Reader):
    """See `kairos.registry.Source`. A connection's settings: `secrets` (the webhook's), `key_id` and `api_key`: the key
    of Solapi's API and its secret, the same as those of the channel `kakao`."""

    name = "solapi"
    every = EVERY
    key_is = "the API secret that belongs to key_id"
    without_key = "its reports, which nothing signs, are counted and believed in nothing"
    retry_horizon = _again.HEALED_FOR + timedelta(hours=1)
    topic_at = ("header", "x-solapi-event-name")
    properties: Mapping[str, Sequence[str]] = {
        "message_delivered": (),
        "message_bounced": ("bounce_type", "bounce_subtype"),
    }

    def check_settings(self, settings: Mapping[str, object]) -> None:
        """Raise ValueError where `kairos connect` was not told which key reads what is reported."""
        if not settings.get("key_id"):
            raise ValueError("key_id=…, the API key of Solapi whose secret is asked for")

    def verify(self, request: Request) -> bool:
        """Check the hash of the webhook's secret. Never trusted: whoever saw one request could write another."""
        hashes = [hashlib.sha1(one.encode(), usedforsecurity=False).hexdigest() for one in secrets(request)]
        require_any(header_text(request, PROOF), hashes)
        return False

    def hints(self, request: Request) -> list[str]:
        """Return Solapi's ids of the messages that are reported of; those that are surely not ours are left alone."""
        found = []
        for report in _reports(request.body):
            id = report.ident("messageId")
            ours = report.object("customFields").has("kairos_message") or not report.has("customFields")
            if id and ours and _ID.fullmatch(id):
                found.append(id)
        return list(dict.fromkeys(found))

    def pull(self, pulling: Pulling) -> Iterator[Page]:
        """Read what became of messages lately."""
        from kairos.sources._solapi_api import pull

        yield from pull(pulling)

    def reread(self, subjects: Sequence[str], pulling: Pulling) -> Iterator[Page]:
        """Read what reports named."""
        from kairos.sources._solapi_api import reread

        yield from reread(subjects, pulling)

    def read(self, request: Request, *, trusted: bool) -> Sequence[Parsed]:
        """Translate messages as they are listed; those that are still on their way return nothing."""
        return [fact for report in _reports(request.body) if (fact := _fact(report, request)) is not None]


def _reports(body: bytes) -> Iterator[Object]:
    """Yield the messages of a report: a list or one alone, bare or under `data`."""
    value = load_value(body)
    if not isinstance(value, dict | list):
        raise BadInput("body", "a list of reports")
    whole = Object({"reports": value if isinstance(value, list) else [value]}, "", lenient=True)
    for report in whole.objects("reports", REPORTS_MAX):
        yield report.object("data") if report.has("data") else report


def _fact(report: Object, request: Request) -> Parsed | None:
    code, status = report.ident("statusCode") or "", (report.text("status", 32) or "").upper()
    name = _name(code, status)
    fields = report.object("customFields")
    message, profile, id = fields.ident("kairos_message"), fields.ident("kairos_profile"), report.ident("messageId")
    if name is None or not id or not message or not _ID.fullmatch(message):
        return None
    moments = ("dateReported", "dateReceived", "dateProcessed", "dateUpdated")
    bounced = name == "message_bounced"
    event = Event(
        id="",
        name=name,
        profile="",
        occurred_at=report.first_instant(*moments) or request.received_at,
        received_at=request.received_at,
        properties=present(bounce_type="permanent", bounce_subtype=code) if bounced else {},
        message=message,
    )
    return Parsed(event, f"{id}:{name}", [Named("profile", profile, True)] if profile else [])


def _name(code: str, status: str) -> str | None:
    """Return what a code means for good; None while the message is on its way, and for what is no code."""
    if code == DELIVERED:
        return "message_delivered"
    if code in ON_ITS_WAY or not _CODE.fullmatch(code) or (status and status not in _SETTLED):
        return None
    return "message_bounced" if status or _REFUSED.fullmatch(code) else None


SOURCE = SolapiReports()
