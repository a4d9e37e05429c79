"""The stated pieces of work, done in the local cloud from the deployed template, and what each used, counted.

Units come from item sizes (`kairos.local.capacity`), requests from the wire, log bytes from what functions wrote. What
AWS itself does on our behalf is added by its rules: for each batch that a queue hands to a function one ReceiveMessage
and one DeleteMessageBatch; Scheduler's own SendMessage is on the wire. Reading a stream by Lambda is free.
"""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from bench import shop
from bench.usage import LOG_LINE_BYTES, Usage
from kairos.app.ingest.acquaintances import FRESH
from kairos.aws.drafts import DynamoDrafts
from kairos.local import LocalCloud

START = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
SQS_CHUNK = 65_536
"""SQS bills a request for each 64 kB it carries."""
BUFFERED = "tally"
BUFFERED_TABLES = ("insights",)
"""What works on the objects that Firehose writes once in a minute or so: a run for thousands of events, or for one."""
SELDOM_WRITTEN = ("config",)
"""Nobody writes there for an event: people do, and `ingest` in a quarter of an hour, of each connection it heard."""
FIREHOSE_CHUNK = 5_120
"""Firehose bills each record by 5 kB begun."""
PEOPLE = 20
"""Customers each piece of work is done for; the figures are means over them."""
MINUTE = timedelta(minutes=1)
RINGS = "scheduler"
NOT_PER_EVENT = ("ssm", "secretsmanager", "kms", "s3")
"""Services that a container asks once, or every five minutes, whatever the traffic."""


@dataclass(frozen=True, slots=True)
class Mix:
    """One piece of work, done `together` at a time (1, 10 of one customer, or one of each of 10 customers).

    `usage` is the mean for one event or message.
    """

    name: str
    together: str
    usage: Usage


class Counting:
    """A cloud, and what it has used since the last look."""

    def __init__(self, cloud: LocalCloud) -> None:
        self.cloud = cloud
        self._requests = 0
        self._before = Usage()
        self.look()

    def look(self) -> Usage:
        """Return what was used since the last look."""
        now, before = self._totals(), self._before
        self._before, self._requests = now, 0
        used = _difference(now, before)
        used.http = now.http
        self._count_calls(used)
        lines = [line.text for line in self.cloud.logs if line.function != BUFFERED]
        used.log_bytes = sum(len(text.encode()) + LOG_LINE_BYTES for text in lines)
        self.cloud.parts.wire.calls.clear()
        self.cloud.logs.clear()
        return used

    def post(self, path: str, said: Mapping[str, Any], *, settle: bool = True) -> None:
        """Send one request of the shop's server, and let it work through the stack."""
        answer = self.cloud.http("POST", path, shop.HEADERS, shop.body(said), settle=settle)
        if answer.status != 202:
            raise RuntimeError(f"{path} answered {answer.status}: {answer.text}")
        self._requests += 1

    def pass_by(self) -> None:
        """Let so long pass that no container remembers whom it met: the price is that of a customer who comes anew."""
        self.cloud.advance(by=FRESH)
        self.look()

    def _totals(self) -> Usage:
        usage = Usage(http=self._requests, invocations=Counter(self.cloud.invocations))
        del usage.invocations[BUFFERED]
        for table, used in self.cloud.capacity.items():
            if table not in BUFFERED_TABLES:
                usage.reads[table] = used.reads  # type: ignore[assignment]
                usage.writes[table] = 0 if table in SELDOM_WRITTEN else used.writes  # type: ignore[assignment]
        return usage

    def _count_calls(self, used: Usage) -> None:
        for call in self.cloud.parts.wire.calls:
            function = call.function or ""
            if call.service in NOT_PER_EVENT or function not in (*used.invocations, RINGS):
                continue
            used.calls[function, call.service, call.operation] += 1
            if call.service == "sqs":
                _count_queue(used, call.params)
            if call.service == "firehose":
                records = call.params.get("Records") or [call.params["Record"]]
                used.archive_bytes += sum(-(-len(one["Data"]) // FIREHOSE_CHUNK) * FIREHOSE_CHUNK for one in records)
            used.alarms += call.operation == "CreateSchedule"
            used.rings += function == RINGS
        used.sqs_fifo += 2 * used.invocations["decide"]
        used.sqs += 2 * used.invocations["deliver"]


def _count_queue(used: Usage, params: Mapping[str, Any]) -> None:
    size = sum(len(entry["MessageBody"].encode()) for entry in params.get("Entries", [params]))
    requests = max(1, -(-size // SQS_CHUNK))
    if str(params["QueueUrl"]).endswith(".fifo"):
        used.sqs_fifo += requests
    else:
        used.sqs += requests


def _difference(now: Usage, before: Usage) -> Usage:
    changed = Usage()
    for name in ("invocations", "reads", "writes"):
        new, old = getattr(now, name), getattr(before, name)
        setattr(changed, name, Counter({key: new[key] - old[key] for key in new if new[key] != old[key]}))
    return changed


def measure(people: int = PEOPLE) -> list[Mix]:
    """Return every mix, done singly, in tens of one customer, and for ten customers at once, for so many customers."""
    with shop_cloud() as cloud:
        counting = Counting(cloud)
        return [
            *_singly(counting, _known(counting, "single", people)),
            *_tens(counting, _known(counting, "tens", people)),
            *_side_by_side(counting, _known(counting, "side", people)),
        ]


def _known(counting: Counting, name: str, number: int) -> list[str]:
    """Return customers whom the shop knows, with a few visits behind them."""
    people = [f"{name}{each}" for each in range(number)]
    for who in people:
        counting.post("/v1/batch", shop.introduction(who, counting.cloud.now))
        counting.post("/v1/batch", {"batch": [shop.page(who, number, counting.cloud.now) for number in range(5)]})
        counting.cloud.advance(by=timedelta(seconds=1))
    counting.pass_by()
    return people


def _singly(counting: Counting, people: Sequence[str]) -> Iterator[Mix]:
    cloud = counting.cloud
    for number, who in enumerate(people):
        counting.post("/v1/track", shop.page(who, 100 + number, cloud.now))
    yield Mix("no-op behaviour", "one", counting.look().per(len(people)))
    counting.pass_by()
    for number, who in enumerate(people):
        counting.post("/v1/track", shop.cart(who, number, cloud.now))
        cloud.advance(by=MINUTE)
    yield Mix("starts a journey", "one", counting.look().per(len(people)))
    rung, told = _ring_out(counting)
    yield Mix("wake-up that sends", "one", rung.per(len(people)))
    yield Mix("feedback of SES", "one", told.per(len(people)))


def _tens(counting: Counting, people: Sequence[str]) -> Iterator[Mix]:
    cloud, number = counting.cloud, 10 * len(people)
    for who in people:
        counting.post("/v1/batch", {"batch": [shop.page(who, 100 + page, cloud.now) for page in range(10)]})
    yield Mix("no-op behaviour", "10 of one customer", counting.look().per(number))
    counting.pass_by()
    for who in people:
        counting.post("/v1/batch", {"batch": [shop.cart(who, cart, cloud.now) for cart in range(10)]})
        cloud.advance(by=MINUTE)
    yield Mix("starts a journey", "10 of one customer", counting.look().per(number))
    rung, told = _ring_out(counting)
    yield Mix("wake-up that sends", "10 of one customer", rung.per(number))
    yield Mix("feedback of SES", "10 of one customer", told.per(number))


def _side_by_side(counting: Counting, people: Sequence[str]) -> Iterator[Mix]:
    cloud = counting.cloud
    for some in _by_ten(people):
        for who in some:
            counting.post("/v1/track", shop.page(who, 100, cloud.now), settle=False)
        cloud.settle()
    yield Mix("no-op behaviour", "10 customers", counting.look().per(len(people)))
    counting.pass_by()
    for some in _by_ten(people):
        for who in some:
            counting.post("/v1/track", shop.cart(who, 0, cloud.now), settle=False)
        cloud.settle()
        cloud.advance(by=MINUTE)
    yield Mix("starts a journey", "10 customers", counting.look().per(len(people)))
    rung, told = _ring_out(counting)
    yield Mix("wake-up that sends", "10 customers", rung.per(len(people)))
    yield Mix("feedback of SES", "10 customers", told.per(len(people)))


def _by_ten(people: Sequence[str]) -> Iterable[Sequence[str]]:
    return (people[start : start + 10] for start in range(0, len(people), 10))


def _ring_out(counting: Counting) -> tuple[Usage, Usage]:
    """Let every alarm ring; return what the rings used, and what SES's report of each message (Delivery) used."""
    rung, told = Usage(), Usage()
    minute = counting.cloud.now.replace(second=0, microsecond=0) + MINUTE
    for _ in range(40):
        counting.cloud.advance(to=minute)
        rung += counting.look()
        counting.cloud.advance(to=minute + MINUTE - timedelta(seconds=1))
        told += counting.look()
        minute += MINUTE
    return rung, told


@contextmanager
def shop_cloud() -> Iterator[LocalCloud]:
    """Run the deployed template with the bench's shop published. Sweep is silenced: it is in the idle cost."""
    with LocalCloud(_template(), START) as cloud:
        name = f"{cloud.outputs['ConnectionsPrefix']}track/main"
        value = json.dumps(shop.CONNECTION)
        cloud.session.client("ssm").put_parameter(Name=name, Value=value, Type="SecureString", Overwrite=True)
        drafts = DynamoDrafts(cloud.session.client("dynamodb"), cloud.outputs["ConfigTable"])
        for definition in shop.documents().definitions:
            drafts.put(definition.kind, definition.id, definition.document)
        cloud.settle()
        result = cloud.invoke("publish", {"command": "publish", "all": True})
        if not result.ok or not result.payload["ok"]:
            raise RuntimeError(f"the shop cannot be published: {result.error or result.payload}")
        yield cloud


def _template() -> dict[str, Any]:
    from infra.app import synthesise  # the CDK starts a Node process: only who asks pays for it

    with tempfile.TemporaryDirectory() as folder:
        body: dict[str, Any] = json.loads(synthesise("local", folder).read_text("utf-8"))
    for resource in body["Resources"].values():
        if resource["Type"] == "AWS::Events::Rule" and "ScheduleExpression" in resource["Properties"]:
            resource["Properties"]["State"] = "DISABLED"
    return body
