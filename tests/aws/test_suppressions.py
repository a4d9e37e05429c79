"""How a stop is asked for: strongly consistent, under every key, for its channel alone."""

from __future__ import annotations

from kairos.aws.secret import Keyring
from kairos.aws.suppressions import DynamoSuppressions
from tests.aws.fakes import FakeClient

ADDRESS = "mina@example.com"


def test_every_key_is_asked_once_strongly_consistent_for_all_purposes_of_the_channel() -> None:
    row = {"scope": {"S": "email#all"}, "reason": {"S": "bounce"}, "at": {"S": "2026-11-22T04:10:00.000000Z"}}
    client = FakeClient(query=[{"Items": []}, {"Items": [row]}])
    keyring = Keyring("2", {"1": b"1" * 32, "2": b"2" * 32})
    assert DynamoSuppressions(client, "t", lambda: keyring).suppressed("email", ADDRESS) == {"all"}
    asked = [call for _, call in client.calls]
    assert [call["ConsistentRead"] for call in asked] == [True, True]
    hashes = [call["ExpressionAttributeValues"][":address"]["S"] for call in asked]
    assert sorted(hashes) == sorted(keyring.hashes("address", ADDRESS))
    assert {call["ExpressionAttributeValues"][":channel"]["S"] for call in asked} == {"email#"}
