"""What DynamoDB refuses and moto takes.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from kairos.local.errors import AwsError
from kairos.local.items import item_size

BATCH_WRITE_MAX, BATCH_GET_MAX = 25, 100
TRANSACTION_BYTES_MAX = 4 * 1024 * 1024
ITEM_BYTES_MAX = 400 * 1024
DIGITS_MAX = 38

Tables = Callable[[str], Any]


def check_dynamodb(operation: str, body: Mapping[str, Any], table: Tables) -> None:
    """Raise `AwsError` where DynamoDB would refuse the call before looking at any item."""
    if operation == "BatchWriteItem" and _entries(body) > BATCH_WRITE_MAX:
        raise _invalid("Too many items requested for the BatchWriteItem call")
    if operation == "BatchGetItem" and sum(len(spec["Keys"]) for spec in body["RequestItems"].values()) > BATCH_GET_MAX:
        raise _invalid("Too many items requested for the BatchGetItem call")
    written = list(_written(operation, body))
    for name, item in written:
        _check_numbers(item)
        _check_index_keys(table(name), item)
        if item_size(item) > ITEM_BYTES_MAX:
            raise _invalid("Item size has exceeded the maximum allowed size")
    if operation == "TransactWriteItems" and sum(item_size(item) for _, item in written) > TRANSACTION_BYTES_MAX:
        raise _invalid("Transaction request size exceeds 4 MB")


def _invalid(message: str) -> AwsError:
    return AwsError("ValidationException", message)


def _entries(body: Mapping[str, Any]) -> int:
    return sum(len(requests) for requests in body["RequestItems"].values())


def _written(operation: str, body: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    if operation == "PutItem":
        yield body["TableName"], body["Item"]
    elif operation == "UpdateItem":
        # An update's values are not named by attribute: their numbers can be checked, their index keys cannot.
        values = {f"#{i}": value for i, value in enumerate((body.get("ExpressionAttributeValues") or {}).values())}
        yield body["TableName"], values
    elif operation == "BatchWriteItem":
        for name, requests in body["RequestItems"].items():
            yield from ((name, request["PutRequest"]["Item"]) for request in requests if "PutRequest" in request)
    elif operation == "TransactWriteItems":
        for entry in body["TransactItems"]:
            if "Put" in entry:
                yield entry["Put"]["TableName"], entry["Put"]["Item"]


def _check_numbers(item: Mapping[str, Any]) -> None:
    for value in item.values():
        ((kind, content),) = value.items()
        if kind in ("N", "NS"):
            for number in [content] if kind == "N" else content:
                if len(_digits(str(number))) > DIGITS_MAX:
                    raise _invalid("Attempting to store more than 38 significant digits in a Number")
        elif kind == "M":
            _check_numbers(content)
        elif kind == "L":
            _check_numbers({str(index): item for index, item in enumerate(content)})


def _digits(number: str) -> str:
    mantissa = number.lower().split("e")[0].lstrip("+-")
    return mantissa.replace(".", "").strip("0")


def _check_index_keys(table: Any, item: Mapping[str, Any]) -> None:
    types = {spec["AttributeName"]: spec["AttributeType"] for spec in table.attr}
    for index in table.global_indexes:
        for name in index.schema_key_attrs:
            if name in item and types[name] not in item[name]:
                raise _invalid(
                    f"One or more parameter values were invalid: Type mismatch for Index Key {name} "
                    f"Expected: {types[name]} Actual: {next(iter(item[name]))} IndexName: {index.name}"
                )
