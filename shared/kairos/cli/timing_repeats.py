"""`kairos timing repeats`: what repeats for each customer of a file, how sure that is, and when it comes next."""

from __future__ import annotations

import json
import sys
from datetime import date
from pathlib import Path
from typing import Any

from kairos.cli.failure import CannotDo
from kairos.cli.knowledge import in_words
from kairos.cli.timing_files import parse_day, read_rows, read_time
from kairos.domain.errors import BadDefinition
from kairos.domain.workweek import Workweek
from kairos.timing.last_days import DAYS_KEPT_MAX
from kairos.timing.occasion import Form, Interval, Months
from kairos.timing.recurrence import Recurrence, payday_of, recurrence_of

_DIGITS = 6


def tell_repeats(path: Path, at: str, country: str | None, *, payday: bool, as_json: bool) -> None:
    """Print a line for each customer, from what happened up to and including a day. Raises CannotDo."""
    today, customers = parse_day(at, "--at"), _read(path)
    years = {date.fromordinal(day).year for days in customers.values() for day in days}
    workweek = _workweek(country, range(min(years), date.fromordinal(today).year + 2))
    for customer, days in customers.items():
        known = sorted(day for day in days if day <= today)[-DAYS_KEPT_MAX:]
        if known:
            found = (payday_of if payday else recurrence_of)(known, today, workweek.is_open)
            print(_line(customer, found, today, as_json=as_json or not sys.stdout.isatty()))


def _read(path: Path) -> dict[str, set[int]]:
    found: dict[str, set[int]] = {}
    for line, row in read_rows(path, ("customer", "at")):
        found.setdefault(row["customer"], set()).add(read_time(path, line, "at", row["at"]).toordinal())
    if not found:
        raise CannotDo(f"{path.name}: no lines in it")
    return found


def _workweek(country: str | None, years: range) -> Workweek:
    from kairos.app.definitions.days import country_tables

    try:
        tables = country_tables({"country": country} if country else {}, years)
    except BadDefinition as error:
        raise CannotDo(f"--country is a code such as KR: {error.expected}") from error
    return Workweek.of(*(tables[part].get(country) for part in ("holidays", "weekends", "workdays")))


def _line(customer: str, found: Recurrence, today: int, *, as_json: bool) -> str:
    day = found.next_day(today)
    following = date.fromordinal(day).isoformat() if day else None
    if not as_json:
        return f"{customer}: {in_words(found)}{f'; next likely on {following}' if following else ''}"
    told = {"customer": customer, "form": _form(found.form), "sure": round(found.sure, _DIGITS)}
    return json.dumps(told | {"came": found.came, "of": found.of, "next": following}, ensure_ascii=False)


def _form(form: Form | None) -> dict[str, Any] | None:
    if form is None:
        return None
    if isinstance(form, Interval):
        return {"every_days": round(form.days, _DIGITS), "usual": list(form.usual)}
    if isinstance(form, Months):
        return {"day_of_month": form.day, "shift": form.shift, "width": form.width}
    return {"every_weeks": form.weeks, "days": list(form.residues), "width": form.width}
