"""What a call asks of the policies: its actions, the resources they touch, and what is known besides.

One call may ask several things: a schedule is created, and its role passed on; a table is read, and its key used. For
a call that is not described here nobody can say what it needs, so it stops the run, by name.
https://docs.aws.amazon.com/service-authorization/latest/reference/
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from email.utils import parseaddr
from typing import Any

from kairos.local.call import Call
from kairos.local.conditions import Context
from kairos.local.errors import Unplayable
from kairos.local.policies import Request

# Every client of ours speaks TLS 1.3 to AWS.
TRANSPORT: Context = {"aws:securetransport": ("true",), "s3:tlsversion": ("1.3",)}
_ONE_TABLE = frozenset({"GetItem", "PutItem", "UpdateItem", "DeleteItem", "Query", "Scan", "DescribeTable"})
_READS = frozenset({"GetItem", "BatchGetItem", "Query", "Scan", "TransactGetItems"})
_TRANSACT = {
    "Put": "PutItem",
    "Update": "UpdateItem",
    "Delete": "DeleteItem",
    "ConditionCheck": "ConditionCheckItem",
    "Get": "GetItem",
}


@dataclass(frozen=True, slots=True)
class Requests:
    """Derives requests. `keys` says under which customer key (ARN) a table or queue (ARN) lies, `partitions` which
    attribute leads in the key of a table (name)."""

    account: str
    region: str
    keys: Mapping[str, str] = field(default_factory=dict)
    partitions: Mapping[str, str] = field(default_factory=dict)

    def of(self, call: Call) -> list[Request]:
        """Return everything that must be allowed for `call`; raise `Unplayable` where that is not known."""
        derive = _SERVICES.get(call.service)
        if derive is None:
            raise Unplayable(f"{call.service}.{call.operation}", "nobody can say which permissions this call needs")
        return list(derive(self, call))

    def arn(self, service: str, rest: str) -> str:
        """Return the ARN of something of this account and Region."""
        return f"arn:aws:{service}:{self.region}:{self.account}:{rest}"

    def context(self, call: Call, **more: str) -> Context:
        """Return what is known of every call, with `more` keys ("iam__PassedToService")."""
        about: dict[str, tuple[str, ...]] = dict(TRANSPORT)
        if call.source is not None:
            about |= {"aws:sourcearn": (call.source,), "aws:sourceaccount": (self.account,)}
        return about | {key.lower().replace("__", ":"): (value,) for key, value in more.items()}

    def dynamodb(self, call: Call) -> Iterator[Request]:
        """Yield what an item operation needs, and the key of each table that lies under one."""
        params, operation = call.params, call.operation
        touched = list(_touched(operation, params))
        about = {"dynamodb__ReturnValues": params["ReturnValues"]} if "ReturnValues" in params else {}
        if (leading := self._leading(params)) is not None:
            about["dynamodb__LeadingKeys"] = leading
        for action, table in touched:
            arn = table if table.startswith("arn:") else self.arn("dynamodb", f"table/{table}")
            index = f"/index/{params['IndexName']}" if params.get("IndexName") else ""
            yield Request(f"dynamodb:{action}", arn + index, self.context(call, **about))
            if operation != "DescribeTable":
                yield from self._key(call, "dynamodb", arn, writes=operation not in _READS)

    def _leading(self, params: Mapping[str, Any]) -> str | None:
        """Return the value of the first part of the key that is called for, where it is known which part that is."""
        key = params.get("Key", {})
        name = next(iter(key)) if len(key) == 1 else self.partitions.get(str(params.get("TableName")))
        return _plain(key[name]) if name in key else None

    def sqs(self, call: Call) -> Iterator[Request]:
        """Yield what a queue's operation needs; a batch needs what its entries do."""
        if "QueueUrl" not in call.params:
            raise Unplayable(f"sqs.{call.operation}", "nobody can say which permissions this call needs")
        arn = self.arn("sqs", str(call.params["QueueUrl"]).rsplit("/", 1)[-1])
        action = call.operation.removesuffix("Batch")
        yield Request(f"sqs:{action}", arn, self.context(call))
        if action in ("SendMessage", "ReceiveMessage"):
            yield from self._key(call, "sqs", arn, writes=action == "SendMessage")

    def _key(self, call: Call, service: str, arn: str, *, writes: bool) -> Iterator[Request]:
        """Yield the use of the key that a table or queue lies under, which the service makes in the caller's name."""
        key = self.keys.get(arn)
        if key is None:
            return
        via = self.context(call, kms__ViaService=f"{service}.{self.region}.amazonaws.com")
        for action in ("Decrypt", "GenerateDataKey") if writes else ("Decrypt",):
            yield Request(f"kms:{action}", key, via)

    def s3(self, call: Call) -> Iterator[Request]:
        """Yield what an object's operation needs. Without ListBucket, S3 hides that an object is not there."""
        actions = {"HeadObject": "GetObject", "ListObjectsV2": "ListBucket"}
        bucket = f"arn:aws:s3:::{call.params['Bucket']}"
        resource = f"{bucket}/{call.params['Key']}" if "Key" in call.params else bucket
        yield Request(f"s3:{actions.get(call.operation, call.operation)}", resource, self.context(call))

    def ssm(self, call: Call) -> Iterator[Request]:
        """Yield what a parameter needs; AWS's own key for secure strings is open to the whole account."""
        names = call.params.get("Names") or [call.params.get("Name") or call.params["Path"]]
        for name in names:
            yield Request(f"ssm:{call.operation}", self.arn("ssm", f"parameter/{name.lstrip('/')}"), self.context(call))

    def secretsmanager(self, call: Call) -> Iterator[Request]:
        """Yield what a secret needs. Only an ARN says which one it is: a name lacks the six characters at its end."""
        secret = str(call.params["SecretId"])
        if not secret.startswith("arn:"):
            raise Unplayable(f"secret {secret}", "a function must name a secret by its ARN")
        yield Request(f"secretsmanager:{call.operation}", secret, self.context(call))

    def scheduler(self, call: Call) -> Iterator[Request]:
        """Yield what a schedule needs, and the passing on of its target's role."""
        group, name = call.params.get("GroupName") or "default", call.params.get("Name", "*")
        yield Request(
            f"scheduler:{call.operation}", self.arn("scheduler", f"schedule/{group}/{name}"), self.context(call)
        )
        if role := (call.params.get("Target") or {}).get("RoleArn"):
            yield Request("iam:PassRole", role, self.context(call, iam__PassedToService="scheduler.amazonaws.com"))

    def sesv2(self, call: Call) -> Iterator[Request]:
        """Yield what sending needs of the sender's domain and the configuration set.

        The second version of the API asks for the actions of the first: a raw message is SendRawEmail.
        """
        if call.operation != "SendEmail":
            raise Unplayable(f"sesv2.{call.operation}", "nobody can say which permissions this call needs")
        action = "ses:SendRawEmail" if "Raw" in call.params["Content"] else "ses:SendEmail"
        domain = parseaddr(str(call.params.get("FromEmailAddress", "")))[1].rpartition("@")[2]
        yield Request(action, self.arn("ses", f"identity/{domain}"), self.context(call))
        if name := call.params.get("ConfigurationSetName"):
            yield Request(action, self.arn("ses", f"configuration-set/{name}"), self.context(call))

    def sns(self, call: Call) -> Iterator[Request]:
        """Yield what a publication or a device's endpoint needs. A telephone number has no ARN: it is "*", and not
        written down."""
        named = ("TopicArn", "TargetArn", "PlatformApplicationArn", "EndpointArn")
        resource = next((str(call.params[name]) for name in named if name in call.params), "*")
        yield Request(f"sns:{call.operation}", resource, self.context(call))

    def lambda_(self, call: Call) -> Iterator[Request]:
        """Yield what an invocation needs, or the change of what starts a function."""
        if "UUID" in call.params:
            mapping = self.arn("lambda", f"event-source-mapping:{call.params['UUID']}")
            yield Request(f"lambda:{call.operation}", mapping, self.context(call))
            return
        name = str(call.params["FunctionName"])
        arn = name if name.startswith("arn:") else self.arn("lambda", f"function:{name}")
        action = "InvokeFunction" if call.operation == "Invoke" else call.operation
        yield Request(f"lambda:{action}", arn, self.context(call))

    def events(self, call: Call) -> Iterator[Request]:
        """Yield what the default bus needs."""
        yield Request(f"events:{call.operation}", self.arn("events", "event-bus/default"), self.context(call))

    def firehose(self, call: Call) -> Iterator[Request]:
        """Yield what a delivery stream needs."""
        arn = self.arn("firehose", f"deliverystream/{call.params['DeliveryStreamName']}")
        yield Request(f"firehose:{call.operation}", arn, self.context(call))

    def kms(self, call: Call) -> Iterator[Request]:
        """Yield the direct use of a key, which no service stands in for."""
        key = str(call.params.get("KeyId", "*"))
        arn = key if key.startswith("arn:") else self.arn("kms", f"key/{key}")
        yield Request(f"kms:{call.operation}", arn, self.context(call))


def _plain(value: Any) -> str:
    """Return a key's value, be it written as DynamoDB's API has it or plainly."""
    return str(next(iter(value.values()))) if isinstance(value, Mapping) else str(value)


def _touched(operation: str, params: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield (action, table) of a DynamoDB call."""
    if operation in _ONE_TABLE:
        yield operation, params["TableName"]
    elif operation in ("BatchGetItem", "BatchWriteItem"):
        yield from ((operation, table) for table in params["RequestItems"])
    elif operation in ("TransactGetItems", "TransactWriteItems"):
        for entry in params["TransactItems"]:
            yield from ((_TRANSACT[kind], item["TableName"]) for kind, item in entry.items())
    else:
        raise Unplayable(f"dynamodb.{operation}", "nobody can say which permissions this call needs")


_SERVICES: Mapping[str, Callable[[Requests, Call], Iterator[Request]]] = {
    "dynamodb": Requests.dynamodb,
    "sqs": Requests.sqs,
    "s3": Requests.s3,
    "ssm": Requests.ssm,
    "secretsmanager": Requests.secretsmanager,
    "scheduler": Requests.scheduler,
    "sesv2": Requests.sesv2,
    "sns": Requests.sns,
    "lambda": Requests.lambda_,
    "events": Requests.events,
    "kms": Requests.kms,
    "firehose": Requests.firehose,
}
