"""Whether systems of the brand's own take the engine events that are posted to them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from kairos.cli.checkup.finding import Finding, ok, warn, wrong
from kairos.cli.checkup.patient import asking
from kairos.cli.receivers import is_lost, listeners, troubles

if TYPE_CHECKING:
    from kairos.cli.checkup.patient import Patient


def receivers(patient: Patient) -> Iterator[Finding]:
    """Ask of each webhook of the live brand whether it answers."""
    from kairos.aws.receiver_states import DynamoReceiverStates

    listening = listeners(patient.brand)
    if not listening:
        yield ok("no webhook listens to engine events")
    for name in listening:
        with asking("dynamodb"):
            state = DynamoReceiverStates(patient.client("dynamodb"), patient.output("MessagesTable")).read(name)
        said = "; ".join(troubles(state, patient.now))
        if is_lost(state, patient.now):
            yield wrong(f"webhook {name}: {said}", f"mend it; {patient.kairos('sources')} shows how it goes")
        elif said:
            yield warn(f"webhook {name}: {said}")
        else:
            yield ok(f"webhook {name} takes what it is told")
