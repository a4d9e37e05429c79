"""Sweep, which finds everything else that was lost: does it run, and does it keep up."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from kairos.app.sweep import HORIZON, SETTLING
from kairos.aws.cursor import DynamoCursor
from kairos.cli.checkup.finding import Finding, ok, warn, wrong
from kairos.cli.checkup.patient import Patient, asking

LATE = timedelta(minutes=15)
"""Three of its runs."""
BACKLOG = timedelta(hours=3)
"""Its mark stands at the last whole hour but one where nobody is overdue."""


def sweep(patient: Patient) -> Iterator[Finding]:
    """Ask how old sweep's mark is: a run that ends leaves it HORIZON less SETTLING ahead of its own time."""
    with asking("dynamodb"):
        marks = DynamoCursor(patient.client("dynamodb"), patient.output("ConfigTable")).read()
    look = (
        f"see the log group /aws/lambda/{patient.prefix}-sweep, and whether its rule is enabled: "
        f"{patient.console('events/home#/rules')}"
    )
    if marks is None:
        yield wrong("sweep has never run: it does every five minutes, and finds what is lost", look)
        return
    ran = marks.armed_through - HORIZON + SETTLING
    if patient.now - ran > LATE:
        yield wrong(f"sweep has come no further than at {ran:%Y-%m-%d %H:%M} UTC: it fails, or cannot keep up", look)
    elif patient.now - marks.hour > BACKLOG:
        yield warn(
            f"customers who were due at {marks.hour:%Y-%m-%d %H}:00 UTC are still waiting to be decided",
            f"is the inbox old, or does decide fail? /aws/lambda/{patient.prefix}-decide",
        )
    else:
        yield ok(f"sweep ran at {ran:%H:%M} UTC, and nobody is overdue")
