"""The local cloud: a synthesised template, running in this process on a virtual clock.

    with LocalCloud.from_template("Kairos-local.template.json", start=datetime(2026, 3, 1, tzinfo=UTC)) as cloud:
        cloud.http("POST", "/v1/track", {"authorization": "…"}, b"{…}")
        cloud.advance(by=timedelta(days=1))
        cloud.emails[0].subject

Time only moves in `advance`. In between, everything that can happen at the present instant happens in `settle`: streams
first, then queues in the order of the template, until nothing is left. Two runs of one history are the same run.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal

from kairos.local.aws import DEFAULT_REGION, Aws
from kairos.local.build_permissions import build_permissions, readable
from kairos.local.capacity import Capacity
from kairos.local.errors import AlreadyRunning, Denied, NotFound
from kairos.local.faults import Crash, Fault, Kind, When
from kairos.local.function import Result
from kairos.local.logs import LogLine
from kairos.local.mail import Email
from kairos.local.parts import Parts
from kairos.local.permissions import Denial, Permissions
from kairos.local.queue import Queue
from kairos.local.routes import Response, Routes
from kairos.local.sms import Sms
from kairos.local.stack import Stack
from kairos.local.tables import Table
from kairos.local.template import Template
from kairos.local.timeline import Timeline
from kairos.local.wire import Caller

LOGS_KEPT = 200_000
_running: LocalCloud | None = None


class LocalCloud:
    """One stack. Enter it to start, leave it to forget everything; one at a time in a process."""

    def __init__(
        self,
        body: Mapping[str, Any],
        start: datetime,
        *,
        stage: str = "local",
        region: str = DEFAULT_REGION,
        public_url: str | None = None,
        senders: set[str] | None = None,
        send_rate: int | None = None,
        throttling: bool = False,
        rates: Mapping[str, timedelta] | None = None,
    ) -> None:
        """`start` is aware; `senders` are verified identities (None: every sender); `send_rate` is SES's, per second;
        `throttling` makes the API's routes count requests; `public_url` is where a server really serves the API;
        `rates` are other periods for rules on a schedule, by logical id, where a simulation must be quick."""
        self.stage, self.region, self.start = stage, region, start
        self.stack_name = f"Kairos-{stage}"
        self._aws = Aws(start, region, public_url, self._log)
        self._template = Template(body, account=self._aws.account, region=region, stack=self.stack_name)
        self._senders, self._send_rate, self._throttling = senders, send_rate, throttling
        self._rates = dict(rates or {})
        self.logs: deque[LogLine] = deque(maxlen=LOGS_KEPT)
        self._exit = ExitStack()
        self._outputs: dict[str, str] = {}
        self.permissions: Permissions | None = None

    @classmethod
    def from_template(cls, path: Path | str, start: datetime, stage: str = "local", **options: Any) -> LocalCloud:
        """Read the template that `infra` synthesised; `options` are those of the constructor."""
        return cls(json.loads(Path(path).read_text("utf-8")), start, stage=stage, **options)

    def __enter__(self) -> LocalCloud:
        global _running
        if _running is not None:
            raise AlreadyRunning
        _running = self
        try:
            self._exit.enter_context(self._aws)
            self._build()
        except BaseException as error:
            self.__exit__(type(error))
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None = None, *_: object) -> None:
        global _running
        self._exit.close()
        _running = None
        if kind is None and self.denied:
            raise Denied(self.denied)

    def _build(self) -> None:
        self.parts: Parts = self._aws.parts
        self.parts.ses.identities, self.parts.ses.rate = self._senders, self._send_rate
        self.stack = Stack(self._template, self.stack_name, *self._aws.builders())
        self.stack.build()
        self._outputs = self.stack.outputs()
        self._aws.publish_outputs(self.stack_name, self._outputs)
        for logical, period in self._rates.items():
            self.parts.bus.change_rate(self.stack.physical(logical).ref, period)
        for routes in self.parts.routes.values():
            routes.throttling = self._throttling
        self.permissions = build_permissions(self.stack, self.parts)
        if self.permissions is not None:
            self.parts.wire.gates.append(self.permissions.check)
        self.timeline = Timeline(self.parts, self._aws.clock, self._tables_with_ttl)
        self.parts.wire.calls.clear()
        self.parts.wire.sites.clear()

    def _log(self, line: LogLine) -> None:
        self.logs.append(line)

    def _tables_with_ttl(self) -> Iterator[Any]:
        return iter(list(self._aws.moto_tables().values()))

    # Time

    @property
    def now(self) -> datetime:
        """The virtual instant, UTC."""
        return self._aws.clock.now()

    def advance(
        self,
        *,
        by: timedelta | None = None,
        to: datetime | None = None,
        watch: Callable[[datetime], None] | None = None,
    ) -> None:
        """Live until `to`, or for `by`: do everything that falls due, in order. `watch` sees each instant."""
        if (by is None) == (to is None):
            raise ValueError("say either by or to")
        with self.parts.wire.lock:
            self.timeline.advance(self.now + by if by is not None else to or self.now, watch)

    def settle(self) -> None:
        """Do everything that can be done without time passing."""
        with self.parts.wire.lock:
            self.timeline.settle()

    # What goes in

    def http(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str] | None = None,
        body: bytes | str | Mapping[str, Any] = b"",
        *,
        ip: str = "192.0.2.10",
        settle: bool = True,
    ) -> Response:
        """Send a request to the API; a mapping goes as JSON. Unless told otherwise, let it work through the stack."""
        given = dict(headers or {})
        if isinstance(body, Mapping):
            body = json.dumps(body, ensure_ascii=False)
            given.setdefault("content-type", "application/json")
        raw = body.encode() if isinstance(body, str) else body
        with self.parts.wire.lock:
            response = self._api().request(method, path, given, raw, ip)
            if settle:
                self.timeline.settle()
        return response

    def _api(self) -> Routes:
        for routes in self.parts.routes.values():
            return routes
        raise NotFound("HTTP API", "*")

    def invoke(self, function: str, payload: Any = None, *, settle: bool = True) -> Result:
        """Invoke a function, by short name, and return what came of it."""
        with self.parts.wire.lock:
            result = self.parts.lambdas.invoke(self.parts.lambdas.find(function), payload)
            if settle:
                self.timeline.settle()
        return result

    def put_event(self, source: str, detail_type: str, detail: Mapping[str, Any]) -> None:
        """Put an event onto the default bus."""
        with self.parts.wire.lock:
            self.parts.bus.put(source, detail_type, detail)
            self.timeline.settle()

    def report(self, email: Email, kind: Literal["Open", "Click", "Bounce", "Complaint"], **facts: Any) -> None:
        """Let the recipient of `email` open it, click (`link=…`), bounce or complain."""
        with self.parts.wire.lock:
            self.parts.post.report(email, kind, facts)
            self.timeline.settle()

    # Trouble

    def fault(
        self, service: str, operation: str = "*", n: int = 1, kind: Kind = "throttle", function: str | None = None
    ) -> None:
        """Let the next `n` calls of an operation, by `function` if named, fail in the way of `kind`."""
        self.parts.wire.trouble.faults.append(Fault(service, operation, n, kind, function))

    def kill(self, function: str, nth: int, when: When = "before", skip: int = 0) -> None:
        """Kill `function` at its nth call (from 1) of an invocation, once, after `skip` invocations got past it."""
        self.parts.wire.trouble.crashes.append(Crash(function, nth, when, skip))

    @property
    def call_sites(self) -> list[tuple[str, int, str, str]]:
        """Every (function, nth, service, operation) seen so far, in order of first appearance."""
        return [(site[0], *site[1:]) for site in self.parts.wire.sites if site[0] is not None]

    def cool(self, function: str | None = None) -> None:
        """Make the next invocation of a function, or of all, a cold start."""
        self.parts.lambdas.cool(function)

    # Permissions

    @property
    def denied(self) -> list[Denial]:
        """Every call that the stack's policies refused. What is left in it when the cloud is left is an error."""
        return [] if self.permissions is None else self.permissions.denied

    def take_denied(self) -> list[Denial]:
        """Return what was refused and forget it: for whoever expects a refusal."""
        taken = list(self.denied)
        self.denied.clear()
        return taken

    @property
    def unused_grants(self) -> list[str]:
        """What roles are allowed and nobody has used so far: "<role> <action> <resource>", in order."""
        if self.permissions is None:
            return []
        unused = self.permissions.grants() - self.permissions.used
        return sorted(readable(self.stack, grant) for grant in unused)

    @contextmanager
    def acting(self, function: str) -> Iterator[None]:
        """Make calls of `session` in the name of a function, and with no more rights than it has."""
        wire = self.parts.wire
        outer, wire.caller = wire.caller, Caller(self.parts.lambdas.find(function).short)
        try:
            yield
        finally:
            wire.caller = outer

    # What comes out

    @property
    def emails(self) -> list[Email]:
        """Every message that SES accepted, in order."""
        return self.parts.post.sent

    @property
    def sms(self) -> list[Sms]:
        """Every text message that SNS accepted, in order."""
        return self.parts.sns.sent

    @property
    def session(self) -> Any:
        """A boto3 Session whose calls stay inside."""
        return self._aws.session

    @property
    def outputs(self) -> Mapping[str, str]:
        """The stack's outputs."""
        return self._outputs

    @property
    def tables(self) -> Mapping[str, Table]:
        """The tables, by the first word of their logical id: `customers`, `contacts`, …"""
        return {
            logical.removesuffix("Table").lower(): Table(self._aws.moto_tables()[self.stack.physical(logical).ref])
            for logical in self._template.active()
            if self.stack.kind(logical).startswith("AWS::DynamoDB::")
        }

    @property
    def queues(self) -> Mapping[str, Queue]:
        """The queues, by name without the stage's prefix and .fifo: `inbox`, `inbox-parked`, `outbox-marketing`, …"""
        prefix = f"kairos-{self.stage}-"
        return {queue.name.removeprefix(prefix).removesuffix(".fifo"): queue for queue in self.parts.sqs}

    @property
    def capacity(self) -> Mapping[str, Capacity]:
        """What each table has consumed, by the same names as `tables`."""
        names = {table.name: short for short, table in self.tables.items()}
        return {names.get(name, name): used for name, used in self.parts.dynamodb.meter.tables.items()}

    @property
    def invocations(self) -> Mapping[str, int]:
        """How often each function has been invoked."""
        return self.parts.lambdas.invocations

    @property
    def dropped(self) -> list[tuple[str, Any]]:
        """Asynchronous events that were given up with nowhere to put them."""
        return self.parts.lambdas.dropped
