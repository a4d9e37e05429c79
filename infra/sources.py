"""What starts functions besides HTTP, rules and people: queues and streams, with their limits.

Concurrency is limited here and nowhere else. Reserved concurrency would fail in a fresh account, which may run ten
functions at once in all, and would throttle webhooks where this merely lets a queue grow.
"""

from typing import Any

from aws_cdk import Duration
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs
from aws_cdk.aws_lambda_event_sources import SqsDlq

from infra.functions import Functions
from infra.queues import Queues
from infra.stage import Stage
from infra.tables import Tables

# Ten is the most that a FIFO source takes; one profile's messages in one batch share a read and a write.
QUEUE_BATCH = 10
STREAM_BATCH = 100
DRAFTS = ("journey", "segment", "template", "brand")
CHANGES = ("INSERT", "MODIFY")


ANNOUNCEMENTS = "DeliverFunctionAnnouncementsSource"
"""What the template calls the source that is asleep until somebody listens."""


def connect(functions: Functions, stage: Stage, queues: Queues, tables: Tables) -> None:
    """Connect the queues to decide, deliver and tally, and the two streams to dispatch and publish."""
    _queue(functions["decide"], "Inbox", queues.inbox, stage.concurrency)
    # Low: a walk has hours, and each of its wake-ups may become a message.
    _queue(functions["decide"], "WalkInbox", queues.walk_inbox, max(2, stage.concurrency // 10))
    _queue(functions["deliver"], "OutboxTransactional", queues.outbox_transactional, stage.concurrency)
    # Marketing waits for send tokens anyway, and must leave room for what customers wait for.
    _queue(functions["deliver"], "OutboxMarketing", queues.outbox_marketing, max(2, stage.concurrency // 4))
    # Asleep, and so for nothing, until `publish` makes live that somebody listens.
    _queue(functions["deliver"], "Announcements", queues.announcements, 2, enabled=False)
    # Two are the fewest that Lambda takes, and more would only wait for each other.
    _queue(functions["tally"], "Tally", queues.tally, 2)
    _stream(
        functions["dispatch"],
        "Customers",
        tables.customers,
        queues.stream_dlq,
        # Most writes carry no effects: they are filtered out before anything is invoked or paid for.
        {"NewImage": {"effects": {"B": lambda_.FilterRule.exists()}}},
    )
    _stream(functions["publish"], "Drafts", tables.config, queues.stream_dlq, {"Keys": {"kind": {"S": list(DRAFTS)}}})


def _queue(function: lambda_.Function, name: str, queue: sqs.Queue, concurrency: int, *, enabled: bool = True) -> None:
    function.add_event_source_mapping(
        f"{name}Source",
        event_source_arn=queue.queue_arn,
        batch_size=QUEUE_BATCH,
        enabled=enabled,
        report_batch_item_failures=True,
        max_concurrency=concurrency,
    )


def _stream(
    function: lambda_.Function, name: str, table: dynamodb.TableV2, dead_letters: sqs.Queue, change: dict[str, Any]
) -> None:
    # A stream cannot go past what fails, so patience is bounded: the records given up are named in the dead letters,
    # and what they carried is still outstanding in the item, where `sweep` finds it.
    function.add_event_source_mapping(
        f"{name}Source",
        event_source_arn=table.table_stream_arn,
        starting_position=lambda_.StartingPosition.TRIM_HORIZON,
        batch_size=STREAM_BATCH,
        bisect_batch_on_error=True,
        report_batch_item_failures=True,
        retry_attempts=100,
        max_record_age=Duration.hours(6),
        on_failure=SqsDlq(dead_letters),
        filters=[
            lambda_.FilterCriteria.filter({"eventName": lambda_.FilterRule.is_equal(kind), "dynamodb": change})
            for kind in CHANGES
        ],
    )
