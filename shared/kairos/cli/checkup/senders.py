"""Whether those who send us things still do, and whether what they send is believed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from kairos.app.heard import Heard, limit_of, span
from kairos.app.sync.silence import is_missed
from kairos.cli.checkup.finding import Finding, ok, warn, wrong
from kairos.cli.checkup.patient import asking

if TYPE_CHECKING:
    from kairos.cli.checkup.patient import Patient


def senders(patient: Patient) -> Iterator[Finding]:
    """Ask what was last heard of each connection. One that was never heard of may be new: it is not told by name."""
    from kairos.aws.heard_of import DynamoHeardOf
    from kairos.aws.sync_states import DynamoSyncStates

    client, table = patient.client("dynamodb"), patient.output("ConfigTable")
    with asking("dynamodb"):
        heard = DynamoHeardOf(client, table).all()
        states = {state.key: state for state in DynamoSyncStates(client, table).all()}
    connected = _connected(patient)
    known = [replace(one, limit=limit_of(one.source, connected[one.key])) for one in heard if one.key in connected]
    for one in known:
        yield _finding(patient, one, missed=is_missed(one, states.get(one.key)))
    if not known:
        yield ok("no connection has sent anything yet")


def _connected(patient: Patient) -> dict[str, dict[str, Any]]:
    prefix = patient.output("ConnectionsPrefix")
    request: dict[str, Any] = {"Path": prefix.rstrip("/"), "Recursive": True, "WithDecryption": True}
    pages = patient.pages("ssm", "GetParametersByPath", "Parameters", **request)
    return {row["Name"].removeprefix(prefix): _settings(row["Value"]) for page in pages for row in page}


def _settings(text: str) -> dict[str, Any]:
    try:
        settings = json.loads(text)
    except ValueError:
        return {}
    return settings if isinstance(settings, dict) else {}


def _finding(patient: Patient, heard: Heard, *, missed: bool) -> Finding:
    silent = heard.is_silent(patient.now) and missed
    if heard.is_refused():
        says = f"{heard.key}: what came last was refused ({heard.refusal}), {_since(heard)}"
        do = f"see that both sides have the same secret: {patient.kairos(f'connect {heard.source} {heard.connection}')}"
        # A stranger may try, too: it is only sure that something is wrong where nothing else comes.
        return wrong(says, do) if silent or heard.event_at is None else warn(says, do)
    if silent and heard.event_at is not None:
        says = f"{heard.key} has said nothing for {span(patient.now - heard.event_at)}"
        return warn(says, f"see that its webhook is switched on at the sender; `{patient.kairos('sources')}` says more")
    return ok(f"{heard.key}: {_since(heard)}")


def _since(heard: Heard) -> str:
    return "no event yet" if heard.event_at is None else f"last event {heard.event_at:%Y-%m-%d %H:%M} UTC"
