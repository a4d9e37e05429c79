"""The machine's clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import time_machine

from kairos.clock import SystemClock


def test_now_is_aware_in_utc_and_exact() -> None:
    at = datetime(2026, 11, 22, 4, 10, 30, 500_000, tzinfo=UTC)
    with time_machine.travel(at, tick=False) as traveller:
        assert SystemClock().now() == at
        assert SystemClock().now().tzinfo is UTC
        traveller.shift(timedelta(days=30))
        assert SystemClock().now() == at + timedelta(days=30)
