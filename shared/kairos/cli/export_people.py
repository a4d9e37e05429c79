"""`export --what` and `export --person`: profiles, consents and stops as files, and everything of one person.

A page is read, written and noted, so that a long export that broke off goes on where it was. Contacts are only in it
where they are asked for: whoever may not read them (their key) cannot.
"""

from __future__ import annotations

import csv
import io
import json
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kairos.app.export import CONSENTS, PERSONAL, PROFILES, SAID, STOPS, consent_rows, person_document, profile_row
from kairos.cli.erase import find_id
from kairos.cli.failure import CannotDo
from kairos.cli.screen import open_screen

if TYPE_CHECKING:
    from kairos.cli.deployment import Deployment
    from kairos.domain.profile import Profile

KINDS = ("profiles", "consents", "suppressions")
PAGE = 500
READERS = 8
SEGMENTS = 1

_FORMULA = re.compile(r"[=@\t\r]|[+-](?!\d)")

Pages = Iterator[tuple[list[Mapping[str, Any]], str | None]]


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be written: one of KINDS, with names and addresses or without."""

    file: Path
    what: str
    contacts: bool = False

    @property
    def columns(self) -> tuple[str, ...]:
        """Return the columns of a CSV."""
        personal = PERSONAL if self.contacts else ()
        return {
            "profiles": (*PROFILES, *SAID, *personal, "traits"),
            "consents": (*CONSENTS, *personal),
            "suppressions": STOPS,
        }[self.what]


def export_people(deployment: Deployment, wish: Wish) -> int:
    """Write the file, going on where the same export broke off. Raises CannotDo, Unavailable, OSError."""
    from rich.progress import Progress

    if wish.what not in KINDS:
        raise CannotDo(f"--what is one of {', '.join(KINDS)}; found {wish.what!r}")
    place = _Place.open(wish, deployment.stage)
    read: Callable[[Deployment, Wish, str], Pages] = _stops if wish.what == "suppressions" else _people
    with place.writing() as out, Progress(console=open_screen(complaints=True), transient=True) as progress:
        task = progress.add_task("writing", total=None)
        for rows, after in read(deployment, wish, place.after):
            out.write(_text(wish, rows))
            place.reach(out, after, len(rows))
            progress.update(task, completed=place.rows, description=f"{place.rows:,} rows")
    place.close()
    screen = open_screen()
    screen.print(f"{place.rows:,} {wish.what} written to {wish.file}")
    if wish.what == "suppressions":
        screen.print("addresses are hashes under this stack's key: only a stack with the same key knows them again")
    return 0


def export_person(deployment: Deployment, file: Path, person: str) -> int:
    """Write everything of one person, as JSON. Raises CannotDo where nobody is known by that."""
    found = find_id(deployment, person)
    if found is None:
        raise CannotDo("nobody is known by that: give a profile id, e-mail, phone, or SOURCE/CONNECTION:CUSTOMER_ID")
    ids = [found]
    states: list[Profile] = []
    for id in ids:  # grows while it is read: merges lead on
        state = deployment.read_profile(id)
        if state is not None:
            states.append(state)
            more = (*state.former, *([state.merged_into] if state.merged_into else []))
            ids += [each for each in dict.fromkeys(more) if each not in ids]
    document = person_document(ids, states, deployment.traces, deployment.suppressions, deployment.consents)
    file.touch(mode=0o600)
    file.write_text(json.dumps(document, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    open_screen().print(f"everything of {found} is in {file}: names and addresses too, so keep it as such")
    return 0


def _people(deployment: Deployment, wish: Wish, after: str) -> Pages:
    with ThreadPoolExecutor(READERS) as pool:
        while True:
            page = deployment.scan.page(0, SEGMENTS, after, PAGE)
            states = [row.state for row in page.rows if row.state is not None and not row.state.gone]
            contacts = list(pool.map(lambda state: _contact(deployment, wish, state), states))
            yield [row for pair in zip(states, contacts, strict=True) for row in _rows(wish, *pair)], page.last
            if page.last is None:
                return
            after = page.last


def _rows(wish: Wish, state: Profile, contact: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    if wish.what == "profiles":
        yield profile_row(state, contact)
    else:
        named = {name: contact[name] for name in PERSONAL if name in contact}
        yield from ({**row, **named} for row in consent_rows(state))


def _contact(deployment: Deployment, wish: Wish, state: Profile) -> Mapping[str, Any]:
    if not wish.contacts:
        return {}
    ids = list(dict.fromkeys((*state.former, state.id)))
    return deployment.contacts.fetch(ids, ["profile"]).get("profile", {})


def _stops(deployment: Deployment, wish: Wish, after: str) -> Pages:
    while True:
        page = deployment.suppression_scan.page(after)
        yield list(page.rows), page.last
        if page.last is None:
            return
        after = page.last


def _text(wish: Wish, rows: Sequence[Mapping[str, Any]]) -> str:
    if wish.file.suffix.lower() != ".csv":
        return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerows([[_cell(row.get(name)) for name in wish.columns] for row in rows])
    return out.getvalue()


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    # A spreadsheet would run what a customer wrote into a name field.
    return f"'{text}" if _FORMULA.match(text) else text


class _Place:
    """How far an export came, in a small file beside it that is gone when it is done."""

    def __init__(self, wish: Wish, of: Mapping[str, Any], kept: Mapping[str, Any]) -> None:
        self._wish, self._of = wish, of
        self._note = wish.file.with_name(f"{wish.file.name}.kairos-export")
        self.after = str(kept.get("after", ""))
        self.rows = int(kept.get("rows", 0))
        self._size = int(kept.get("size", 0))

    @classmethod
    def open(cls, wish: Wish, stage: str) -> _Place:
        of = {"what": wish.what, "contacts": wish.contacts, "stage": stage}
        note = wish.file.with_name(f"{wish.file.name}.kairos-export")
        try:
            kept = json.loads(note.read_text())
            if kept["of"] == of and wish.file.stat().st_size >= kept["size"]:
                return cls(wish, of, kept)
        except (OSError, ValueError, KeyError, TypeError):
            pass
        return cls(wish, of, {})

    def writing(self) -> io.TextIOWrapper:
        """Return the file, cut to what was noted, with its header."""
        out = self._wish.file.open("r+" if self.after else "w", encoding="utf-8", newline="")
        if self.after:
            out.seek(self._size)
            out.truncate()
        elif self._wish.file.suffix.lower() == ".csv":
            out.write("\ufeff" + ",".join(self._wish.columns) + "\r\n")  # the mark by which Excel knows UTF-8
        return out

    def reach(self, out: io.TextIOWrapper, after: str | None, rows: int) -> None:
        """Note that what is written so far is whole."""
        self.rows += rows
        if after is None:
            return
        out.flush()
        os.fsync(out.fileno())
        self._size = os.fstat(out.fileno()).st_size
        kept = {"of": self._of, "after": after, "rows": self.rows, "size": self._size}
        fresh = self._note.with_name(f"{self._note.name}.new")
        fresh.write_text(json.dumps(kept))
        fresh.replace(self._note)

    def close(self) -> None:
        self._note.unlink(missing_ok=True)
