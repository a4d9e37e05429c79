"""From counted mixes to the verdict against DESIGN."""

from __future__ import annotations

from collections import Counter

import pytest

from bench import cost
from bench.cpu import Run
from bench.line import Spent
from bench.mixes import Mix
from bench.prices import US_EAST_1
from bench.usage import CORE_MB, WAIT_MS, Usage

KINDS = ("no-op behaviour", "starts a journey", "wake-up that sends", "feedback of SES")


def _mixes(usage: Usage) -> list[Mix]:
    return [Mix(kind, together, usage) for together in cost.TOGETHER for kind in KINDS]


def test_processor_time_is_the_sdks_share_for_each_call_and_our_own_for_each_record() -> None:
    usage = Usage(invocations=Counter(decide=1), calls=Counter({("decide", "dynamodb", "GetItem"): 3}))
    run = Run(1, 2, {"decide: the event": Spent([(0.010, 0.008, 4, 1), (0.010, 0.008, 4, 1)])})
    (mix,) = cost.estimated([Mix("no-op behaviour", "one", usage)], [run], {"decide": CORE_MB})
    expected_ms = 3 * 2.0 + 2.0 + 3 * WAIT_MS["dynamodb"]
    assert mix.usage.gb_seconds == pytest.approx(CORE_MB / 1024 * expected_ms / 1000)


def test_ten_together_are_estimated_with_the_records_of_one() -> None:
    alone = Usage(invocations=Counter(decide=1), calls=Counter({("decide", "dynamodb", "GetItem"): 3}))
    shared = Usage(invocations=Counter({"decide": 1}), calls=Counter({("decide", "dynamodb", "GetItem"): 3})).per(10)
    run = Run(1, 1, {"decide": Spent([(0.010, 0.008, 4, 1)])})
    mixes = [Mix("no-op behaviour", "one", alone), Mix("no-op behaviour", "10 customers", shared)]
    one, ten = cost.estimated(mixes, [run], {"decide": CORE_MB})
    assert one.usage.gb_seconds / 10 < ten.usage.gb_seconds < one.usage.gb_seconds


def test_the_mean_event_is_mostly_behaviour() -> None:
    mixes = [Mix("no-op behaviour", "one", Usage(http=1)), Mix("starts a journey", "one", Usage(http=11))]
    assert cost.event_usage(mixes, "one").http == pytest.approx(0.9 * 1 + 0.1 * 11)


def test_a_message_carries_its_feedback() -> None:
    mixes = [Mix("wake-up that sends", "one", Usage(rings=1)), Mix("feedback of SES", "one", Usage(sqs=1))]
    used = cost.message_usage(mixes, "one")
    assert (used.rings, used.sqs) == pytest.approx((1, sum(cost.REPORTS.values())))


def test_what_is_cheap_enough_is_met_and_what_is_not_is_missed_by_so_much() -> None:
    cheap = str(cost.section(_mixes(Usage(http=1))))
    assert "missed by" not in cheap
    assert "| met |" in cheap
    dear = str(cost.section(_mixes(Usage(http=7))))
    assert cost.usd(Usage(http=7), US_EAST_1) == pytest.approx(7)
    assert "missed by 3.00" in dear


def test_the_archive_is_said_to_be_missing_until_something_is_archived() -> None:
    assert "not built yet" in str(cost.section(_mixes(Usage(http=1))))
    assert "not built yet" not in str(cost.section(_mixes(Usage(http=1, archive_bytes=5_120))))


def test_a_function_that_nobody_timed_is_taken_for_the_mean() -> None:
    usage = Usage(invocations=Counter(tally=1), calls=Counter({("tally", "dynamodb", "GetItem"): 1}))
    run = Run(1, 1, {"decide": Spent([(0.010, 0.008, 4, 1)]), "deliver": Spent([(0.030, 0.024, 4, 1)])})
    (mix,) = cost.estimated([Mix("no-op behaviour", "one", usage)], [run], {})
    expected_ms = (8 + 24) / 8 + (2 + 6) / 2
    gb = cost.MEMORY_MB / 1024 * (expected_ms / (cost.MEMORY_MB / CORE_MB) + WAIT_MS["dynamodb"]) / 1000
    assert mix.usage.gb_seconds == pytest.approx(gb)
