"""Read a stack's policies: those of its roles, and those attached to keys, queues, buckets, topics and functions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from kairos.local.conditions import read_conditions
from kairos.local.errors import Unplayable
from kairos.local.parts import Parts
from kairos.local.permissions import Grant, Permissions, polling
from kairos.local.policies import Principal, Request, Statement, read_document
from kairos.local.requests import Requests
from kairos.local.stack import Stack

Statements = dict[str, tuple[Statement, ...]]


def build_permissions(stack: Stack, parts: Parts) -> Permissions | None:
    """Return the permissions of a stack that is built, and hold its event sources and routes to them.

    Raises `Unplayable` for a policy that cannot be evaluated, and where AWS would refuse a mapping or a route. A
    template in which no function names a role, as AWS would not take it, has no permissions to hold anybody to.
    """
    functions = {function.short: function.role for function in parts.lambdas if function.role}
    if not functions:
        return None
    permissions = Permissions(
        Requests(parts.account, parts.region, dict(_keys(stack, parts)), dict(_partitions(stack))),
        functions,
        _identities(stack),
        _resources(stack, parts),
        {_arn(stack, role): _trust(stack, role) for role in _of_type(stack, "AWS::IAM::Role")},
    )
    _check_sources(permissions, parts)
    _check_routes(stack, permissions, parts)
    return permissions


def readable(stack: Stack, grant: Grant) -> str:
    """Return a grant in a line, with logical ids in the place of names that AWS or a seed makes up."""
    named = {arn: f"<{logical}>" for logical in stack.template.active() for arn in _arns(stack, logical)}
    role, resource = named.get(grant.role, grant.role), grant.resource
    for arn in sorted(named, key=len, reverse=True):
        resource = resource.replace(arn, named[arn])
    return f"{role.strip('<>')} {grant.action} {resource}"


def _arns(stack: Stack, logical: str) -> Iterator[str]:
    physical = stack.physical(logical)
    found = [physical.ref, *(physical.attributes.get(name) for name in ("Arn", "StreamArn") if physical.attributes)]
    yield from (each for each in found if isinstance(each, str) and each.startswith("arn:aws:") and "inert" not in each)


def _of_type(stack: Stack, *kinds: str) -> list[str]:
    return [logical for logical in stack.template.active() if stack.kind(logical) in kinds]


def _arn(stack: Stack, logical: str) -> str:
    return str(stack.physical(logical).attributes["Arn"])


def _identities(stack: Stack) -> Statements:
    found: dict[str, list[Statement]] = defaultdict(list)
    by_name = {stack.physical(role).ref: _arn(stack, role) for role in _of_type(stack, "AWS::IAM::Role")}
    for role in _of_type(stack, "AWS::IAM::Role"):
        spec = stack.properties(role)
        for unknown in ("ManagedPolicyArns", "PermissionsBoundary"):
            if spec.get(unknown):
                raise Unplayable(role, f"{unknown} cannot be evaluated: what they allow is not in the template")
        for policy in spec.get("Policies", []):
            found[_arn(stack, role)] += read_document(f"{role}/{policy['PolicyName']}", policy["PolicyDocument"])
    for logical in _of_type(stack, "AWS::IAM::Policy", "AWS::IAM::ManagedPolicy"):
        spec = stack.properties(logical)
        for name in spec.get("Roles", []):
            found[by_name[name]] += read_document(logical, spec["PolicyDocument"])
    return {role: tuple(statements) for role, statements in found.items()}


def _trust(stack: Stack, role: str) -> tuple[Statement, ...]:
    return read_document(role, stack.properties(role)["AssumeRolePolicyDocument"])


def _resources(stack: Stack, parts: Parts) -> Statements:
    found: dict[str, list[Statement]] = defaultdict(list)
    for logical in stack.template.active():
        for arn, statements in _attached(stack, parts, logical):
            found[arn] += statements
    return {arn: tuple(statements) for arn, statements in found.items()}


def _attached(stack: Stack, parts: Parts, logical: str) -> Iterator[tuple[str, tuple[Statement, ...]]]:
    kind = stack.kind(logical)
    if kind == "AWS::KMS::Key":
        yield _arn(stack, logical), read_document(logical, stack.properties(logical)["KeyPolicy"])
    elif kind == "AWS::SQS::QueuePolicy":
        spec = stack.properties(logical)
        for url in spec["Queues"]:
            yield parts.sqs.by_arn(f":{url.rsplit('/', 1)[-1]}").arn, read_document(logical, spec["PolicyDocument"])
    elif kind == "AWS::S3::BucketPolicy":
        spec = stack.properties(logical)
        yield f"arn:aws:s3:::{spec['Bucket']}", read_document(logical, spec["PolicyDocument"])
    elif kind == "AWS::SNS::TopicPolicy":
        spec = stack.properties(logical)
        for arn in spec["Topics"]:
            yield arn, read_document(logical, spec["PolicyDocument"])
    elif kind == "AWS::Lambda::Permission":
        yield _permission(stack, parts, logical)
    elif kind in ("AWS::SecretsManager::ResourcePolicy", "AWS::Events::EventBusPolicy"):
        raise Unplayable(logical, f"{kind} cannot be evaluated")
    elif "ResourcePolicy" in str(stack.template.resources[logical].get("Properties", {}).keys()):
        raise Unplayable(logical, "its resource policy cannot be evaluated")


def _permission(stack: Stack, parts: Parts, logical: str) -> tuple[str, tuple[Statement, ...]]:
    """Return what a function's policy says after one `AddPermission`."""
    spec = stack.properties(logical)
    arn = parts.lambdas.find(spec["FunctionName"]).arn
    conditions: dict[str, dict[str, Any]] = {}
    if "SourceArn" in spec:
        conditions["ArnLike"] = {"aws:SourceArn": spec["SourceArn"]}
    if "SourceAccount" in spec:
        conditions["StringEquals"] = {"aws:SourceAccount": spec["SourceAccount"]}
    kind = "Service" if spec["Principal"].endswith(".amazonaws.com") else "AWS"
    statement = Statement(
        where=logical,
        allows=True,
        actions=(spec["Action"],),
        resources=(arn,),
        conditions=read_conditions(logical, conditions),
        principals={kind: (spec["Principal"],)},
    )
    return arn, (statement,)


def _partitions(stack: Stack) -> Iterator[tuple[str, str]]:
    for logical in _of_type(stack, "AWS::DynamoDB::GlobalTable", "AWS::DynamoDB::Table"):
        leads = [part["AttributeName"] for part in stack.properties(logical)["KeySchema"] if part["KeyType"] == "HASH"]
        yield stack.physical(logical).ref, leads[0]


def _keys(stack: Stack, parts: Parts) -> Iterator[tuple[str, str]]:
    for logical in _of_type(stack, "AWS::DynamoDB::GlobalTable", "AWS::DynamoDB::Table"):
        spec = stack.properties(logical)
        replicas = [each for each in spec.get("Replicas", []) if each["Region"] == parts.region]
        for each in (spec, *replicas):
            if key := each.get("SSESpecification", {}).get("KMSMasterKeyId"):
                yield _arn(stack, logical), _key(logical, key)
    for logical in _of_type(stack, "AWS::SQS::Queue"):
        key = stack.properties(logical).get("KmsMasterKeyId", "")
        if key and not key.startswith("alias/aws/"):
            yield _arn(stack, logical), _key(logical, key)


def _key(logical: str, key: str) -> str:
    if not key.startswith("arn:"):
        raise Unplayable(logical, "a key must be named by its ARN for its policy to be found")
    return key


def _check_sources(permissions: Permissions, parts: Parts) -> None:
    sources = [(each.function, each.queue.arn) for each in parts.queue_sources]
    sources += [(each.function, each.arn) for each in parts.stream_sources]
    for function, arn in sources:
        for request in polling(arn):
            if not permissions.polls(function.short, request):
                reason = f"its role does not have permission to call {request.action} on {request.resource}"
                raise Unplayable(function.logical, reason)


def _check_routes(stack: Stack, permissions: Permissions, parts: Parts) -> None:
    for logical in _of_type(stack, "AWS::ApiGatewayV2::Route"):
        spec: Mapping[str, Any] = stack.properties(logical)
        method, _, path = spec["RouteKey"].partition(" ")
        arn = parts.lambdas.find(spec["Target"].removeprefix("integrations/")).arn
        source = parts.arn("execute-api", f"{spec['ApiId']}/$default/{method}{path}")
        context = {"aws:sourcearn": (source,), "aws:sourceaccount": (parts.account,)}
        api = Principal("Service", "apigateway.amazonaws.com", parts.account)
        if not permissions.allows(api, Request("lambda:InvokeFunction", arn, context)):
            raise Unplayable(logical, "no permission lets the API invoke the function behind this route")
