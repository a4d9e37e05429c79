"""`learn`: what a sample of customers teaches, judged on those held out, and made live where it foretells better."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from kairos.app.learn.sample import Sample, read_sample
from kairos.app.publish.release import Release
from kairos.cli.customer import live_release
from kairos.cli.failure import CannotDo
from kairos.cli.live import run_live
from kairos.cli.screen import open_screen
from kairos.timing.rhythm import day_of

if TYPE_CHECKING:
    from kairos.app.learn.learn import Learned
    from kairos.cli.deployment import Deployment


def learn_priors(deployment: Deployment, orders: Path | None, *, dry_run: bool) -> int:
    """Learn from the customers' items, and rhythms from a file of orders where one is given; print each judgement."""
    release = live_release(deployment)
    if release is None:
        raise CannotDo("nothing is published yet: there is nothing to learn for")
    sample = read_sample(deployment.scan)
    if orders is not None:
        from kairos.cli.timing_files import read_orders

        found = read_orders(orders)
        sample.days = {customer: tuple(days) for customer, days in found.days.items()}
        today = found.end
    else:
        today = day_of(deployment.clock.now(), release.brand_zone)
    learned = _learn(sample, release, today)
    _tell(sample, learned)
    if dry_run or not learned.better:
        return 0
    return run_live(deployment, learned.request, yes=True)


def _learn(sample: Sample, release: Release, today: int) -> Learned:
    try:
        from kairos.app.learn.learn import learn
    except ModuleNotFoundError as error:
        if error.name not in ("numpy", "scipy"):
            raise
        raise CannotDo("fitting needs numpy and scipy: install kairos[learn]") from error
    return learn(sample, release, today)


def _tell(sample: Sample, learned: Learned) -> None:
    screen = open_screen()
    screen.print(f"{sample.looked_at:,} customers read; {len(sample.days):,} with orders", style="dim")
    for name, judged in learned.judged.items():
        screen.print(f"{name}: {judged.in_words}")
