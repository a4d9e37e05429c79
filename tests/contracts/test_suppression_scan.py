"""SuppressionScan: every stop is in exactly one page, as it was written."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from kairos.aws.secret import Keyring
from kairos.aws.suppression_scan import DynamoSuppressionScan
from kairos.aws.suppressions import DynamoSuppressions
from kairos.domain.instant import parse_instant
from kairos.memory import MemorySuppressions, MemorySuppressionScan
from tests.aws.cloud import Cloud

NOW = datetime(2026, 11, 22, 4, 10, tzinfo=UTC)


@pytest.fixture
def stops(kind: str, cloud: Cloud) -> tuple[Any, Any]:
    if kind == "memory":
        memory = MemorySuppressions()
        return memory, MemorySuppressionScan(memory)
    client, name = cloud.client("dynamodb"), cloud.table("suppressions")
    keyring = Keyring("1", {"1": b"1" * 32})
    return DynamoSuppressions(client, name, lambda: keyring), DynamoSuppressionScan(client, name)


def test_every_stop_is_in_one_page(stops: tuple[Any, Any]) -> None:
    suppressions, scan = stops
    for number in range(5):
        suppressions.suppress("email", f"p{number}@example.com", "marketing", "unsubscribed", NOW)
    suppressions.suppress("sms", "+821055500199", "all", "bounced", NOW)
    rows: list[Any] = []
    after: str | None = ""
    while after is not None:
        page = scan.page(after)
        rows += page.rows
        after = page.last
    told = sorted((row["channel"], row["purpose"], row["reason"]) for row in rows)
    assert told == [("email", "marketing", "unsubscribed")] * 5 + [("sms", "all", "bounced")]
    assert {parse_instant(row["at"]) for row in rows} == {NOW}
    assert suppressions.hash_address("+821055500199") in {row["address_hash"] for row in rows}


def test_where_nobody_refused_there_is_one_empty_page(stops: tuple[Any, Any]) -> None:
    page = stops[1].page("")
    assert (list(page.rows), page.last) == ([], None)
