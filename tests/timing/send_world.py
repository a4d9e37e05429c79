"""A world of people who answer by the hour of the week: seven types, own habits, and a sender with habits too."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kairos.timing.learn.fit_hours import counts_of, fit_types, week_shares
from kairos.timing.send_time import HourPrior, Hours, active_week, week_of

ALLOWED = [24 * day + hour for day in range(7) for hour in range(8, 21)]


@dataclass(frozen=True)
class World:
    """What each person truly does, and what was logged of it."""

    chances: NDArray[np.float64]
    logged: list[Hours]


def make_world(people: int, sends: int, random_share: float, seed: int, drift: float = 0.0) -> World:
    """Send each person `sends` messages, a `random_share` of them at any allowed hour, the rest by the sender's habit.

    Habits are three hours for all, and hours near one of them for each person. Drift moves every type's hour over the
    time of the log; the truth is where it ends.
    """
    random = np.random.default_rng(seed)
    habits = random.choice(ALLOWED, 3)
    chances, logged = [], []
    for _ in range(people):
        kind, shift, keen = int(random.integers(7)), int(random.integers(-1, 2)), random.beta(12, 6)
        own, favourite = np.exp(random.normal(0, 0.02, 168)), int(random.choice(habits))
        hours = Hours()
        for send in range(sends):
            truth = _person(kind, shift, keen, own, drift * (send / sends - 1.0))
            slot = _habit(random, habits, favourite, random_share)
            hours = hours.with_sent(slot)
            if random.random() < truth[slot]:
                hours = hours.with_answered(slot).with_active(slot)
        chances.append(_person(kind, shift, keen, own, 0.0))
        logged.append(hours)
    return World(np.array(chances), logged)


def regrets(world: World) -> dict[str, float]:
    """Return the mean loss against each person's best allowed hour, as a share of it, of each way to choose."""
    opens, sent = counts_of(world.logged, "active"), counts_of(world.logged, "sent")
    types, levels = fit_types(world.logged)
    prior = HourPrior(tuple(week_shares(opens.sum(0))), weight=8.0, types=types, levels=levels)
    rates = opens.sum(0) / np.maximum(sent.sum(0), 1.0)
    return {
        "random": float(1 - (world.chances[:, ALLOWED].mean(1) / world.chances[:, ALLOWED].max(1)).mean()),
        "global best hour": _regret(world, [list(rates[ALLOWED])] * len(world.logged)),
        "mode of opens": _regret(world, [list(row[ALLOWED]) for row in opens]),
        "kernel of opens": _regret(world, [active_week(prior, hours, ALLOWED) for hours in world.logged]),
        "ours": _regret(world, [week_of(prior, hours, ALLOWED) for hours in world.logged]),
    }


def _person(kind: int, shift: int, keen: float, own: NDArray[np.float64], drift: float) -> NDArray[np.float64]:
    slots = np.arange(168)
    middle = 8.5 + kind * 12 / 6.5 + shift + drift
    away = np.abs(slots % 24 - middle)
    bump = np.exp(-0.5 * (np.minimum(away, 24 - away) / 2.0) ** 2)
    weekend = np.where((slots >= 120) == (kind % 2 == 1), 1.0, 0.45)
    curve = (0.6 + 0.4 * bump * weekend) * own
    return np.asarray(np.clip(keen * curve / curve[ALLOWED].max(), 0.02, 0.98))


def _habit(random: np.random.Generator, habits: NDArray[np.int64], favourite: int, random_share: float) -> int:
    if random.random() < random_share:
        return int(random.choice(ALLOWED))
    slot = int(random.choice(habits)) if random.random() < 0.3 else favourite + int(random.integers(-3, 4))
    return slot if slot in ALLOWED else int(random.choice(ALLOWED))


def _regret(world: World, scores: list[list[float]]) -> float:
    chosen = [ALLOWED[int(np.argmax(row))] for row in scores]
    best = world.chances[:, ALLOWED].max(1)
    return float((1 - world.chances[np.arange(len(chosen)), chosen] / best).mean())
