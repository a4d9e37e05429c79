"""Bringing back: sent before deleted, what cannot go stays with its reason, and nothing goes round for ever."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from kairos.app.redrive import Choice, Letter, Redrive
from kairos.domain.errors import Unavailable

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)


class Clock:
    def now(self) -> datetime:
        return NOW


def letter(id: str, reason: str = "no room left for timers", queue: str = "inbox-parked", **facts: object) -> Letter:
    given = {"since": NOW - timedelta(hours=1), **facts}
    return Letter(queue, id, "order_completed", reason, **given)  # type: ignore[arg-type]


@dataclass
class Letters:
    """DeadLetters in lists; `fails` are ids that cannot be sent, `parks_again` what sending one brings in."""

    there: list[Letter]
    fails: set[str] = field(default_factory=set)
    parks_again: dict[str, Letter] = field(default_factory=dict)
    hidden: list[Letter] = field(default_factory=list)
    sent: list[str] = field(default_factory=list)
    removal_fails: bool = False

    def take(self, queue: str) -> Iterator[Sequence[Letter]]:
        while batch := [each for each in self.there if each.queue == queue][:10]:
            self.there = [each for each in self.there if each not in batch]
            self.hidden += batch
            yield batch

    def send_back(self, letter: Letter) -> None:
        if letter.id in self.fails:
            raise Unavailable("inbox")
        self.sent.append(letter.id)
        if letter.id in self.parks_again:
            self.there.append(self.parks_again[letter.id])

    def remove(self, letters: Sequence[Letter]) -> None:
        if self.removal_fails and letters:
            raise Unavailable("inbox-parked")
        self.hidden = [each for each in self.hidden if each not in letters]

    def give_back(self, letters: Sequence[Letter]) -> None:
        self.hidden = [each for each in self.hidden if each not in letters]
        self.there += letters


def test_looking_changes_nothing() -> None:
    letters = Letters([letter(str(n)) for n in range(25)] + [letter("x", queue="outbox-dlq")])
    found = Redrive(letters, Clock()).look(Choice())
    assert len(found) == 26
    assert (len(letters.there), letters.hidden, letters.sent) == (26, [], [])


def test_everything_that_is_meant_comes_back_and_the_rest_stays_visible() -> None:
    letters = Letters([letter("1"), letter("2", "BadDefinition: steps"), letter("3"), letter("4", queue="outbox-dlq")])
    done = Redrive(letters, Clock()).bring_back(Choice(("inbox-parked",), "NO ROOM"))
    assert letters.sent == ["1", "3"]
    assert sorted(each.id for each in letters.there) == ["2", "4"]
    assert (dict(done.brought), done.left, letters.hidden) == ({"inbox-parked": 2}, 1, [])


def test_doing_it_again_does_nothing() -> None:
    letters = Letters([letter("1")])
    redrive = Redrive(letters, Clock())
    redrive.bring_back(Choice())
    assert not redrive.bring_back(Choice()).brought
    assert letters.sent == ["1"]


def test_what_cannot_be_sent_or_read_stays_and_says_why() -> None:
    letters = Letters([letter("1"), letter("2"), letter("3", stuck="it was cut")], fails={"2"})
    done = Redrive(letters, Clock()).bring_back(Choice())
    assert [each.id for each in done.stuck] == ["3"]
    assert [(each.id, error) for each, error in done.failed] == [("2", "inbox is unavailable")]
    assert sorted(each.id for each in letters.there) == ["2", "3"]


def test_what_is_parked_again_meanwhile_waits_for_the_next_time() -> None:
    again = letter("1 again", since=NOW + timedelta(seconds=1))
    letters = Letters([letter("1")], parks_again={"1": again})
    done = Redrive(letters, Clock()).bring_back(Choice())
    assert (letters.sent, done.left) == (["1"], 1)
    assert letters.there == [again]


def test_a_crash_between_sending_and_deleting_loses_nothing() -> None:
    letters = Letters([letter("1"), letter("2")], removal_fails=True)
    with pytest.raises(Unavailable):
        Redrive(letters, Clock()).bring_back(Choice())
    assert letters.sent == ["1", "2"]
    assert [each.id for each in letters.hidden] == ["1", "2"]  # seen again when their time out of sight is over


@pytest.mark.parametrize(
    ("minutes", "queue", "brought"), [(5, "inbox-parked", 0), (6, "inbox-parked", 1), (0, "outbox-dlq", 1)]
)
def test_what_could_be_taken_for_its_own_echo_is_left_for_later(minutes: int, queue: str, brought: int) -> None:
    letters = Letters([letter("1", queue=queue, since=NOW - timedelta(minutes=minutes))])
    assert sum(Redrive(letters, Clock()).bring_back(Choice()).brought.values()) == brought
    assert len(letters.there) == 1 - brought
