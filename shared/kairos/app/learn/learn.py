"""Learn priors from a sample, judge each on customers held out, and say what may go live: see `publish.learn`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kairos.app.learn.sample import Sample
from kairos.app.publish.release import Release
from kairos.timing.learn.fit_score import judge_score
from kairos.timing.learn.judge import Judged, judge_hours, judge_rhythm
from kairos.timing.learn.judge_silence import judge_silence
from kairos.timing.next_order import RhythmPrior


@dataclass(frozen=True, slots=True)
class Learned:
    """What came of it: each part (`rhythm`, `rhythm coffee`, `silence`, `hours email` …) judged, and the request for
    the better ones."""

    judged: Mapping[str, Judged]
    request: Mapping[str, Any]

    @property
    def better(self) -> bool:
        """Return whether there is anything to make live."""
        return bool(self.request["scores"])


def learn(sample: Sample, release: Release, today: int) -> Learned:
    """Learn everything the sample has enough for. `today` is an ordinal: silences are open until then."""
    live = release.timing
    rhythm = judge_rhythm(sample.days, today, live.rhythm)
    used = rhythm.prior if rhythm.better and isinstance(rhythm.prior, RhythmPrior) else live.rhythm
    judged = {"rhythm": rhythm, "silence": judge_silence(sample.days, today, used, live.silence)}
    for category in sorted(live.categories):
        bought = sample.categories.get(category, {})
        judged[f"rhythm {category}"] = judge_rhythm(bought, today, live.rhythm_in(category))
    for channel, customers in sorted(sample.hours.items()):
        judged[f"hours {channel}"] = judge_hours(customers, live.hours(channel))
    for learning in release.learning:
        seen = sample.scores.get(learning.key, {})
        judged[f"score {learning.segment}"] = judge_score(seen, learning.own, learning.live)
    better = {name: each for name, each in judged.items() if each.better}
    priors: dict[str, Any] = {name: each.prior.to_document() for name, each in better.items() if each.prior}
    return Learned(judged, {"command": "learn", "priors": priors, "scores": {n: _scores(j) for n, j in better.items()}})


def _scores(judged: Judged) -> dict[str, float]:
    return {"observed": judged.observed, "fitted": judged.fitted, "live": judged.live}
