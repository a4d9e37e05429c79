"""`experiments`: everything that is compared with who got none of it: all marketing, journeys, arms of experiments."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from kairos.app.ports import Figure
from kairos.cli import experiments, lift
from kairos.cli.customer import live_release
from kairos.cli.failure import CannotDo
from kairos.cli.results_counted import DAYS_MAX, Results, lift_of, read_results
from kairos.cli.screen import open_screen
from kairos.cli.table import tell_table
from kairos.domain.localtime import local
from kairos.domain.reason import ALL_MARKETING

if TYPE_CHECKING:
    from kairos.app.publish.release import Release
    from kairos.cli.deployment import Deployment

SIDES = {"outside a holdout of ": 0, "in a holdout of ": 1}


def experiments_command(deployment: Deployment, days: int, *, as_json: bool) -> int:
    """Print every comparison for people, or as one JSON object. Raises CannotDo before anything is live."""
    release = live_release(deployment)
    if release is None:
        raise CannotDo("nothing is published yet: there is nothing to compare")
    if not 1 <= days <= DAYS_MAX:
        raise CannotDo(f"--days is a number from 1 to {DAYS_MAX}")
    brand = brand_lifts(_brand_figures(deployment, release, days))
    journeys = {
        id: read_results(deployment, id, days) for id in sorted(release.bundle["journeys"]) if release.journey(id)
    }
    if as_json:
        sys.stdout.write(json.dumps(_to_json(brand, journeys), ensure_ascii=False, indent=2) + "\n")
    else:
        _tell(brand, journeys, release)
    return 0


def brand_lifts(figures: Mapping[Figure, int]) -> list[lift.BrandLift]:
    """Return what was counted of all marketing, for each share that was held out meanwhile."""
    counts: dict[float, list[int]] = {}
    for figure, number in figures.items():
        for side, place in SIDES.items():
            if figure.kind == "bought" and figure.reason.startswith(side):
                share = float(figure.reason.removeprefix(side))
                counts.setdefault(share, [0, 0])[place] += number
    return [lift.BrandLift(share, *both) for share, both in sorted(counts.items())]


def _brand_figures(deployment: Deployment, release: Release, days: int) -> Counter[Figure]:
    last = local(deployment.clock.now(), release.brand_zone).date()
    first = last - timedelta(days=days - 1)
    return Counter(dict(deployment.insights.figures(ALL_MARKETING, first.isoformat(), last.isoformat())))


def _to_json(brand: list[lift.BrandLift], journeys: Mapping[str, Results]) -> dict[str, Any]:
    return {
        "all_marketing": [lift.brand_to_json(each) for each in brand],
        "journeys": {
            id: {
                "lift": lift.to_json(lift_of(results)),
                "experiments": experiments.to_json(results.figures, results.arms),
            }
            for id, results in journeys.items()
        },
    }


def _tell(brand: list[lift.BrandLift], journeys: Mapping[str, Results], release: Release) -> None:
    screen = open_screen()
    if not brand:
        held = (
            "nobody bought yet"
            if release.rules.holdout
            else "nobody is held out of all of it (`holdout:` of the brand)"
        )
        screen.print(f"all marketing: {lift.NOT_ENOUGH}: {held}")
    for each in brand:
        screen.print(lift.brand_in_words(each), highlight=False)
    for id, results in journeys.items():
        screen.print()
        screen.print(id, style="bold")
        screen.print(f"  {lift.in_words(lift_of(results))}", highlight=False)
        for step, rows in experiments.to_rows(results.figures, results.arms):
            tell_table(screen, f"experiment {step}", rows, experiments.HEAD)
