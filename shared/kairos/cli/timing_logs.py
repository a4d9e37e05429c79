"""`kairos timing best-hours` and `lag`: when in the week a customer answers, and how long after an event."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from datetime import datetime, time, timedelta
from pathlib import Path

from kairos.cli.failure import CannotDo
from kairos.cli.timing_files import parse_day, read_rows, read_time
from kairos.timing.lag import LagCurve, count_lags, lag_curve
from kairos.timing.send_time import HourPrior, Hours, hour_of_week, week_of

KINDS = ("sent", "opened", "clicked", "active")
ANSWERED_WITHIN = timedelta(hours=72)
_BEFORE = 0.7  # the share of the time up to the cut from which the rest is foretold, to learn how far to shrink
_DIGITS = 9
Log = dict[str, list[tuple[datetime, str]]]


def tell_best_hours(path: Path, fit_until: str) -> None:
    """Print 168 probabilities for every customer of the log, from what happened up to and including a day."""
    log, until = _read_log(path), parse_day(fit_until, "--fit-until")
    known = {customer: [each for each in told if each[0].toordinal() <= until] for customer, told in log.items()}
    prior = fit_hour_prior(known)
    for customer, told in known.items():
        week = [round(chance, _DIGITS) for chance in week_of(prior, count_hours(told))]
        print(json.dumps({"customer": customer, "p": week}, ensure_ascii=False))


def tell_lag(path: Path, window: int, *, as_json: bool) -> None:
    """Print the distribution of days from event to answer, and the window that holds most of them."""
    lags, before = _read_lags(path)
    curve = lag_curve(count_lags(lags))
    first, last, share = curve.best_window(window)
    answers = sum(answered for _, answered in lags)
    if as_json or not sys.stdout.isatty():
        found = {"from": first, "to": last, "share": round(share, _DIGITS)}
        daily, within = ([round(chance, _DIGITS) for chance in each] for each in (curve.on_day(), curve.within()))
        counts = {"events": len(lags) + before, "answers": answers, "before": before}
        print(json.dumps({**counts, "p": daily, "within": within, "window": found}))
        return
    print(f"{len(lags):,} events, {answers:,} answered; {before:,} more were answered before the event and left out.")
    print(f"Most answers in {last - first + 1} days: days {first} to {last}, {share:.1%} of those in sight.")
    _draw(curve)


def fit_hour_prior(log: Log) -> HourPrior:
    """Return what the log teaches of everybody's week; raise `CannotDo` without the learning libraries."""
    try:
        from kairos.timing.learn.fit_hours import fit_types, fit_week
    except ModuleNotFoundError as error:
        if error.name not in ("numpy", "scipy"):
            raise
        raise CannotDo("fitting needs numpy and scipy: install kairos[learn]") from error
    from dataclasses import replace

    times = sorted(at for told in log.values() for at, kind in told if kind != "sent")
    if not times:
        return HourPrior()
    cut = times[int(_BEFORE * len(times))]
    before = [count_hours([each for each in told if each[0] < cut]) for told in log.values()]
    after = [count_hours([each for each in told if each[0] >= cut]) for told in log.values()]
    types, levels = fit_types([count_hours(told) for told in log.values()])
    return replace(fit_week(before, after), types=types, levels=levels)


def count_hours(told: Sequence[tuple[datetime, str]]) -> Hours:
    """Return one customer's counts. An hour in which they did much counts once; an answer is to the last send before.

    An answer that comes more than 72 hours after that send is activity, not an answer.
    """
    hours, last, answered, busy = Hours(), None, True, None
    for at, kind in sorted(told, key=lambda each: (each[0], KINDS.index(each[1]))):
        if kind == "sent":
            hours, last, answered = hours.with_sent(hour_of_week(at)), at, False
            continue
        if kind != "active" and last is not None and not answered and at - last <= ANSWERED_WITHIN:
            hours, answered = hours.with_answered(hour_of_week(last)), True
        this = at.replace(minute=0, second=0, microsecond=0)
        if this != busy:
            hours, busy = hours.with_active(hour_of_week(at)), this
    return hours


def _read_log(path: Path) -> Log:
    log: Log = {}
    for line, row in read_rows(path, ("customer", "at", "kind")):
        kind = row["kind"].lower()
        if kind not in KINDS:
            raise CannotDo(f"{path.name}, line {line}: kind is {row['kind'][:40]!r}; one of {', '.join(KINDS)}")
        log.setdefault(row["customer"], []).append((read_time(path, line, "at", row["at"]), kind))
    if not log:
        raise CannotDo(f"{path.name}: no lines in it")
    return {customer: log[customer] for customer in sorted(log)}


def _read_lags(path: Path) -> tuple[list[tuple[int, bool]], int]:
    """Return days to the answer or to the file's end, and whether it came; and how many answers came before."""
    pairs: list[tuple[datetime, datetime | None]] = []
    for line, row in read_rows(path, ("customer", "event_at", "response_at")):
        written = row["response_at"]
        told = read_time(path, line, "response_at", written) if written else None
        pairs.append((read_time(path, line, "event_at", row["event_at"]), told))
    if not pairs:
        raise CannotDo(f"{path.name}: no lines in it")
    end = max(max(event, answer or event) for event, answer in pairs).toordinal()
    lags, before = [], 0
    for event, answer in pairs:
        if answer is None:
            lags.append((end - event.toordinal(), False))
        elif answer.toordinal() < event.toordinal() or (answer < event and answer.time() != time.min):
            before += 1  # an answer told by its date alone is of that whole day
        else:
            lags.append((answer.toordinal() - event.toordinal(), True))
    return lags, before


def _draw(curve: LagCurve, rows: int = 31) -> None:
    daily = curve.on_day()[:rows]
    most = max(daily, default=0.0)
    for day, chance in enumerate(daily):
        print(f"{day:>4}  {chance:>6.1%}  {'█' * round(40 * chance / most) if most else ''}")
