"""Lambda: are the functions whole, is there room to run them, and does what wakes them do so."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from kairos.cli.checkup.finding import Finding, ok, unknown, warn, wrong
from kairos.cli.checkup.patient import Absent, Patient
from kairos.cli.receivers import listeners
from kairos.settings import FUNCTIONS, variables

NEW_ACCOUNT = 10
"""How many functions a new account may run at once."""
HEADROOM = 20
"""Copies beyond those that queues may start: for webhooks, streams, publish and sweep."""


def concurrency(patient: Patient) -> Iterator[Finding]:
    """Ask how many functions may run at once, in the whole account and Region."""
    limits = patient.ask("lambda", "GetAccountSettings")["AccountLimit"]
    limit = limits["ConcurrentExecutions"]
    free = limits.get("UnreservedConcurrentExecutions", limit)
    raise_it = f"ask for 1,000 Concurrent executions: {patient.console('servicequotas/home/services/lambda/quotas')}"
    if free <= NEW_ACCOUNT:
        says = f"{free} functions may run at once, as in a new account; webhooks beyond that are refused"
        yield wrong(says, raise_it) if patient.is_prod else warn(says, raise_it)
        return
    wanted = sum(row.get("ScalingConfig", {}).get("MaximumConcurrency", 0) for row in _sources(patient)) + HEADROOM
    says = f"{free:,} functions may run at once"
    if free < wanted:
        yield warn(f"{says}; in a rush the queues alone may start {wanted - HEADROOM}, and webhooks wait", raise_it)
    else:
        yield ok(says)


def functions(patient: Patient) -> Iterator[Finding]:
    """Ask whether each function is there, usable, and told all that this version reads."""
    wholes = 0
    for kind in FUNCTIONS:
        name = f"{patient.prefix}-{kind.function}"
        try:
            found = patient.ask("lambda", "GetFunctionConfiguration", FunctionName=name)
        except Absent:
            yield wrong(f"there is no function {name}", patient.deploy)
            continue
        trouble = _trouble(found, frozenset(variables(kind).values()))
        if trouble is None:
            wholes += 1
        else:
            yield wrong(f"{name} {trouble}", patient.deploy)
    if wholes:
        yield ok(f"{wholes} of {len(FUNCTIONS)} functions are whole")


def _trouble(found: Mapping[str, Any], needed: frozenset[str]) -> str | None:
    # Idle functions are loaded anew when next called; that is no trouble.
    if found.get("State", "Active") not in ("Active", "Inactive", "Pending"):
        return f"is {found['State']}: {found.get('StateReason', 'no reason given')}"
    if found.get("LastUpdateStatus") == "Failed":
        return f"could not be updated: {found.get('LastUpdateStatusReason', 'no reason given')}"
    missing = needed - set(found.get("Environment", {}).get("Variables", {}))
    return f"is not told {', '.join(sorted(missing))}: the stack is older than this command" if missing else None


def event_sources(patient: Patient) -> Iterator[Finding]:
    """Ask whether queues and streams still start their functions."""
    rows = _sources(patient)
    if not rows:
        says = "no queue or stream starts a function"
        yield (
            unknown(f"{says} here: the local cloud keeps them to itself")
            if patient.is_local
            else wrong(says, patient.deploy)
        )
        return
    off = [row for row in rows if row.get("State") not in ("Enabled", "Enabling", "Creating", "Updating")]
    off = [row for row in off if listeners(patient.brand) or not _is_of_announcements(row)]
    for row in off:
        function, source = row["FunctionArn"].rpartition(":")[2], row.get("EventSourceArn", "").rpartition(":")[2]
        yield wrong(
            f"{source} does not start {function}: {row.get('State')}, {row.get('StateTransitionReason', 'no reason')}",
            patient.aws(f"lambda update-event-source-mapping --enabled --uuid {row['UUID']}"),
        )
    if not off:
        yield ok(f"{len(rows)} queues and streams start their functions")


def _is_of_announcements(row: Mapping[str, Any]) -> bool:
    """Return whether it is the one that sleeps while no webhook listens."""
    return str(row.get("EventSourceArn", "")).endswith("-announcements")


def _sources(patient: Patient) -> list[Mapping[str, Any]]:
    own = f":function:{patient.prefix}-"
    pages = patient.pages("lambda", "ListEventSourceMappings", "EventSourceMappings", "Marker")
    return [row for page in pages for row in page if own in row.get("FunctionArn", "")]
