"""One night of `learn`: a sample of customers, what it teaches, and the better part of it offered to `publish`.

Nothing is read where nothing live asks items to remember anything. No release is written here: `publish` alone makes
one, and refuses priors that cannot be read or do not foretell better. A night that comes twice offers what is live by
then, which is no better than itself. Where a template shows what others also looked at, the products of the catalogue
are told it too: a few ids each, of nobody, which the next night writes over.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from kairos.app.learn.learn import Learned, learn
from kairos.app.learn.sample import SAMPLE_MAX, Sample, read_sample
from kairos.app.ports import Clock
from kairos.app.products import Relating
from kairos.app.publish.release import Release
from kairos.app.walk.ports import CustomerScan
from kairos.domain.errors import BadInput, Unavailable
from kairos.timing.rhythm import day_of

PRODUCTS_MAX = 1_000
"""Told a night, those most looked at first: each costs a write, and time of the function."""


class Publishing(Protocol):
    """The publish function."""

    def command(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        """Hand it a request and return its answer: {"ok": true, "release", "changed", …} or {"ok": false, "error"}.

        Raises Unavailable.
        """


@dataclass(frozen=True, slots=True)
class Night:
    """What came of one night: customers read, each part's judgement in words, what went live, and as which release, and
    how many products know which others are looked at with them."""

    looked_at: int = 0
    judged: Mapping[str, str] = field(default_factory=dict)
    changed: tuple[str, ...] = ()
    release: str = ""
    related: int = 0

    def facts(self) -> dict[str, Any]:
        """Return what a log line says."""
        facts = {"read": self.looked_at, "changed": list(self.changed), "release": self.release}
        return facts | {"related": self.related}


class LearnNightly:
    """Learn from at most about `most` customers, however many there are."""

    def __init__(
        self,
        scan: CustomerScan,
        live: Callable[[], Release],
        publishing: Publishing,
        catalogue: Relating,
        clock: Clock,
        most: int = SAMPLE_MAX,
        learn: Callable[[Sample, Release, int], Learned] = learn,
    ) -> None:
        self._scan = scan
        self._live = live
        self._publishing = publishing
        self._catalogue = catalogue
        self._clock = clock
        self._most = most
        self._learn = learn

    def run(self) -> Night:
        """Read, judge and offer. Raises Unavailable, and BadInput where `publish` refuses what was judged better."""
        try:
            release = self._live()
        except Unavailable:  # nothing is published yet: there is nothing to learn for
            return Night()
        teaches, relates = bool(release.timing.learns or release.learning), release.shows_related
        if not (teaches or relates):
            return Night()
        sample = read_sample(self._scan, self._most)
        night = self._offer(sample, release) if teaches else Night(sample.looked_at)
        if relates:
            found = sample.together.found(PRODUCTS_MAX)
            night = replace(night, related=self._catalogue.relate(found))
        return night

    def _offer(self, sample: Sample, release: Release) -> Night:
        learned = self._learn(sample, release, day_of(self._clock.now(), release.brand_zone))
        judged = {name: each.in_words for name, each in learned.judged.items()}
        if not learned.better:
            return Night(sample.looked_at, judged)
        answer = self._publishing.command(learned.request)
        if not answer.get("ok"):
            raise BadInput("priors", f"priors that publish takes: {answer.get('error')}")
        return Night(sample.looked_at, judged, tuple(answer["changed"]), str(answer["release"]))
