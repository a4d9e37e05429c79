"""Policies: what a document allows and denies, statement by statement.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from kairos.local.conditions import Condition, Context, glob, read_conditions, refuse_variables
from kairos.local.errors import Unplayable

_ELEMENTS = frozenset(
    {"Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Condition", "Principal", "NotPrincipal"}
)


@dataclass(frozen=True, slots=True)
class Request:
    """What AWS asks its policies: may this be done with that? `resource` is an ARN, or "*" for what has none."""

    action: str
    resource: str
    context: Context


@dataclass(frozen=True, slots=True)
class Principal:
    """Who asks: `kind` is "AWS" for the role `name` (its ARN), or "Service" for a service ("events.amazonaws.com")."""

    kind: str
    name: str
    account: str

    @property
    def root(self) -> str:
        return f"arn:aws:iam::{self.account}:root"


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement. `principals` is None in the policies of a role, which are about that role."""

    where: str
    allows: bool
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    conditions: tuple[Condition, ...]
    but_actions: bool = False
    but_resources: bool = False
    principals: Mapping[str, tuple[str, ...]] | None = None

    def covers(self, request: Request) -> bool:
        """Tell whether the statement speaks of this action on this resource, under these conditions."""
        action = any(glob(pattern.lower(), request.action.lower()) for pattern in self.actions)
        resource = any(resource_matches(pattern, request.resource) for pattern in self.resources)
        return (
            action != self.but_actions
            and resource != self.but_resources
            and all(condition.holds(request.context) for condition in self.conditions)
        )

    def names(self, principal: Principal) -> bool:
        """Tell whether a resource's statement is about `principal` itself, or about everybody."""
        named = (self.principals or {}).get(principal.kind, ())
        return "*" in (self.principals or {}).get("AWS", ()) or principal.name in named

    def delegates(self, principal: Principal) -> bool:
        """Tell whether a resource's statement leaves the matter to the policies of the principal's account."""
        return principal.kind == "AWS" and bool({principal.root, principal.account} & set(self._aws()))

    def _aws(self) -> tuple[str, ...]:
        return (self.principals or {}).get("AWS", ())

    def grants(self) -> Iterator[tuple[str, str]]:
        """Yield each (action, resource) of a statement that allows by name."""
        for action in self.actions:
            for resource in self.resources:
                yield action, f"all but {resource}" if self.but_resources else resource


def resource_matches(pattern: str, resource: str) -> bool:
    """Tell whether a resource matches: part by part of its ARN, where a `*` at the end of all reaches on."""
    if pattern == "*":
        return True
    patterns, parts = pattern.split(":", 5), resource.split(":", 5)
    # Of an ARN that is not written out, AWS takes the rest to be stars.
    complete = patterns + ["*"] * (len(parts) - len(patterns))
    return len(parts) == 6 and all(map(glob, complete, parts))


def read_document(where: str, document: Mapping[str, Any]) -> tuple[Statement, ...]:
    """Return the statements of a policy; raise `Unplayable` for what could not be held to it."""
    return tuple(_statement(where, each) for each in as_list(document["Statement"]))


def _statement(where: str, spec: Mapping[str, Any]) -> Statement:
    unknown = set(spec) - _ELEMENTS
    if unknown or "NotPrincipal" in spec:
        raise Unplayable(where, f"{', '.join(unknown) or 'NotPrincipal'} in a statement cannot be evaluated")
    if spec["Effect"] not in ("Allow", "Deny"):
        raise Unplayable(where, f"a statement's effect is Allow or Deny, not {spec['Effect']}")
    if spec.get("Action") == "sts:AssumeRole":
        spec = {**spec, "Resource": "*"}  # a role's trust policy is about the role
    actions, resources = _either(where, spec, "Action"), _either(where, spec, "Resource")
    for resource in resources:
        refuse_variables(where, resource)
    return Statement(
        where=where,
        allows=spec["Effect"] == "Allow",
        actions=actions,
        resources=resources,
        conditions=read_conditions(where, spec.get("Condition", {})),
        but_actions="NotAction" in spec,
        but_resources="NotResource" in spec,
        principals=_principals(spec["Principal"]) if "Principal" in spec else None,
    )


def _either(where: str, spec: Mapping[str, Any], name: str) -> tuple[str, ...]:
    if (name in spec) == (f"Not{name}" in spec):
        raise Unplayable(where, f"a statement has either {name} or Not{name}")
    return tuple(str(each) for each in as_list(spec.get(name, spec.get(f"Not{name}"))))


def _principals(spec: Any) -> dict[str, tuple[str, ...]]:
    if isinstance(spec, str):
        return {"AWS": (spec,)}
    return {kind: tuple(as_list(names)) for kind, names in spec.items()}


def as_list(value: Any) -> list[Any]:
    """Return a list of what CloudFormation writes alone where there is one of it."""
    return value if isinstance(value, list) else [value]
