"""The dispatch use case: perform the effects that writes of `customers` carry, in the order of the stream.

Everything here is idempotent: an alarm has a name, a wake-up a de-duplication id, a send a message id that the ledger
claims once. So a batch that failed in the middle is simply done again from there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from kairos.app.ports import Alarms, Clock, Inbox, InboxMessage, Outbox, OutboxMessage, Parking
from kairos.domain.announcement import ANNOUNCED
from kairos.domain.effects import Announce, Arm, Effect, Send, Tell, announced, effect_to_json
from kairos.domain.errors import Unavailable
from kairos.domain.ids import digest


@dataclass(frozen=True, slots=True)
class Image:
    """What one stream record says: the item as it was written. `stamp` is the version its effects were written with."""

    sequence: str
    profile: str
    version: int
    stamp: int
    effects: tuple[Effect, ...]

    @property
    def correlation(self) -> str:
        """Return what the first send of this write belongs to; alarms belong to nothing in particular."""
        return next((effect.correlation for effect in self.effects if isinstance(effect, Send)), "")


@dataclass
class Dispatched:
    """What became of a batch. `failed` is the sequence number from which the stream must come again, None if done."""

    failed: str | None = None
    sends: int = 0
    alarms: int = 0
    wakes: int = 0
    tells: int = 0
    announced: int = 0
    parked: int = 0
    errors: list[Exception] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Task:
    order: int
    image: Image
    place: int
    effect: Effect


class Dispatch:
    """Perform effects: sends to the outboxes, alarms to Scheduler, what is due and words of merges to the inbox."""

    def __init__(self, inbox: Inbox, outbox: Outbox, alarms: Alarms, parking: Parking, clock: Clock) -> None:
        self._inbox = inbox
        self._outbox = outbox
        self._alarms = alarms
        self._parking = parking
        self._clock = clock

    def perform(self, images: Sequence[Image]) -> Dispatched:
        """Perform the stamped effects of a batch; an effect that can never be performed is parked with its reason."""
        now = self._clock.now()
        tasks = [
            _Task(order, image, place, effect)
            for order, image in enumerate(images)
            if image.stamp == image.version
            for place, effect in enumerate(image.effects)
        ]
        sends = [task for task in tasks if isinstance(task.effect, Send)]
        events = [task for task in tasks if isinstance(task.effect, Announce)]
        tells = [task for task in tasks if isinstance(task.effect, Tell)]
        overdue = [task for task in tasks if isinstance(task.effect, Arm) and task.effect.at <= now]
        ahead = [task for task in tasks if isinstance(task.effect, Arm) and task.effect.at > now]
        run = _Run(images, self._parking)
        run.together(sends, self._send, "sends")
        run.together(tells, self._tell, "tells")
        run.together(overdue, self._wake, "wakes")
        run.one_by_one(ahead, self._arm, "alarms")
        run.told(events, self._announce)
        return run.done

    def _send(self, tasks: Sequence[_Task]) -> None:
        self._outbox.put([_outbox_message(task.effect) for task in tasks if isinstance(task.effect, Send)])

    def _tell(self, tasks: Sequence[_Task]) -> None:
        self._inbox.put([_word(task.effect) for task in tasks if isinstance(task.effect, Tell)])

    def _announce(self, tasks: Sequence[_Task]) -> None:
        self._outbox.put([_announcement(task, task.effect) for task in tasks if isinstance(task.effect, Announce)])

    def _wake(self, tasks: Sequence[_Task]) -> None:
        self._inbox.put([_wake_up(task) for task in tasks])

    def _arm(self, tasks: Sequence[_Task]) -> None:
        for task in tasks:
            if isinstance(task.effect, Arm):
                self._alarm(task, task.effect)

    def _alarm(self, task: _Task, arm: Arm) -> None:
        try:
            self._alarms.arm(arm.profile, arm.at)
        except Unavailable:
            raise
        except Exception:
            # Scheduler refuses a minute that passed between our look at the clock and its own.
            if arm.at > self._clock.now():
                raise
            self._wake([task])


class _Run:
    """One batch: how far it came."""

    def __init__(self, images: Sequence[Image], parking: Parking) -> None:
        self._images = images
        self._parking = parking
        self._failed_at = len(images)
        self.done = Dispatched()

    def together(self, tasks: Sequence[_Task], act: Callable[[Sequence[_Task]], None], what: str) -> None:
        """Act on all tasks in as few calls as possible; singly where one of them spoils the others."""
        if not tasks:
            return
        try:
            act(tasks)
        except Unavailable as error:
            self._fail(tasks[0], error)
        except Exception:  # noqa: BLE001 - one by one shows which effect it is, and that one is parked
            self.one_by_one(tasks, act, what)
        else:
            self._count(what, len(tasks))

    def told(self, tasks: Sequence[_Task], act: Callable[[Sequence[_Task]], None]) -> None:
        """Act on what is only told to others: no customer's message or timer waits for it, so what cannot be had now
        is parked for `redrive` instead of bringing the batch again."""
        try:
            if tasks:
                act(tasks)
        except Unavailable as error:  # not asked again for each: a queue that is down would cost the run its time
            for task in tasks:
                self._park_or_fail(task, error)
        except Exception:  # noqa: BLE001 - one by one shows which it is, and that one is parked
            for task in tasks:
                self._tell_or_park(task, act)
        else:
            self._count("announced", len(tasks))

    def _tell_or_park(self, task: _Task, act: Callable[[Sequence[_Task]], None]) -> None:
        try:
            act([task])
            self._count("announced", 1)
        except Exception as error:  # noqa: BLE001 - as above
            self._park_or_fail(task, error)

    def _park_or_fail(self, task: _Task, error: Exception) -> None:
        try:
            self._park(task, error)
        except Unavailable as nowhere:
            self._fail(task, nowhere)

    def one_by_one(self, tasks: Iterable[_Task], act: Callable[[Sequence[_Task]], None], what: str) -> None:
        """Act on each task, up to the first that must come again: those after it come again with it."""
        for task in tasks:
            try:
                if self._try(task, act):
                    self._count(what, 1)
            except Unavailable as error:
                self._fail(task, error)
                return

    def _try(self, task: _Task, act: Callable[[Sequence[_Task]], None]) -> bool:
        try:
            act([task])
        except Unavailable:
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, it must not hold up the customers behind it
            self._park(task, error)
            return False
        return True

    def _park(self, task: _Task, error: Exception) -> None:
        self.done.errors.append(error)
        what: dict[str, Any] = {"effect": effect_to_json(task.effect), "version": task.image.version}
        if isinstance(task.effect, Announce):  # some of its batch may have been taken: redriven, it is the same post
            what["id"] = _announcement(task, task.effect).message
        self._parking.park(what, f"{type(error).__name__}: {error}", group=task.image.profile)
        self.done.parked += 1

    def _fail(self, task: _Task, error: Exception) -> None:
        self.done.errors.append(error)
        if task.order < self._failed_at:
            self._failed_at = task.order
            self.done.failed = self._images[task.order].sequence

    def _count(self, what: str, number: int) -> None:
        setattr(self.done, what, getattr(self.done, what) + number)


def _outbox_message(send: Send) -> OutboxMessage:
    return OutboxMessage(send.profile, send.message, send.channel, send.marketing, send.asks, send.correlation)


def _announcement(task: _Task, announce: Announce) -> OutboxMessage:
    # A write happens once, so its number and the place in it tell an announcement from all others.
    id = digest(ANNOUNCED, announce.profile, str(task.image.version), str(task.place))
    return OutboxMessage(announce.profile, id, ANNOUNCED, False, 1, said=announced(announce))


def _word(tell: Tell) -> InboxMessage:
    return InboxMessage(tell.profile, tell.events, correlation=next((e.correlation for e in tell.events), ""))


def _wake_up(task: _Task) -> InboxMessage:
    # The version tells this ring from the last one: a profile may be due twice within the minute.
    return InboxMessage(task.effect.profile, wake="dispatch", correlation=f"{task.image.profile}@{task.image.version}")
