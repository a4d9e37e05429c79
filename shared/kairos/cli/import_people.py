"""`import`: a file of people goes through the door that every shop passes, as requests signed by the `imports` source.

So an operator needs no right on any table or key: only the secret of one connection, which the first import makes. The
file is read twice: whoever refused, anywhere in it, is stopped before anybody in it is known to be reachable. Where it
breaks off it goes on at the row where it was; sending a row twice changes nothing.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from kairos.cli.customer import country_of, live_release
from kairos.cli.failure import WRONG, CannotDo
from kairos.cli.import_columns import COLUMNS, Plan, check_traits, column_of, read_instant_of
from kairos.cli.import_columns import read_renamed as read_map
from kairos.cli.import_rows import Problem, Row, read_row
from kairos.cli.import_sending import Cursor, Refused, Sender, side_by_side
from kairos.cli.import_table import Line, Table, open_table
from kairos.cli.screen import open_screen
from kairos.domain.canonical import canonical
from kairos.domain.ids import digest
from kairos.domain.localtime import load_zone

if TYPE_CHECKING:
    from kairos.cli.deployment import Deployment

BATCH = 50
"""Rows in one request: `ingest` needs some hundredths of a second for somebody new, and may take ten."""

SHOWN_MAX = 20
KEPT_MAX = 1_000
REMEMBERED_MAX = 500_000
"""Rows of which is known that they came already; beyond it a repetition is sent, which changes nothing."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be imported, and how its columns are read."""

    file: Path
    dry_run: bool = False
    traits: tuple[str, ...] = ()
    renamed: tuple[str, ...] = ()
    customers_of: str = ""
    consented_at: str | None = None
    basis: str = ""
    as_of: str | None = None
    encoding: str | None = None
    country: str | None = None
    connection: str = "main"
    as_json: bool = False


@dataclass
class Report:
    """What came of it. `problems` are the first thousand; `wrong` counts rows, of which what is right was taken."""

    rows: int = 0
    people: int = 0
    stops: int = 0
    wrong: int = 0
    repeated: int = 0
    refused: int = 0
    left_out: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def count(self, row: Row) -> Row:
        """Count what a row says."""
        self.people += row.person is not None
        self.stops += len(row.stops)
        return row

    def count_again(self, row: Row, cursor: Cursor) -> Row:
        """Count in the second reading only: the first is for stops alone."""
        return self.count(row) if cursor.phase == "people" else row

    def note(self, problems: list[Problem]) -> None:
        """Take a row's problems."""
        self.wrong += bool(problems)
        self.problems += problems[: max(0, KEPT_MAX - len(self.problems))]


def import_people(deployment: Deployment, wish: Wish, sleep: Callable[[float], None] = time.sleep) -> int:
    """Import the file, or with `dry_run` only read it. Raises CannotDo, Unavailable (run it again), OSError."""
    plan, report = read_plan(deployment, wish), Report()
    if wish.dry_run:
        with _progress("reading", wish.file) as tell:
            for row in _rows(wish, plan, report, tell):
                report.count(row)
        return _tell(report, wish)
    cursor = Cursor.open(wish.file, _fingerprint(deployment, wish))
    sender = Sender(deployment, wish.connection, sleep)
    if cursor.phase == "stops":
        with _progress("stopping who refused", wish.file) as tell:
            _send(_rows(wish, plan, Report(), tell), cursor, report, lambda rows: _send_stops(sender, rows))
        cursor.turn("people")
    with _progress("sending people", wish.file) as tell:
        _send(_rows(wish, plan, report, tell), cursor, report, lambda rows: _send_people(sender, rows, wish.traits))
    cursor.close()
    return _tell(report, wish)


def read_plan(deployment: Deployment, wish: Wish) -> Plan:
    """Return how the file is read. Raises CannotDo."""
    from kairos.sources import imports

    check_traits(wish.traits)
    if wish.customers_of and not imports.SCOPE.fullmatch(wish.customers_of):
        raise CannotDo("--customers-of takes SOURCE/CONNECTION, such as shopify/main")
    now, release = deployment.clock.now(), live_release(deployment)
    zone = load_zone(str(release.brand["timezone"])) if release else load_zone("UTC")
    changed = datetime.fromtimestamp(wish.file.stat().st_mtime, UTC).replace(microsecond=0)
    as_of = read_instant_of(wish.as_of, "--as-of", zone) or min(changed, now)
    return Plan(
        now,
        as_of,
        zone,
        country=wish.country or (country_of(deployment) if release else None),
        customers_of=wish.customers_of,
        consented_at=read_instant_of(wish.consented_at, "--consented-at", zone),
        basis=wish.basis,
        traits=wish.traits,
        renamed=read_map(wish.renamed),
    )


def _rows(wish: Wish, plan: Plan, report: Report, tell: Callable[[int], None]) -> Iterator[Row]:
    """Yield each row once, noting in the report what is wrong; one whose every part is wrong says nothing."""
    with open_table(wish.file, wish.encoding) as table:
        report.left_out = _check_columns(table, plan)
        seen: set[bytes] = set()
        for line in table:
            tell(table.position)
            report.rows += 1
            if line.cells is None:
                report.note([Problem(line.number, "", line.expected)])
                continue
            if _is_repeated(line, seen):
                report.repeated += 1
                continue
            row = read_row(line.number, line.cells, plan)
            report.note(row.problems)
            yield row


def _is_repeated(line: Line, seen: set[bytes]) -> bool:
    mark = hashlib.sha256(canonical(dict(line.cells or {})).encode("utf-8", "surrogatepass")).digest()[:8]
    if mark in seen:
        return True
    if len(seen) < REMEMBERED_MAX:
        seen.add(mark)
    return False


def _check_columns(table: Table, plan: Plan) -> list[str]:
    """Return the columns that mean nothing here. Raises CannotDo where none names anybody."""
    meant = {name: column_of(name, plan) for name in table.columns}
    if table.columns and not {"email", "phone", "customer_id", "address_hash"} & set(meant.values()):
        known = ", ".join(sorted(COLUMNS))
        raise CannotDo(f"no column names anybody: email, phone or customer_id (--map THEIRS=OURS); there are: {known}")
    return [name for name, column in meant.items() if column is None and name]


def _send(rows: Iterator[Row], cursor: Cursor, report: Report, send: Callable[[Sequence[Row]], list[Problem]]) -> None:
    """Send all rows behind the cursor, and move it on whenever some are through."""
    before = cursor.rows
    for row in islice(rows, before):  # sent by a run that broke off
        report.count_again(row, cursor)
    counted = (report.count_again(row, cursor) for row in rows)
    for done, found in side_by_side(send, counted, BATCH):
        for problems in found:
            report.note(problems)
            report.refused += len(problems)
        cursor.reach(before + done)


def _send_stops(sender: Sender, rows: Sequence[Row]) -> list[Problem]:
    pairs = [(row.line, stop) for row in rows for stop in row.stops]
    problems: list[Problem] = []
    for start in range(0, len(pairs), BATCH):
        part = pairs[start : start + BATCH]
        refused = sender.send({"stops": [stop for _, stop in part]})
        problems += _problems(refused, [line for line, _ in part])
    return problems


def _send_people(sender: Sender, rows: Sequence[Row], traits: Sequence[str]) -> list[Problem]:
    people = [row for row in rows if row.person is not None]
    if not people:
        return []
    refused = sender.send({"traits": list(traits), "people": [row.person for row in people]})
    return _problems(refused, [row.line for row in people])


def _problems(refused: Sequence[Refused], lines: Sequence[int]) -> list[Problem]:
    return [Problem(lines[one.index] if 0 <= one.index < len(lines) else 0, one.field, one.expected) for one in refused]


def _fingerprint(deployment: Deployment, wish: Wish) -> str:
    """Return what makes a later run the same import: the file as it is, where it goes, how it is read."""
    state = wish.file.stat()
    said = {name: value for name, value in asdict(wish).items() if name not in ("file", "as_json", "dry_run")}
    return digest("import", deployment.stage, str(state.st_size), str(state.st_mtime_ns), canonical(said))


@contextmanager
def _progress(what: str, file: Path) -> Iterator[Callable[[int], None]]:
    """Yield what tells how many bytes were read."""
    from rich.progress import Progress

    with Progress(console=open_screen(complaints=True), transient=True) as progress:
        task = progress.add_task(what, total=file.stat().st_size)
        yield lambda position: progress.update(task, completed=position)


def _tell(report: Report, wish: Wish) -> int:
    if wish.as_json:
        typer.echo(json.dumps(asdict(report), ensure_ascii=False))
        return WRONG if report.wrong else 0
    complaints, screen = open_screen(complaints=True), open_screen()
    for problem in report.problems[:SHOWN_MAX]:
        where = f", column {problem.column}" if problem.column else ""
        complaints.print(f"{wish.file}:{problem.line}{where}: expected {problem.expected}", style="red")
    if len(report.problems) > SHOWN_MAX:
        complaints.print(f"… and {len(report.problems) - SHOWN_MAX:,} more; --json shows the first {KEPT_MAX:,}")
    if report.left_out:
        complaints.print(f"columns left out: {', '.join(report.left_out)} (--trait makes one a trait)", style="yellow")
    verb = "would be sent" if wish.dry_run else "sent"
    screen.print(f"{report.rows:,} rows: {report.people:,} people and {report.stops:,} refusals {verb}")
    if report.repeated:
        screen.print(f"{report.repeated:,} rows repeat another one word for word")
    if report.wrong:
        screen.print(f"{report.wrong:,} rows have something wrong; what is right in them {verb}", style="yellow")
    return WRONG if report.wrong else 0
