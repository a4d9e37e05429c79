"""The inbox: events and wake-ups of a batch, applied to each profile in one read and one conditional write."""

from __future__ import annotations

from collections import Counter
from typing import Any

from kairos.aws.inbox import read_batch
from kairos.bootstrap import clock, decide, report
from kairos.domain.reason import COUNTED_ONLY, FEEDBACK

COUNTED = frozenset((*FEEDBACK, *COUNTED_ONLY))


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Apply one SQS batch. The groups that failed come again whole; the others are done."""
    handle, parking = decide()
    received, unread = read_batch(event["Records"], parking)
    applied = handle.apply(received)
    say, now = report("decide"), clock().now()
    for error in applied.errors:
        say.warn("group comes again", {"error": type(error).__name__, "reason": str(error)}, now)
    kinds = Counter(reason.kind for reason in applied.reasons if reason.kind not in COUNTED)  # `tally` counts those
    counts = {"Decided" + kind.title().replace("_", ""): number for kind, number in kinds.items()}
    parked = applied.parked + len(event["Records"]) - len(received) - len(unread)
    counts |= {"Parked": parked, "Conflicts": applied.conflicts}
    lateness = applied.lateness.total_seconds() * 1000
    correlations = sorted({each.message.correlation for each in received if each.message.correlation})
    facts = {"messages": len(received), "kinds": kinds, "correlations": correlations}
    say.write("decided", facts, counts, now, {"TimerLateness": lateness})
    return {"batchItemFailures": [{"itemIdentifier": id} for id in (*unread, *applied.failed)]}
