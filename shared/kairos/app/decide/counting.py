"""Counting what live conditions ask: the last times of each predicate, in any order of arrival."""

from __future__ import annotations

from bisect import insort
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from kairos.app.decide.turn import Turn
from kairos.domain.condition import Facts
from kairos.domain.profile import Counter


def count(turn: Turn, name: str, properties: Mapping[str, Any], at: datetime) -> None:
    """Remember `at` under every live predicate over `name` that the properties satisfy, the last `keep` of them.

    A predicate is asked as of `at`, so what arrives late is counted as it would have been in time.
    """
    facts = Facts(turn.profile, properties, at, {}, zone=turn.zone)
    for counted in turn.release.index.counting(name, properties):
        if counted.where is not None and not counted.where.holds(facts):
            continue
        counter = turn.profile.counters.get(counted.key) or Counter(since=turn.now)
        times = list(counter.times)
        insort(times, at)
        turn.profile.counters[counted.key] = Counter(counter.since, tuple(times[-counted.keep :]))
        turn.touched.add(f"event {name}")
