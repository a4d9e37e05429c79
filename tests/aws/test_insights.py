"""Insights: what a query and a cancelled transaction of DynamoDB may say, and what is made of it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

from kairos.app.ports import Counted, Figure
from kairos.aws.insights import MARKS_FOR, DynamoInsights
from kairos.aws.table import to_ttl
from kairos.domain.errors import Throttled, VersionConflict
from tests.aws.cloud import Cloud
from tests.aws.fakes import FakeClient, aws_error

SLOT = datetime(2026, 11, 22, 4, 10, tzinfo=UTC)
FIGURES = {Figure("welcome", "2026-11-22", "", "entered"): 1}
NOTHING = Counted(0, frozenset())


def head(pages: int) -> dict[str, Any]:
    return {"slice": {"S": "!head"}, "pages": {"N": str(pages)}}


def page(*marks: bytes) -> dict[str, Any]:
    return {"slice": {"S": "decisions/a.gz#0"}, "marks": {"B": b"".join(marks)}}


def test_a_slot_is_read_to_its_last_page() -> None:
    more = {"Items": [head(2), page(b"a" * 8, b"b" * 8)], "LastEvaluatedKey": {"slice": {"S": "x"}}}
    client = FakeClient(query=[more, {"Items": [page(b"c" * 8)]}])
    assert DynamoInsights(client, "insights").counted(SLOT) == Counted(2, frozenset({b"a" * 8, b"b" * 8, b"c" * 8}))
    assert client.calls[1][1]["ExclusiveStartKey"] == {"slice": {"S": "x"}}
    assert all(call["ConsistentRead"] for _, call in client.calls)


@pytest.mark.parametrize("items", [[head(2), page(b"a" * 8)], [head(1)], [page(b"a" * 8)]])
def test_a_query_that_met_somebody_counting_is_read_again(items: list[dict[str, Any]]) -> None:
    with pytest.raises(VersionConflict):
        DynamoInsights(FakeClient(query=[{"Items": items}]), "insights").counted(SLOT)


@pytest.mark.parametrize(
    ("codes", "kind"),
    [
        (["ConditionalCheckFailed", "None", "None"], VersionConflict),
        (["None", "None", "TransactionConflict"], VersionConflict),
        (["None", "None", "ThrottlingError"], Throttled),
        (["None", "ConditionalCheckFailed", "ProvisionedThroughputExceeded"], Throttled),
        (["None", "None", "ValidationError"], ClientError),
    ],
)
def test_a_cancelled_transaction_is_told_by_its_reasons(codes: list[str], kind: type[Exception]) -> None:
    reasons = [{"Code": code} for code in codes]
    error = aws_error("TransactionCanceledException", CancellationReasons=reasons)
    with pytest.raises(kind):
        DynamoInsights(FakeClient(transact_write_items=[error]), "insights").add(
            SLOT, "a#0", frozenset({b"a" * 8}), FIGURES, NOTHING
        )


def test_marks_expire_and_sums_do_not(cloud: Cloud) -> None:
    table = cloud.table("insights")
    DynamoInsights(cloud.client("dynamodb"), table).add(SLOT, "a#0", frozenset({b"a" * 8}), FIGURES, NOTHING)
    expiry = {item["slice"]["S"]: item.get("ttl", {}).get("N") for item in cloud.items(table)}
    until = str(to_ttl(SLOT + MARKS_FOR))
    assert expiry == {"!head": until, "a#0": until, "2026-11-22#": None}
