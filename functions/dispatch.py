"""The stream of `customers`: the effects that each write carries, performed."""

from __future__ import annotations

from typing import Any

from kairos.aws.stream import read_images
from kairos.bootstrap import clock, dispatch, report


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Perform one batch of the stream. What failed, and all behind it, comes again."""
    perform, parking = dispatch()
    images, unreadable = read_images(event["Records"], parking)
    done = perform.perform(images)
    say, now = report("dispatch"), clock().now()
    for error in done.errors:
        say.warn("effect not performed", {"error": type(error).__name__, "reason": str(error)}, now)
    counts = {"Sends": done.sends, "Alarms": done.alarms, "Wakes": done.wakes, "Told": done.tells}
    counts["Parked"] = done.parked + unreadable
    correlations = sorted({image.correlation for image in images if image.correlation})
    say.write("dispatched", {"images": len(images), "correlations": correlations}, counts, now)
    return {"batchItemFailures": [{"itemIdentifier": done.failed}] if done.failed else []}
