"""Build what carries messages: queues, topics, the schedule group, rules and SES."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from kairos.local.errors import Unplayable
from kairos.local.mail import EventDestination
from kairos.local.parts import Parts
from kairos.local.queue import Queue
from kairos.local.stack import Builder, Declared, Physical


def message_builders(parts: Parts) -> dict[str, Builder]:
    """Return the builders by type."""
    return {
        "AWS::SQS::Queue": lambda it: _queue(parts, it),
        "AWS::SNS::Topic": lambda it: _topic(parts, it),
        "AWS::Scheduler::ScheduleGroup": lambda it: _group(parts, it),
        "AWS::Scheduler::Schedule": lambda it: _schedule(parts, it),
        "AWS::Events::Rule": lambda it: _rule(parts, it),
        "AWS::KinesisFirehose::DeliveryStream": lambda it: _delivery_stream(parts, it),
        "AWS::SES::ConfigurationSet": lambda it: _configuration_set(parts, it),
        "AWS::SES::ConfigurationSetEventDestination": lambda it: _event_destination(parts, it),
        "AWS::SES::EmailIdentity": lambda it: _identity(parts, it),
    }


def _queue(parts: Parts, it: Declared) -> Physical:
    spec, fifo = it.properties, _true(it.properties.get("FifoQueue"))
    name = spec.get("QueueName", it.name[: 75 if fifo else 80] + (".fifo" if fifo else ""))
    if fifo != name.endswith(".fifo"):
        raise Unplayable(name, "a FIFO queue's name ends in .fifo, and no other's does")
    queue = Queue(
        name=name,
        arn=parts.arn("sqs", name),
        url=f"https://sqs.{parts.region}.amazonaws.com/{parts.account}/{name}",
        fifo=fifo,
        content_based=_true(spec.get("ContentBasedDeduplication")),
        per_group=spec.get("DeduplicationScope") == "messageGroup",
        visibility=timedelta(seconds=int(spec.get("VisibilityTimeout", 30))),
        delay=timedelta(seconds=int(spec.get("DelaySeconds", 0))),
        retention=timedelta(seconds=int(spec.get("MessageRetentionPeriod", 345_600))),
        most_bytes=int(spec.get("MaximumMessageSize", 1_048_576)),
        created_at=parts.now(),
    )
    _redrive(parts, queue, spec.get("RedrivePolicy"))
    parts.sqs.add(queue)
    return Physical(queue.url, {"Arn": queue.arn, "QueueName": name, "QueueUrl": queue.url})


def _redrive(parts: Parts, queue: Queue, policy: Any) -> None:
    if not policy:
        return
    read = json.loads(policy) if isinstance(policy, str) else policy
    queue.dead_letters = parts.sqs.by_arn(read["deadLetterTargetArn"])
    queue.max_receives = int(read["maxReceiveCount"])
    if queue.dead_letters.fifo != queue.fifo:
        raise Unplayable(queue.name, "a queue and its dead-letter queue are of one kind, FIFO or standard")
    if not 1 <= queue.max_receives <= 1000:
        raise Unplayable(queue.name, f"maxReceiveCount {queue.max_receives} must be between 1 and 1000")


def _true(value: Any) -> bool:
    return str(value).lower() == "true"


def _topic(parts: Parts, it: Declared) -> Physical:
    name = it.properties.get("TopicName", it.name)
    arn = parts.client("sns").create_topic(Name=name)["TopicArn"]
    return Physical(arn, {"TopicArn": arn, "TopicName": name})


def _group(parts: Parts, it: Declared) -> Physical:
    name = it.properties.get("Name", it.name)
    parts.scheduler.create_group({"Name": name})
    return Physical(name, {"Arn": parts.scheduler.group_arn(name)})


def _schedule(parts: Parts, it: Declared) -> Physical:
    name = it.properties.get("Name", it.name)
    arn = parts.scheduler.create({**it.properties, "Name": name})["ScheduleArn"]
    return Physical(name, {"Arn": arn})


def _rule(parts: Parts, it: Declared) -> Physical:
    rule = parts.bus.add(it.properties.get("Name", it.name), it.properties)
    return Physical(rule.name, {"Arn": rule.arn})


def _configuration_set(parts: Parts, it: Declared) -> Physical:
    name = it.properties.get("Name", it.name)
    parts.ses.configuration_sets.add(name)
    return Physical(name)


def _event_destination(parts: Parts, it: Declared) -> Physical:
    destination = it.properties["EventDestination"]
    if destination.get("Enabled", True) and "EventBridgeDestination" in destination:
        types = frozenset(destination["MatchingEventTypes"])
        parts.post.destinations.append(EventDestination(it.properties["ConfigurationSetName"], types))
    return Physical(it.name)


def _identity(parts: Parts, it: Declared) -> Physical:
    name = it.properties["EmailIdentity"]
    if parts.ses.identities is not None:
        parts.ses.identities.add(name)
    return Physical(name)


def _delivery_stream(parts: Parts, it: Declared) -> Physical:
    stream = parts.firehose.add(it.properties.get("DeliveryStreamName", it.name[:64]), it.properties)
    return Physical(stream.name, {"Arn": stream.arn})
