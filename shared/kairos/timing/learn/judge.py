"""Whether newly learned priors foretell better than those that are live, on customers that neither was fitted on.

The held-out customers are chosen by a hash of their id, the same ones every night. A rhythm is judged by the mean log
score of their gaps (and of the silence at the end, censored), each foretold from what came before it. Hours are judged
on data thinned in two: half of each customer's counts are known, the other half is foretold.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np

from kairos.timing.learn.fit_hours import counts_of, fit_types, fit_week
from kairos.timing.learn.fit_rhythm import fit_rhythm
from kairos.timing.learn.panel import Histories
from kairos.timing.next_order import RhythmPrior
from kairos.timing.rhythm import Rhythm
from kairos.timing.send_time import WEEK_HOURS, HourPrior, Hours, active_week, answer_rates
from kairos.timing.silence import SilencePrior
from kairos.timing.weights import Weights

HELD_OUT = 4
"""Every fourth customer is held out."""
GAPS_LEAST = 50
GAIN_LEAST = 0.001
"""Nats an observation that new priors must gain: below, a release a night would change nothing."""
COUNTS_LEAST = 2 * WEEK_HOURS
_LEAST = 1e-12
_ALL = tuple(range(WEEK_HOURS))
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Judged:
    """What was learned, from how much, and the mean log score per held-out observation, in nats, beside the live one's.

    `prior` is None where there was too little to learn from.
    """

    prior: RhythmPrior | HourPrior | SilencePrior | Weights | None
    observed: int
    fitted: float = 0.0
    live: float = 0.0

    @property
    def better(self) -> bool:
        """Return whether it may take the place of what is live."""
        return self.prior is not None and self.fitted > self.live + GAIN_LEAST

    @property
    def in_words(self) -> str:
        """Return the judgement as a person reads it."""
        if self.prior is None:
            return f"{self.observed:,} observations are not enough yet; what is live stays"
        word = "better" if self.better else "no better; what is live stays"
        return f"{self.observed:,} observations, held-out log score {self.fitted:.4f}, live {self.live:.4f}: {word}"


def judge_rhythm(histories: Histories, until: int, live: RhythmPrior) -> Judged:
    """Learn from the customers that are not held out, up to the ordinal `until`, and judge on the others."""
    known = {customer: days for customer, days in histories.items() if days and days[0] <= until}
    gaps = sum(len(days) - 1 for days in known.values())
    learned, held = parted(known)
    if gaps < GAPS_LEAST or sum(len(days) - 1 for days in held.values()) < GAPS_LEAST // HELD_OUT:
        return Judged(None, gaps)
    prior = RhythmPrior.from_document(fit_rhythm(learned, until).to_document())
    return Judged(prior, gaps, log_score(prior, held, until), log_score(live, held, until))


def log_score(prior: RhythmPrior, histories: Histories, until: int) -> float:
    """Return the mean log score of every gap, foretold at the purchase before it, and of each silence up to `until`."""
    total, count = 0.0, 0
    for days in histories.values():
        rhythm = Rhythm()
        past = [day for day in days if day <= until]
        for day, following in zip(past, [*past[1:], None], strict=True):
            rhythm = prior.with_day(rhythm, day)
            forecast = prior.forecast(rhythm)
            if following is None:
                chance = forecast.survival(until - day)
            else:
                chance = forecast.survival(following - day - 1) - forecast.survival(following - day)
            total, count = total + float(np.log(max(chance, _LEAST))), count + 1
    return total / max(count, 1)


def judge_hours(customers: Mapping[str, Hours], live: HourPrior) -> Judged:
    """Learn everybody's week and how far to trust one customer's own, then the types of people where enough answered.

    Types that do not foretell held-out answers better than the live ones are left out.
    """
    learned, held = (list(each.values()) for each in parted(customers))
    observed = int(sum(sum(hours.active.values()) for hours in customers.values()))
    if observed < COUNTS_LEAST or not held:
        return Judged(None, observed)
    halves = [thinned(hours) for hours in learned]
    week = fit_week([half for half, _ in halves], [half for _, half in halves])
    types, levels = fit_types(learned)
    tried = replace(week, types=types, levels=levels)
    parts = [thinned(hours) for hours in held]
    kept = tried if types and answer_score(tried, parts) > answer_score(live, parts) else None
    prior = kept or replace(week, types=live.types, levels=live.levels, doubt=live.doubt)
    plain = HourPrior.from_document(prior.to_document())
    fitted = active_score(plain, parts) + (answer_score(plain, parts) if kept else 0.0)
    return Judged(plain, observed, fitted, active_score(live, parts) + (answer_score(live, parts) if kept else 0.0))


def thinned(hours: Hours) -> tuple[Hours, Hours]:
    """Part every count in two as evenly as it goes, the odd one by its hour: of one customer's time, two samples."""
    first = Hours(*({slot: (count + slot % 2) // 2 for slot, count in each.items()} for each in _rows(hours)))
    pairs = zip(_rows(hours), _rows(first), strict=True)
    return first, Hours(*({slot: count - half[slot] for slot, count in whole.items()} for whole, half in pairs))


def active_score(prior: HourPrior, parts: Sequence[tuple[Hours, Hours]]) -> float:
    """Return the mean log-probability of the hours of one half, foretold from the other."""
    total = count = 0.0
    for known, ahead in parts:
        if ahead.active:
            chances = np.log(np.maximum(active_week(prior, known, _ALL), _LEAST))
            row = counts_of([ahead], "active")[0]
            total, count = total + float(row @ chances), count + float(row.sum())
    return total / max(count, 1.0)


def answer_score(prior: HourPrior, parts: Sequence[tuple[Hours, Hours]]) -> float:
    """Return the mean log-probability of what one half of the messages met, foretold from the other; for a prior
    without types the share that all answered is foretold of each."""
    total = count = 0.0
    sent = counts_of([ahead for _, ahead in parts], "sent")
    answered = np.minimum(counts_of([ahead for _, ahead in parts], "answered"), sent)
    overall = (answered.sum() + 1.0) / (sent.sum() + 2.0)
    for (known, _), row, came in zip(parts, sent, answered, strict=True):
        if row.sum():
            rates = np.array(answer_rates(prior, known, _ALL)) if prior.types else np.full(WEEK_HOURS, overall)
            rates = np.clip(rates, _LEAST, 1.0 - _LEAST)
            total += float(came @ np.log(rates) + (row - came) @ np.log1p(-rates))
            count += float(row.sum())
    return total / max(count, 1.0)


def parted(customers: Mapping[str, T]) -> tuple[dict[str, T], dict[str, T]]:
    """Return the customers to learn from and those held out, the same ones every night."""
    held = {id for id in customers if hashlib.blake2b(id.encode(), digest_size=2).digest()[1] % HELD_OUT == 0}
    ordered = sorted(customers)
    return {id: customers[id] for id in ordered if id not in held}, {id: customers[id] for id in ordered if id in held}


def _rows(hours: Hours) -> tuple[Mapping[int, float], Mapping[int, float], Mapping[int, float]]:
    return hours.active, hours.sent, hours.answered
