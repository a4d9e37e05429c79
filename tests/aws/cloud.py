"""What the AWS adapters stand on in tests: moto's resources, made as `infra` makes them, by clients made once.

Making clients is what costs in moto tests, so they are one set for the process. Tables and queues are new for each
test; the mock itself lasts one test module, so that nobody else's tests find our resources.
"""

from __future__ import annotations

import json
import os
from functools import cache
from itertools import count
from typing import Any

from botocore.session import Session
from moto.server import ThreadedMotoServer

from kairos.aws.clients import Clients
from kairos.aws.direct import SERVICES

REGION = "eu-west-1"
KEYS: dict[str, tuple[str, ...]] = {
    "customers": ("profile",),
    "identities": ("identity",),
    "contacts": ("profile", "ref"),
    "suppressions": ("address", "scope"),
    "messages": ("message",),
    "config": ("kind", "id"),
    "insights": ("insight", "slice"),
    "board": ("profile",),
    "consents": ("person", "word"),
}

_numbers = count(1)


@cache
def shared_clients() -> Clients:
    """Return the process's clients, with credentials that lead nowhere."""
    # moto does not know the account-based hosts that botocore derives for streams.
    os.environ["AWS_ACCOUNT_ID_ENDPOINT_MODE"] = "disabled"
    session = Session()
    session.set_credentials("testing", "testing")
    session.set_config_variable("region", REGION)
    return Clients(session)


@cache
def direct_clients() -> Clients:
    """Return the clients that a function in Lambda has, over HTTP to a server of moto's in this process."""
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    environment = {
        "AWS_LAMBDA_FUNCTION_NAME": "test",
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_SESSION_TOKEN": "testing",
        "AWS_REGION": REGION,
        "AWS_ENDPOINT_URL": f"http://{host}:{port}",
    }
    return Clients(environment=environment)


class Cloud:
    """Fresh resources by kind. `direct` says whether calls are made as a function in Lambda makes them."""

    def __init__(self) -> None:
        self.direct = False

    def client(self, service: str) -> Any:
        """Return a low-level client."""
        return (direct_clients() if self.direct and service in SERVICES else shared_clients()).get(service)

    def table(self, kind: str) -> str:
        """Create a table with the keys, index and stream that `infra` gives it, and return its name."""
        name = f"{kind}-{next(_numbers)}"
        keys = KEYS[kind]
        indexed = ("wake", "wake_at") if kind == "customers" else ()
        extra: dict[str, Any] = {}
        if indexed:
            extra["GlobalSecondaryIndexes"] = [
                {"IndexName": "wake", "KeySchema": _schema(indexed), "Projection": {"ProjectionType": "KEYS_ONLY"}}
            ]
            extra["StreamSpecification"] = {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}
        self.client("dynamodb").create_table(
            TableName=name,
            KeySchema=_schema(keys),
            AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in (*keys, *indexed)],
            BillingMode="PAY_PER_REQUEST",
            **extra,
        )
        return name

    def queue(self, *, fifo: bool = False) -> str:
        """Create a queue and return its URL."""
        name = f"queue-{next(_numbers)}"
        attributes = {"FifoQueue": "true", "ContentBasedDeduplication": "true"} if fifo else {}
        made = self.client("sqs").create_queue(QueueName=name + (".fifo" if fifo else ""), Attributes=attributes)
        return str(made["QueueUrl"])

    def drain(self, url: str) -> list[dict[str, Any]]:
        """Return and delete every visible message of a queue, in order."""
        sqs = self.client("sqs")
        found: list[dict[str, Any]] = []
        while messages := sqs.receive_message(
            QueueUrl=url, MaxNumberOfMessages=10, MessageSystemAttributeNames=["All"]
        ).get("Messages"):
            for message in messages:
                sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
            found += messages
        return found

    def bodies(self, url: str) -> list[Any]:
        """Return the JSON of every visible message of a queue."""
        return [json.loads(message["Body"]) for message in self.drain(url)]

    def bucket(self) -> str:
        """Create a bucket and return its name."""
        name = f"releases-{next(_numbers)}"
        self.client("s3").create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
        return name

    def stream(self, bucket: str) -> str:
        """Create a delivery stream into a bucket and return its name; moto writes each record at once."""
        name = f"archive-{next(_numbers)}"
        to = {"RoleARN": "arn:aws:iam::123456789012:role/archive", "BucketARN": f"arn:aws:s3:::{bucket}"}
        self.client("firehose").create_delivery_stream(
            DeliveryStreamName=name, DeliveryStreamType="DirectPut", ExtendedS3DestinationConfiguration=to
        )
        return name

    def secret(self, text: str) -> str:
        """Create a secret and return its ARN."""
        made = self.client("secretsmanager").create_secret(Name=f"identity-{next(_numbers)}", SecretString=text)
        return str(made["ARN"])

    def group(self) -> str:
        """Create a schedule group and return its name."""
        name = f"kairos-{next(_numbers)}"
        self.client("scheduler").create_schedule_group(Name=name)
        return name

    def items(self, table: str) -> list[dict[str, Any]]:
        """Return every item of a table."""
        found: list[dict[str, Any]] = self.client("dynamodb").scan(TableName=table)["Items"]
        return found


def _schema(keys: tuple[str, ...]) -> list[dict[str, str]]:
    return [{"AttributeName": key, "KeyType": kind} for key, kind in zip(keys, ("HASH", "RANGE"), strict=False)]
