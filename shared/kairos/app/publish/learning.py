"""A score that learns: what of it items remember, and the numbers that its author gave and that are live."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from kairos.app.definitions.segment import read_learns
from kairos.domain.condition import Condition, Score, parse_condition
from kairos.domain.document import Document
from kairos.domain.ids import digest
from kairos.timing.weights import Weights


@dataclass(frozen=True, slots=True)
class Learning:
    """The score of a segment: it is to foretell whether `event` comes `within` that time of a visit.

    `key` is what items file it under: other signals have another one.
    """

    segment: str
    key: str
    score: Score
    event: str
    within: timedelta
    own: Weights

    @classmethod
    def of(cls, id: str, segment: Mapping[str, Any], live: Condition) -> Learning:
        """Return what a valid segment with `learns` says; `live` is its condition with the numbers that are live."""
        written = parse_condition(segment["where"])
        assert isinstance(written, Score), "checked before"
        assert isinstance(live, Score), "checked before"
        event, within = read_learns(Document(segment))
        return cls(id, digest("seen", f"{id} {live.print}")[:12], live, event, within, _weights(written))

    @property
    def live(self) -> Weights:
        """Return the numbers that are live."""
        return _weights(self.score)


def _weights(score: Score) -> Weights:
    return Weights(score.base, tuple(signal.adds for signal in score.signals), score.print)
