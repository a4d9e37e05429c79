"""The functions run against the stub, in a process of their own: what is timed is whole journeys."""

from __future__ import annotations

from functools import partial

from bench import cpu
from bench.line import Spent
from bench.run import apart


def test_every_journey_ends_in_a_message_and_its_outcome_and_batches_share_runs() -> None:
    singly, batched = apart(partial(cpu.measure, journeys=10, rounds=1))
    assert set(singly.spent) == set(batched.spent) == set(cpu.HOT)
    assert {name: spent.invocations for name, spent in singly.spent.items()} == dict.fromkeys(cpu.HOT, 10)
    assert batched.spent["deliver"].invocations == 1
    assert batched.spent["ingest"].invocations == 10, "requests by HTTP come one by one"
    assert singly.spent["ingest"].calls == 10, "one message to the inbox; whose it is the container knows since before"
    assert singly.spent["dispatch"].calls == 10
    for run in (singly, batched):
        assert 0 < run.per_thousand("sdk") < run.per_thousand()


def test_the_quickest_quarter_stands_for_all() -> None:
    spent = Spent([(cpu, cpu / 2, 3, 1) for cpu in (8.0, 1.0, 9.0, 7.0, 3.0, 8.0, 9.0, 9.0)])
    assert (spent.cpu, spent.sdk) == (8 * 2.0, 8 * 1.0)
    assert (spent.invocations, spent.calls, spent.records) == (8, 24, 8)


def test_one_function_is_summed_over_all_that_it_does() -> None:
    once = Spent([(1.0, 0.25, 4, 2)])
    run = cpu.Run(1, 1, {"decide: the event": once, "decide: the outcome": once, "deliver": once})
    assert run.share("decide", "cpu") == 2.0
    assert run.share("decide", "records") == 4
    assert run.per_thousand() == 3000
