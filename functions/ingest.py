"""Webhooks and tracking calls over HTTP, and what SES says of messages over EventBridge."""

from __future__ import annotations

from typing import Any

from kairos.app.http import to_event
from kairos.app.ingest.front import handle_event
from kairos.bootstrap import clock, ingest, report
from kairos.domain.errors import Rejected

LOST = {"unaddressed": "EventsUnaddressed", "refused": "CallsRefused"}
COUNTED = {"accepted": "EventsAccepted", **LOST}


def handler(event: dict[str, Any], context: Any) -> dict[str, Any] | None:
    """Answer one request (payload format 2.0), or take one EventBridge event: one that raises comes again."""
    now, answer, counts = clock().now(), None, {}
    if "detail" in event:
        try:
            facts = ingest().feedback(event, now).facts()
        except Rejected as error:  # it can never be read, so it must not come again
            facts = {"source": "ses", "refused": 1, "problem": str(error)}
    else:
        answered = handle_event(ingest(), event, now)
        facts, answer = dict(answered.facts), to_event(answered)
        counts[f"Answered{answered.status // 100}xx"] = 1
    counted = LOST if "detail" in event else COUNTED  # what SES says is counted by `tally`, message by message
    counts |= {name: facts[fact] for fact, name in counted.items() if facts.get(fact)}
    report("ingest").write("ingested", facts, counts, now)
    return answer
