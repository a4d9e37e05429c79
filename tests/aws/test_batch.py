"""Reading many items: strongly consistent, to the last key, or not at all."""

from __future__ import annotations

from typing import Any

import pytest

from kairos.aws.batch import ROUNDS_MAX, batch_get
from kairos.aws.table import BATCH_GET_MAX
from kairos.domain.errors import Throttled
from tests.aws.fakes import FakeClient

KEYS = [{"address": {"S": str(number)}} for number in range(BATCH_GET_MAX + 1)]
NOTHING: dict[str, Any] = {"Responses": {}, "UnprocessedKeys": {}}


def test_every_read_is_strongly_consistent_and_of_at_most_a_hundred_keys() -> None:
    client = FakeClient(batch_get_item=[NOTHING, NOTHING])
    assert batch_get(client, "t", "suppressions", KEYS) == []
    asked = [call["RequestItems"]["t"] for _, call in client.calls]
    assert [one["ConsistentRead"] for one in asked] == [True, True]
    assert [key for one in asked for key in one["Keys"]] == KEYS


def test_what_was_left_unread_is_read_again_as_it_was_asked() -> None:
    rest = {"t": {"Keys": KEYS[1:2], "ConsistentRead": True}}
    row = {"address": {"S": "1"}}
    answers = [{"Responses": {}, "UnprocessedKeys": rest}, {"Responses": {"t": [row]}}]
    client = FakeClient(batch_get_item=answers)
    assert batch_get(client, "t", "suppressions", KEYS[:2]) == [row]
    assert client.calls[1][1]["RequestItems"] == rest


def test_half_an_answer_is_none() -> None:
    left = {"Responses": {}, "UnprocessedKeys": {"t": {"Keys": KEYS[:1]}}}
    with pytest.raises(Throttled, match="suppressions"):
        batch_get(FakeClient(batch_get_item=[left] * ROUNDS_MAX), "t", "suppressions", KEYS[:1])
