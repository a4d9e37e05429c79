"""Order, visibility, redrive, sequence numbers and de-duplication of one queue."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from kairos.local.queue import Queue

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def fifo(**options: object) -> Queue:
    return Queue("q.fifo", "arn:aws:sqs:r:1:q.fifo", "https://q", fifo=True, content_based=True, **options)  # type: ignore[arg-type]


def at(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def bodies(queue: Queue, now: datetime, most: int = 10) -> list[str]:
    return [message.body for message in queue.receive(now, most)]


def test_a_group_comes_in_order_and_waits_for_its_message_in_flight() -> None:
    queue = fifo()
    for body, group in (("a1", "a"), ("b1", "b"), ("a2", "a")):
        queue.send(body, NOW, group=group)
    first = queue.receive(NOW, 1)[0]
    assert first.body == "a1"
    assert bodies(queue, NOW) == ["b1"], "a2 waits for a1"
    assert first.receipt is not None
    queue.delete(first.receipt)
    assert bodies(queue, NOW) == ["a2"]


def test_one_receive_may_hold_several_messages_of_a_group() -> None:
    queue = fifo()
    for body in ("a1", "a2", "a3"):
        queue.send(body, NOW, group="a")
    assert bodies(queue, NOW, 2) == ["a1", "a2"]
    assert bodies(queue, NOW) == []


def test_what_is_not_deleted_comes_back_in_order_when_its_visibility_runs_out() -> None:
    queue = fifo(visibility=timedelta(seconds=60))
    queue.send("a1", NOW, group="a")
    queue.send("a2", NOW, group="a")
    assert bodies(queue, NOW) == ["a1", "a2"]
    assert queue.next_due(NOW) == at(60)
    assert bodies(queue, at(59.999)) == []
    assert bodies(queue, at(60)) == ["a1", "a2"]


def test_a_repeated_message_is_one_for_five_minutes_even_after_it_was_deleted() -> None:
    queue = fifo()
    first = queue.send("same", NOW, group="a")
    taken = queue.receive(NOW, 1)[0]
    assert taken.receipt is not None
    queue.delete(taken.receipt)
    again = queue.send("same", at(299.9), group="a")
    assert (again.duplicate, again.id, again.sequence) == (True, first.id, first.sequence)
    assert len(queue) == 0
    assert not queue.send("same", at(300), group="a").duplicate
    assert len(queue) == 1


def test_de_duplication_per_group_lets_another_group_say_the_same() -> None:
    queue = fifo(per_group=True)
    queue.send("same", NOW, group="a")
    assert not queue.send("same", NOW, group="b").duplicate
    assert queue.send("same", NOW, group="b").duplicate
    whole = fifo()
    whole.send("same", NOW, group="a")
    assert whole.send("same", NOW, group="b").duplicate


def test_sequence_numbers_have_twenty_digits_and_grow() -> None:
    queue = fifo()
    numbers = [queue.send(f"m{i}", NOW, group="a").sequence or "" for i in range(50)]
    assert all(len(number) == 20 and number.isdigit() for number in numbers)
    assert numbers == sorted(set(numbers))


def test_a_message_received_too_often_goes_to_the_dead_letters_and_frees_its_group() -> None:
    dead = fifo()
    queue = fifo(dead_letters=dead, max_receives=2, visibility=timedelta(seconds=10))
    queue.send("poison", NOW, group="a")
    queue.send("next", NOW, group="a")
    for seconds in (0, 10):
        assert bodies(queue, at(seconds), 1) == ["poison"]
    assert bodies(queue, at(20)) == ["next"]
    parked = dead.receive(at(20), 1)[0]
    assert (parked.body, parked.group, parked.source_arn) == ("poison", "a", queue.arn)


def test_delay_hides_a_new_message_and_counts_tell_it_from_one_in_flight() -> None:
    queue = Queue("q", "arn", "url")
    queue.send("now", NOW)
    queue.send("later", NOW, delay=timedelta(seconds=900))
    assert queue.counts(NOW) == (1, 0, 1)
    assert bodies(queue, NOW) == ["now"]
    assert queue.counts(NOW) == (0, 1, 1)
    assert bodies(queue, at(900)) == ["now", "later"]


def test_visibility_zero_brings_a_message_back_at_once() -> None:
    queue = Queue("q", "arn", "url")
    queue.send("m", NOW)
    taken = queue.receive(NOW, 1)[0]
    assert taken.receipt is not None
    assert queue.change_visibility(taken.receipt, NOW, timedelta(0))
    assert bodies(queue, NOW) == ["m"]
    assert not queue.change_visibility("unknown", NOW, timedelta(0))


def test_messages_older_than_the_retention_are_gone() -> None:
    queue = Queue("q", "arn", "url", retention=timedelta(days=1))
    queue.send("old", NOW)
    queue.send("young", NOW + timedelta(hours=1))
    assert bodies(queue, NOW + timedelta(days=1)) == ["young"]


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(["take", "give up", "send"])), max_size=40))
def test_no_group_is_ever_handed_out_of_order_and_nothing_is_lost(history: list[tuple[str, str]]) -> None:
    queue, now, sent, done = fifo(visibility=timedelta(seconds=5)), NOW, 0, []
    for group, act in history:
        now += timedelta(seconds=1)
        if act == "send":
            queue.send(f"{group}{sent:03d}", now, group=group)
            sent += 1
            continue
        for message in queue.receive(now, 2):
            if act == "take" and message.receipt:
                queue.delete(message.receipt)
                done.append(message.body)
    for _ in range(sent + 1):
        now += timedelta(seconds=5)
        for message in queue.receive(now, 10):
            assert message.receipt is not None
            queue.delete(message.receipt)
            done.append(message.body)
    assert len(done) == len(set(done)) == sent
    for group in "abc":
        ours = [body for body in done if body.startswith(group)]
        assert ours == sorted(ours)
