from __future__ import annotations

import pytest

from kairos.cli.checkup.dead_letters import dead_letters
from tests.cli.checkup.patients import patient, queue, refusal, statuses

GET = ("sqs", "GetQueueAttributes")


@pytest.mark.parametrize(
    ("name", "status", "do"),
    [
        ("inbox_parked", "wrong", "kairos redrive inbox-parked --list --stage prod"),
        ("feedback_dlq", "wrong", "kairos redrive feedback-dlq --list --stage prod"),
        ("schedule_dlq", "warn", "kairos redrive schedule-dlq --list --stage prod"),
        ("stream_dlq", "warn", "kairos redrive stream-dlq --list --stage prod"),
        ("tally_dlq", "wrong", "aws sqs start-message-move-task --source-arn arn:aws:sqs:"),
    ],
)
def test_a_queue_that_should_be_empty_says_how_to_empty_it(name: str, status: str, do: str) -> None:
    full, rest = dead_letters(patient({GET: queue(**{name: 3})}))
    assert full.status == status
    assert "3 " in full.says
    assert do in full.do
    assert rest.says == "6 of 7 dead-letter queues are empty"


def test_queues_that_are_not_there_are_wrong() -> None:
    gone = patient({("sqs", "GetQueueUrl"): refusal("AWS.SimpleQueueService.NonExistentQueue")})
    assert statuses(dead_letters(gone)) == ["wrong"] * 7
