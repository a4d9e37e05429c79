"""What is learned about scores: which signals held at a visit, and whether what they foretell came in time.

For each score that learns (`learns:` of its segment) an item keeps one *open* observation, the signals that held when
it was opened and the minute until which it waits, and of those that are closed how often each set of signals came, and
how often what was foretold did: flat numbers [open signals, open until, signals, times, came, signals, times, came …].
One is open at a time, so a customer who is here every minute counts no more than one a span.
"""

from __future__ import annotations

from kairos.app.decide.turn import Turn
from kairos.domain.event import Event
from kairos.domain.instant import to_micros
from kairos.domain.profile import Profile

_MINUTE = 60_000_000
SETS_MAX = 8
"""Sets of signals that an item counts for one score; what comes beyond is not counted."""


def take(turn: Turn, event: Event) -> None:
    """Close what is over or has come true, and open the next: at what a customer does themselves, told in time."""
    for learning in turn.release.learning:
        goal = event.name == learning.event
        if event.historical or not (goal or event.name in turn.release.timing.active):
            continue
        row, at = turn.profile.scores.get(learning.key, (-1, 0)), to_micros(event.occurred_at) // _MINUTE
        if row[0] >= 0 and (goal or at >= row[1]):
            row = _closed(row, came=goal and at < row[1])
        if row[0] < 0 and not goal:
            mask = learning.score.mask(turn.facts({}))
            row = (mask, at + int(learning.within.total_seconds()) // 60, *row[2:])
        turn.profile.scores[learning.key] = row


def forget(turn: Turn) -> None:
    """Keep nothing of scores that no live segment learns for, or whose signals are others."""
    if turn.profile.scores:
        live = {learning.key for learning in turn.release.learning}
        turn.profile.scores = {key: row for key, row in turn.profile.scores.items() if key in live}


def fold(turn: Turn, loser: Profile) -> None:
    """Add what another profile of the same customer has closed; what it had open stays open where nothing is."""
    for key, theirs in loser.scores.items():
        ours = turn.profile.scores.get(key, (-1, 0))
        counts = _counts(ours)
        for mask, (times, came) in _counts(theirs).items():
            known = counts.get(mask, (0, 0))
            counts[mask] = (known[0] + times, known[1] + came)
        opened = ours[:2] if ours[0] >= 0 else theirs[:2]
        turn.profile.scores[key] = _row(opened, counts)


def observations(row: tuple[int, ...]) -> dict[int, tuple[int, int]]:
    """Return each set of signals with how often it was seen, and how often what is foretold came."""
    return _counts(row)


def _closed(row: tuple[int, ...], *, came: bool) -> tuple[int, ...]:
    counts = _counts(row)
    times, before = counts.get(row[0], (0, 0))
    counts[row[0]] = (times + 1, before + came)
    return _row((-1, 0), counts)


def _counts(row: tuple[int, ...]) -> dict[int, tuple[int, int]]:
    return {mask: (times, came) for mask, times, came in zip(row[2::3], row[3::3], row[4::3], strict=True)}


def _row(opened: tuple[int, ...], counts: dict[int, tuple[int, int]]) -> tuple[int, ...]:
    most = sorted(counts.items(), key=lambda each: (-each[1][0], each[0]))[:SETS_MAX]
    return (*opened, *(number for mask, pair in sorted(most) for number in (mask, *pair)))
