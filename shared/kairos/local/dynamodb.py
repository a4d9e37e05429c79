"""DynamoDB: moto's tables, called without HTTP, one call at a time, and all or nothing.

moto's handler runs the call; around it stand the lock of the wire (moto is not thread-safe), an undo of what a
cancelled transaction wrote (moto copies whole tables), the checks that moto lacks and the count of capacity.
Skipping signature, URL and parser makes a call about three times as fast as through moto's front door.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any

from boto3.dynamodb.types import Binary
from moto.core.exceptions import JsonRESTError
from moto.dynamodb.models import dynamodb_backends
from moto.dynamodb.responses import DynamoHandler

from kairos.local.call import Call
from kairos.local.capacity import Meter
from kairos.local.errors import AwsError
from kairos.local.items import ITEM_OPERATIONS
from kairos.local.limits import check_dynamodb
from kairos.local.narrow import one_partition
from kairos.local.transactions import Transactions

_LEAVES = frozenset({str, bytes, int, bool, float, type(None)})


class DynamoDb:
    """The item operations; creating and describing tables is moto's own business."""

    def __init__(self, account: str, region: str) -> None:
        self._account, self._region = account, region
        self.meter = Meter(self.table)
        self._transactions = Transactions(self.table)
        self._checked: set[str] = set()

    def table(self, name: str) -> Any:
        """Return moto's table, by name or ARN; raise `AwsError` where there is none."""
        tables = dynamodb_backends[self._account][self._region].tables
        found = tables.get(name.rsplit("/", 1)[-1])
        if found is None:
            raise AwsError("ResourceNotFoundException", "Requested resource not found")
        return found

    def answers(self, operation: str, params: Mapping[str, Any]) -> bool:
        return operation in ITEM_OPERATIONS

    def answer(self, call: Call) -> dict[str, Any]:
        body = _plain(call.params)
        check_dynamodb(call.operation, body, self.table)
        with self.meter.measure(call.operation, body) as measured:
            if call.operation == "TransactWriteItems":
                result = self._transactions.run(body, lambda: self._run(call.operation, body))
            elif call.operation == "Query":
                result = self._query(body)
            else:
                result = self._run(call.operation, body)
            measured.result = result
        kind = body.get("ReturnConsumedCapacity", "NONE")
        return {**result, **({} if kind == "NONE" else measured.consumed(kind))}

    def _query(self, body: dict[str, Any]) -> dict[str, Any]:
        """Answer a query; one that has been checked before and finds an empty partition needs no second check."""
        shape = repr([(key, value) for key, value in body.items() if key != "ExpressionAttributeValues"])
        with one_partition(self.table(body["TableName"]), body) as found:
            if not found and shape in self._checked:
                return {"Items": [], "Count": 0, "ScannedCount": 0}
            result = self._run("Query", body)
        self._checked.add(shape)
        return result

    def _run(self, operation: str, body: dict[str, Any]) -> dict[str, Any]:
        handler = DynamoHandler()
        handler.body = handler.params = body
        handler.current_account, handler.region = self._account, self._region
        try:
            action = getattr(handler, ITEM_OPERATIONS[operation].method)()
        except JsonRESTError as error:
            raise _aws_error(error) from error
        result = _bytes(action.result or {})
        return {key: value for key, value in result.items() if key in ITEM_OPERATIONS[operation].answer}


def _plain(value: Any) -> Any:
    """Copy parameters, with binaries as bytes: what is stored must not be the caller's own object."""
    if type(value) in _LEAVES:
        return value
    if isinstance(value, (dict, Mapping)):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, set):
        return [_plain(item) for item in sorted(value)]
    if isinstance(value, Binary):
        return bytes(value.value)  # type: ignore[attr-defined]
    return bytes(value) if isinstance(value, (bytearray, memoryview)) else value


def _aws_error(error: JsonRESTError) -> AwsError:
    described = json.loads(error.description or "{}")
    code = str(error.error_type).rsplit("#", 1)[-1]
    fields: dict[str, Any] = {}
    if described.get("Item"):
        fields["Item"] = _bytes(described["Item"])
    if described.get("CancellationReasons"):
        fields["CancellationReasons"] = [
            {**reason, **({"Item": _bytes(reason["Item"])} if "Item" in reason else {})}
            for reason in described["CancellationReasons"]
        ]
    message = described.get("message") or described.get("Message") or str(error.message)
    return AwsError(code, message, int(error.code), **fields)


def _bytes(value: Any) -> Any:
    """Decode the base64 of binaries in an item that went through JSON."""
    if not isinstance(value, dict):
        return [_bytes(item) for item in value] if isinstance(value, list) else value
    if len(value) == 1 and "B" in value and isinstance(value["B"], str):
        return {"B": base64.b64decode(value["B"])}
    if len(value) == 1 and "BS" in value:
        return {"BS": [base64.b64decode(item) if isinstance(item, str) else item for item in value["BS"]]}
    return {key: _bytes(item) for key, item in value.items()}
