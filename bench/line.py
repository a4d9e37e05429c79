"""The functions, run in this process as Lambda runs them, against the stub: events in, batches handed on, time kept.

Only what happens inside a handler is timed. `sdk` is the part of it that passes inside the one entrance of clients,
`_make_api_call`: building, signing, sending and parsing, botocore's or our own; the rest is what we do with it.
"""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.client import HTTPConnection
from pathlib import Path
from time import process_time
from typing import Any

from bench import shop
from bench.stub import KEYS, encode
from kairos.settings import FUNCTIONS, variables

ROOT = Path(__file__).resolve().parent.parent
BUCKET, SECRET_ARN, PREFIX = "releases", "arn:aws:secretsmanager:eu-west-1:123456789012:secret:bench", "/kairos/bench/"
INBOX_ARN = "arn:aws:sqs:eu-west-1:123456789012:inbox.fifo"


@dataclass
class Spent:
    """Invocations of one kind: processor seconds of each, the SDK's part of them, calls and records.

    Other programs share the machine, and slow down what they do not even take time from. So sums are of the quickest
    quarter, which has the machine most to itself, taken for all.
    """

    samples: list[tuple[float, float, int, int]] = field(default_factory=list)

    @property
    def invocations(self) -> int:
        return len(self.samples)

    @property
    def cpu(self) -> float:
        return self._sum(0)

    @property
    def sdk(self) -> float:
        return self._sum(1)

    @property
    def calls(self) -> int:
        return sum(sample[2] for sample in self.samples)

    @property
    def records(self) -> int:
        return sum(sample[3] for sample in self.samples)

    def _sum(self, part: int) -> float:
        quickest = sorted(self.samples)[: max(1, len(self.samples) // 4)]
        return sum(sample[part] for sample in quickest) / max(1, len(quickest)) * len(self.samples)


class Context:
    """What a handler asks of Lambda's context."""

    function_name = "bench"

    def get_remaining_time_in_millis(self) -> int:
        return 60_000


@dataclass
class Line:
    """The stations in a row. Take one from `line()`."""

    door: HTTPConnection
    spent: defaultdict[str, Spent] = field(default_factory=lambda: defaultdict(Spent))
    sdk: float = 0.0
    calls: int = 0

    # ---- running a function ------------------------------------------------------------------------------------

    def invoke(self, name: str, event: Mapping[str, Any], records: int = 1, what: str = "") -> Any:
        """Run one handler and keep its time under its name and `what`. Raises RuntimeError where it hands back."""
        handler = importlib.import_module(f"functions.{name}").handler
        self.sdk, self.calls = 0.0, 0
        began = process_time()
        answer = handler(event, Context())
        cpu = process_time() - began
        self.spent[f"{name}{what}"].samples.append((cpu, self.sdk, self.calls, records))
        if isinstance(answer, dict) and (answer.get("batchItemFailures") or answer.get("statusCode", 202) != 202):
            raise RuntimeError(f"{name} answered {answer}")
        return answer

    def post(self, path: str, said: Mapping[str, Any]) -> None:
        """Let `ingest` take one request of the shop's server."""
        http = {"method": "POST", "path": path, "sourceIp": "192.0.2.10"}
        event = {
            "version": "2.0",
            "rawPath": path,
            "rawQueryString": "",
            "headers": shop.HEADERS,
            "requestContext": {"http": http, "requestId": "bench"},
            "body": shop.body(said).decode(),
            "isBase64Encoded": False,
        }
        self.invoke("ingest", event)

    def decide(self, batch: int, what: str = "") -> int:
        """Let `decide` take all that waits in the inbox."""
        records = [{**record, "eventSourceARN": INBOX_ARN} for record in self.take("inbox.fifo")]
        return self._batches("decide", records, batch, what)

    def dispatch(self, batch: int) -> int:
        """Let `dispatch` take all that the stream holds."""
        return self._batches("dispatch", self._door("stream", {})["taken"], batch)

    def deliver(self, batch: int) -> int:
        """Let `deliver` take all that waits in the outboxes."""
        return self._batches("deliver", self.take("marketing") + self.take("transactional"), batch)

    def _batches(self, name: str, records: Sequence[Any], batch: int, what: str = "") -> int:
        for start in range(0, len(records), batch):
            part = list(records[start : start + batch])
            self.invoke(name, {"Records": part}, len(part), what)
        return len(records)

    # ---- the bench's own door ----------------------------------------------------------------------------------

    def take(self, queue: str) -> list[dict[str, Any]]:
        """Return what waits in a queue, and empty it."""
        taken: list[dict[str, Any]] = self._door("take", {"queue": queue})["taken"]
        return taken

    def prepare(self) -> None:
        """Put in place what a stage has before its first event: secrets and a live release."""
        texts = {SECRET_ARN: "x" * 64, f"{PREFIX}track/main": json.dumps(shop.CONNECTION)}
        self._door("texts", texts)
        releases = _releases(self)
        from kairos.app.ports import Pointer

        releases.point(Pointer(releases.put_bundle(shop.bundle())), None)

    def forget(self) -> None:
        """Begin to keep time anew."""
        self.spent.clear()

    def _door(self, what: str, body: Mapping[str, Any]) -> Any:
        self.door.request("POST", f"/_/{what}", json.dumps(body))
        return json.loads(self.door.getresponse().read())

    def put_object(self, path: str, data: bytes) -> None:
        """Put an object where S3 would be asked for it."""
        self._door("object", {"path": path, "bytes": encode(data)})


def _releases(line: Line) -> Any:
    from kairos.aws.releases import AwsReleases
    from kairos.bootstrap import _client

    class Objects:
        def put_object(self, *, Key: str, Body: bytes, **_: Any) -> None:  # noqa: N803 - AWS's own names
            line.put_object(f"/{BUCKET}/{Key}", Body)

    return AwsReleases(_client("dynamodb"), Objects(), "config", BUCKET)


@contextmanager
def line() -> Iterator[Line]:
    """Start the stub, point the functions of this process at it, and yield the line. Once in a process.

    Loggers keep the stream they were born with, so what functions print goes nowhere from here on.
    """
    shown, sys.stdout = sys.stdout, Path(os.devnull).open("w")  # noqa: SIM115 - loggers outlive us
    stub = subprocess.Popen(
        [sys.executable, "-m", "bench.stub"], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert stub.stdout is not None
    port = int(stub.stdout.readline())
    kept = dict(os.environ)
    os.environ.update(environment(port))
    running = Line(HTTPConnection("127.0.0.1", port))
    restore = _time_calls(running)
    try:
        running.prepare()
        yield running
    finally:
        restore()
        os.environ.clear()
        os.environ.update(kept)
        running.door.close()
        stub.communicate()
        sys.stdout = shown


def environment(port: int) -> dict[str, str]:
    """Return the environment of every function of a stage whose AWS is the stub."""
    url = f"http://127.0.0.1:{port}"
    # Whatever a function asks for that is not named below leads nowhere: then the call fails, not the start.
    others = {name: f"{url}/nowhere" for kind in FUNCTIONS for name in variables(kind).values()}
    tables = {f"KAIROS_{table.upper()}_TABLE": table for table in KEYS}
    queues = {
        "INBOX": "inbox.fifo",
        "PARKED": "parked.fifo",
        "OUTBOX_TRANSACTIONAL": "transactional",
        "OUTBOX_MARKETING": "marketing",
        "EFFECTS_DLQ": "effects",
    }
    return {
        "AWS_ENDPOINT_URL": url,
        "AWS_REGION": "eu-west-1",
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_ACCESS_KEY_ID": "AKIABENCHBENCHBENCH1",
        "AWS_SECRET_ACCESS_KEY": "bench",
        "AWS_SESSION_TOKEN": "bench" * 60,  # a function's credentials have one, and it is signed too
        # What the machine says of proxies is none of a function's settings.
        **dict.fromkeys(("HTTPS_PROXY", "HTTP_PROXY", "https_proxy", "http_proxy"), ""),
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_LAMBDA_FUNCTION_NAME": "bench",
        **others,
        "KAIROS_STAGE": "bench",
        **tables,
        **{f"KAIROS_{name}_URL": f"{url}/123456789012/{queue}" for name, queue in queues.items()},
        "KAIROS_INBOX_ARN": INBOX_ARN,
        "KAIROS_RELEASES_BUCKET": BUCKET,
        "KAIROS_SCHEDULE_GROUP": "bench",
        "KAIROS_SCHEDULE_ROLE_ARN": "arn:aws:iam::123456789012:role/ring",
        "KAIROS_SCHEDULE_DLQ_ARN": "arn:aws:sqs:eu-west-1:123456789012:schedule-dlq",
        "KAIROS_IDENTITY_SECRET_ARN": SECRET_ARN,
        "KAIROS_CONNECTIONS_PREFIX": PREFIX,
        "KAIROS_CONFIGURATION_SET": "bench",
        "KAIROS_PUSH_APPLICATIONS": "arn:aws:sns:us-east-1:123456789012:app/{platform}/bench",
        "KAIROS_PUBLIC_URL": "https://example.com",
        "POWERTOOLS_SERVICE_NAME": "kairos-bench",
        "POWERTOOLS_METRICS_NAMESPACE": "Kairos",
        "POWERTOOLS_TRACE_DISABLED": "true",
        "PYTHONTZPATH": "",
        "TZ": "UTC",
    }


def _time_calls(running: Line) -> Callable[[], None]:
    from botocore.client import BaseClient

    from kairos.aws.direct import DirectClient

    kinds: tuple[Any, ...] = (BaseClient, DirectClient)
    originals = [kind._make_api_call for kind in kinds]

    def timing(original: Callable[..., Any]) -> Callable[..., Any]:
        def timed(self: Any, operation: str, params: Any) -> Any:
            began = process_time()
            try:
                return original(self, operation, params)
            finally:
                running.sdk += process_time() - began
                running.calls += 1

        return timed

    def restore() -> None:
        for kind, original in zip(kinds, originals, strict=True):
            kind._make_api_call = original

    for kind, original in zip(kinds, originals, strict=True):
        kind._make_api_call = timing(original)
    return restore


def introduce(line: Line, people: Iterable[str]) -> None:
    """Let customers become known, with a few visits behind them."""
    now = datetime.now(UTC)
    for who in people:
        line.post("/v1/batch", shop.introduction(who, now))
        line.post("/v1/batch", {"batch": [shop.page(who, number, now) for number in range(5)]})
    line.decide(10)
    line.dispatch(100)
