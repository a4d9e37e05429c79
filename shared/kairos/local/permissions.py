"""Who may do what: every call of the stack against the policies that would be deployed, as IAM weighs them.

A function, and Scheduler, act in the name of a role: what the role's own policies, or the resource's, allow and none
denies. A rule acts in its own name: only the resource's policy can let it. A key decides first: its policy leaves the
matter to the account's policies, or nobody gets in. Whoever holds `cloud.session` is the operator and may do all.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-basics-single-account.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from kairos.local.call import Call
from kairos.local.conditions import Context
from kairos.local.errors import AwsError
from kairos.local.policies import Principal, Request, Statement, resource_matches
from kairos.local.requests import TRANSPORT, Requests

# What Lambda's pollers do in the name of the function's role.
# https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html#events-sqs-permissions
QUEUE_POLLING = ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes")
STREAM_POLLING = ("dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator")
# What Lambda itself does with a function's role, outside of any call of ours.
LAMBDAS_OWN = ("logs:CreateLogStream", "logs:PutLogEvents", "xray:PutTraceSegments", "xray:PutTelemetryRecords")
SERVICES: Mapping[str | None, str] = {
    name: f"{name}.amazonaws.com" for name in ("events", "scheduler", "firehose", "s3")
}


@dataclass(frozen=True, slots=True)
class Denial:
    """A call that was refused: who made it, and what nothing allows or something denies."""

    function: str
    call: str
    action: str
    resource: str
    denied_by: str | None = None

    def __str__(self) -> str:
        why = f"{self.denied_by} denies it" if self.denied_by else "no policy allows it"
        return f"{self.function} may not {self.action} on {self.resource} ({self.call}): {why}"


@dataclass(frozen=True, slots=True, order=True)
class Grant:
    """One action on one resource that a role is allowed by its own policies."""

    role: str
    action: str
    resource: str


@dataclass(slots=True)
class Permissions:
    """The policies of one stack. `identities` are statements by role (ARN), `resources` by what they are on (ARN)."""

    requests: Requests
    functions: Mapping[str, str]
    identities: Mapping[str, tuple[Statement, ...]]
    resources: Mapping[str, tuple[Statement, ...]]
    trusts: Mapping[str, tuple[Statement, ...]]
    denied: list[Denial] = field(default_factory=list)
    used: set[Grant] = field(default_factory=set)
    _known: dict[tuple[object, ...], tuple[bool, str | None]] = field(default_factory=dict)

    def check(self, call: Call) -> None:
        """Let a call pass, or raise what AWS answers and remember it."""
        if call.function is None or (call.function in SERVICES and call.source is None):
            return
        role = call.role or self.functions.get(call.function)
        for request in self._asked(call, role):
            self._require(call, role, request)

    def polls(self, function: str, request: Request) -> bool:
        """Tell whether Lambda may do this for the function it starts, in the name of the function's role."""
        return self.allows(self._principal(self.functions[function]), request)

    def allows(self, who: Principal, request: Request) -> bool:
        """Tell whether the policies let `who` do it."""
        return self._allowed(who, request)[0]

    def grants(self) -> set[Grant]:
        """Return everything that roles are allowed by name."""
        return {
            Grant(role, action, resource)
            for role, statements in self.identities.items()
            for statement in statements
            if statement.allows
            for action, resource in statement.grants()
            if action not in LAMBDAS_OWN
        }

    def _asked(self, call: Call, role: str | None) -> Iterable[Request]:
        requests = self.requests.of(call)
        if call.role is not None:
            # The service becomes the role first, if the role trusts it; then it is nobody but the role.
            return [
                Request("sts:AssumeRole", call.role, self.requests.context(call)),
                *(Request(each.action, each.resource, _without_source(each.context)) for each in requests),
            ]
        return requests

    def _require(self, call: Call, role: str | None, request: Request) -> None:
        service = SERVICES.get(call.function)
        assuming = request.action == "sts:AssumeRole"
        who = Principal("Service", service, self.requests.account) if service and (assuming or role is None) else None
        allowed, denied_by = self._allowed(who or self._principal(role or ""), request)
        if allowed:
            return
        denial = Denial(
            call.function or "", f"{call.service}.{call.operation}", request.action, request.resource, denied_by
        )
        self.denied.append(denial)
        code = "KMS.AccessDeniedException" if call.service == "sqs" and "kms:" in request.action else _code(call)
        raise AwsError(code, f"{denial.function} is not authorized to perform: {denial}", 403)

    def _principal(self, role: str) -> Principal:
        return Principal("AWS", role, self.requests.account)

    def _allowed(self, who: Principal, request: Request) -> tuple[bool, str | None]:
        key = (who, request.action, request.resource, tuple(sorted(request.context.items())))
        if key not in self._known:
            self._known[key] = self._weigh(who, request)
        return self._known[key]

    def _weigh(self, who: Principal, request: Request) -> tuple[bool, str | None]:
        own = [each for each in self.identities.get(who.name, ()) if each.covers(request)]
        attached = [each for each in self._attached(request) if each.covers(request)]
        about = [each for each in attached if each.names(who)]
        denied = [each for each in (*own, *about) if not each.allows]
        if denied:
            return False, denied[0].where
        by_own = any(each.allows for each in own)
        by_resource = any(each.allows for each in about)
        if request.action.startswith("kms:"):
            delegated = any(each.allows and each.delegates(who) for each in attached)
            by_own = by_own and delegated
        if by_own:
            self._note(who.name, own, request)
        return by_own or by_resource, None

    def _attached(self, request: Request) -> tuple[Statement, ...]:
        if request.action == "sts:AssumeRole":
            return self.trusts.get(request.resource, ())
        owner = request.resource.partition("/")[0] if request.action.startswith("s3:") else request.resource
        return self.resources.get(owner, ())

    def _note(self, role: str, statements: Iterable[Statement], request: Request) -> None:
        for statement in statements:
            for action, resource in statement.grants():
                all_but = statement.but_resources  # it covers the request, so the request is none of those
                if action.lower() == request.action.lower() and (
                    all_but or resource_matches(resource, request.resource)
                ):
                    self.used.add(Grant(role, action, resource))


def _code(call: Call) -> str:
    # https://docs.aws.amazon.com/sns/latest/api/CommonErrors.html and the service models: not all spell it alike.
    return {"s3": "AccessDenied", "sns": "AuthorizationError"}.get(call.service, "AccessDeniedException")


def _without_source(context: Context) -> Context:
    return {key: values for key, values in context.items() if not key.startswith("aws:source")}


def polling(source_arn: str) -> list[Request]:
    """Return what an event source mapping does with its queue or stream."""
    if ":sqs:" in source_arn:
        return [Request(action, source_arn, TRANSPORT) for action in QUEUE_POLLING]
    return [
        *(Request(action, source_arn, TRANSPORT) for action in STREAM_POLLING),
        Request("dynamodb:ListStreams", "*", TRANSPORT),
    ]
