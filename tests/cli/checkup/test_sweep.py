from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from kairos.app.sweep import Sweep
from kairos.cli.checkup.sweep import sweep
from kairos.memory import MemoryAlarms, MemoryCursor, MemoryCustomers, MemoryInbox
from tests.cli.checkup.patients import marks, only, patient
from tests.cli.memory_deployment import NOW, StoppedClock

GET = ("dynamodb", "GetItem")
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (marks(NOW, NOW - HOUR), "ok"),
        (marks(NOW - 15 * MINUTE, NOW - HOUR), "ok"),
        (marks(NOW - 16 * MINUTE, NOW - HOUR), "wrong"),
        (marks(NOW, NOW - 4 * HOUR), "warn"),
        ({}, "wrong"),
    ],
)
def test_sweep_must_have_run_lately_and_have_left_nobody_behind(answer: dict[str, Any], status: str) -> None:
    assert only(sweep(patient({GET: answer}))).status == status


def test_the_mark_that_sweep_itself_leaves_is_fresh() -> None:
    cursor, clock = MemoryCursor(), StoppedClock()
    Sweep(MemoryCustomers(), MemoryInbox(clock), MemoryAlarms(clock), cursor, clock).run()
    left = cursor.read()
    assert left is not None
    item = marks(NOW, left.hour)
    assert item["Item"]["armed_through"]["S"].startswith(f"{left.armed_through:%Y-%m-%dT%H:%M:%S}")
    assert only(sweep(patient({GET: item}))).says == "sweep ran at 03:00 UTC, and nobody is overdue"
