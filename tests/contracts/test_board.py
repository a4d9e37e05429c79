"""Board: what lies ready for a browser, and who takes it away."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from kairos.app.board import NOTICES_MAX
from kairos.app.ports import Notice
from kairos.aws.board import DynamoBoard
from kairos.domain.errors import Throttled
from kairos.memory import MemoryBoard
from tests.aws.cloud import Cloud
from tests.aws.fakes import FakeClient, aws_error

NOW = datetime(2026, 11, 22, 4, 10, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def board(kind: str, cloud: Cloud) -> Any:
    return MemoryBoard() if kind == "memory" else DynamoBoard(cloud.client("dynamodb"), cloud.table("board"))


def notice(message: str, hours: float = 1, **content: str) -> Notice:
    return Notice(message, {"text": f"{message} 안녕", **content}, NOW + hours * HOUR)


def test_what_was_posted_is_read_the_oldest_first_and_by_its_profile_alone(board: Any) -> None:
    board.post("p1", notice("a"), NOW)
    board.post("p1", notice("b", 2), NOW)
    assert board.read("p1", NOW) == [notice("a"), notice("b", 2)]
    assert board.read("p2", NOW) == []


def test_the_same_message_again_is_the_same_notice_as_it_is_now(board: Any) -> None:
    board.post("p1", notice("a"), NOW)
    board.post("p1", notice("b"), NOW)
    board.post("p1", notice("a", title="new"), NOW)
    assert board.read("p1", NOW) == [notice("b"), notice("a", title="new")]


def test_what_has_expired_is_not_read_at_its_very_end(board: Any) -> None:
    board.post("p1", notice("a", 1), NOW)
    assert board.read("p1", NOW + HOUR - timedelta(microseconds=1)) == [notice("a", 1)]
    assert board.read("p1", NOW + HOUR) == []


def test_of_too_many_the_oldest_are_gone(board: Any) -> None:
    for number in range(NOTICES_MAX + 2):
        board.post("p1", notice(f"m{number}"), NOW)
    assert [one.message for one in board.read("p1", NOW)] == [f"m{n}" for n in range(2, NOTICES_MAX + 2)]


def test_what_is_taken_away_is_gone_and_what_is_not_there_is_no_mistake(board: Any) -> None:
    for name in "abc":
        board.post("p1", notice(name), NOW)
    board.remove("p1", ["a", "c", "x"], NOW)
    board.remove("p1", ["a"], NOW)
    board.remove("nobody", ["a"], NOW)
    assert [one.message for one in board.read("p1", NOW)] == ["b"]
    board.remove("p1", ["b"], NOW)
    board.post("p1", notice("d"), NOW)
    assert [one.message for one in board.read("p1", NOW)] == ["d"], "an empty board can be posted to"


def test_an_item_says_until_when_it_is_worth_keeping(cloud: Cloud) -> None:
    table = cloud.table("board")
    cloud.direct = False
    DynamoBoard(cloud.client("dynamodb"), table).post("p1", notice("a", 3), NOW)
    (item,) = cloud.items(table)
    assert item["ttl"] == {"N": str(int((NOW + 3 * HOUR).timestamp()))}


def test_somebody_elses_change_in_between_is_kept() -> None:
    theirs = {"profile": {"S": "p1"}, "notices": {"S": '[["a","2026-11-22T06:10:00Z",{"text":"a"}]]'}}
    lost = aws_error("ConditionalCheckFailedException")
    client = FakeClient(get_item=[{}, {"Item": {**theirs, "revision": {"N": "1"}}}], put_item=[lost, {}])
    DynamoBoard(client, "board").post("p1", notice("b"), NOW)
    written = client.calls[-1][1]
    assert written["ExpressionAttributeValues"] == {":read": {"N": "1"}}
    assert written["Item"]["notices"]["S"].startswith('[["a",'), "the other's notice stays"
    assert '["b",' in written["Item"]["notices"]["S"]


def test_a_board_that_others_keep_changing_is_left_for_later() -> None:
    lost = aws_error("ConditionalCheckFailedException")
    client = FakeClient(get_item=[{}] * 9, put_item=[lost] * 9)
    with pytest.raises(Throttled):
        DynamoBoard(client, "board").post("p1", notice("b"), NOW)
