"""What taking a webhook costs: `ingest` beside a handler that only proves the sender and puts the body into a queue.

All take the same requests in one run, forty each in turn, as a container takes them: warm, with the same client of
SQS, and say one log line of each. The other handler puts a message of the size that `ingest` makes of the request. What
`ingest` does more is the work: it reads the body, finds whose it is, writes addresses apart, and puts the rest in
normal form.

    python -m bench.door
"""

from __future__ import annotations

import json
import os
import sys
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from time import process_time
from typing import Any

from bench import shop
from bench.line import Spent, introduce, line
from bench.report import Section, machine, table

REQUESTS, ROUNDS = 40, 16
PATH = "/v1/track"
LEAST, BOTOCORE = "proves and queues, no more", "the same, with botocore's client and Powertools' logger and metrics"
MET, ANEW, NAMED = (
    "`ingest`, of a customer whom the container met within five minutes",
    "`ingest`, of any other customer: identities are read",
    "`ingest`, where an address is named too: contacts are written",
)
Handler = Callable[[Mapping[str, Any]], Any]


@dataclass(frozen=True, slots=True)
class Door:
    """Processor milliseconds a request, by who takes it, by the quickest quarter of runs."""

    spent: Mapping[str, float]

    def ratio(self, who: str) -> float:
        """Return how many times the least it costs."""
        return self.spent[who] / self.spent[LEAST]


def measure(requests: int = REQUESTS, rounds: int = ROUNDS) -> Door:
    """Return what a request costs each; the first round warms up."""
    with line() as running:
        from functions.ingest import handler
        from kairos.bootstrap import ingest

        people = [f"c{number}" for number in range(requests)]
        introduce(running, people)
        size = _queued(running, handler)
        acquaintances = ingest().acquaintances
        takers: Mapping[str, tuple[Handler, bool]] = {
            LEAST: (_least(size), True),
            MET: (lambda event: handler(dict(event), None), True),
            ANEW: (lambda event: handler(dict(event), None), False),
            NAMED: (lambda event: handler(dict(event), None), False),
            BOTOCORE: (_botocore(size), True),
        }
        spent: defaultdict[str, Spent] = defaultdict(Spent)
        for number in range(rounds + 1):
            for name, (take, remembers) in takers.items():
                ingest().acquaintances = acquaintances if remembers else None
                for place, who in enumerate(people):
                    event = request_of(_said(who, f"{number}-{place}-{name}", named=name == NAMED))
                    began = process_time()
                    answer = take(event)
                    cpu = process_time() - began
                    if answer["statusCode"] != 202:
                        raise RuntimeError(f"{name} answered {answer}")
                    if number:
                        spent[name].samples.append((cpu, 0.0, 0, 1))
                running.take("inbox.fifo")
        return Door({name: 1000 * one.cpu / one.invocations for name, one in spent.items()})


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


def _said(who: str, id: str, *, named: bool) -> dict[str, Any]:
    said = shop.order(who, 0, datetime.now(UTC)) | {"messageId": id}
    return said | {"context": {"traits": {"email": f"{who}@example.com"}}} if named else said


def _queued(running: Any, handler: Callable[..., Any]) -> int:
    """Return the size of the message that `ingest` makes of a request."""
    running.take("inbox.fifo")
    handler(request_of(_said("c0", "size", named=False)), None)
    (message,) = running.take("inbox.fifo")
    return len(message["body"])


def _least(size: int) -> Handler:
    """Return a handler that proves the sender and queues the body, as small as one can be written here."""
    from kairos.bootstrap import _client, clock, report

    client, url, body_of = _client("sqs"), os.environ["KAIROS_INBOX_URL"], _proved(size)

    def handle(event: Mapping[str, Any]) -> dict[str, Any]:
        now = clock().now()
        client.send_message_batch(QueueUrl=url, Entries=[body_of(event, now)])
        report("least").write("queued", {"accepted": 1}, {}, now)
        return {"statusCode": 202, "body": json.dumps({"accepted": 1})}

    return handle


def _botocore(size: int) -> Handler:
    """Return that handler as it is usually written: AWS's own client, and AWS's own library for the rest."""
    from aws_lambda_powertools import Logger, Metrics
    from botocore.session import Session

    from kairos.bootstrap import clock

    client: Any = Session().create_client("sqs")
    url, body_of = os.environ["KAIROS_INBOX_URL"], _proved(size)
    logger, metrics = Logger(service="least"), Metrics()

    @metrics.log_metrics
    def handle(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
        client.send_message_batch(QueueUrl=url, Entries=[body_of(event, clock().now())])
        metrics.add_metric(name="Accepted", unit="Count", value=1)
        logger.info("queued")
        return {"statusCode": 202, "body": json.dumps({"accepted": 1})}

    return lambda event: handle(event, None)


def _proved(size: int) -> Callable[[Mapping[str, Any], datetime], dict[str, Any]]:
    """Return what makes an entry of the queue of a request, once its sender is proved."""
    from kairos.app.http import read_event
    from kairos.bootstrap import ingest
    from kairos.registry import Request, load

    track = load("sources", "track")

    def entry_of(event: Mapping[str, Any], now: datetime) -> dict[str, Any]:
        request = read_event(event, now)
        settings = ingest().settings("track", "main")
        track.verify(Request(request.headers, request.body, request.received_at, "main", settings, request.path))
        text = request.body.decode().ljust(size)
        return {"Id": "0", "MessageBody": text, "MessageGroupId": "main", "MessageDeduplicationId": str(id(event))}

    return entry_of


def section(door: Door) -> Section:
    """Return the figure as text."""
    rows = [
        [who, f"{door.spent[who]:.2f}", "" if who == LEAST else f"{door.ratio(who):.2f}"]
        for who in (LEAST, MET, ANEW, NAMED, BOTOCORE)
    ]
    head = ["handler", "CPU ms a request", "times the least"]
    return Section("What taking a webhook costs", (__doc__ or "").partition("    python")[0], [table(head, rows)])


if __name__ == "__main__":
    text = f"{section(measure())}\n\n{machine()}\n"
    sys.stderr.write(text)
