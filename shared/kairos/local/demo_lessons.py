"""What the engine learned in the demo: when customers buy again, at what hours they are here, and what timing changes.

The rhythm is learned from the shop's books, judged on customers held out, and made live by the publish function as
`learn` does it; the hours are those that the items remembered in March; the answers are what `tally` counted. Each
finding is a sentence, with the sample it rests on, and a picture.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import exp
from pathlib import Path

from kairos.app.ports import Figure
from kairos.aws.customer_scan import DynamoCustomerScan
from kairos.aws.insights import DynamoInsights
from kairos.domain.hour_counts import HourCounts
from kairos.domain.proportion import newcombe, wilson
from kairos.local import demo_pictures as pictures
from kairos.local.cloud import LocalCloud
from kairos.local.demo_past import LAST, past_orders
from kairos.timing.builtin import HOURS, RHYTHM
from kairos.timing.learn.judge import judge_rhythm, parted
from kairos.timing.next_order import RhythmPrior
from kairos.timing.rhythm import replay
from kairos.timing.send_time import WEEK_HOURS, Hours, active_week

HORIZON = 30
CLASSES: tuple[tuple[str, range], ...] = (("0–3 h", range(4)), ("4–6 h", range(4, 7)), ("7–12 h", range(7, 13)))
MESSAGES_LEAST, ANSWERS_LEAST = 100, 10
"""Of each side, before a difference is told."""


@dataclass(frozen=True, slots=True)
class Lesson:
    """One finding: its name, what was found in words, and the picture's file name and SVG."""

    name: str
    words: str
    file: str
    picture: str


def lessons(cloud: LocalCloud) -> list[Lesson]:
    """Learn, make live what is better, and return the findings."""
    return [_reorders(cloud), _hours(cloud), _sensitivity(cloud)]


def write(found: Sequence[Lesson], folder: Path) -> list[Path]:
    """Write the pictures into a folder and return where they are."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / lesson.file for lesson in found]
    for path, lesson in zip(paths, found, strict=True):
        path.write_text(lesson.picture, "utf-8")
    return paths


# ---- when they buy again ---------------------------------------------------------------------------------------


def _reorders(cloud: LocalCloud) -> Lesson:
    books = past_orders()
    judged = judge_rhythm(books, LAST, RHYTHM)
    words = f"{judged.observed} gaps between orders of {len(books)} customers"
    prior = judged.prior
    if judged.better and isinstance(prior, RhythmPrior):
        score = {"observed": judged.observed, "fitted": judged.fitted, "live": judged.live}
        request = {"command": "learn", "priors": {"rhythm": prior.to_document()}, "scores": {"rhythm": score}}
        answer = cloud.invoke("publish", request)
        live = "live now" if answer.ok and answer.payload["ok"] else "refused"
        times = exp(judged.fitted - judged.live)
        words += f": the days on which those held out came get {times:.1f} times the probability, {live}"
    else:
        words += " teach nothing better than what was known"
    known = prior if isinstance(prior, RhythmPrior) else RHYTHM
    _, held = parted(books)
    curves = {"what is assumed of any shop": calibrated(RHYTHM, held), "learned of this one": calibrated(known, held)}
    picture = pictures.calibration("Orders within 30 days: forecast, and what came", curves)
    return Lesson("reorders", words, "reorder-calibration.svg", picture)


def calibrated(prior: RhythmPrior, books: dict[str, list[int]], classes: int = 4) -> list[tuple[float, float, int]]:
    """Return (mean forecast, share that came, how many) of the orders whose next HORIZON days lie in the books, in
    classes of equally many."""
    asked: list[tuple[float, bool]] = []
    for days in books.values():
        for place, day in enumerate(days):
            if day + HORIZON <= LAST:
                forecast = prior.forecast(replay(days[: place + 1], prior.lognormal.keep, prior.gamma.keep))
                came = place + 1 < len(days) and days[place + 1] <= day + HORIZON
                asked.append((forecast.p_within(HORIZON), came))
    asked.sort()
    edges = [len(asked) * place // classes for place in range(classes + 1)]
    groups = [asked[start:end] for start, end in pairwise(edges) if end > start]
    return [(sum(p for p, _ in each) / len(each), sum(c for _, c in each) / len(each), len(each)) for each in groups]


# ---- when they are here ----------------------------------------------------------------------------------------


def _hours(cloud: LocalCloud) -> Lesson:
    active: Counter[int] = Counter()
    scan = DynamoCustomerScan(cloud.session.client("dynamodb"), cloud.outputs["CustomersTable"])
    after, people = "", 0
    while True:
        page = scan.page(0, 1, after, 500)
        for row in page.rows:
            counts = row.state.hours.get("active", HourCounts()) if row.state is not None else HourCounts()
            active.update(dict(counts.pairs()))
            people += bool(counts)
        if page.last is None:
            break
        after = page.last
    shares = active_week(HOURS, Hours({slot: float(count) for slot, count in active.items()}), range(WEEK_HOURS))
    day, hour = divmod(max(range(WEEK_HOURS), key=lambda slot: shares[slot]), 24)
    words = f"{active.total()} visits of {people} customers: most on {pictures.DAYS[day]} around {hour:02}:00"
    under = f"{active.total()} visits of {people} customers, on their own clocks, smoothed"
    return Lesson("the week", words, "week.svg", pictures.week("When customers are here", under, shares))


# ---- what timing changes ---------------------------------------------------------------------------------------


def _sensitivity(cloud: LocalCloud) -> Lesson:
    insights = DynamoInsights(cloud.session.client("dynamodb"), cloud.outputs["InsightsTable"])
    figures: Counter[Figure] = Counter()
    for journey in _journeys(cloud):
        figures.update(insights.figures(journey, "2026-03-01", "2026-04-01"))
    rows = [(name, *_answers(figures, hours)) for name, hours in CLASSES]
    points = [(name, got / sent, wilson(got, sent), sent) for name, got, sent in rows if 0 < sent >= got]
    sent = sum(sent for _, _, sent in rows)
    near, far = (rows[place][1:] for place in (0, -1))
    words = f"{sent} messages to customers whose hours are clear: {_compared(near, far)}"
    enough = all(sent >= MESSAGES_LEAST for _, sent in (near, far))
    picture = pictures.curve(
        "Messages answered, by distance from the customer's hours",
        "hours away from the middle of their hours",
        points,
        "" if enough else f"Below {MESSAGES_LEAST} messages a side nothing is concluded.",
    )
    return Lesson("sensitivity", words, "sensitivity.svg", picture)


def _compared(near: tuple[int, int], far: tuple[int, int]) -> str:
    if any(sent < MESSAGES_LEAST or not ANSWERS_LEAST <= answers <= sent for answers, sent in (near, far)):
        return f"{near[0]} of {near[1]} answered near them, {far[0]} of {far[1]} far; not enough data yet to compare"
    low, high = newcombe(far, near)
    return f"{low * 100:+.0f} to {high * 100:+.0f} points more are answered near them"


def _answers(figures: Counter[Figure], hours: range) -> tuple[int, int]:
    """Return how many messages that went so far off were answered, and how many there were."""
    wanted = {f"{each}h" for each in hours}
    answered = sum(n for f, n in figures.items() if f.kind == "answered" and f.reason.partition(" ")[2] in wanted)
    return answered, sum(n for f, n in figures.items() if f.kind == "aimed" and f.reason.partition(" ")[0] in wanted)


def _journeys(cloud: LocalCloud) -> list[str]:
    from kairos.aws.drafts import DynamoDrafts

    drafts = DynamoDrafts(cloud.session.client("dynamodb"), cloud.outputs["ConfigTable"])
    return sorted(id for kind, id in drafts.all() if kind == "journey")
