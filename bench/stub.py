"""A server on the loopback that answers like the AWS services of the hot path, and keeps the state they need.

    python -m bench.stub          prints its port, serves until its standard input ends

It is a process of its own, so that its processor time is not the functions'. Writes are stored and conditions on
absence and version are held; the arithmetic of other conditions is taken as fulfilled, since nothing here repeats.
`/_/…` is the bench's own door: it puts what must be there first, and takes what was queued and streamed.
"""

from __future__ import annotations

import hashlib
import json
import re
import sys
import threading
from base64 import b64decode, b64encode
from collections import Counter, defaultdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

KEYS = {
    "customers": ("profile",),
    "identities": ("identity",),
    "contacts": ("profile", "ref"),
    "suppressions": ("address", "scope"),
    "messages": ("message",),
    "config": ("kind", "id"),
    "consents": ("person", "word"),
}
_SET = re.compile(r"(#?\w+) = (:\w+)")


class ConditionFailed(Exception):
    """What is there is not what the write expected. `item` is what is there."""

    def __init__(self, item: dict[str, Any]) -> None:
        self.item = item
        super().__init__("the condition of the write failed")


class State:
    """Everything the stub knows. Table and queue names are the short ones."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.tables: dict[str, dict[tuple[str, ...], dict[str, Any]]] = defaultdict(dict)
        self.queues: dict[str, list[dict[str, Any]]] = defaultdict(list)
        self.stream: list[dict[str, Any]] = []
        self.objects: dict[str, bytes] = {}
        self.texts: dict[str, str] = {}
        self.calls: Counter[str] = Counter()
        self.number = 0

    def next(self) -> int:
        self.number += 1
        return self.number

    # ---- DynamoDB ----------------------------------------------------------------------------------------------

    def get_item(self, body: dict[str, Any]) -> dict[str, Any]:
        item = self.tables[body["TableName"]].get(_key(body["TableName"], body["Key"]))
        return {"Item": item} if item else {}

    def batch_get_item(self, body: dict[str, Any]) -> dict[str, Any]:
        found = {
            table: [item for key in asked["Keys"] if (item := self.tables[table].get(_key(table, key)))]
            for table, asked in body["RequestItems"].items()
        }
        return {"Responses": found, "UnprocessedKeys": {}}

    def query(self, body: dict[str, Any]) -> dict[str, Any]:
        """Return the rows of one partition whose sort key begins as asked: what `suppressions` is asked for."""
        (partition, begins) = (value["S"] for value in body["ExpressionAttributeValues"].values())
        rows = self.tables[body["TableName"]].items()
        return {"Items": [row for (first, *rest), row in rows if first == partition and rest[0].startswith(begins)]}

    def put_item(self, body: dict[str, Any]) -> dict[str, Any]:
        table, item = body["TableName"], body["Item"]
        key = _key(table, item)
        there = self.tables[table].get(key)
        condition = body.get("ConditionExpression", "")
        if there and condition.startswith("attribute_not_exists") and " OR " not in condition:
            raise ConditionFailed(there)
        if condition == "version = :version":
            expected = body["ExpressionAttributeValues"][":version"]
            if not there or there["version"] != expected:
                raise ConditionFailed(there or {})
        self.tables[table][key] = item
        if table == "customers" and "effects" in item:
            self._stream(item)
        return {}

    def update_item(self, body: dict[str, Any]) -> dict[str, Any]:
        table = body["TableName"]
        item = self.tables[table].setdefault(_key(table, body["Key"]), dict(body["Key"]))
        names = body.get("ExpressionAttributeNames", {})
        for name, value in _SET.findall(body["UpdateExpression"]):
            item[names.get(name, name)] = body["ExpressionAttributeValues"][value]
        return {}

    def delete_item(self, body: dict[str, Any]) -> dict[str, Any]:
        self.tables[body["TableName"]].pop(_key(body["TableName"], body["Key"]), None)
        return {}

    def _stream(self, item: dict[str, Any]) -> None:
        change = {"Keys": {"profile": item["profile"]}, "NewImage": item, "SequenceNumber": f"{self.next():020d}"}
        self.stream.append({"eventID": str(self.number), "eventName": "MODIFY", "dynamodb": change})

    # ---- the rest ----------------------------------------------------------------------------------------------

    def send_message_batch(self, body: dict[str, Any]) -> dict[str, Any]:
        accepted = []
        for entry in body["Entries"]:
            number, text = self.next(), entry["MessageBody"]
            attributes = {"SequenceNumber": f"{number:020d}", "MessageGroupId": entry.get("MessageGroupId", "")}
            name = body["QueueUrl"].rsplit("/", 1)[-1]
            self.queues[name].append({"messageId": f"m{number}", "body": text, "attributes": attributes})
            md5 = hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
            accepted.append({"Id": entry["Id"], "MessageId": f"m{number}", "MD5OfMessageBody": md5})
        return {"Successful": accepted, "Failed": []}

    def put_record_batch(self, body: dict[str, Any]) -> dict[str, Any]:
        return {"FailedPutCount": 0, "RequestResponses": [{"RecordId": f"r{self.next()}"} for _ in body["Records"]]}

    def get_parameter(self, body: dict[str, Any]) -> dict[str, Any]:
        return {"Parameter": {"Name": body["Name"], "Type": "SecureString", "Value": self.texts[body["Name"]]}}

    def get_secret_value(self, body: dict[str, Any]) -> dict[str, Any]:
        return {"ARN": body["SecretId"], "Name": "identity", "SecretString": self.texts[body["SecretId"]]}


def _key(table: str, item: dict[str, Any]) -> tuple[str, ...]:
    return tuple(item[name]["S"] for name in KEYS[table])


class Handler(BaseHTTPRequestHandler):
    """One connection, kept open as AWS keeps it."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    state: ClassVar[State]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        target = self.headers.get("x-amz-target", "")
        with self.state.lock:
            if target:
                self._operate(target.rpartition(".")[2], json.loads(body))
            elif self.path.startswith("/_/"):
                self._own(self.path[3:], json.loads(body or b"{}"))
            elif self.path.startswith("/schedules/"):
                self._operate("CreateSchedule", {})
            else:
                self._operate("SendEmail", {})

    def do_PUT(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        with self.state.lock:
            self.state.objects[self.path] = body
            self._answer(200, b"", "application/xml")

    def do_GET(self) -> None:
        with self.state.lock:
            self.state.calls["GetObject"] += 1
            found = self.state.objects.get(self.path.partition("?")[0])
            self._answer(200 if found is not None else 404, found or b"", "application/octet-stream")

    def _operate(self, operation: str, body: dict[str, Any]) -> None:
        self.state.calls[operation] += 1
        if operation == "CreateSchedule":
            self._json(200, {"ScheduleArn": "arn:aws:scheduler:eu-west-1:123456789012:schedule/bench/x"})
        elif operation == "SendEmail":
            self._json(200, {"MessageId": f"0100-{self.state.next()}"})
        else:
            try:
                self._json(200, getattr(self.state, re.sub(r"(?<=[a-z])(?=[A-Z])", "_", operation).lower())(body))
            except ConditionFailed as failed:
                kind = "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException"
                self._json(400, {"__type": kind, "message": str(failed), "Item": failed.item})

    def _own(self, what: str, body: dict[str, Any]) -> None:
        state = self.state
        if what == "take":
            taken, state.queues[body["queue"]] = state.queues[body["queue"]], []
            self._json(200, {"taken": taken})
        elif what == "stream":
            taken, state.stream = state.stream, []
            self._json(200, {"taken": taken})
        elif what == "texts":
            state.texts |= body
            self._json(200, {})
        elif what == "object":
            state.objects[body["path"]] = b64decode(body["bytes"])
            self._json(200, {})
        else:
            counted, state.calls = state.calls, Counter()
            self._json(200, dict(counted))

    def _json(self, status: int, value: Any) -> None:
        self._answer(status, json.dumps(value).encode(), "application/x-amz-json-1.0")

    def _answer(self, status: int, body: bytes, kind: str) -> None:
        self.send_response_only(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(body)))
        self.send_header("x-amzn-requestid", "bench")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: Any) -> None:
        """Say nothing: nobody reads it, and saying it takes time."""


def serve() -> ThreadingHTTPServer:
    """Return a server on a free port of the loopback with a fresh state, not serving yet."""
    handler = type("Handler", (Handler,), {"state": State()})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    return server


def encode(data: bytes) -> str:
    """Return bytes as the bench's own door takes them."""
    return b64encode(data).decode()


if __name__ == "__main__":
    running = serve()
    threading.Thread(target=running.serve_forever, daemon=True).start()
    print(running.server_address[1], flush=True)
    sys.stdin.read()
