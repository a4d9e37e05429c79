"""The queues: an inbox for events and one for walks, two outboxes, one for what is announced to systems of the brand's
own, and a place for everything that could not be done.

A message that fails is tried again each time its visibility runs out, for days: `RECEIVES_MAX` is the most that SQS
takes, and an outage that ends within it loses nothing. What code *rejects* it parks itself, at the first try.
"""

from dataclasses import dataclass
from typing import Any

from aws_cdk import Duration
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.stage import Stage
from infra.stations import STATIONS

RECEIVES_MAX = 1000
RETENTION = Duration.days(14)


@dataclass(frozen=True, slots=True)
class Queues:
    inbox: sqs.Queue
    walk_inbox: sqs.Queue
    parked: sqs.Queue
    outbox_transactional: sqs.Queue
    outbox_marketing: sqs.Queue
    announcements: sqs.Queue
    outbox_dlq: sqs.Queue
    schedule_dlq: sqs.Queue
    effects_dlq: sqs.Queue
    stream_dlq: sqs.Queue
    feedback_dlq: sqs.Queue
    tally: sqs.Queue
    tally_dlq: sqs.Queue

    def dead_letters(self) -> dict[str, sqs.Queue]:
        """Return each queue that should be empty, under the name that its alarm carries."""
        return {
            "InboxParked": self.parked,
            "OutboxDlq": self.outbox_dlq,
            "ScheduleDlq": self.schedule_dlq,
            "EffectsDlq": self.effects_dlq,
            "StreamDlq": self.stream_dlq,
            "FeedbackDlq": self.feedback_dlq,
            "TallyDlq": self.tally_dlq,
        }


def make_queues(scope: Construct, stage: Stage, contacts_key: kms.IKey) -> Queues:
    """Make the queues; only `feedback_dlq` ever holds an address, and is under the contacts key."""
    parked = _fifo(scope, stage, "InboxParkedQueue", "inbox-parked.fifo")
    outbox_dlq = _queue(scope, stage, "OutboxDlq", "outbox-dlq")
    tally_dlq = _queue(scope, stage, "TallyDlq", "tally-dlq")
    outbox: dict[str, Any] = {"visibility_timeout": _visibility("deliver"), "dead_letter_queue": _after(outbox_dlq)}
    return Queues(
        inbox=_fifo(
            scope,
            stage,
            "InboxQueue",
            "inbox.fifo",
            visibility_timeout=_visibility("decide"),
            dead_letter_queue=_after(parked),
        ),
        # Of its own, so that no event waits behind a walk; what nobody can decide lies with the rest of its kind.
        walk_inbox=_fifo(
            scope,
            stage,
            "WalkInboxQueue",
            "walk-inbox.fifo",
            visibility_timeout=_visibility("decide"),
            dead_letter_queue=_after(parked),
        ),
        parked=parked,
        outbox_transactional=_queue(scope, stage, "OutboxTransactionalQueue", "outbox-transactional", **outbox),
        outbox_marketing=_queue(scope, stage, "OutboxMarketingQueue", "outbox-marketing", **outbox),
        # Of its own, so that no message waits behind a server that is down.
        announcements=_queue(scope, stage, "AnnouncementsQueue", "announcements", **outbox),
        outbox_dlq=outbox_dlq,
        schedule_dlq=_queue(scope, stage, "ScheduleDlq", "schedule-dlq"),
        effects_dlq=_queue(scope, stage, "EffectsDlq", "effects-dlq"),
        stream_dlq=_queue(scope, stage, "StreamDlq", "stream-dlq"),
        feedback_dlq=_queue(
            scope,
            stage,
            "FeedbackDlq",
            "feedback-dlq",
            encryption=sqs.QueueEncryption.KMS,
            encryption_master_key=contacts_key,
        ),
        tally=_queue(
            scope,
            stage,
            "TallyQueue",
            "tally",
            visibility_timeout=_visibility("tally"),
            dead_letter_queue=_after(tally_dlq),
        ),
        tally_dlq=tally_dlq,
    )


def _visibility(station: str) -> Duration:
    """Return six times the function's timeout, which AWS asks for so that no batch is handed out while it is tried.

    https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
    """
    return Duration.seconds(6 * STATIONS[station].timeout_seconds)


def _after(dead_letters: sqs.Queue) -> sqs.DeadLetterQueue:
    return sqs.DeadLetterQueue(max_receive_count=RECEIVES_MAX, queue=dead_letters)


def _fifo(scope: Construct, stage: Stage, construct_id: str, name: str, **settings: Any) -> sqs.Queue:
    # Ordered per profile, and only per profile: without both settings one queue takes 300 messages a second in all.
    return _queue(
        scope,
        stage,
        construct_id,
        name,
        fifo=True,
        content_based_deduplication=True,
        deduplication_scope=sqs.DeduplicationScope.MESSAGE_GROUP,
        fifo_throughput_limit=sqs.FifoThroughputLimit.PER_MESSAGE_GROUP_ID,
        **settings,
    )


def _queue(scope: Construct, stage: Stage, construct_id: str, name: str, **settings: Any) -> sqs.Queue:
    settings.setdefault("encryption", sqs.QueueEncryption.SQS_MANAGED)
    return sqs.Queue(
        scope,
        construct_id,
        queue_name=f"{stage.prefix}-{name}",
        retention_period=RETENTION,
        enforce_ssl=True,
        **settings,
    )
