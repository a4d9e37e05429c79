"""What a row of an imported file says, and what is wrong with a cell of it: the column, and what would be right.

A problem never quotes the cell: reports are kept and passed on, and cells hold addresses.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from kairos.app.ingest.identifiers import normalise_email, normalise_phone
from kairos.cli.import_cells import NO, YES, read_day, read_identifier, read_instant, read_zone
from kairos.cli.import_columns import CHANNELS, PERSON, Plan, column_of
from kairos.domain.instant import format_instant
from kairos.domain.suppression import UNSUBSCRIBED

_HASH = re.compile(r"[0-9A-Za-z]{1,16}#[a-z2-7]{52}")


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a row."""

    line: int
    column: str
    expected: str


@dataclass(slots=True)
class Row:
    """What a row says: a person (None: it only stops an address), and stops, as the `imports` source takes them."""

    line: int
    person: dict[str, Any] | None = None
    stops: list[dict[str, Any]] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def read_row(line: int, cells: Mapping[str, Any], plan: Plan) -> Row:
    """Return what a row says. What is wrong is among its problems, and the rest of it is there all the same."""
    return _Reader(line, cells, plan).read()


class _Reader:
    def __init__(self, line: int, cells: Mapping[str, Any], plan: Plan) -> None:
        self._plan = plan
        self._row = Row(line)
        self._cells: dict[str, Any] = {}
        for name, value in cells.items():
            column = column_of(name, plan)
            if column is not None and column not in self._cells:
                self._cells[column] = value

    def read(self) -> Row:
        if "address_hash" in self._cells:
            self._hashed_stop()
            return self._row
        person = self._person()
        for channel, column in CHANNELS.items():
            self._unsubscribed(channel, column, person)
            self._consent(channel, person)
        if not any(person.get(name) for name in ("customer_id", "email", "phone")):
            if not self._row.problems:
                self._wrong("email", "an email, phone or customer_id in every row")
        elif self._says_more(person):
            self._row.person = person
        return self._row

    def _says_more(self, person: Mapping[str, Any]) -> bool:
        """Return whether a row is about a person, or is nothing but a refusal of an address."""
        told = set(self._cells) - {"email", "phone", *(f"unsubscribed_{channel}" for channel in CHANNELS)}
        return not self._row.stops or any(self._text(name) for name in told)

    def _person(self) -> dict[str, Any]:
        plan = self._plan
        person: dict[str, Any] = {"at": format_instant(self._instant("updated_at") or plan.as_of)}
        phone = "a phone number such as +821012345678"
        phone += "" if plan.country else " (numbers without + need the brand's country, or --country)"
        readers = {
            "email": (normalise_email, "an e-mail address such as name@example.com"),
            "phone": (lambda text: normalise_phone(text, plan.country), phone),
            "customer_id": (read_identifier, "the shop's own id, unrounded (Excel writes long numbers as 1.2E+11)"),
            "birthday": (read_day, "a date such as 1990-02-28"),
            "timezone": (read_zone, "an IANA time zone such as Asia/Seoul"),
        }
        for name in PERSON:
            text = self._text(name)
            if not text:
                continue
            read, expected = readers.get(name, (lambda text: text[:200], ""))
            value = read(text)
            if value is None:
                self._wrong(name, expected)
            else:
                person[name] = value
        if "customer_id" in person and plan.customers_of:
            person["customers_of"] = plan.customers_of
        traits = {name: value for name in plan.traits if (value := self._trait(name)) is not None}
        return {**person, "traits": traits, "consents": []}

    def _trait(self, name: str) -> Any:
        value = self._cells.get(f"trait:{name}")
        if isinstance(value, bool | int | float) or value is None:
            return value
        text = str(value).strip()
        if len(text) > 500 or "@" in text:
            self._wrong(name, "a trait of at most 500 characters that holds no address")
            return None
        number = re.fullmatch(r"-?(0|[1-9]\d{0,14})(\.\d{1,6})?", text)
        return (float(text) if "." in text else int(text)) if number else text or None

    def _consent(self, channel: str, person: dict[str, Any]) -> None:
        column = f"consent_{channel}"
        said, at = self._yes_or_when(column, "start")
        stated = self._instant(f"{column}_at")
        at = stated or at
        if said is None:
            if stated is not None:
                self._wrong(column, "yes or no beside its time")
            return
        if at is None and said:
            at = self._plan.consented_at
            if at is None:
                self._wrong(f"{column}_at", "when they agreed, such as 2025-01-31 (or --consented-at for all)")
                return
        fact = {"channel": channel, "given": said, "at": format_instant(at or self._plan.as_of)}
        if said and (basis := self._text(f"{column}_basis") or self._plan.basis):
            fact["basis"] = basis[:200]
        person["consents"].append(fact)

    def _unsubscribed(self, channel: str, column: str, person: dict[str, Any]) -> None:
        said, at = self._yes_or_when(f"unsubscribed_{channel}", "end")
        if not said:
            return
        if not person.get(column):
            self._wrong(column, f"the address that was unsubscribed from {channel}")
            return
        # With a date it is the person's word, which a later consent ends. Without one nobody can say what is later.
        reason, when = (UNSUBSCRIBED if at else "imported"), format_instant(at or self._plan.as_of)
        self._row.stops.append({"channel": channel, "address": person[column], "reason": reason, "at": when})
        person["consents"].append({"channel": channel, "given": False, "at": when})

    def _hashed_stop(self) -> None:
        hashed, channel = self._text("address_hash"), self._text("channel")
        if not _HASH.fullmatch(hashed):
            self._wrong("address_hash", "a keyed hash as `kairos export --what suppressions` writes it")
        if not channel:
            self._wrong("channel", "email or sms")
        at = self._instant("at") or self._plan.as_of
        stop = {"channel": channel, "address_hash": hashed, "at": format_instant(at)}
        stop |= {name: text for name in ("purpose", "reason") if (text := self._text(name))}
        if not self._row.problems:
            self._row.stops.append(stop)

    def _yes_or_when(self, column: str, edge: str) -> tuple[bool | None, datetime | None]:
        """Return whether a cell says yes, and since when where it says that."""
        text = self._text(column)
        if not text:
            return None, None
        if text.lower() in YES | NO:
            return text.lower() in YES, None
        at = self._instant(column, edge, "yes, no, or a date such as 2025-01-31")
        return (True, at) if at is not None else (None, None)

    def _instant(self, column: str, edge: str = "start", expected: str = "") -> datetime | None:
        text = self._text(column)
        if not text:
            return None
        at = read_instant(text, self._plan.zone, edge)
        if at is not None and edge == "end":
            at = min(at, self._plan.now)
        if at is None or at > self._plan.now:
            self._wrong(column, expected or "a time that has passed, such as 2025-01-31 or 2025-01-31T09:00:00+09:00")
            return None
        return at

    def _text(self, column: str) -> str:
        value = self._cells.get(column)
        if value is None or isinstance(value, list | dict):
            return ""
        if isinstance(value, bool):
            return "yes" if value else "no"
        return str(value).replace("\x00", "").strip()

    def _wrong(self, column: str, expected: str) -> None:
        self._row.problems.append(Problem(self._row.line, column, expected))
