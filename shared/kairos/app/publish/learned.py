"""Priors that were learned, on their way into a release: what cannot be read, or foretells worse, never goes live."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from math import isfinite
from typing import Any

from kairos.domain.category import category_of
from kairos.domain.errors import BadInput
from kairos.domain.instant import format_instant
from kairos.timing.builtin import RHYTHM
from kairos.timing.next_order import RhythmPrior
from kairos.timing.rhythm import replay
from kairos.timing.send_time import WEEK_HOURS, HourPrior, Hours, active_week, answer_rates
from kairos.timing.silence import HORIZON, SilencePrior, p_none
from kairos.timing.weights import Weights

BYTES_MAX = 400_000
CHANNEL = "hours "
SCORE = "score "
OF_CATEGORY = "rhythm "
_TRIED = (replay([739_000]), replay(range(739_000, 739_100, 9)))


def with_learned(bundle: Mapping[str, Any], priors: Any, scores: Any, now: Any) -> dict[str, Any]:
    """Return the bundle with these priors in the place of those it has. Raises BadInput.

    `priors` is by part, `rhythm`, `rhythm CATEGORY`, `silence`, `hours email` or `score ID`, and `scores` says of each
    {"observed", "fitted", "live"}: the mean log score on customers held out, of the new prior and of the live one.
    """
    if not isinstance(priors, Mapping) or not isinstance(scores, Mapping) or not priors:
        raise BadInput("priors", "what was learned, by part")
    if len(json.dumps(priors, default=str)) > BYTES_MAX:
        raise BadInput("priors", f"at most {BYTES_MAX} bytes")
    timing = dict(bundle.get("timing") or {})
    learned = dict(timing.get("learned") or {})
    for part, raw in priors.items():
        _check_score(part, scores.get(part))
        _check(part, raw)
        if part.startswith(CHANNEL):
            timing["hours"] = {**timing.get("hours", {}), part.removeprefix(CHANNEL): raw}
        elif part.startswith(OF_CATEGORY):
            timing["categories"] = {**timing.get("categories", {}), part.removeprefix(OF_CATEGORY): raw}
        elif part.startswith(SCORE):
            timing["scores"] = {**timing.get("scores", {}), part.removeprefix(SCORE): raw}
        else:
            timing[part] = raw
        learned[part] = {**scores[part], "at": format_instant(now)}
    return {**bundle, "timing": {**timing, "learned": learned}}


def _check_score(part: str, score: Any) -> None:
    try:
        fitted, live, observed = (float(score[name]) for name in ("fitted", "live", "observed"))
    except (TypeError, KeyError, ValueError) as error:
        raise BadInput("scores", f"what {part} was judged by on customers held out") from error
    if not (isfinite(fitted) and isfinite(live) and observed > 0):
        raise BadInput("scores", f"what {part} was judged by on customers held out")
    if fitted <= live:
        raise BadInput(
            "scores", f"better priors: {part} foretells held-out customers with {fitted:.4f}, live {live:.4f}"
        )


def _check(part: str, raw: Any) -> None:
    """Read the prior and ask it something: each number must be one, and each answer a probability."""
    try:
        if part.startswith(SCORE):
            _try_score(raw)
            return
        if not all(map(isfinite, _numbers(raw))):
            raise ValueError("not finite")
        _trial_of(part)(raw)
    except (TypeError, KeyError, ValueError, ArithmeticError, AttributeError, IndexError) as error:
        raise BadInput("priors", f"priors of a known part that can be read; {part[:40]} cannot") from error


def _trial_of(part: str) -> Callable[[Mapping[str, Any]], None]:
    if part.startswith(CHANNEL):
        return _try_hours
    if part.startswith(OF_CATEGORY) and category_of(part.removeprefix(OF_CATEGORY)) == part.removeprefix(OF_CATEGORY):
        return _try_rhythm
    return {"rhythm": _try_rhythm, "silence": _try_silence}[part]


def _try_rhythm(raw: Mapping[str, Any]) -> None:
    prior = RhythmPrior.from_document(raw)
    if prior.to_document() != raw or not 0 <= prior.lognormal_share <= 1 or len(prior.weekday.shares) != 7:
        raise ValueError("a share of the pool, and seven weekdays")
    for rhythm in _TRIED:
        forecast = prior.forecast(rhythm)
        chances = [*forecast.cdf(60), forecast.p_gone(0), forecast.p_gone(400)]
        if not all(0 <= chance <= 1 for chance in chances) or chances[-2] > chances[-1]:
            raise ValueError("no probability")


def _try_silence(raw: Mapping[str, Any]) -> None:
    prior = SilencePrior.from_document(raw)
    if prior.to_document() != raw or prior.horizon != HORIZON or prior.usual_amount <= 0:
        raise ValueError("a stack for the horizon that is asked about")
    for rhythm in _TRIED:
        for silence in (0, 40, 4000):
            if not 0 <= p_none(prior, RHYTHM.forecast(rhythm), rhythm.purchases, silence, HORIZON) <= 1:
                raise ValueError("no probability")


def _try_score(raw: Mapping[str, Any]) -> None:
    if Weights.from_document(raw).to_document() != raw:
        raise ValueError("numbers of a score")


def _try_hours(raw: Mapping[str, Any]) -> None:
    prior = HourPrior.from_document(raw)
    if prior.to_document() != raw or {len(prior.shares), *(len(each.odds) for each in prior.types)} != {WEEK_HOURS}:
        raise ValueError("a week has 168 hours")
    hours = Hours({5: 3.0}, {5: 20.0}, {5: 2.0})
    chances = active_week(prior, hours, range(WEEK_HOURS))
    chances += answer_rates(prior, hours, range(WEEK_HOURS)) if prior.types else []
    if not all(0 <= chance <= 1 for chance in chances):
        raise ValueError("no probability")


def _numbers(raw: Any) -> Iterator[float]:
    if isinstance(raw, Mapping):
        raw = list(raw.values())
    if isinstance(raw, list | tuple):
        for each in raw:
            yield from _numbers(each)
    elif isinstance(raw, bool) or not isinstance(raw, int | float):
        raise TypeError("a number")
    else:
        yield float(raw)
