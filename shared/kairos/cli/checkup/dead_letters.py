"""What could not be done and waits for somebody."""

from __future__ import annotations

from collections.abc import Iterator

from kairos.app.redrive import QUEUES
from kairos.aws.dead_letters import FIFO
from kairos.cli.checkup.finding import Finding, ok, warn, wrong
from kairos.cli.checkup.patient import Absent, Patient

HEALED = frozenset({"schedule-dlq", "stream-dlq"})
"""What lies here is found again by `sweep`: worth a look, and lost to nobody."""
COUNTED = "tally-dlq"
_COUNTS = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible")


def dead_letters(patient: Patient) -> Iterator[Finding]:
    """Ask whether the dead-letter queues are empty, receiving nothing."""
    empty = 0
    for queue in (*QUEUES, COUNTED):
        name = f"{patient.prefix}-{queue}{'.fifo' if queue in FIFO else ''}"
        try:
            url = patient.ask("sqs", "GetQueueUrl", QueueName=name)["QueueUrl"]
            told = patient.ask("sqs", "GetQueueAttributes", QueueUrl=url, AttributeNames=["QueueArn", *_COUNTS])
        except Absent:
            yield wrong(f"there is no queue {name}", patient.deploy)
            continue
        attributes = told["Attributes"]
        count = sum(int(attributes[attribute]) for attribute in _COUNTS)
        if count == 0:
            empty += 1
        else:
            yield _waiting(patient, queue, count, attributes["QueueArn"])
    if empty:
        yield ok(f"{empty} of {len(QUEUES) + 1} dead-letter queues are empty")


def _waiting(patient: Patient, queue: str, count: int, arn: str) -> Finding:
    if queue == COUNTED:
        command = patient.aws(f"sqs start-message-move-task --source-arn {arn}")
        return wrong(f"{queue}: {count} objects of the archive are not counted", f"see tally's log, then {command}")
    finding = warn if queue in HEALED else wrong
    look, back = patient.kairos(f"redrive {queue} --list"), patient.kairos(f"redrive {queue}")
    return finding(f"{queue}: {count} ({QUEUES[queue]})", f"{look}; mend the cause, then {back}")
