"""How good the models of when are: on public files, and in a world whose truth is known.

`python -m bench.timing [FOLDER]`; the folder holds `online-retail.csv.gz` and `cdnow-sample.csv`, see docs/timing.md.
"""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path
from time import process_time

import numpy as np

from kairos.cli.timing_evaluate import compare
from kairos.cli.timing_files import Orders, read_orders
from kairos.cli.timing_orders import fit_prior, silences
from kairos.timing.learn.measure import area_under_curve, log_loss
from kairos.timing.rhythm import Rhythm, replay
from tests.timing.send_world import make_world, regrets

SEEDS = (1, 2, 3)
PEOPLE = 1500


def measure_orders(name: str, orders: Orders, until: date, horizon: int) -> None:
    """Print the scores of the pool and of the baselines, and what fitting took."""
    began = process_time()
    prior = fit_prior(orders, until.toordinal())
    spent = process_time() - began
    results, gaps, _ = compare(orders, prior, until.toordinal(), horizon)
    print(f"\n{name}: until {until}, {horizon} days, {len(gaps):,} gaps; fitted in {spent:.1f} s of processor time")
    print(f"{'':<26}{'CRPS':>8}{'log score':>11}{'80%':>7}{'50%':>7}{'MAE':>8}{'hits':>7}")
    for model, told in results.items():
        print(
            f"{model:<26}{told.crps:>8.3f}{told.log_score:>11.4f}{told.cover_80:>7.3f}{told.cover_50:>7.3f}"
            f"{told.mae:>8.2f}{told.hits:>7.3f}"
        )


def measure_silence(name: str, orders: Orders, at: date, horizon: int) -> None:
    """Print AUC and log loss over customers with at least one repeat, and over all."""
    until, told = at.toordinal(), []
    for customer, chance in silences(orders, until, horizon):
        days = orders.days[customer]
        away = not any(until < day <= until + horizon for day in days)
        told.append((sum(day <= until for day in days) > 1, away, chance))
    repeat, outcomes, chances = (np.array(column) for column in zip(*told, strict=True))
    for who, rows in (("repeaters", repeat), ("all", np.ones(len(repeat), dtype=bool))):
        auc, loss = area_under_curve(outcomes[rows], chances[rows]), log_loss(outcomes[rows], chances[rows])
        print(f"silence, {name}, at {at}, {horizon} days, {who} ({rows.sum():,}): AUC {auc:.4f}, log loss {loss:.4f}")


def measure_send_time() -> None:
    """Print regrets in the simulated world, as shares of each person's best hour, over all seeds."""
    for random_share in (1.0, 0.1):
        print(f"\nsend time: {random_share:.0%} of the logged sends at random, {PEOPLE:,} people, {len(SEEDS)} worlds")
        for sends in (16, 32, 64):
            worlds = [regrets(make_world(PEOPLE, sends, random_share, seed)) for seed in SEEDS]
            means = {way: sum(world[way] for world in worlds) / len(worlds) for way in worlds[0]}
            shown = "  ".join(f"{way} {regret:.3f}" for way, regret in means.items())
            print(f"{sends:>4} sends  {shown}  (of random: {means['ours'] / means['random']:.3f})")


def measure_speed(orders: Orders, until: date) -> None:
    """Print what the hot path takes: an order into the state, and P(buys within 7 days) out of it."""
    prior = fit_prior(orders, until.toordinal())
    rhythms = [replay(days) for days in list(orders.days.values())[:2000]]
    began = process_time()
    for rhythm in rhythms:
        prior.with_day(rhythm, (rhythm.last_day or 0) + 5)
    update = (process_time() - began) / len(rhythms)
    began = process_time()
    for rhythm in rhythms:
        prior.forecast(rhythm).p_within(7, 3)
    ask = (process_time() - began) / len(rhythms)
    state = max(len(str(Rhythm.to_state(rhythm))) for rhythm in rhythms)
    print(f"\nan order {update * 1e6:.1f} µs, P(within 7 days) {ask * 1e6:.0f} µs, largest state {state} characters")


def main() -> None:
    """Measure everything and print it."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parents[2] / "shared" / "data"
    retail, cdnow = read_orders(folder / "online-retail.csv.gz"), read_orders(folder / "cdnow-sample.csv")
    measure_orders("Online Retail", retail, date(2011, 6, 30), 90)
    measure_orders("CDNOW sample", cdnow, date(1997, 9, 30), 120)
    measure_silence("Online Retail", retail, date(2011, 9, 10), 90)
    measure_silence("Online Retail", retail, date(2011, 6, 30), 90)
    measure_silence("CDNOW sample", cdnow, date(1998, 1, 1), 180)
    measure_speed(retail, date(2011, 6, 30))
    measure_send_time()


if __name__ == "__main__":
    main()
