"""The arithmetic from counts to dollars."""

from __future__ import annotations

from collections import Counter

import pytest

from bench.prices import Prices
from bench.usage import CORE_MB, Usage, bill, gb_seconds, wait_ms

ONE_DOLLAR = Prices("nowhere", 1, 1, 1, 1, 1, 1, 1, 1, 1, 1)


def test_each_service_is_billed_by_its_own_count() -> None:
    usage = Usage(
        http=2,
        invocations=Counter(ingest=3, decide=1),
        reads=Counter(customers=5),
        writes=Counter(customers=6, messages=1),
        sqs=8,
        sqs_fifo=9,
        alarms=100,
        rings=10,
        log_bytes=11,
        archive_bytes=12,
        gb_seconds=1e-6,
    )
    assert bill(usage, ONE_DOLLAR) == pytest.approx(
        {
            "API Gateway": 2,
            "Lambda requests": 4,
            "Lambda GB-s": 1,
            "DynamoDB reads": 5,
            "DynamoDB writes": 7,
            "SQS": 17,
            "Scheduler": 10,
            "Logs": 0.011,
            "Archive": 0.012,
        }
    )


def test_setting_an_alarm_is_free_and_its_ring_is_not() -> None:
    assert bill(Usage(alarms=5), ONE_DOLLAR)["Scheduler"] == 0


def test_usage_adds_up_and_is_shared_out() -> None:
    both = Usage(http=1, reads=Counter(customers=3)) + Usage(http=3, reads=Counter(config=1, customers=1))
    assert both == Usage(http=4, reads=Counter(customers=4, config=1))
    quarter = both.per(4)
    assert (quarter.http, dict(quarter.reads)) == (1, {"customers": 1, "config": 0.25})
    assert both.per(0.5).http == 8


def test_a_function_with_half_a_core_takes_twice_as_long_for_its_work_and_as_long_for_its_waits() -> None:
    whole = gb_seconds(100, 50, CORE_MB)
    assert whole == pytest.approx(CORE_MB / 1024 * 0.150)
    assert gb_seconds(100, 50, CORE_MB * 2) == pytest.approx(2 * whole), "more than a core is no use to one thread"
    assert gb_seconds(100, 50, CORE_MB // 2) == pytest.approx(CORE_MB // 2 / 1024 * 0.250, rel=1e-3)


def test_a_service_nobody_thought_of_is_waited_for_all_the_same() -> None:
    assert wait_ms("brand-new") > 0
