"""Read CloudFormation: intrinsic functions, parameters, conditions and mappings, as far as a CDK stack uses them.

Nothing here knows what a resource is: `physical` answers for `Ref` and `Fn::GetAtt`.
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference.html
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from kairos.local.errors import Unplayable

Physical = Callable[[str, str | None], Any]
_NO_VALUE = object()
_VARIABLE = re.compile(r"\$\{(!?)([^}]+)\}")


class Template:
    """One parsed template. `account`, `region` and `stack` answer for the pseudo parameters."""

    def __init__(self, body: Mapping[str, Any], *, account: str, region: str, stack: str) -> None:
        self.body = body
        self.resources: Mapping[str, Mapping[str, Any]] = body.get("Resources", {})
        self._pseudo = {
            "AWS::AccountId": account,
            "AWS::Region": region,
            "AWS::Partition": "aws",
            "AWS::URLSuffix": "amazonaws.com",
            "AWS::StackName": stack,
            "AWS::StackId": f"arn:aws:cloudformation:{region}:{account}:stack/{stack}/local",
            "AWS::NotificationARNs": [],
        }
        self._parameters = {name: _default(spec) for name, spec in body.get("Parameters", {}).items()}

    @classmethod
    def read(cls, path: Path | str, *, account: str, region: str, stack: str) -> Template:
        """Read a synthesised template, JSON."""
        return cls(json.loads(Path(path).read_text("utf-8")), account=account, region=region, stack=stack)

    def active(self) -> list[str]:
        """Return the logical ids of the resources whose condition holds, in the template's order."""
        return [name for name, spec in self.resources.items() if self._holds(spec.get("Condition"))]

    def resolve(self, value: Any, physical: Physical) -> Any:
        """Return `value` with every intrinsic function carried out; raise `Unplayable` for an unknown one."""
        if isinstance(value, list):
            resolved = [self.resolve(item, physical) for item in value]
            return [item for item in resolved if item is not _NO_VALUE]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            ((key, argument),) = value.items()
            if key == "Ref" or key.startswith("Fn::"):
                return self._intrinsic(key, argument, physical)
        resolved_items = {key: self.resolve(item, physical) for key, item in value.items()}
        return {key: item for key, item in resolved_items.items() if item is not _NO_VALUE}

    def _intrinsic(self, key: str, argument: Any, physical: Physical) -> Any:
        if key == "Ref":
            return self._ref(argument, physical)
        if key == "Fn::GetAtt":
            name, attribute = argument.split(".", 1) if isinstance(argument, str) else argument
            return physical(name, self.resolve(attribute, physical))
        if key == "Fn::Sub":
            return self._sub(argument, physical)
        if key == "Fn::If":
            condition, yes, no = argument
            return self.resolve(yes if self._holds(condition) else no, physical)
        if key not in _PURE:
            raise Unplayable(key, "this intrinsic function is not played")
        return _PURE[key](self.body.get("Mappings", {}), self.resolve(argument, physical))

    def _ref(self, name: str, physical: Physical) -> Any:
        if name == "AWS::NoValue":
            return _NO_VALUE
        if name in self._pseudo:
            return self._pseudo[name]
        if name in self._parameters:
            return self._parameters[name]
        return physical(name, None)

    def _sub(self, argument: Any, physical: Physical) -> str:
        text, given = argument if isinstance(argument, list) else (argument, {})
        values = {name: self.resolve(value, physical) for name, value in given.items()}

        def fill(match: re.Match[str]) -> str:
            literal, name = match.groups()
            if literal:
                return "${" + name + "}"
            if name in values:
                return str(values[name])
            if "." in name:
                logical, attribute = name.split(".", 1)
                return str(physical(logical, attribute))
            return str(self._ref(name, physical))

        return _VARIABLE.sub(fill, text)

    def _holds(self, condition: Any) -> bool:
        if condition is None:
            return True
        if isinstance(condition, str):
            return self._holds(self.body.get("Conditions", {})[condition])
        ((key, argument),) = condition.items()
        if key == "Condition":
            return self._holds(argument)
        if key == "Fn::Equals":
            left, right = (self.resolve(side, _no_resource) for side in argument)
            return bool(left == right)
        parts = [self._holds(part) for part in argument]
        return {"Fn::And": all(parts), "Fn::Or": any(parts), "Fn::Not": not parts[0]}[key]


def _default(spec: Mapping[str, Any]) -> Any:
    value = spec.get("Default", "")
    return value.split(",") if spec.get("Type") == "CommaDelimitedList" else value


def _no_resource(name: str, attribute: str | None) -> Any:
    raise Unplayable(name, "a condition may not depend on a resource")


def _select(_: Mapping[str, Any], argument: Any) -> Any:
    index, items = argument
    return items[int(index)]


def _find_in_map(mappings: Mapping[str, Any], argument: Any) -> Any:
    name, top, second = argument
    return mappings[name][top][second]


_PURE: dict[str, Callable[[Mapping[str, Any], Any], Any]] = {
    "Fn::Join": lambda _, argument: argument[0].join(map(str, argument[1])),
    "Fn::Split": lambda _, argument: argument[1].split(argument[0]),
    "Fn::Select": _select,
    "Fn::FindInMap": _find_in_map,
    "Fn::Base64": lambda _, argument: base64.b64encode(argument.encode()).decode(),
    "Fn::GetAZs": lambda _, argument: [f"{argument}a", f"{argument}b", f"{argument}c"],
}
