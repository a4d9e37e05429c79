"""What is live: published, not stopped, and of a form that the deployed functions read."""

from __future__ import annotations

from collections.abc import Iterator

from kairos.app.publish.bundle import SCHEMA
from kairos.cli.checkup.finding import Finding, ok, unknown, warn, wrong
from kairos.cli.checkup.patient import Patient
from kairos.domain.errors import Unavailable


def published(patient: Patient) -> Iterator[Finding]:
    """Ask whether anything is live, and what stands still."""
    pointer = patient.pointer
    if pointer is None:
        yield wrong("nothing is published", f"{patient.kairos('push FOLDER')}; {patient.kairos('publish --all')}")
        return
    if pointer.stopped:
        yield wrong("everything is stopped: no journey moves and no message goes out", patient.kairos("start-all"))
    for journey in sorted(pointer.paused):
        yield warn(f"the journey {journey} is paused", patient.kairos(f"resume {journey}"))
    try:
        journeys = (patient.bundle or {}).get("journeys", {})
    except Unavailable as error:
        yield wrong(f"the live release cannot be read, so nothing is decided: {error}", patient.kairos("rollback"))
        return
    live = [id for id, journey in journeys.items() if journey.get("live") is not None]
    if not live:
        yield warn("no journey is live", patient.kairos("publish --all"))
    elif not pointer.stopped:
        yield ok(f"{len(live) - len(pointer.paused.intersection(live))} of {len(live)} journeys run")


def version(patient: Patient) -> Iterator[Finding]:
    """Compare the live release's form with this command's. The stack does not say its own version."""
    if patient.bundle is None:
        yield unknown("nothing is published, and the stack does not say its version", patient.deploy)
        return
    schema = patient.bundle.get("schema")
    caveat = "the stack itself does not say its version"
    if schema == SCHEMA:
        yield ok(f"the live release is of this command's form ({SCHEMA}); {caveat}")
    elif isinstance(schema, int) and schema > SCHEMA:
        yield wrong(
            f"the live release is of form {schema}, and this command knows {SCHEMA} only: it is older than the stack",
            "git pull and `make setup`, or check out what is deployed",
        )
    else:
        again = f"{patient.deploy}, then {patient.kairos('publish --all')}"
        yield warn(f"the live release is of form {schema}, this command's is {SCHEMA}; {caveat}", again)
