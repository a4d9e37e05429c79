"""Documents as DynamoDB maps, so that a marketer can read and edit them in the AWS console."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any


def to_attribute(value: Any) -> dict[str, Any]:
    """Return a plain JSON value as an attribute value. Raises ValueError for what JSON could not say either."""
    if isinstance(value, str):
        return {"S": value}
    if isinstance(value, bool):
        return {"BOOL": value}
    if value is None:
        return {"NULL": True}
    if isinstance(value, int | float):
        return {"N": _number(value)}
    if isinstance(value, Mapping):
        return {"M": {str(key): to_attribute(item) for key, item in value.items()}}
    if isinstance(value, list | tuple):
        return {"L": [to_attribute(item) for item in value]}
    raise ValueError(f"a definition cannot hold a {type(value).__name__}")


def from_attribute(value: Mapping[str, Any]) -> Any:
    """Return an attribute value as plain JSON. Sets, which the console offers, become sorted lists."""
    ((kind, content),) = value.items()
    match kind:
        case "S" | "BOOL":
            return content
        case "NULL":
            return None
        case "N":
            return _from_number(content)
        case "M":
            return {key: from_attribute(item) for key, item in content.items()}
        case "L":
            return [from_attribute(item) for item in content]
        case "SS":
            return sorted(content)
        case "NS":
            return sorted(_from_number(item) for item in content)
    raise ValueError(f"a definition cannot hold an attribute of type {kind}")


def _number(value: float) -> str:
    number = Decimal(repr(value))
    if not number.is_finite():
        raise ValueError(f"{value} is no number of a definition")
    return str(number)


def _from_number(text: str) -> int | float:
    number = Decimal(text)
    return int(number) if number == number.to_integral_value() else float(number)
