"""The normalised form of every body of our own, as the golden files in `tests/payloads/<source>/normalised/` keep it.

`python -m tests.sources.normalised` writes them anew; the diff is what changed for whoever reads events.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from kairos.domain.event import event_to_json
from kairos.registry import Parsed
from tests.sources import bodies

_FILLED_BY_INGEST = ("id", "profile", "received_at", "retry_horizon")


def golden(source: str, name: str) -> Path:
    """Return where the normalised form of a body is kept."""
    return bodies.FOLDER / source / "normalised" / f"{name}.json"


def normalised(source: str, name: str) -> list[dict[str, Any]]:
    """Return what a source makes of a body: each event, its key, whom it names, and what goes to contacts."""
    return [_shown(parsed) for parsed in bodies.parse(source, name)]


def _shown(parsed: Parsed) -> dict[str, Any]:
    event = event_to_json(parsed.event)
    return {
        "event": {name: value for name, value in event.items() if name not in _FILLED_BY_INGEST},
        "key": parsed.key,
        "who": [[named.kind, named.value, named.verified] for named in parsed.who],
        "contacts": {one.ref: dict(one.fields) for one in parsed.contacts},
        "stops": [[stop.channel, stop.address, stop.purpose, stop.reason] for stop in parsed.stops],
    }


def write() -> None:
    """Write every golden file anew, and take away those whose body is gone."""
    kept = {golden(source, name) for source, name in bodies.all_names()}
    for stale in set(bodies.FOLDER.glob("*/normalised/*.json")) - kept:
        stale.unlink()
    for source, name in bodies.all_names():
        golden(source, name).parent.mkdir(exist_ok=True)
        golden(source, name).write_text(json.dumps(normalised(source, name), ensure_ascii=False, indent=2) + "\n")


if __name__ == "__main__":
    write()
