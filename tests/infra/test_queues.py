"""The queues: order, patience, and where what fails ends up."""

from __future__ import annotations

import pytest

from tests.infra.deployed import Deployed

DAYS = 24 * 3600
DEAD_LETTERS = {"InboxParkedQueue", "OutboxDlq", "ScheduleDlq", "EffectsDlq", "StreamDlq", "FeedbackDlq", "TallyDlq"}


@pytest.mark.parametrize("queue", ["InboxQueue", "WalkInboxQueue"])
def test_an_inbox_keeps_order_per_profile_at_any_rate(prod: Deployed, queue: str) -> None:
    inbox = prod.properties(queue)
    assert inbox["FifoQueue"] is True
    assert inbox["ContentBasedDeduplication"] is True
    assert inbox["DeduplicationScope"] == "messageGroup"
    assert inbox["FifoThroughputLimit"] == "perMessageGroupId"


@pytest.mark.parametrize(
    ("queue", "function", "dead_letters"),
    [
        ("InboxQueue", "DecideFunction", "InboxParkedQueue"),
        ("WalkInboxQueue", "DecideFunction", "InboxParkedQueue"),
        ("OutboxTransactionalQueue", "DeliverFunction", "OutboxDlq"),
        ("OutboxMarketingQueue", "DeliverFunction", "OutboxDlq"),
        ("AnnouncementsQueue", "DeliverFunction", "OutboxDlq"),
        ("TallyQueue", "TallyFunction", "TallyDlq"),
    ],
)
def test_a_message_is_tried_for_two_days_and_then_kept(
    prod: Deployed, queue: str, function: str, dead_letters: str
) -> None:
    properties = prod.properties(queue)
    visibility, receives = properties["VisibilityTimeout"], properties["RedrivePolicy"]["maxReceiveCount"]
    assert visibility == 6 * prod.properties(function)["Timeout"]
    assert receives <= 1000, "SQS refuses more"
    assert visibility * receives >= 2 * DAYS
    assert visibility * receives < properties["MessageRetentionPeriod"], "it would expire before it is kept"
    assert properties["RedrivePolicy"]["deadLetterTargetArn"] == {"Fn::GetAtt": [dead_letters, "Arn"]}


@pytest.mark.parametrize("queue", sorted(DEAD_LETTERS))
def test_what_failed_waits_for_as_long_as_sqs_allows(prod: Deployed, queue: str) -> None:
    assert prod.properties(queue)["MessageRetentionPeriod"] == 14 * DAYS


def test_the_dead_letters_of_a_fifo_queue_are_fifo_and_those_of_a_schedule_are_not(prod: Deployed) -> None:
    assert prod.properties("InboxParkedQueue")["FifoQueue"] is True
    assert "FifoQueue" not in prod.properties("ScheduleDlq")


def test_the_one_queue_that_may_hold_an_address_is_under_the_contacts_key(prod: Deployed) -> None:
    under_key = {
        name: each["KmsMasterKeyId"] for name, each in prod.of_type("SQS::Queue").items() if "KmsMasterKeyId" in each
    }
    assert under_key == {"FeedbackDlq": {"Fn::GetAtt": ["ContactsKey", "Arn"]}}


def test_every_queue_refuses_plain_http(prod: Deployed) -> None:
    refusing = {
        policy["Queues"][0]["Ref"]
        for policy in prod.of_type("SQS::QueuePolicy").values()
        for statement in policy["PolicyDocument"]["Statement"]
        if statement["Effect"] == "Deny" and statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    }
    assert refusing == set(prod.of_type("SQS::Queue"))
