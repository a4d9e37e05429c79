"""A deployment in perfect health, as AWS would describe it, and ways to make it ill.

The fake stands at the client's boundary. Each request and answer is held against botocore's own description of the
service, so that no check is tested with words that AWS does not speak.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from types import MappingProxyType, SimpleNamespace
from typing import Any

from botocore import xform_name
from botocore.exceptions import ClientError
from botocore.session import Session
from botocore.validate import ParamValidator

from kairos.app.ports import Pointer
from kairos.app.publish.bundle import SCHEMA
from kairos.app.sweep import HORIZON, SETTLING
from kairos.aws.table import sortable
from kairos.cli.checkup.finding import Finding
from kairos.cli.checkup.patient import Patient
from kairos.domain.errors import Unavailable
from kairos.settings import FUNCTIONS, variables
from tests.cli.memory_deployment import NOW, StoppedClock

REGION = "ap-northeast-2"
ACCOUNT = "123456789012"
OUTPUTS = {
    "ScheduleGroup": "kairos-prod",
    "ConfigurationSet": "kairos-prod",
    "IdentitySecretArn": f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:identity-abcdef",
    "ContactsKeyArn": f"arn:aws:kms:{REGION}:{ACCOUNT}:key/contacts",
    "ConnectionsPrefix": "/kairos/prod/connections/",
    "ConfigTable": "config",
    "MessagesTable": "messages",
}
TOPIC = f"arn:aws:sns:{REGION}:{ACCOUNT}:alarms"
BRAND = {
    "name": "봄날 상점",
    "timezone": "Asia/Seoul",
    "sender": {"email": "hello@shop.example.com"},
    "rates": {"email": {"per_second": 14, "per_day": 50_000}},
}
SUBSCRIPTION = {
    "SubscriptionArn": f"{TOPIC}:1",
    "Owner": ACCOUNT,
    "Protocol": "email",
    "Endpoint": "you@example.com",
    "TopicArn": TOPIC,
}

DMARC = {"_dmarc.example.com": ["other=1", "v=DMARC1; p=none; rua=mailto:hello@shop.example.com"]}

_SESSION = Session()

Answer = Any
Answers = dict[tuple[str, str], Answer]


def refusal(code: str, operation: str = "Any", message: str = "no") -> ClientError:
    """Return what botocore raises for an answer of AWS."""
    return ClientError({"Error": {"Code": code, "Message": message}}, operation)


def account(**changes: Any) -> dict[str, Any]:
    healthy = {
        "ProductionAccessEnabled": True,
        "SendingEnabled": True,
        "EnforcementStatus": "HEALTHY",
        "SendQuota": {"Max24HourSend": 50_000.0, "MaxSendRate": 14.0, "SentLast24Hours": 120.0},
    }
    return healthy | changes


def identity(**changes: Any) -> dict[str, Any]:
    healthy = {
        "IdentityType": "DOMAIN",
        "VerifiedForSendingStatus": True,
        "DkimAttributes": {"SigningEnabled": True, "Status": "SUCCESS", "Tokens": ["a", "b", "c"]},
        "MailFromAttributes": {
            "MailFromDomain": "bounce.example.com",
            "MailFromDomainStatus": "SUCCESS",
            "BehaviorOnMxFailure": "USE_DEFAULT_VALUE",
        },
    }
    return healthy | changes


def identities(**known: dict[str, Any]) -> Callable[..., Any]:
    """Answer for identities by name; `_at_` and `_` stand for what a keyword cannot hold."""
    names = {name.replace("_at_", "@").replace("_", "."): found for name, found in known.items()}

    def answer(EmailIdentity: str) -> Any:  # noqa: N803 - the API's own spelling
        if EmailIdentity not in names:
            raise refusal("NotFoundException")
        return names[EmailIdentity]

    return answer


def function(FunctionName: str) -> dict[str, Any]:  # noqa: N803 - the API's own spelling
    kind = next(kind for kind in FUNCTIONS if FunctionName == f"kairos-prod-{kind.function}")
    told = dict.fromkeys(variables(kind).values(), "x")
    return {"State": "Active", "LastUpdateStatus": "Successful", "Environment": {"Variables": told}}


def source(**changes: Any) -> dict[str, Any]:
    healthy = {
        "UUID": "1",
        "FunctionArn": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:kairos-prod-decide",
        "EventSourceArn": f"arn:aws:sqs:{REGION}:{ACCOUNT}:kairos-prod-inbox.fifo",
        "State": "Enabled",
        "ScalingConfig": {"MaximumConcurrency": 100},
    }
    return healthy | changes


def alarm(**changes: Any) -> dict[str, Any]:
    healthy = {
        "AlarmName": "kairos-prod-SweepSilent",
        "AlarmDescription": "See whether the rule is enabled.",
        "StateValue": "OK",
        "ActionsEnabled": True,
        "AlarmActions": [TOPIC],
    }
    return healthy | changes


def queue_url(QueueName: str) -> dict[str, str]:  # noqa: N803 - the API's own spelling
    return {"QueueUrl": f"https://sqs.example.com/{QueueName}"}


def queue(**waiting: int) -> Callable[..., Any]:
    """Answer for queues in which `waiting` messages lie, by their names without prefix and with _ for -."""

    def answer(QueueUrl: str, AttributeNames: list[str]) -> Any:  # noqa: N803 - the API's own spelling
        name = QueueUrl.rpartition("/")[2]
        count = waiting.get(name.removeprefix("kairos-prod-").removesuffix(".fifo").replace("-", "_"), 0)
        told = {"QueueArn": f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}", "ApproximateNumberOfMessages": str(count)}
        return {"Attributes": told | {"ApproximateNumberOfMessagesNotVisible": "0"}}

    return answer


def parameter(**changes: Any) -> dict[str, Any]:
    healthy = {
        "Name": "/kairos/prod/connections/shopify/main",
        "Type": "SecureString",
        "Value": json.dumps({"secrets": ["s3cret"]}),
        "LastModifiedDate": NOW - timedelta(days=3),
    }
    return healthy | changes


def marks(ran: datetime, hour: datetime) -> dict[str, Any]:
    """Return the item that sweep leaves when it ran at `ran`, nobody before `hour` being overdue."""
    facts = {"hour": sortable(hour), "armed_through": sortable(ran + HORIZON - SETTLING)}
    return {"Item": {name: {"S": text} for name, text in (facts | {"profile": "", "armed_profile": ""}).items()}}


def spent(dollars: float) -> dict[str, Any]:
    return {"Datapoints": [{"Timestamp": NOW, "Maximum": dollars}, {"Timestamp": NOW - timedelta(1), "Maximum": 0.1}]}


def quotas(value: float) -> dict[str, Any]:
    return {"Quotas": [{"QuotaName": "CreateSchedule request rate", "Value": 5.0}, _quota(value)]}


def _quota(value: float) -> dict[str, Any]:
    return {"QuotaName": "Number of schedules", "Value": value}


def healthy() -> Answers:
    """Return AWS's answers about a deployment that nothing ails."""
    return {
        ("sesv2", "GetAccount"): account(),
        ("sesv2", "GetEmailIdentity"): identities(example_com=identity()),
        ("sesv2", "GetConfigurationSet"): {"SendingOptions": {"SendingEnabled": True}},
        ("sesv2", "GetConfigurationSetEventDestinations"): {"EventDestinations": [destination()]},
        ("sns", "GetSMSSandboxAccountStatus"): {"IsInSandbox": False},
        ("sns", "GetSMSAttributes"): {"attributes": {"MonthlySpendLimit": "100"}},
        ("sns", "ListSubscriptionsByTopic"): {"Subscriptions": [SUBSCRIPTION]},
        ("cloudwatch", "GetMetricStatistics"): spent(3.5),
        ("cloudwatch", "DescribeAlarms"): {"MetricAlarms": [alarm()]},
        ("lambda", "GetAccountSettings"): limits(1_000),
        ("lambda", "GetFunctionConfiguration"): function,
        ("lambda", "ListEventSourceMappings"): {"EventSourceMappings": [source()]},
        ("scheduler", "GetScheduleGroup"): {"State": "ACTIVE"},
        ("scheduler", "ListSchedules"): {"Schedules": [{"Name": "a"}, {"Name": "b"}]},
        ("service-quotas", "ListServiceQuotas"): quotas(10_000_000),
        ("service-quotas", "ListAWSDefaultServiceQuotas"): {"Quotas": []},
        ("secretsmanager", "DescribeSecret"): {"Name": "identity"},
        ("secretsmanager", "GetSecretValue"): {"SecretString": "k" * 64},
        ("kms", "DescribeKey"): {"KeyMetadata": {"KeyId": "contacts", "KeyState": "Enabled"}},
        ("ssm", "GetParametersByPath"): {"Parameters": [parameter()]},
        ("sqs", "GetQueueUrl"): queue_url,
        ("sqs", "GetQueueAttributes"): queue(),
        ("dynamodb", "GetItem"): marks(NOW - timedelta(minutes=4), NOW - timedelta(hours=1)),
        ("dynamodb", "Query"): {"Items": []},
    }


def destination(**changes: Any) -> dict[str, Any]:
    told = ["SEND", "DELIVERY", "BOUNCE", "COMPLAINT", "REJECT", "OPEN"]
    bus = {"EventBusArn": f"arn:aws:events:{REGION}:{ACCOUNT}:event-bus/default"}
    return {"Name": "Feedback", "Enabled": True, "MatchingEventTypes": told, "EventBridgeDestination": bus} | changes


def limits(free: int) -> dict[str, Any]:
    return {"AccountLimit": {"ConcurrentExecutions": free, "UnreservedConcurrentExecutions": free}}


class Aws:
    """AWS with given answers; an answer is a dictionary, an exception, or a function of the request."""

    def __init__(self, answers: Answers) -> None:
        self.answers = answers
        self.asked: list[tuple[str, str, dict[str, Any]]] = []

    def client(self, service: str) -> Any:
        return _Client(self, service)

    def answer(self, service: str, method: str, request: dict[str, Any]) -> Any:
        operation = _operations(service)[method]
        self.asked.append((service, operation, request))
        model = _model(service).operation_model(operation)
        problems = ParamValidator().validate(request, model.input_shape) if model.input_shape else None
        assert problems is None or not problems.has_errors(), problems.generate_report() if problems else ""
        answer = self.answers[service, operation]
        if isinstance(answer, ClientError):
            answer.operation_name = operation
        if isinstance(answer, Exception):
            raise answer
        found = answer(**request) if callable(answer) else answer
        _described(found, model.output_shape, f"{service}.{operation}")
        return found


class _Client:
    def __init__(self, aws: Aws, service: str) -> None:
        self._aws, self._service = aws, service
        self.meta = SimpleNamespace(region_name=REGION)

    def __getattr__(self, method: str) -> Callable[..., Any]:
        return lambda **request: self._aws.answer(self._service, method, request)


@cache
def _model(service: str) -> Any:
    return _SESSION.get_service_model(service)


@cache
def _operations(service: str) -> Mapping[str, str]:
    return {xform_name(name): name for name in _model(service).operation_names}


def _described(found: Any, shape: Any, where: str) -> None:
    """Fail for an answer that has what AWS's own description has not."""
    if shape.type_name == "structure":
        for name, value in found.items():
            assert name in shape.members, f"{where}.{name} is nothing that AWS says"
            _described(value, shape.members[name], f"{where}.{name}")
    elif shape.type_name == "list":
        for value in found:
            _described(value, shape.member, where)
    elif getattr(shape, "enum", None):
        assert found in shape.enum, f"{where} is never {found}"


class OneRelease:
    """Releases: a pointer and its bundle, as they are given."""

    def __init__(self, bundle: Mapping[str, Any] | None, *, paused: Iterable[str] = (), stopped: bool = False) -> None:
        self._bundle = bundle
        self._pointer = Pointer("r" * 64, frozenset(paused), stopped)
        self.published = True

    def pointer(self) -> Pointer | None:
        return self._pointer if self.published else None

    def bundle(self, release: str) -> Mapping[str, Any]:
        if self._bundle is None:
            raise Unavailable("release", f"no bundle {release}")
        return self._bundle


def bundle(**changes: Any) -> dict[str, Any]:
    live = {
        "schema": SCHEMA,
        "brand": BRAND,
        "templates": {"hello": {"email": {}, "sms": {}}},
        "journeys": {"welcome": {"live": 1}, "former": {"live": None}},
    }
    return live | changes


def brand(**changes: Any) -> OneRelease:
    """Return a release with another brand; None takes a key away."""
    document = {name: value for name, value in (BRAND | changes).items() if value is not None}
    return OneRelease(bundle(brand=document))


def nothing_published() -> OneRelease:
    release = OneRelease(None)
    release.published = False
    return release


def patient(
    changes: Mapping[tuple[str, str], Answer] | None = None,
    releases: OneRelease | None = None,
    stage: str = "prod",
    dns: Mapping[str, Sequence[str]] = MappingProxyType(DMARC),
) -> Patient:
    """Return a deployment that is well but for `changes`; `dns` are the TXT records that there are."""
    aws = Aws(healthy() | dict(changes or {}))
    kept: Any = releases or OneRelease(bundle())
    return Patient(stage, OUTPUTS, aws.client, StoppedClock(), lambda: kept, lambda name: dns.get(name, ()))


def statuses(found: Iterator[Finding]) -> list[str]:
    """Return how each finding judges."""
    return [finding.status for finding in found]


def only(found: Iterator[Finding]) -> Finding:
    """Return the one finding there is."""
    (finding,) = found
    return finding


LONG_AGO = datetime(2024, 1, 1, tzinfo=UTC)
