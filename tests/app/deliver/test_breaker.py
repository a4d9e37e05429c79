"""The stop by complaints: it comes at three in a thousand, for advertising by e-mail alone, and somebody lifts it."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from kairos.app.deliver.breaker import Breaker, Reception
from kairos.app.deliver.deliver import Deliver
from kairos.domain.errors import Unavailable
from kairos.memory import MemoryComplaints
from tests.app.delivery import NOON, World


class Broken(MemoryComplaints):
    """Answers nobody while `silent`, and takes nothing in while `deaf`."""

    silent = deaf = False

    def read(self, channel: str, now: datetime) -> Reception:
        if self.silent:
            raise Unavailable("messages", "throttled")
        return super().read(channel, now)

    def note_sent(self, channel: str, count: int, now: datetime) -> None:
        if self.deaf:
            raise Unavailable("messages", "throttled")
        super().note_sent(channel, count, now)


class Judged(World):
    """The world of `deliver`, where complaints are counted."""

    def __init__(self, sent: int, complained: int, *, marketing: bool = True) -> None:
        self.complaints = Broken()
        self.complaints.note_sent("email", sent, NOON)
        for n in range(complained):
            self.complaints.note_complaint("email", f"e{n}", NOON)
        super().__init__(marketing=marketing)

    def build(self) -> Deliver:
        deliver = super().build()
        deliver._breaker = Breaker(self.complaints)
        return deliver

    @property
    def standing(self) -> Reception:
        return self.complaints.read("email", NOON)


@pytest.mark.parametrize(
    ("sent", "complained", "kind"),
    [
        (0, 0, "sent"),
        (1_000, 2, "sent"),
        (1_000, 3, "held"),
        (1_001, 3, "sent"),
        (999, 50, "sent"),
        (100_000, 299, "sent"),
        (100_000, 300, "held"),
    ],
)
def test_advertising_stops_at_three_in_a_thousand_and_not_for_a_handful(sent: int, complained: int, kind: str) -> None:
    world = Judged(sent, complained)
    [done] = world.run()
    assert done.outcome.kind == kind
    assert (world.standing.stopped_at == NOON) is (kind == "held")
    assert len(world.channel.taken) == (kind == "sent")


def test_a_held_message_is_told_with_its_reason_and_claims_nothing() -> None:
    world = Judged(1_000, 9)
    world.run()
    [event] = world.reports()
    assert (event.name, event.properties["reason"]) == ("message_held", "complaints")
    assert world.ledger.rows == {}


def test_a_receipt_goes_whatever_is_complained_of() -> None:
    world = Judged(1_000, 9, marketing=False)
    [done] = world.run()
    assert (done.outcome.kind, world.standing.stopped_at) == ("sent", None)


def test_a_stop_outlives_the_week_that_made_it_until_somebody_lifts_it() -> None:
    world = Judged(1_000, 9)
    world.run()
    world.clock.advance(timedelta(days=30))
    assert [done.outcome.kind for done in world.run()] == ["held"]
    world.complaints.lift("email")
    assert [done.outcome.code for done in world.run()] != ["complaints"]


def test_what_is_sent_is_counted_once_and_receipts_are_not() -> None:
    world = Judged(0, 0)
    world.run()
    world.run()  # told again, not sent again
    assert world.standing.sent == 1
    receipts = Judged(0, 0, marketing=False)
    receipts.run()
    assert receipts.standing.sent == 0


def test_where_nobody_can_say_how_it_stands_nothing_goes() -> None:
    world = Judged(0, 0)

    world.complaints.silent = True
    [done] = world.run()
    assert (done.outcome.kind, world.channel.taken) == ("failed", [])


def test_what_cannot_be_counted_has_been_sent_all_the_same() -> None:
    world = Judged(0, 0)

    world.complaints.deaf = True
    assert [done.outcome.kind for done in world.run()] == ["sent"]
