"""`segment count` and `segment list`: who is in a segment. That takes looking at everybody, which is said first."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kairos.cli.customer import live_release
from kairos.cli.drafted import drafted_release
from kairos.cli.failure import WRONG, CannotDo
from kairos.cli.screen import open_screen

if TYPE_CHECKING:
    from kairos.app.publish.release import Release
    from kairos.app.walk.census import Look
    from kairos.cli.deployment import Deployment


@dataclass(frozen=True, slots=True)
class Question:
    """Which segment, as it is live or as it is drafted; `place` goes on where a former look broke off."""

    segment: str
    draft: bool = False
    place: str = ""
    yes: bool = False


def count_segment(deployment: Deployment, question: Question) -> int:
    """Print how many customers are in a segment."""
    release = _release(deployment, question)
    if not _agreed(deployment, question):
        return WRONG
    inside = looked_at = unread = 0
    for page in _pages(deployment, release, question):
        inside, looked_at, unread = inside + len(page.inside), looked_at + page.looked_at, unread + page.unread
    share = f" ({inside / looked_at:.1%})" if looked_at else ""
    screen = open_screen()
    screen.print(f"{inside:,} of {looked_at:,} customers are in {question.segment}{share}")
    if unread:
        screen.print(f"{unread:,} could not be read: they were written by a newer version", style="yellow")
    return 0


def list_segment(deployment: Deployment, question: Question) -> int:
    """Print the pseudonymous id of everybody in a segment, one a line, as they are found."""
    release = _release(deployment, question)
    if not _agreed(deployment, question):
        return WRONG
    for page in _pages(deployment, release, question):
        for profile in page.inside:
            sys.stdout.write(f"{profile}\n")
        sys.stdout.flush()
    return 0


def paced(pages: Iterator[Look], per_second: float, sleep: Callable[[float], None] = time.sleep) -> Iterator[Look]:
    """Yield the pages no faster than the table is meant to be read beside its customers."""
    for page in pages:
        yield page
        if page.place is not None:
            sleep(page.units / per_second)


def _pages(deployment: Deployment, release: Release, question: Question) -> Iterator[Look]:
    """Yield every page; where it breaks off, say how to go on."""
    from kairos.app.walk.census import look
    from kairos.app.walk.walk import READ_UNITS_PER_SECOND

    place: str | None = question.place
    pages = look(deployment.scan, release, question.segment, deployment.clock.now(), question.place)
    try:
        for page in paced(pages, READ_UNITS_PER_SECOND):
            yield page
            place = page.place
    except BaseException:
        if place:
            open_screen(complaints=True).print(f"broke off; go on with --after {place}")
        raise


def _agreed(deployment: Deployment, question: Question) -> bool:
    from kairos.cli.walks import agreed_to_look

    return agreed_to_look(deployment, f"everybody, for who is in {question.segment}", yes=question.yes)


def _release(deployment: Deployment, question: Question) -> Release:
    release = (
        drafted_release(deployment, [f"segment/{question.segment}"]) if question.draft else live_release(deployment)
    )
    if release is None:
        raise CannotDo("nothing is published yet: publish the segment first, or say --draft")
    if question.segment not in release.segments:
        there = ", ".join(sorted(release.segments)) or "none"
        raise CannotDo(f"no live segment is called {question.segment!r}; there are: {there}; drafts with --draft")
    return release
