"""CUSTOMERS.jsonl: what the engine knows of customers at one moment, for `kairos simulate --state`.

The first line is `{"kairos": "customers", "at": …, "share": n, "bundle": …}`: when it was read, for how many customers
each stands, and what was live. Each further line is a profile as the table keeps it: a pseudonym, traits, entries,
journeys and timers. Names and addresses are not in that table, and so not in the file.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kairos.app.publish.standing import read_share
from kairos.cli.failure import CannotDo
from kairos.cli.screen import open_screen
from kairos.domain.instant import format_instant, parse_instant
from kairos.domain.packing import pack, packed_id, unpack
from kairos.domain.profile import SCHEMA, Profile
from kairos.domain.seen import NOTHING

if TYPE_CHECKING:
    from kairos.cli.deployment import Deployment

KIND = "customers"


@dataclass(frozen=True, slots=True)
class States:
    """An export: when it was read (UTC), the share it is (one in `share`), what was live, and the file behind it."""

    at: datetime
    share: int
    bundle: Mapping[str, Any]
    file: Path

    def count(self) -> int:
        """Return how many customers there are, without reading them."""
        with self.file.open("rb") as lines:
            return max(0, sum(1 for line in lines if line.strip()) - 1)

    def profiles(self, wanted: Callable[[str], bool] = lambda profile: True) -> Iterator[Profile]:
        """Yield the customers who are wanted, by their ids. Raises CannotDo for a line that is none."""
        with self.file.open("rb") as lines:
            next(lines, None)
            for number, line in enumerate(lines, 2):
                profile = _profile(self.file, number, line, wanted) if line.strip() else None
                if profile is not None:
                    yield profile


def open_states(file: Path) -> States:
    """Return an export by its first line. Raises CannotDo where it is none, OSError where it cannot be read."""
    try:
        with file.open("rb") as lines:
            row = json.loads(next(lines, b""))
        if row["kairos"] != KIND:
            raise ValueError(f"it holds {row['kairos']}")
        return States(parse_instant(row["at"]), int(row["share"]), row["bundle"], file)
    except (ValueError, KeyError, TypeError) as error:
        raise CannotDo(f"{file} was not written by `kairos export`: {error}") from error


def export_states(deployment: Deployment, file: Path, most: int | None) -> int:
    """Write customers, about `most` of them (None: all), as they are now. Raises CannotDo, Unavailable, OSError."""
    from rich.progress import track

    pointer = deployment.releases.pointer()
    if pointer is None:
        raise CannotDo("nothing is published yet: there is no release under which to read customers")
    profiles = deployment.population().profiles
    share = max(1, ceil(profiles / most)) if most else 1
    head = {"at": format_instant(deployment.clock.now()), "bundle": deployment.releases.bundle(pointer.release)}
    screen = open_screen(complaints=True)
    rows = (row.state for row in read_share(deployment.scan, share))
    found = (state for state in rows if state is not None and not state.gone)
    with file.open("w", encoding="utf-8") as out:
        told = track(found, "reading customers", profiles // share, console=screen, transient=True)
        written = write_states(out.write, {**head, "share": share}, told)
    open_screen().print(f"{written:,} customers written to {file}{f', one in {share}' if share > 1 else ''}")
    return 0


def write_states(write: Any, head: Mapping[str, Any], profiles: Iterable[Profile]) -> int:
    """Write an export line by line; return how many customers it has."""
    write(_line({"kairos": KIND, **head}))
    written = 0
    for profile in profiles:
        kept = replace(profile, log=(), written={}, seen=NOTHING, sequences={}, parcels={})
        write(_line({"schema": SCHEMA, "state": pack(kept)}))
        written += 1
    return written


def _profile(file: Path, number: int, line: bytes, wanted: Callable[[str], bool]) -> Profile | None:
    try:
        row = json.loads(line)
        return unpack(row["state"], row["schema"]) if wanted(packed_id(row["state"])) else None
    except (ValueError, KeyError, TypeError) as error:
        raise CannotDo(f"{file}:{number}: no customer as `kairos export` writes them: {error}") from error


def _line(row: Mapping[str, Any]) -> str:
    return json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n"
