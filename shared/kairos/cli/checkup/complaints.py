"""How advertising by e-mail is taken: what Kairos itself counts, and acts upon."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from kairos.app.deliver.breaker import CHANNEL, SENT_MIN, STOP_AT, WARN_AT, WINDOW
from kairos.cli.checkup.finding import Finding, ok, warn, wrong
from kairos.cli.checkup.patient import asking

if TYPE_CHECKING:
    from kairos.cli.checkup.patient import Patient


def complaint_rate(patient: Patient) -> Iterator[Finding]:
    """Ask whether marketing e-mail was stopped by itself, or soon may be."""
    from kairos.aws.complaints import DynamoComplaints

    with asking("dynamodb"):
        kept = DynamoComplaints(patient.client("dynamodb"), patient.output("MessagesTable"))
        standing = kept.read(CHANNEL, patient.now)
    counted = f"{standing.complained} complaints of {standing.sent:,} marketing e-mails in {WINDOW.days} days"
    if standing.stopped_at is not None:
        since = f"marketing e-mail is stopped since {standing.stopped_at:%Y-%m-%d %H:%M} UTC: {counted}"
        yield wrong(since, f"find out who did not want it; then `{patient.kairos('lift-stop email')}`")
    elif standing.rate >= WARN_AT:
        says = f"{counted} ({standing.rate:.2%}); at {STOP_AT:.1%} marketing e-mail is stopped"
        yield warn(says, "write less often, and only to those who read you")
    elif standing.sent < SENT_MIN:
        yield ok(f"{counted}: too few to judge by")
    else:
        yield ok(counted)
