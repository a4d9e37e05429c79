"""One night of `learn`: a sample of customers, what it teaches, and the better part of it offered to `publish`.

Nothing is read where nothing live asks items to remember anything. Nothing is written here at all: `publish` alone
makes a release, and refuses priors that cannot be read or do not foretell better. A night that comes twice offers what
is live by then, which is no better than itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from kairos.app.learn.learn import Learned, learn
from kairos.app.learn.sample import SAMPLE_MAX, Sample, read_sample
from kairos.app.ports import Clock
from kairos.app.publish.release import Release
from kairos.app.walk.ports import CustomerScan
from kairos.domain.errors import BadInput, Unavailable
from kairos.timing.rhythm import day_of


class Publishing(Protocol):
    """The publish function."""

    def command(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        """Hand it a request and return its answer: {"ok": true, "release", "changed", …} or {"ok": false, "error"}.

        Raises Unavailable.
        """


@dataclass(frozen=True, slots=True)
class Night:
    """What came of one night: customers read, each part's judgement in words, what went live, and as which release."""

    looked_at: int = 0
    judged: Mapping[str, str] = field(default_factory=dict)
    changed: tuple[str, ...] = ()
    release: str = ""

    def facts(self) -> dict[str, Any]:
        """Return what a log line says."""
        return {"read": self.looked_at, "changed": list(self.changed), "release": self.release}


class LearnNightly:
    """Learn from at most about `most` customers, however many there are."""

    def __init__(
        self,
        scan: CustomerScan,
        live: Callable[[], Release],
        publishing: Publishing,
        clock: Clock,
        most: int = SAMPLE_MAX,
        learn: Callable[[Sample, Release, int], Learned] = learn,
    ) -> None:
        self._scan = scan
        self._live = live
        self._publishing = publishing
        self._clock = clock
        self._most = most
        self._learn = learn

    def run(self) -> Night:
        """Read, judge and offer. Raises Unavailable, and BadInput where `publish` refuses what was judged better."""
        try:
            release = self._live()
        except Unavailable:  # nothing is published yet: there is nothing to learn for
            return Night()
        if not (release.timing.learns or release.learning):
            return Night()
        sample = read_sample(self._scan, self._most)
        learned = self._learn(sample, release, day_of(self._clock.now(), release.brand_zone))
        judged = {name: each.in_words for name, each in learned.judged.items()}
        if not learned.better:
            return Night(sample.looked_at, judged)
        answer = self._publishing.command(learned.request)
        if not answer.get("ok"):
            raise BadInput("priors", f"priors that publish takes: {answer.get('error')}")
        return Night(sample.looked_at, judged, tuple(answer["changed"]), str(answer["release"]))
