"""Queues and streams into functions: batches, limits, filters."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.infra.deployed import Deployed, flat

SOURCES = {
    "DecideFunctionInboxSource": ("DecideFunction", "InboxQueue"),
    "DecideFunctionWalkInboxSource": ("DecideFunction", "WalkInboxQueue"),
    "DeliverFunctionOutboxTransactionalSource": ("DeliverFunction", "OutboxTransactionalQueue"),
    "DeliverFunctionOutboxMarketingSource": ("DeliverFunction", "OutboxMarketingQueue"),
    "DeliverFunctionAnnouncementsSource": ("DeliverFunction", "AnnouncementsQueue"),
    "TallyFunctionTallySource": ("TallyFunction", "TallyQueue"),
    "DispatchFunctionCustomersSource": ("DispatchFunction", "CustomersTable"),
    "PublishFunctionDraftsSource": ("PublishFunction", "ConfigTable"),
}
STREAMS = ("DispatchFunctionCustomersSource", "PublishFunctionDraftsSource")
QUEUES = tuple(sorted(set(SOURCES) - set(STREAMS)))


def patterns(source: dict[str, Any]) -> list[dict[str, Any]]:
    return [json.loads(each["Pattern"]) for each in source["FilterCriteria"]["Filters"]]


def test_each_source_feeds_its_function_and_fails_item_by_item(prod: Deployed) -> None:
    sources = prod.of_type("Lambda::EventSourceMapping")
    assert set(sources) == set(SOURCES)
    for name, (function, origin) in SOURCES.items():
        assert sources[name]["FunctionName"] == {"Ref": function}
        assert sources[name]["EventSourceArn"]["Fn::GetAtt"][0] == origin
        assert sources[name]["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


@pytest.mark.parametrize("name", QUEUES)
def test_a_queue_hands_over_ten_at_a_time_and_is_limited_at_the_source(
    prod: Deployed, local: Deployed, name: str
) -> None:
    for deployed in (prod, local):
        source = deployed.properties(name)
        assert source["BatchSize"] == 10
        assert source["ScalingConfig"]["MaximumConcurrency"] >= 2, "Lambda refuses less"


def test_a_stage_for_trying_things_fits_into_the_ten_runs_of_a_new_account(local: Deployed) -> None:
    sources = [local.properties(name) for name in QUEUES]
    awake = [source["ScalingConfig"]["MaximumConcurrency"] for source in sources if source["Enabled"]]
    assert sum(awake) <= 10


def test_nobody_is_asked_for_announcements_until_publish_wakes_their_source_and_no_other(prod: Deployed) -> None:
    name = "DeliverFunctionAnnouncementsSource"
    assert prod.properties(name)["Enabled"] is False
    assert all(prod.properties(other)["Enabled"] for other in QUEUES if other != name)
    (wakes,) = [each for each in prod.statements("PublishRole") if each["Action"] == "lambda:UpdateEventSourceMapping"]
    assert flat(wakes["Resource"]).endswith(f":event-source-mapping:<{name}>")
    told = prod.properties("PublishFunction")["Environment"]["Variables"]["KAIROS_ANNOUNCEMENTS_SOURCE"]
    assert told == {"Ref": name}


def test_marketing_leaves_room_for_what_customers_wait_for(prod: Deployed) -> None:
    def limit(name: str) -> int:
        found: int = prod.properties(f"DeliverFunctionOutbox{name}Source")["ScalingConfig"]["MaximumConcurrency"]
        return found

    assert limit("Marketing") * 2 <= limit("Transactional")


def test_a_walk_leaves_nine_tenths_of_deciding_to_events(prod: Deployed) -> None:
    walks, events = (
        prod.properties(f"DecideFunction{name}Source")["ScalingConfig"]["MaximumConcurrency"]
        for name in ("WalkInbox", "Inbox")
    )
    assert walks * 10 <= events


@pytest.mark.parametrize("name", STREAMS)
def test_a_stream_isolates_a_poison_record_and_names_it_when_it_gives_up(prod: Deployed, name: str) -> None:
    source = prod.properties(name)
    assert source["StartingPosition"] == "TRIM_HORIZON"
    assert source["BisectBatchOnFunctionError"] is True
    assert 0 < source["MaximumRetryAttempts"] <= 10_000
    assert 3600 <= source["MaximumRecordAgeInSeconds"] < 24 * 3600
    assert source["DestinationConfig"]["OnFailure"]["Destination"] == {"Fn::GetAtt": ["StreamDlq", "Arn"]}


def test_dispatch_is_called_only_for_writes_that_carry_effects(prod: Deployed) -> None:
    carries = {"NewImage": {"effects": {"B": [{"exists": True}]}}}
    assert patterns(prod.properties("DispatchFunctionCustomersSource")) == [
        {"eventName": ["INSERT"], "dynamodb": carries},
        {"eventName": ["MODIFY"], "dynamodb": carries},
    ]


def test_publish_is_called_only_for_drafts_and_never_for_the_pointer_or_a_cursor(prod: Deployed) -> None:
    kinds = {"Keys": {"kind": {"S": ["journey", "segment", "template", "brand"]}}}
    assert patterns(prod.properties("PublishFunctionDraftsSource")) == [
        {"eventName": ["INSERT"], "dynamodb": kinds},
        {"eventName": ["MODIFY"], "dynamodb": kinds},
    ]
