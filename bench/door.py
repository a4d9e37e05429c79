"""What taking a webhook costs: `ingest` beside a handler that only proves the sender and puts the body into a queue.

Both answer the same requests in one run and in turn, warm, with the same client of SQS. What `ingest` does more is all
of the work: it reads the body, finds the customer by a read of DynamoDB, and writes down what it did.

    python -m bench.door
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from time import process_time
from typing import Any

from bench import shop
from bench.line import introduce, line
from bench.report import Section, machine, table

REQUESTS, ROUNDS = 40, 12
PATH = "/v1/track"


@dataclass(frozen=True, slots=True)
class Door:
    """Processor milliseconds a request: `ours`, of which `calls` inside clients, and the `least` that takes one."""

    ours: float
    calls: float
    least: float

    @property
    def ratio(self) -> float:
        return self.ours / self.least


def measure(requests: int = REQUESTS, rounds: int = ROUNDS) -> Door:
    """Return what a request costs both, by the quickest quarter of runs; the first round warms up."""
    with line() as running:
        people = [f"c{number}" for number in range(requests)]
        introduce(running, people)
        least, samples = _least(), []
        running.forget()
        for number in range(rounds + 1):
            if number == 1:
                running.forget()
            for who in people:
                said = shop.order(who, 0, datetime.now(UTC)) | {"messageId": f"{who}-{number}"}
                event = request_of(said)
                running.invoke("ingest", event)
                began = process_time()
                least(event)
                if number:
                    samples.append(process_time() - began)
            running.take("inbox.fifo")
        spent = running.spent["ingest"]
        quickest = sorted(samples)[: len(samples) // 4]
        ours, calls = (1000 * part / spent.invocations for part in (spent.cpu, spent.sdk))
        return Door(ours, calls, 1000 * sum(quickest) / len(quickest))


def request_of(said: Mapping[str, Any]) -> dict[str, Any]:
    """Return the event in which API Gateway hands a request over."""
    http = {"method": "POST", "path": PATH, "sourceIp": "192.0.2.10"}
    return {
        "version": "2.0",
        "rawPath": PATH,
        "rawQueryString": "",
        "headers": shop.HEADERS,
        "requestContext": {"http": http, "requestId": "bench"},
        "body": shop.body(said).decode(),
        "isBase64Encoded": False,
    }


def _least() -> Callable[[Mapping[str, Any]], dict[str, Any]]:
    """Return a handler that proves the sender and queues the body, as small as one can be written."""
    from aws_lambda_powertools import Logger

    from kairos.app.http import read_event
    from kairos.bootstrap import _client, clock, ingest
    from kairos.registry import Request, load

    client, track, logger = _client("sqs"), load("sources", "track"), Logger(service="least")
    url = os.environ["KAIROS_INBOX_URL"]

    def handle(event: Mapping[str, Any]) -> dict[str, Any]:
        request = read_event(event, clock().now())
        settings = ingest().settings("track", "main")
        track.verify(Request(request.headers, request.body, request.received_at, "main", settings, request.path))
        body = {
            "MessageBody": request.body.decode(),
            "MessageGroupId": "main",
            "MessageDeduplicationId": str(id(event)),
        }
        client.send_message_batch(QueueUrl=url, Entries=[{"Id": "0", **body}])
        logger.info("queued")
        return {"statusCode": 202, "body": json.dumps({"accepted": 1})}

    return handle


def section(door: Door) -> Section:
    """Return the figure as text."""
    rows = [
        ["`ingest`", f"{door.ours:.2f}", f"{door.calls:.2f}"],
        ["proves and queues, no more", f"{door.least:.2f}", ""],
        ["**ratio**", f"**{door.ratio:.2f}**", ""],
    ]
    head = ["handler", "CPU ms a request", "of it inside AWS clients"]
    return Section("What taking a webhook costs", (__doc__ or "").partition("    python")[0], [table(head, rows)])


if __name__ == "__main__":
    text = f"{section(measure())}\n\n{machine()}\n"
    sys.stderr.write(text)
