"""Into Firehose within its bounds, out of S3 whole, and notices that are none of ours told apart."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote_plus

import pytest

from kairos.aws.archive import (
    CALL_BYTES_MAX,
    RECORD_BYTES_MAX,
    FirehoseArchive,
    S3ArchiveReader,
    pack,
    read_notice,
    unpack,
)
from kairos.domain.errors import BadInput, Throttled, TooLarge, Unavailable
from tests.aws.cloud import Cloud
from tests.aws.fakes import FakeClient, aws_error

ACCEPTED = {"FailedPutCount": 0, "RequestResponses": []}


def refused(*codes: str | None) -> dict[str, Any]:
    answers = [{"ErrorCode": code, "ErrorMessage": ""} if code else {"RecordId": "r"} for code in codes]
    return {"FailedPutCount": sum(code is not None for code in codes), "RequestResponses": answers}


def test_a_batch_of_the_inbox_is_one_record_of_many_lines() -> None:
    client = FakeClient(put_record_batch=[ACCEPTED])
    FirehoseArchive(lambda: client, "archive").put([{"version": number} for number in range(30)])
    ((_, call),) = client.calls
    (record,) = call["Records"]
    assert [json.loads(line)["version"] for line in record["Data"].splitlines()] == list(range(30))
    assert record["Data"].endswith(b"\n"), "Firehose joins records as they are"


def test_calls_and_records_keep_firehoses_bounds() -> None:
    client = FakeClient(put_record_batch=[ACCEPTED] * 9)
    FirehoseArchive(lambda: client, "archive").put([{"note": "x" * 900_000}] * 20)
    sizes = [[len(record["Data"]) for record in call["Records"]] for _, call in client.calls]
    assert sum(map(len, sizes)) == 20
    assert all(size <= RECORD_BYTES_MAX for call in sizes for size in call)
    assert all(sum(call) <= CALL_BYTES_MAX and len(call) <= 500 for call in sizes)


def test_only_what_was_refused_is_sent_again() -> None:
    client = FakeClient(put_record_batch=[refused(None, "ServiceUnavailableException"), ACCEPTED])
    FirehoseArchive(lambda: client, "archive").put([{"note": "a" * 200_000}, {"note": "b" * 200_000}])
    first, second = (call["Records"] for _, call in client.calls)
    assert second == first[1:]


def test_what_is_refused_again_and_again_is_unavailable() -> None:
    client = FakeClient(put_record_batch=[refused("ServiceUnavailableException")] * 4)
    with pytest.raises(Unavailable, match="1 records refused: ServiceUnavailableException"):
        FirehoseArchive(lambda: client, "archive").put([{}])


@pytest.mark.parametrize(
    ("code", "status", "kind"),
    [("ServiceUnavailableException", 503, Unavailable), ("LimitExceededException", 400, Throttled)],
)
def test_a_stream_that_refuses_the_call_is_unavailable(code: str, status: int, kind: type[Exception]) -> None:
    with pytest.raises(kind):
        FirehoseArchive(lambda: FakeClient(put_record_batch=[aws_error(code, status)]), "archive").put([{}])


def test_a_line_that_no_record_could_carry_is_too_large() -> None:
    with pytest.raises(TooLarge):
        pack([b"x" * RECORD_BYTES_MAX])


def test_an_object_is_read_line_by_line_also_of_several_members(cloud: Cloud) -> None:
    bucket, s3 = cloud.bucket(), cloud.client("s3")
    s3.put_object(Bucket=bucket, Key="a", Body=gzip.compress(b"1\n2\n") + gzip.compress(b"3\n"))
    assert list(S3ArchiveReader(s3, bucket).lines("a")) == [b"1", b"2", b"3"]


def test_the_objects_of_an_hour_are_found_in_order_and_no_others(cloud: Cloud) -> None:
    bucket, s3 = cloud.bucket(), cloud.client("s3")
    names = [f"decisions/2026/11/{hour}/{name}.gz" for hour in ("22/03", "22/04", "22/05") for name in "ba"]
    for name in names:
        s3.put_object(Bucket=bucket, Key=name, Body=b"")
    reader = S3ArchiveReader(s3, bucket)
    assert list(reader.names(datetime(2026, 11, 22, 4, tzinfo=UTC))) == sorted(names[2:4])
    assert list(reader.names(datetime(2026, 11, 22, 6, tzinfo=UTC))) == []


@pytest.mark.parametrize(
    "packed", [b"plain", gzip.compress(b"cut off")[:-9], gzip.compress(b"x") + b"junk"], ids=["plain", "torn", "junk"]
)
def test_what_firehose_did_not_make_is_bad_input(packed: bytes) -> None:
    with pytest.raises(BadInput):
        unpack(packed)


def test_a_notice_names_objects_as_they_are_called() -> None:
    key = "decisions/2026/11/22/04/kairos dev+1.gz"
    body = json.dumps({"Records": [{"s3": {"object": {"key": quote_plus(key, safe="/")}}}]})
    assert read_notice(body) == [key]


def test_the_test_that_s3_sends_first_names_nothing() -> None:
    assert read_notice(json.dumps({"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "b"})) == []


@pytest.mark.parametrize("body", ["", "[]", "7", "{}", '{"Records": 1}', '{"Records": [{}]}', '{"Records": [1]}'])
def test_a_notice_of_something_else_is_bad_input(body: str) -> None:
    with pytest.raises(BadInput):
        read_notice(body)
