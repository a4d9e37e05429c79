"""`signal` and `enter`: what an operator says of many customers, or of some by name."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from kairos.cli.customer import find_customer
from kairos.cli.failure import CannotDo
from kairos.cli.live import run_live

if TYPE_CHECKING:
    from kairos.cli.deployment import Deployment


def read_properties(given: Sequence[str]) -> dict[str, Any]:
    """Return `name=value` pairs; a value that is JSON is read as such, all else is a text. Raises CannotDo."""
    properties: dict[str, Any] = {}
    for pair in given:
        name, equals, value = pair.partition("=")
        if not equals or not name.strip():
            raise CannotDo(f"a property is name=value; found {pair!r}")
        properties[name.strip()] = _value(value)
    return properties


def read_condition(text: str) -> Any:
    """Return a condition written in YAML or JSON. Raises CannotDo."""
    from kairos.app.definitions.yaml_source import read_yaml

    source = read_yaml(text.encode())
    if source.wrong:
        raise CannotDo(f"the condition: {source.wrong[0].message}")
    return source.document


def enter_customers(deployment: Deployment, journey: str, customers: Sequence[str], properties: dict[str, Any]) -> int:
    """Start a journey for customers, each found by any of their identifiers."""
    profiles = [find_customer(deployment, customer).id for customer in customers]
    request = {"command": "enter", "id": journey, "profiles": profiles, "properties": properties}
    return run_live(deployment, request)


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text
