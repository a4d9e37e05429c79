"""The config table and what belongs to it: hand-made edits, numbers, crashes between two writes, caches."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from kairos.app.ports import Pointer
from kairos.aws.attribute import from_attribute, to_attribute
from kairos.aws.connections import FRESH, UNKNOWN_FRESH, SsmConnections
from kairos.aws.drafts import KINDS, DynamoDrafts
from kairos.aws.releases import BUNDLES_MAX, AwsReleases
from kairos.domain.canonical import fingerprint
from kairos.domain.errors import Unavailable, UnknownConnection, VersionConflict
from kairos.memory import MemoryClock
from tests.aws.cloud import Cloud
from tests.aws.fakes import FakeClient, aws_error

NOW = datetime(2026, 11, 22, 4, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    "value", [0, -1, 10**20, 0.1, 1e-7, 2.5e10, True, False, None, "", "봄", [], {}, [[1, {"a": None}]]]
)
def test_plain_values_come_back_from_attributes(value: Any) -> None:
    found = from_attribute(to_attribute(value))
    assert found == value
    assert type(found) is type(value) or isinstance(value, float)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), b"bytes", {1, 2}, NOW])
def test_what_json_could_not_say_is_no_attribute(value: Any) -> None:
    with pytest.raises(ValueError):
        to_attribute(value)


def test_sets_that_the_console_offers_become_lists() -> None:
    assert from_attribute({"SS": ["b", "a"]}) == ["a", "b"]
    assert from_attribute({"NS": ["2", "1.5"]}) == [1.5, 2]


def test_a_draft_can_be_edited_by_hand_as_a_map_or_as_pasted_text(cloud: Cloud) -> None:
    table = cloud.table("config")
    drafts = DynamoDrafts(cloud.client("dynamodb"), table)
    put = cloud.client("dynamodb").put_item
    put(TableName=table, Item={"kind": {"S": "segment"}, "id": {"S": "a"}, "document": {"M": {"id": {"S": "a"}}}})
    put(TableName=table, Item={"kind": {"S": "segment"}, "id": {"S": "b"}, "document": {"S": '{"id": "b"}'}})
    put(TableName=table, Item={"kind": {"S": "segment"}, "id": {"S": "c"}, "document": {"S": "id: c"}})
    put(TableName=table, Item={"kind": {"S": "segment"}, "id": {"S": "d"}})
    put(TableName=table, Item={"kind": {"S": "live"}, "id": {"S": "pointer"}})
    expected: dict[tuple[str, str], Any] = {
        ("segment", "a"): {"id": "a"},
        ("segment", "b"): {"id": "b"},
        ("segment", "c"): "id: c",
        ("segment", "d"): None,
    }
    assert drafts.all() == expected
    for (kind, id), document in expected.items():
        drafts.mark(kind, id, [{"expected": "more"}], fingerprint(document))
        assert drafts.problems(kind, id) == [{"expected": "more"}]


def test_marking_the_same_problems_again_writes_nothing() -> None:
    row = {"kind": {"S": "segment"}, "id": {"S": "a"}, "document": {"M": {}}, "problems": {"L": []}}
    row["checked"] = {"S": fingerprint({})}
    client = FakeClient(get_item=[{"Item": row}])
    DynamoDrafts(client, "config").mark("segment", "a", [], fingerprint({}))
    assert [method for method, _ in client.calls] == ["get_item"]


def test_an_edit_between_the_look_and_the_mark_is_left_alone() -> None:
    row = {"kind": {"S": "segment"}, "id": {"S": "a"}, "document": {"M": {}}}
    client = FakeClient(get_item=[{"Item": row}], update_item=[aws_error("ConditionalCheckFailedException")])
    DynamoDrafts(client, "config").mark("segment", "a", [], fingerprint({}))
    assert client.calls[1][1]["ExpressionAttributeValues"][":document"] == {"M": {}}


def test_drafts_are_read_in_pages() -> None:
    def page(id: str, **more: Any) -> dict[str, Any]:
        return {"Items": [{"kind": {"S": "brand"}, "id": {"S": id}, "document": {"M": {}}}], **more}

    empty: dict[str, Any] = {"Items": []}
    client = FakeClient(query=[page("a", LastEvaluatedKey={"id": {"S": "a"}}), page("b"), *[empty] * (len(KINDS) - 1)])
    assert set(DynamoDrafts(client, "config").all()) == {("brand", "a"), ("brand", "b")}
    assert client.calls[1][1]["ExclusiveStartKey"] == {"id": {"S": "a"}}


def test_a_crash_between_history_and_move_leaves_no_move_and_no_history(cloud: Cloud) -> None:
    table, dynamodb = cloud.table("config"), cloud.client("dynamodb")
    releases = AwsReleases(dynamodb, None, table, "bucket")
    releases.point(Pointer("r1"), None)

    class Crashing:
        """A client that dies at its second write."""

        writes = 0

        def __getattr__(self, method: str) -> Any:
            return getattr(dynamodb, method)

        def put_item(self, **arguments: Any) -> Any:
            self.writes += 1
            if self.writes == 2:
                raise KeyboardInterrupt
            return dynamodb.put_item(**arguments)

    with pytest.raises(KeyboardInterrupt):
        AwsReleases(Crashing(), None, table, "bucket").point(Pointer("r2"), Pointer("r1"))
    assert (releases.pointer(), releases.history()) == (Pointer("r1"), [])
    releases.point(Pointer("r3"), Pointer("r1"))
    assert releases.history() == [Pointer("r1")]


def test_of_two_who_move_the_same_pointer_one_conflicts(cloud: Cloud) -> None:
    table, dynamodb = cloud.table("config"), cloud.client("dynamodb")
    releases = AwsReleases(dynamodb, None, table, "bucket")
    releases.point(Pointer("r1"), None)

    class Overtaken:
        """A client that lets somebody else move first, between its look and its move."""

        done = False

        def __getattr__(self, method: str) -> Any:
            return getattr(dynamodb, method)

        def put_item(self, **arguments: Any) -> Any:
            if not self.done:
                self.done = True
                releases.point(Pointer("r1", stopped=True), Pointer("r1"))
            return dynamodb.put_item(**arguments)

    with pytest.raises(VersionConflict):
        AwsReleases(Overtaken(), None, table, "bucket").point(Pointer("r2"), Pointer("r1"))
    assert releases.pointer() == Pointer("r1", stopped=True)


def test_a_bundle_is_fetched_once_and_a_few_are_kept(cloud: Cloud) -> None:
    bucket = cloud.bucket()
    writer = AwsReleases(None, cloud.client("s3"), "config", bucket)
    ids = [writer.put_bundle({"n": number}) for number in range(BUNDLES_MAX + 1)]
    bodies = [cloud.client("s3").get_object(Bucket=bucket, Key=f"releases/{id}.json.gz") for id in ids]
    client = FakeClient(get_object=bodies)
    releases = AwsReleases(None, client, "config", bucket)
    for id in ids:
        releases.bundle(id)
        releases.bundle(id)
    assert len(client.calls) == BUNDLES_MAX + 1


def test_a_bucket_that_does_not_answer_is_unavailable() -> None:
    releases = AwsReleases(None, FakeClient(get_object=[aws_error("InternalError", 500)]), "config", "bucket")
    with pytest.raises(Unavailable):
        releases.bundle("r1")


def _settings(text: str) -> dict[str, Any]:
    return {"Parameter": {"Value": text}}


def test_settings_are_read_once_in_five_minutes_and_used_stale_where_ssm_fails() -> None:
    clock = MemoryClock(NOW)
    client = FakeClient(
        get_parameter=[
            _settings('{"secrets": ["a"]}'),
            aws_error("ThrottlingException"),
            _settings('{"secrets": ["b"]}'),
        ]
    )
    connections = SsmConnections(client, "/k/", clock)
    seen = []
    for _ in range(3):
        seen += [connections.settings("shopify", "main")["secrets"], connections.settings("shopify", "main")["secrets"]]
        clock.advance(FRESH)
    assert seen == [["a"], ["a"], ["a"], ["a"], ["b"], ["b"]]
    assert client.calls[0][1] == {"Name": "/k/shopify/main", "WithDecryption": True}


def test_an_unknown_name_is_not_asked_for_again_within_the_minute_but_after_it() -> None:
    clock = MemoryClock(NOW)
    client = FakeClient(get_parameter=[aws_error("ParameterNotFound"), _settings("{}")])
    connections = SsmConnections(client, "/k/", clock)
    for _ in range(5):
        with pytest.raises(UnknownConnection):
            connections.settings("shopify", "main")
    clock.advance(UNKNOWN_FRESH)
    assert connections.settings("shopify", "main") == {}


def test_a_stranger_who_tries_names_fills_no_memory_and_reaches_no_other_parameter() -> None:
    client = FakeClient(get_parameter=[aws_error("ParameterNotFound")] * 1_500)
    connections = SsmConnections(client, "/k/", MemoryClock(NOW))
    for number in range(1_500):
        with pytest.raises(UnknownConnection):
            connections.settings("shopify", f"n{number}")
    assert len(connections._known) == 1_000
    before = len(client.calls)
    for name in ("../../secret", "a/b", "", "x" * 65, "가"):
        with pytest.raises(UnknownConnection):
            connections.settings("shopify", name)
    assert len(client.calls) == before


@pytest.mark.parametrize("text", ["", "[]", "secret", json.dumps("x")])
def test_settings_that_are_no_object_are_our_fault_and_not_the_senders(text: str) -> None:
    connections = SsmConnections(FakeClient(get_parameter=[_settings(text)]), "/k/", MemoryClock(NOW))
    with pytest.raises(Unavailable):
        connections.settings("shopify", "main")


def test_ssm_that_fails_before_anything_is_known_is_unavailable() -> None:
    connections = SsmConnections(FakeClient(get_parameter=[aws_error("ThrottlingException")]), "/k/", MemoryClock(NOW))
    with pytest.raises(Unavailable):
        connections.settings("shopify", "main")
    assert FRESH > UNKNOWN_FRESH > timedelta()
