"""The two outboxes: each message through its gates to its provider."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

from kairos.app.deliver.outcome import Request
from kairos.app.render.render import prepare
from kairos.aws.outbox import read_outbox
from kairos.bootstrap import clock, deliver, report
from kairos.domain.errors import BadInput

CALL_SECONDS = 20  # the longest call of a provider, and what is done after it
prepare()


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Deliver one batch. What failed comes again; what is unreadable ends in the dead-letter queue."""
    left = timedelta(milliseconds=context.get_remaining_time_in_millis()) - timedelta(seconds=CALL_SECONDS)
    requests, failed, say = [], [], report("deliver")
    for record in event["Records"]:
        try:
            requests.append(Request(record["messageId"], read_outbox(record["body"])))
        except BadInput as error:
            say.warn("unreadable", {"field": error.field}, clock().now())
            failed.append(record["messageId"])
    done = deliver().handle(requests, until=clock().now() + left)
    counts = Counter(name for one in done for name in one.outcome.metrics)
    for one in done:
        say.write("delivered", one.facts, counts, clock().now())
        counts.clear()  # the first line counts for all
    failed += [one.request.receipt for one in done if one.outcome.kind == "failed"]
    return {"batchItemFailures": [{"itemIdentifier": receipt} for receipt in failed]}
