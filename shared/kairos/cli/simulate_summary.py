"""What a simulation comes to: messages by day, journey and channel, what did not go out and why, and two runs
compared."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from kairos.domain.localtime import local
from kairos.domain.reason import Reason

Planned = tuple[str, str, str, str, int]  # profile, journey, subject, step, which time


@dataclass
class Summary:
    """Counts decisions as they are told. `times` is one in how many customers each stands for."""

    zone: ZoneInfo
    times: int = 1
    days: Counter[tuple[str, str, str]] = field(default_factory=Counter)  # (day, journey, channel) → messages
    stayed: Counter[tuple[str, str]] = field(default_factory=Counter)  # (day, held or not_sent) → messages
    held: Counter[tuple[str, str]] = field(default_factory=Counter)  # (journey, reason)
    not_sent: Counter[tuple[str, str]] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)

    def tell(self, reason: Reason) -> None:
        """Count one decision."""
        self.kinds[reason.kind] += self.times
        if reason.kind not in ("message", "held", "not_sent"):
            return
        day = f"{local(reason.at, self.zone):%Y-%m-%d}"
        if reason.kind == "message":
            self.days[day, reason.journey, reason.channel] += self.times
        else:
            self.stayed[day, reason.kind] += self.times
            (self.held if reason.kind == "held" else self.not_sent)[reason.journey, reason.reason] += self.times

    def add(self, other: Summary) -> None:
        """Count what was told to another summary too."""
        for name in ("days", "stayed", "held", "not_sent", "kinds"):
            getattr(self, name).update(getattr(other, name))

    def lines(self) -> Iterator[str]:
        """Yield the summary for people."""
        messages = sum(self.days.values())
        yield f"{messages:,} messages; " + ", ".join(f"{n:,} {kind}" for kind, n in self.kinds.most_common())
        yield from _table("by journey", self._by(1))
        yield from _table("by channel", self._by(2))
        yield from _table("by day", sorted(self._by(0)))
        yield from _table("held", self._why(self.held))
        yield from _table("not sent", self._why(self.not_sent))

    def _by(self, place: int) -> list[tuple[str, int]]:
        found: Counter[str] = Counter()
        for key, count in self.days.items():
            found[key[place]] += count
        return found.most_common()

    @staticmethod
    def _why(counts: Counter[tuple[str, str]]) -> list[tuple[str, int]]:
        return [(f"{journey}: {reason}", count) for (journey, reason), count in counts.most_common()]


@dataclass
class Messages:
    """What went out in a run, each named so that the same one is found in another run."""

    at: dict[Planned, tuple[datetime, str, str]] = field(default_factory=dict)
    _visits: Counter[tuple[str, str, str, str]] = field(default_factory=Counter)

    def tell(self, reason: Reason) -> None:
        """Keep one decision, where it is a message."""
        if reason.kind == "message":
            key = (reason.profile, reason.journey, reason.subject, reason.step)
            self._visits[key] += 1
            self.at[*key, self._visits[key]] = (reason.at, reason.template, reason.channel)

    def add(self, other: Messages) -> None:
        """Take in what went out to other customers."""
        self.at.update(other.at)


def compare_runs(ours: Messages, theirs: Messages, names: tuple[str, str]) -> Iterator[str]:
    """Yield in what the messages of two runs differ, by journey. `names` are what the runs are called."""
    changes: Counter[tuple[str, str]] = Counter()
    moved: Counter[str] = Counter()
    for key in ours.at.keys() | theirs.at.keys():
        one, other = ours.at.get(key), theirs.at.get(key)
        what = _change(one, other, names)
        changes[key[1], what] += 1
        if one and other and what == "at another time":
            moved[key[1]] += int((one[0] - other[0]) / timedelta(seconds=1))
    yield f"{names[0]}: {len(ours.at):,} messages; {names[1]}: {len(theirs.at):,}"
    for journey in sorted({journey for journey, _ in changes}):
        rows = [(what, n) for (its, what), n in sorted(changes.items()) if its == journey]
        told = [f"{n:,} {what}{_mean(moved[journey], n) if what == 'at another time' else ''}" for what, n in rows]
        yield f"  {journey}: {', '.join(told)}"


def _change(
    one: tuple[datetime, str, str] | None, other: tuple[datetime, str, str] | None, names: tuple[str, str]
) -> str:
    if one is None or other is None:
        return f"only in {names[1] if one is None else names[0]}"
    if one[1:] != other[1:]:
        return "with another template or channel"
    return "the same" if one[0] == other[0] else "at another time"


def _mean(seconds: int, count: int) -> str:
    hours = seconds / count / 3600
    return f" ({hours:+.1f} h on average)"


def _table(title: str, rows: Sequence[tuple[str, int]]) -> Iterator[str]:
    if rows:
        yield f"\n{title}"
        yield from (f"  {count:>9,}  {name}" for name, count in rows)
