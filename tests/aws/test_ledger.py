"""Where the network loses an answer: the ledger knows its own claim, and tokens are never granted twice over."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import count
from typing import Any

from kairos.aws.ledger import DynamoLedger
from kairos.aws.tokens import TRIES_MAX, DynamoSendTokens
from tests.aws.cloud import Cloud
from tests.aws.fakes import FakeClient, aws_error

NOW = datetime(2026, 11, 22, 4, 10, tzinfo=UTC)


class Repeating:
    """A client whose first answer is lost, so that botocore sends the write a second time."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def put_item(self, **arguments: Any) -> Any:
        self._client.put_item(**arguments)
        return self._client.put_item(**arguments)


def test_a_claim_whose_answer_was_lost_is_known_as_ours(cloud: Cloud) -> None:
    table = cloud.table("messages")
    numbers = count(1)
    ledger = DynamoLedger(Repeating(cloud.client("dynamodb")), table, lambda: str(next(numbers)))
    assert ledger.claim("m1", {}, NOW) is None
    other = ledger.claim("m1", {}, NOW)
    assert other is not None
    assert other.state == "claimed"


def test_a_row_says_when_it_may_go(cloud: Cloud) -> None:
    table = cloud.table("messages")
    ledger = DynamoLedger(cloud.client("dynamodb"), table, lambda: "1")
    ledger.claim("m1", {}, NOW)
    DynamoSendTokens(cloud.client("dynamodb"), table).lease("email", 1, 1.0, 10, NOW)
    rows = {row["message"]["S"]: int(row["ttl"]["N"]) for row in cloud.items(table)}
    assert len(rows) == 3
    assert all(ttl > NOW.timestamp() for ttl in rows.values())


def test_a_lease_that_others_overtake_again_and_again_ends_with_nothing() -> None:
    overtaken = [
        aws_error("ConditionalCheckFailedException", Item={"used": {"N": str(number)}}) for number in range(1, 9)
    ]
    client = FakeClient(update_item=overtaken)
    assert DynamoSendTokens(client, "messages").lease("email", 10, 10.0, None, NOW) == 0
    assert [call["ExpressionAttributeValues"][":wanted"]["N"] for _, call in client.calls] == ["10", "9", "8", "7"]
    assert len(client.calls) == TRIES_MAX
