"""Read a synthesised template the way the tests ask about it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

Properties = dict[str, Any]


class Deployed:
    """The CloudFormation of one stage."""

    def __init__(self, template: Path) -> None:
        self.path = template
        self.template: dict[str, Any] = json.loads(template.read_text())

    def of_type(self, kind: str) -> dict[str, Properties]:
        """Return the properties of each resource of the type `AWS::<kind>`, by logical id."""
        return {
            name: resource.get("Properties", {})
            for name, resource in self.template["Resources"].items()
            if resource["Type"] == f"AWS::{kind}"
        }

    def resource(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = self.template["Resources"][name]
        return found

    def properties(self, name: str) -> Properties:
        found: Properties = self.resource(name)["Properties"]
        return found

    def statements(self, role: str) -> Iterator[Properties]:
        """Yield the statements of every policy attached to `role`."""
        for policy in self.of_type("IAM::Policy").values():
            if {"Ref": role} in policy["Roles"]:
                yield from policy["PolicyDocument"]["Statement"]

    def actions_on(self, role: str, target: str) -> set[str]:
        """Return what `role` is allowed to do with the resource whose logical id is `target`, or with a part of it."""
        return {
            action
            for statement in self.statements(role)
            if statement["Effect"] == "Allow"
            for resource in as_list(statement.get("Resource", []))
            if target in references(resource)
            for action in as_list(statement["Action"])
        }


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def references(value: Any) -> set[str]:
    """Return the logical ids that a template value refers to, however deep."""
    if isinstance(value, list):
        return {name for each in value for name in references(each)}
    if not isinstance(value, dict):
        return set()
    if "Ref" in value:
        return {value["Ref"]}
    if "Fn::GetAtt" in value:
        return {value["Fn::GetAtt"][0]}
    return {name for each in value.values() for name in references(each)}


def flat(value: Any) -> str:
    """Return a joined string with its references written as <LogicalId>."""
    if isinstance(value, str):
        return value
    if "Fn::Join" in value:
        return "".join(flat(part) for part in value["Fn::Join"][1])
    if "Fn::GetAtt" in value:
        return f"<{value['Fn::GetAtt'][0]}>"
    return f"<{value['Ref']}>"
