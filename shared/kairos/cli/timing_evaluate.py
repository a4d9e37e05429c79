"""`kairos timing evaluate`: how good the forecasts were, and what simple rules would have reached."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np

from kairos.cli.failure import CannotDo
from kairos.cli.timing_files import Orders, parse_day, read_orders, show_day
from kairos.cli.timing_orders import fit_prior
from kairos.cli.timing_picture import draw_calibration
from kairos.timing.learn.baselines import fixed_interval, own_mean, poisson_gamma, population_curve
from kairos.timing.learn.measure import WINDOW_DAYS, Scores, calibration, score
from kairos.timing.learn.panel import Numbers, make_panel
from kairos.timing.learn.pool import pool_curves
from kairos.timing.next_order import RhythmPrior
from kairos.timing.weekday import WeekdayPrior

SCORED_MAX = 50_000
"""Purchases scored at most: of more, every second, third, … in the order of customers."""
POOL = "pool, with weekdays"
_COLUMNS = ("CRPS", "log score", "80% holds", "50% holds", "MAE", "7-day hits")


def evaluate_orders(path: Path, fit_until: str, horizon: int, svg: Path | None, *, as_json: bool) -> None:
    """Print the measures of the forecasts and of the baselines; write the calibration picture if asked for."""
    orders, until = read_orders(path), parse_day(fit_until, "--fit-until")
    prior = fit_prior(orders, until)
    results, gaps, pool = compare(orders, prior, until, horizon)
    if svg is not None:
        within = [days for days in (WINDOW_DAYS, 30, horizon) if days <= horizon]
        curves = {f"within {days} days": calibration(pool, gaps, days) for days in dict.fromkeys(within)}
        svg.write_text(draw_calibration(curves), encoding="utf-8")
    if as_json:
        scores = {name: asdict(result) for name, result in results.items()}
        print(json.dumps({"gaps": len(gaps), "fitted_on": prior.fitted_on, "horizon": horizon, "scores": scores}))
        return
    print(
        f"{len(gaps):,} purchases after {show_day(until)} whose next {horizon} days are in the file; "
        f"fitted on {prior.fitted_on:,} gaps up to then."
    )
    width = max(map(len, results))
    print(" ".join([" " * width, *(f"{name:>10}" for name in _COLUMNS)]))
    for name, result in results.items():
        print(" ".join([name.ljust(width), *_cells(result)]))
    print("CRPS and MAE in days, lower is better; log score in nats a gap, higher is better. See docs/timing.md.")


def compare(orders: Orders, prior: RhythmPrior, until: int, horizon: int) -> tuple[dict[str, Scores], Numbers, Numbers]:
    """Return the scores of each model, the gaps they were scored on (infinite: none), and the pool's forecasts."""
    train, everything = make_panel(orders.days, until), make_panel(orders.days, orders.end, after=until)
    scored = np.flatnonzero(everything.day + horizon <= orders.end)
    rows = scored[:: len(scored) // SCORED_MAX + 1]
    if not len(rows):
        raise CannotDo(f"no purchase after {show_day(until)} has {horizon} days of file after it")
    test = everything.where(rows)
    gaps = np.where(test.seen, test.gap, np.inf)
    known = make_panel(orders.days, orders.end, prior.lognormal.keep, prior.gamma.keep, until).where(rows)
    curves = {POOL: pool_curves(prior, known, horizon)}
    for name, share in (("pool, weekdays off", prior.lognormal_share), ("lognormal alone", 1.0), ("gamma alone", 0.0)):
        curves[name] = pool_curves(replace(prior, weekday=WeekdayPrior(), lognormal_share=share), known, horizon)
    curves["NBD (exponential-gamma)"] = poisson_gamma(train, test, horizon)
    curves["own mean gap"] = own_mean(train, test, horizon)
    curves["population curve"] = population_curve(train, test, horizon)
    curves["fixed 30 days"] = fixed_interval(test, horizon)
    return {name: score(cdf, gaps) for name, cdf in curves.items()}, gaps, curves[POOL]


def _cells(result: Scores) -> list[str]:
    return [
        f"{result.crps:>10.3f}",
        f"{result.log_score:>10.4f}",
        f"{result.cover_80:>10.3f}",
        f"{result.cover_50:>10.3f}",
        f"{result.mae:>10.2f}",
        f"{result.hits:>10.3f}",
    ]
