"""The redrive use case: what could not be done is brought back, once its cause is mended.

It is sent before it is deleted, so a crash in between leaves it in both places: everything behind knows a repetition
(the inbox its de-duplication ids, `decide` its events, the ledger its messages). What is parked again while this runs
is left for the next time, or an event that still cannot be decided would go round for ever. And what was parked only
just now is left too: were it parked again for the same reason within the five minutes in which its FIFO queue takes
that for an echo of the first, it would be nowhere.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

from kairos.app.ports import Clock
from kairos.domain.errors import KairosError

QUEUES: Mapping[str, str] = {
    "inbox-parked": "events that could not be decided",
    "schedule-dlq": "alarms that did not reach the inbox",
    "feedback-dlq": "what SES said of messages, and could not be taken",
    "effects-dlq": "messages and alarms that could not be sent or armed",
    "outbox-dlq": "messages that could not be delivered",
    "stream-dlq": "notices of writes whose effects were given up",
}
"""Every place where something waits for `kairos redrive`, and what lies there."""


ECHO = timedelta(minutes=6)
"""How long a parked event must have lain: SQS's five minutes, and one for clocks that differ."""
PARKED = "inbox-parked"


@dataclass(frozen=True, slots=True)
class Letter:
    """One thing in a dead-letter queue: what it is, whom it concerns, and why it lies there since `since`.

    `reason` and `what` name no person. `stuck` says why it cannot be brought back; None where it can.
    `handle` is whatever the adapter needs of it.
    """

    queue: str
    id: str
    what: str
    reason: str
    since: datetime
    profile: str = ""
    stuck: str | None = None
    handle: Any = field(default=None, repr=False)


class DeadLetters(Protocol):
    """The dead-letter queues. Every method may raise Unavailable."""

    def take(self, queue: str) -> Iterator[Sequence[Letter]]:
        """Yield what can be received now, in batches; each letter is out of sight until removed or given back."""

    def send_back(self, letter: Letter) -> None:
        """Send it to where it came from, under an id that the same letter keeps and no other has."""

    def remove(self, letters: Sequence[Letter]) -> None:
        """Delete letters for good."""

    def give_back(self, letters: Sequence[Letter]) -> None:
        """Let letters be seen again at once."""


@dataclass(frozen=True, slots=True)
class Choice:
    """Which letters are meant: those of `queues` whose reason contains `reason`, whatever its case."""

    queues: tuple[str, ...] = tuple(QUEUES)
    reason: str = ""

    def includes(self, letter: Letter) -> bool:
        """Tell whether a letter is meant."""
        return self.reason.casefold() in letter.reason.casefold()


@dataclass
class Redriven:
    """What became of the letters: brought back by queue, stuck and failed ones with the reason, and those not meant."""

    brought: Counter[str] = field(default_factory=Counter)
    stuck: list[Letter] = field(default_factory=list)
    failed: list[tuple[Letter, str]] = field(default_factory=list)
    left: int = 0


class Redrive:
    """Look at dead letters and bring them back."""

    def __init__(self, letters: DeadLetters, clock: Clock) -> None:
        self._letters = letters
        self._clock = clock

    def look(self, choice: Choice) -> list[Letter]:
        """Return what lies there, in order of queue, changing nothing."""
        found: list[Letter] = []
        for queue in choice.queues:
            seen: list[Letter] = []
            try:
                for batch in self._letters.take(queue):
                    seen.extend(batch)
            finally:
                self._letters.give_back(seen)
            found.extend(letter for letter in seen if choice.includes(letter))
        return found

    def bring_back(self, choice: Choice) -> Redriven:
        """Bring back what was there when this began; what does not work stays, with its reason."""
        done, began = Redriven(), self._clock.now()
        for queue in choice.queues:
            kept: list[Letter] = []
            try:
                for batch in self._letters.take(queue):
                    self._batch(batch, choice, began, done, kept)
            finally:
                self._letters.give_back(kept)
        return done

    def _batch(
        self, batch: Iterable[Letter], choice: Choice, began: datetime, done: Redriven, kept: list[Letter]
    ) -> None:
        sent: list[Letter] = []
        try:
            for letter in batch:
                (sent if self._one(letter, choice, began, done) else kept).append(letter)
        finally:
            self._letters.remove(sent)
        done.brought.update(letter.queue for letter in sent)

    def _one(self, letter: Letter, choice: Choice, began: datetime, done: Redriven) -> bool:
        """Send one letter back and tell whether it may be removed."""
        ripe = began - (ECHO if letter.queue == PARKED else timedelta(0))
        if not choice.includes(letter) or letter.since > ripe:
            done.left += 1
            return False
        if letter.stuck is not None:
            done.stuck.append(letter)
            return False
        try:
            self._letters.send_back(letter)
        except KairosError as error:
            done.failed.append((letter, str(error)))
            return False
        return True
