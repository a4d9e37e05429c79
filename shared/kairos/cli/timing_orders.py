"""`kairos timing predict` and `silence`: the product's own forecasts, told as JSON lines."""

from __future__ import annotations

import json
import sys
from bisect import bisect_right
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from kairos.cli.failure import CannotDo
from kairos.cli.timing_files import Orders, parse_day, read_orders, show_day
from kairos.timing.next_order import Forecast, RhythmPrior
from kairos.timing.rhythm import Rhythm, replay
from kairos.timing.silence import SilencePrior, mean_amount, p_none

_DIGITS = 9
_CHUNK = 4096  # purchases forecast at a time


def predict_orders(path: Path, fit_until: str, horizon: int, *, as_json: bool) -> None:
    """Print a line for each purchase day after `fit_until`, by day and then by customer."""
    orders, until = read_orders(path), parse_day(fit_until, "--fit-until")
    prior = fit_prior(orders, until)
    if sys.stdout.isatty() and not as_json:
        for customer, day, forecast in forecasts(orders, prior, until):
            print(_tell(customer, day, forecast))
        return
    for customer, day, cdf, gone in predictions(orders, prior, until, horizon):
        line = {"customer": customer, "at": show_day(day), "cdf": cdf, "p_gone": round(gone, _DIGITS)}
        print(json.dumps(line, ensure_ascii=False))


def tell_silence(path: Path, at: str, horizon: int) -> None:
    """Print P(no order in the `horizon` days after `at`) for every customer who ordered by then, by customer."""
    orders, until = read_orders(path), parse_day(at, "--at")
    for customer, chance in silences(orders, until, horizon):
        print(json.dumps({"customer": customer, "p_none": round(chance, _DIGITS)}, ensure_ascii=False))


def forecasts(orders: Orders, prior: RhythmPrior, until: int) -> Iterator[tuple[str, int, Forecast]]:
    """Yield customer, day and the forecast made then, for each purchase after the day `until`, in order of time."""
    known: dict[str, Rhythm] = {}
    told = sorted((day, customer) for customer, days in orders.days.items() for day in days)
    for day, customer in told:
        known[customer] = prior.with_day(known.get(customer, Rhythm()), day)
        if day > until:
            yield customer, day, prior.forecast(known[customer])


def predictions(
    orders: Orders, prior: RhythmPrior, until: int, horizon: int
) -> Iterator[tuple[str, int, list[float], float]]:
    """Yield what `forecasts` does as customer, day, P(next order within 1 … `horizon` days) and P(gone), by columns: a
    hundred times faster over a large file."""
    import numpy as np

    from kairos.timing.learn.panel import make_panel
    from kairos.timing.learn.pool import pool_columns, pool_curves

    panel = make_panel(orders.days, orders.end, prior.lognormal.keep, prior.gamma.keep, until)
    customers = [customer for customer, days in orders.days.items() for day in days if day > until]
    order = np.argsort(panel.day, kind="stable")
    for start in range(0, len(order), _CHUNK):
        places = order[start : start + _CHUNK]
        rows = panel.where(places)
        curves = np.round(pool_curves(prior, rows, horizon), _DIGITS).tolist()
        gone = pool_columns(prior, rows).gone.tolist()
        yield from zip((customers[place] for place in places), rows.day.tolist(), curves, gone, strict=True)


def silences(orders: Orders, until: int, horizon: int) -> Iterator[tuple[str, float]]:
    """Yield each customer known by the day `until` and P(no order in the `horizon` days after it)."""
    prior = fit_prior(orders, until)
    stack = _fit_stack(orders, prior, until, horizon)
    for customer, days in orders.days.items():
        past = days[: bisect_right(days, until)]
        if past:
            forecast = prior.forecast(replay(past, prior.lognormal.keep, prior.gamma.keep))
            worth = mean_amount(orders.amounts.get(customer, ()), until)
            yield customer, p_none(stack, forecast, len(past), until - past[-1], horizon, worth)


def fit_prior(orders: Orders, until: int) -> RhythmPrior:
    """Return what the orders up to a day teach; raise `CannotDo` where the learning libraries are not installed."""
    return RhythmPrior.from_document(_learn("fit_rhythm").fit_rhythm(orders.days, until).to_document())


def _fit_stack(orders: Orders, prior: RhythmPrior, until: int, horizon: int) -> SilencePrior:
    stack = _learn("fit_silence").fit_silence(prior, orders.days, until, horizon, orders.amounts)
    return SilencePrior.from_document(stack.to_document())


def _learn(module: str) -> Any:
    from importlib import import_module

    try:
        return import_module(f"kairos.timing.learn.{module}")
    except ModuleNotFoundError as error:
        if error.name not in ("numpy", "scipy"):
            raise
        raise CannotDo("fitting needs numpy and scipy: install kairos[learn]") from error


def _tell(customer: str, day: int, forecast: Forecast) -> str:
    point, (first, last) = forecast.point(), forecast.interval(0.8)
    when = "not in sight" if point is None else show_day(day + point)
    end = "open" if last is None else show_day(day + last)
    return (
        f"{show_day(day)}  {customer:<16}  next order {when}  "
        f"80% from {show_day(day + first)} to {end}  gone {forecast.p_gone():.0%}"
    )
