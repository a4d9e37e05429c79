"""What was counted of a journey, to the unit, and as of when it is true."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from kairos.app.ports import Figure
from kairos.cli import experiments, lift
from kairos.cli.customer import live_release
from kairos.cli.failure import CannotDo
from kairos.domain.condition import Score
from kairos.domain.localtime import load_zone, local
from kairos.domain.reason import ALL_MARKETING, IN_HOLDOUT, MACHINE, OF_ALL

if TYPE_CHECKING:
    from kairos.app.publish.release import Release
    from kairos.cli.deployment import Deployment
    from kairos.domain.journey import Journey

DAYS_MAX = 3_660
COUNTED_WITHIN = timedelta(minutes=2)
FELL_BACK = "; trying "

# The word of a number, and the figures that it adds up: kind, and whether a reason is among those meant.
_Meant = Callable[[str], bool]
NUMBERS: tuple[tuple[str, str, _Meant], ...] = (
    ("entered", "entered", lambda reason: True),
    ("held out", "holdout", lambda reason: reason != OF_ALL),
    ("held out of all marketing", "holdout", lambda reason: reason == OF_ALL),
    ("asked for", "message", lambda reason: True),
    ("sent", "sent", lambda reason: True),
    ("delivered", "delivered", lambda reason: True),
    ("delayed", "delayed", lambda reason: True),
    ("opened", "opened", lambda reason: reason != MACHINE),
    ("opened by machines", "opened", lambda reason: reason == MACHINE),
    ("clicked", "clicked", lambda reason: reason != MACHINE),
    ("clicked by machines", "clicked", lambda reason: reason == MACHINE),
    ("bounced", "bounced", lambda reason: True),
    ("complained", "complained", lambda reason: True),
    ("held", "held", lambda reason: True),
    ("not sent", "not_sent", lambda reason: FELL_BACK not in reason),
    ("tried another channel", "not_sent", lambda reason: FELL_BACK in reason),
    ("converted", "converted", lambda reason: reason not in (IN_HOLDOUT, OF_ALL)),
    ("converted in holdout", "converted", lambda reason: reason == IN_HOLDOUT),
    ("exited", "exited", lambda reason: True),
)


@dataclass(frozen=True, slots=True)
class Results:
    """What was counted of one journey: all that was decided by `as_of`, but for what lies in `waiting` objects."""

    journey: str
    first: date
    last: date
    as_of: datetime | None
    waiting: int
    figures: Counter[Figure]
    order: Sequence[str] = ()
    arms: experiments.Orders = field(default_factory=dict)
    brand: Counter[Figure] = field(default_factory=Counter)

    def total(self, word: str, **only: str) -> int:
        """Return one of NUMBERS, over all figures or only those with such a step or day."""
        kind, meant = next((kind, meant) for name, kind, meant in NUMBERS if name == word)
        return sum(
            number
            for figure, number in self.figures.items()
            if figure.kind == kind and meant(figure.reason) and all(getattr(figure, k) == v for k, v in only.items())
        )

    def by_reason(self, kind: str) -> list[tuple[str, int]]:
        """Return the reasons of a kind with their numbers, the most frequent first."""
        found: Counter[str] = Counter()
        for figure, number in self.figures.items():
            if figure.kind == kind:
                found[figure.reason or "-"] += number
        return sorted(found.items(), key=lambda row: (-row[1], row[0]))


def read_results(deployment: Deployment, journey: str, days: int) -> Results:
    """Read what was counted in the last `days` days, with today. Raises CannotDo where there is no such journey."""
    if not 1 <= days <= DAYS_MAX:
        raise CannotDo(f"--days is a number from 1 to {DAYS_MAX}")
    release = live_release(deployment)
    zone = release.brand_zone if release else load_zone("UTC")
    now = deployment.clock.now()
    last = local(now, zone).date()
    first = last - timedelta(days=days - 1)
    # In this order: what is counted between the two questions is then in the figures, not waiting and missing.
    waiting = deployment.uncounted()
    newest = deployment.insights.newest()
    figures = Counter(dict(deployment.insights.figures(journey, first.isoformat(), last.isoformat())))
    if not figures and (release is None or release.journey(journey) is None):
        raise CannotDo(f"nothing was ever counted of a journey {journey!r} in these days, and none is live")
    as_of = newest if waiting or newest is None else max(newest, now - COUNTED_WITHIN)
    live = release.journey(journey) if release else None
    every = deployment.insights.figures(ALL_MARKETING, first.isoformat(), last.isoformat())
    brand = Counter({each: number for each, number in every.items() if _is_signal(each, release)})
    return Results(journey, first, last, as_of, waiting, figures, _order(live), _arms(live), brand)


def _is_signal(figure: Figure, release: Release | None) -> bool:
    """Return whether it says something of timing: entries into segments do where a score makes the segment."""
    if figure.kind != "segment_entered":
        return True
    return release is not None and isinstance(release.segments.get(figure.reason), Score)


def _arms(live: Journey | None) -> experiments.Orders:
    """Return the arms of each experiment of the live version in the author's order."""
    nodes = live.nodes.values() if live else ()
    return {node.id: [name for name, _ in node.args.arms] for node in nodes if node.kind == "experiment"}


def _order(live: Journey | None) -> list[str]:
    """Return the steps of the live version in the author's order."""
    return [*(step.id for step in live.timeline), *_walked(live, live.first, set())] if live else []


def _walked(journey: Journey, node: str | None, seen: set[str]) -> Iterator[str]:
    """Yield steps as they are walked: what stands inside a branch comes before what follows it."""
    while node is not None and node not in seen:
        seen.add(node)
        yield node
        for inner in journey.nodes[node].exits.values():
            yield from _walked(journey, inner, seen)
        node = journey.nodes[node].next


def lift_of(results: Results) -> lift.Lift:
    """Return what the journey changed, as far as its own holdout tells."""
    counts = (results.total(word) for word in ("converted", "entered", "converted in holdout", "held out"))
    return lift.Lift(*counts)
