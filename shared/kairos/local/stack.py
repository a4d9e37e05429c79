"""Create a template's resources, each when something first refers to it.

A builder gets a resource's resolved properties and returns its `Ref` and attributes. Reference by reference the order
comes out by itself. Types that change nothing that runs here (alarms, log groups, permissions until they are matched)
are inert; any other type without a builder stops the start, by name.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from kairos.local.errors import Unplayable
from kairos.local.template import Template

_INERT = re.compile(
    r"^(AWS::(CloudWatch|IAM|Logs|CDK|Budgets|Synthetics|XRay|ResourceGroups|ApplicationAutoScaling)::.*"
    r"|AWS::Lambda::(Permission|LayerVersion|LayerVersionPermission|Version|Alias)"
    r"|AWS::KMS::Alias|AWS::S3::BucketPolicy|AWS::SQS::QueuePolicy|AWS::SNS::(TopicPolicy|Subscription)"
    r"|AWS::Events::EventBusPolicy|AWS::SecretsManager::ResourcePolicy|AWS::ApiGatewayV2::(ApiMapping|DomainName)"
    r"|AWS::SES::(DedicatedIpPool|VdmAttributes))$"
)


@dataclass(frozen=True, slots=True)
class Physical:
    """What stands for a resource: its `Ref`, and what `Fn::GetAtt` finds."""

    ref: Any
    attributes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Declared:
    """A resource to build: `properties` are resolved, `name` is what AWS would call it without a name of its own."""

    logical: str
    kind: str
    properties: Mapping[str, Any]
    name: str


Builder = Callable[[Declared], Physical]


class Stack:
    """The resources of one template. `builders` maps types to what makes them; `lazy` types resolve few properties."""

    def __init__(
        self, template: Template, name: str, builders: Mapping[str, Builder], lazy: Mapping[str, tuple[str, ...]]
    ) -> None:
        self.template, self.name = template, name
        self._builders, self._lazy = builders, lazy
        self._made: dict[str, Physical] = {}
        self._making: list[str] = []

    def build(self) -> None:
        """Create every resource whose condition holds."""
        for logical in self.template.active():
            self.physical(logical)

    def outputs(self) -> dict[str, str]:
        """Return the outputs by their name."""
        specs = self.template.body.get("Outputs", {})
        return {name: str(self.resolve(spec["Value"])) for name, spec in specs.items()}

    def resolve(self, value: Any) -> Any:
        """Return `value` with intrinsic functions carried out."""
        return self.template.resolve(value, self._answer)

    def kind(self, logical: str) -> str:
        """Return a resource's type."""
        return str(self.template.resources[logical]["Type"])

    def properties(self, logical: str) -> Any:
        """Return all properties of a resource, resolved: policies, for whoever matches them."""
        return self.resolve(self.template.resources[logical].get("Properties", {}))

    def physical(self, logical: str) -> Physical:
        """Return the resource, creating it and what it refers to; raise `Unplayable`."""
        if logical in self._made:
            return self._made[logical]
        if logical not in self.template.resources:
            raise Unplayable(logical, "the template refers to it and does not declare it")
        if logical in self._making:
            raise Unplayable(logical, f"refers to itself through {' → '.join(self._making)}")
        self._making.append(logical)
        try:
            self._made[logical] = self._make(logical)
        finally:
            self._making.pop()
        return self._made[logical]

    def _make(self, logical: str) -> Physical:
        spec, kind = self.template.resources[logical], self.kind(logical)
        name = f"{self.name}-{logical}"
        if kind not in self._builders:
            if not _INERT.match(kind):
                raise Unplayable(f"{logical} ({kind})", "no builder for this type of resource")
            return Physical(name, _Named(kind, name))
        wanted = self._lazy.get(kind)
        given = spec.get("Properties", {})
        chosen = given if wanted is None else {key: given[key] for key in wanted if key in given}
        return self._builders[kind](Declared(logical, kind, self.resolve(chosen), name))

    def _answer(self, logical: str, attribute: str | None) -> Any:
        physical = self.physical(logical)
        if attribute is None:
            return physical.ref
        try:
            return physical.attributes[attribute]
        except KeyError as error:
            raise Unplayable(f"{logical}.{attribute}", "this attribute is not played") from error


class _Named(dict[str, Any]):
    """Attributes of an inert resource: an ARN that nothing answers to."""

    def __init__(self, kind: str, name: str) -> None:
        super().__init__()
        self._kind, self._name = kind, name

    def __missing__(self, attribute: str) -> str:
        return f"arn:aws:inert:::{self._kind}/{self._name}/{attribute}"
