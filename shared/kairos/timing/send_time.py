"""Which hour of the week suits a customer: 168 slots of their own local clock, Monday 00:00 first.

Two views of the same person. Where in the week they are *active* is counted, smoothed over neighbouring hours and over
the days, and shrunk to everybody's week (a Dirichlet with a kernel): good from the first click, but confounded, because
people answer when they are written to. How they *answer what was sent* in an hour is a rate per send and suffers no
such thing: a mixture of some ten types of people, learned from all, says what to expect, and what the customer did
beyond that, smoothed over the hours around, is added as far as it can be trusted. Until sixteen sends the first view
speaks, from then on the second.

Answers of machines (link scanners, mail privacy proxies) must not be counted: the caller leaves them out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from math import exp, log, log1p
from typing import Any

from kairos.domain.hour_counts import WEEK_HOURS as WEEK_HOURS

SENDS_UNTIL_TYPES = 16
"""Sends from which on a customer's answers say more than their active hours; see `week_of`."""
LEVELS = (-1.6, -0.8, 0.0, 0.8, 1.6)
"""How keen customers of one type may be beside each other, in log-odds of an answer."""


_EDGE = 1e-6


@dataclass(frozen=True, slots=True)
class ResponseType:
    """One kind of people: how common they are, and their log-odds of answering a message by hour of the week."""

    share: float
    odds: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class HourPrior:
    """What a release says about the shop's week.

    `shares` is where everybody's activity falls, summing to 1. `weight` is how many of a customer's own active hours
    that is worth; `spread` the hours over which one active hour speaks for its neighbours (a Gaussian on the clock's
    circle), `same_day` how much of it stays on its weekday, the rest going to the same hour of all days. `levels` is
    how common each of `LEVELS` is. `doubt` is the information, in sends, that a customer's own deviation is shrunk by.
    """

    shares: tuple[float, ...] = (1 / WEEK_HOURS,) * WEEK_HOURS
    weight: float = 20.0
    spread: float = 2.0
    same_day: float = 0.3
    types: tuple[ResponseType, ...] = ()
    levels: tuple[float, ...] = (0.1, 0.2, 0.4, 0.2, 0.1)
    doubt: float = 0.1

    def usual_rate(self) -> float | None:
        """Return the share of messages that somebody of whom nothing is known answers, sent where the shop's week is
        active; None where no answers were learned from."""
        if not self.types:
            return None
        rates = answer_rates(self, Hours(), range(WEEK_HOURS))
        return sum(share * rate for share, rate in zip(self.shares, rates, strict=True))

    def to_document(self) -> dict[str, Any]:
        """Return what a release stores."""
        types = [{"share": each.share, "odds": list(each.odds)} for each in self.types]
        numbers = {name: getattr(self, name) for name in ("weight", "spread", "same_day", "doubt")}
        return {"shares": list(self.shares), "types": types, "levels": list(self.levels), **numbers}

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> HourPrior:
        """Read what `to_document` wrote."""
        types = tuple(ResponseType(float(each["share"]), tuple(each["odds"])) for each in document["types"])
        lists = {"shares": tuple(document["shares"]), "types": types, "levels": tuple(document["levels"])}
        return cls(**{**document, **lists})


@dataclass(frozen=True, slots=True)
class Hours:
    """One customer's counts by hour of the week; sums, so the order of arrival never matters.

    `active` is hours in which they did something, `sent` messages by the hour they went out, `answered` those of them
    that were answered, by the hour they were *sent*.
    """

    active: Mapping[int, float] = field(default_factory=dict)
    sent: Mapping[int, float] = field(default_factory=dict)
    answered: Mapping[int, float] = field(default_factory=dict)

    def with_active(self, slot: int) -> Hours:
        """Return the counts after activity in that hour."""
        return Hours(_plus(self.active, slot), self.sent, self.answered)

    def with_sent(self, slot: int) -> Hours:
        """Return the counts after a message in that hour."""
        return Hours(self.active, _plus(self.sent, slot), self.answered)

    def with_answered(self, slot: int) -> Hours:
        """Return the counts after an answer, however late, to a message sent in that hour."""
        return Hours(self.active, self.sent, _plus(self.answered, slot))


@dataclass(frozen=True, slots=True)
class Choice:
    """The hour chosen, and the probability with which it was: every send logs its propensity."""

    slot: int
    propensity: float
    explored: bool


def hour_of_week(at: datetime) -> int:
    """Return the slot of a local time, by the clock on the wall: 0 is Monday from 00:00, 167 Sunday from 23:00."""
    return 24 * at.weekday() + at.hour


def week_of(prior: HourPrior, hours: Hours, slots: Sequence[int] = tuple(range(WEEK_HOURS))) -> list[float]:
    """Return how the slots asked for compare for this customer, as probabilities that sum to 1 over them."""
    if not prior.types or sum(hours.sent.values()) < SENDS_UNTIL_TYPES:
        return active_week(prior, hours, slots)
    return _normal(answer_rates(prior, hours, slots))


def active_week(prior: HourPrior, hours: Hours, slots: Sequence[int]) -> list[float]:
    """Return where in the week the customer's next activity falls, over the slots asked for; sums to 1."""
    return _normal([prior.weight * prior.shares[slot] + _smoothed(prior, hours.active.items(), slot) for slot in slots])


def answer_rates(prior: HourPrior, hours: Hours, slots: Sequence[int]) -> list[float]:
    """Return the chance of an answer to a message in each slot: what the types expect, and the customer beyond it."""
    weights = type_weights(prior, hours)

    def expect(slot: int) -> float:
        return sum(
            weight * _chance(each.odds[slot] + level)
            for each, row in zip(prior.types, weights, strict=True)
            for level, weight in zip(LEVELS, row, strict=True)
        )

    due = {slot: (count, expect(slot)) for slot, count in hours.sent.items()}
    beyond = [
        (slot, min(hours.answered.get(slot, 0.0), count) - count * chance) for slot, (count, chance) in due.items()
    ]
    known = [(slot, count * chance * (1.0 - chance)) for slot, (count, chance) in due.items()]
    rates = []
    for slot in slots:
        expected = min(max(due[slot][1] if slot in due else expect(slot), _EDGE), 1.0 - _EDGE)
        own = _smoothed(prior, beyond, slot) / (_smoothed(prior, known, slot) + prior.doubt)
        rates.append(_chance(log(expected / (1.0 - expected)) + own))
    return rates


def type_weights(prior: HourPrior, hours: Hours) -> list[list[float]]:
    """Return the probability that the customer is of each type (rows) at each level of keenness (columns)."""
    logs = [
        log(each.share * common) + sum(_log_chance(each.odds[slot] + level, *answers) for slot, answers in _told(hours))
        for each in prior.types
        for level, common in zip(LEVELS, prior.levels, strict=True)
    ]
    top = max(logs)
    flat = _normal([exp(value - top) for value in logs])
    return [flat[start : start + len(LEVELS)] for start in range(0, len(flat), len(LEVELS))]


def choose_hour(prior: HourPrior, hours: Hours, allowed: Sequence[int], draw: float, explore: float = 0.1) -> Choice:
    """Choose among the allowed slots, in order of time: the best, or for a share of sends any, so that it is learned.

    `draw` in [0, 1) is a hash of the message's id: a message asked for again gets the same hour. Raises `ValueError`
    when nothing is allowed.
    """
    if not allowed:
        raise ValueError("no hour is allowed")
    chances = week_of(prior, hours, allowed)
    best = max(range(len(allowed)), key=lambda at: (chances[at], -at))
    explored = draw < explore
    chosen = min(int(draw / explore * len(allowed)), len(allowed) - 1) if explored else best
    propensity = explore / len(allowed) + (1.0 - explore if chosen == best else 0.0)
    return Choice(allowed[chosen], propensity, explored)


@lru_cache(maxsize=8)
def _around_clock(spread: float) -> tuple[float, ...]:
    """Return how an hour speaks for the hours around it on the clock's circle: 23 and 0 are neighbours."""
    return tuple(_normal([exp(-0.5 * (min(away, 24 - away) / spread) ** 2) for away in range(24)]))


def _smoothed(prior: HourPrior, counts: Iterable[tuple[int, float]], slot: int) -> float:
    """Return what counts in other hours say about one: near hours of its own day most, its hour on other days some."""
    around, all_days = _around_clock(prior.spread), (1.0 - prior.same_day) / 7.0
    day, hour = divmod(slot, 24)
    total = 0.0
    for other, count in counts:
        other_day, other_hour = divmod(other, 24)
        own_day = prior.same_day if day == other_day else 0.0
        total += count * around[(hour - other_hour) % 24] * (all_days + own_day)
    return total


def _told(hours: Hours) -> list[tuple[int, tuple[float, float]]]:
    """Return answered and unanswered messages by slot; an answer without its send yet is left out until it is in."""
    told = []
    for slot, sent in hours.sent.items():
        answered = min(hours.answered.get(slot, 0.0), sent)
        told.append((slot, (answered, sent - answered)))
    return told


def _log_chance(odds: float, answered: float, ignored: float) -> float:
    """Return the log-probability of that many answers and silences at these log-odds."""
    soft = log1p(exp(-abs(odds)))
    return -answered * (soft + max(-odds, 0.0)) - ignored * (soft + max(odds, 0.0))


def _chance(odds: float) -> float:
    return 1.0 / (1.0 + exp(-odds)) if odds > 0 else exp(odds) / (1.0 + exp(odds))


def _plus(counts: Mapping[int, float], slot: int) -> dict[int, float]:
    return {**counts, slot: counts.get(slot, 0.0) + 1.0}


def _normal(values: Sequence[float]) -> list[float]:
    total = sum(values)
    return [value / total for value in values] if total > 0 else [1.0 / len(values)] * len(values)
