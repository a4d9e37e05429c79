"""What a bucket tells queues of its new objects, as S3 writes it.

Objects that Firehose makes are told of; those that functions put are not, for nobody here listens to them.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote_plus

from kairos.local.errors import Unplayable
from kairos.local.wire import Caller, Wire

_CREATED = frozenset({"s3:ObjectCreated:*", "s3:ObjectCreated:Put"})


@dataclass(slots=True)
class Notices:
    """Who wants to know, by bucket: (queue's ARN, beginning of the key)."""

    wire: Wire
    account: str
    region: str
    listeners: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    _count: int = 0

    def listen(self, bucket: str, configuration: Mapping[str, Any]) -> None:
        """Take a bucket's notification configuration; raise `Unplayable` for what is not played."""
        unknown = configuration.keys() - {"QueueConfigurations"}
        if unknown:
            raise Unplayable(bucket, f"{', '.join(sorted(unknown))} is not played")
        for wish in configuration.get("QueueConfigurations", []):
            rules = wish.get("Filter", {}).get("S3Key", {}).get("Rules", [])
            if wish["Event"] not in _CREATED or any(rule["Name"].lower() != "prefix" for rule in rules):
                raise Unplayable(bucket, "only notices of created objects are played, by the beginning of their key")
            prefix = rules[0]["Value"] if rules else ""
            self.listeners.setdefault(bucket, []).append((wish["Queue"], prefix))

    def give(self, bucket: str, key: str, size: int) -> None:
        """Tell every queue that wants to know of a new object."""
        for queue, prefix in self.listeners.get(bucket, []):
            if key.startswith(prefix):
                name, account, region = queue.split(":")[5], queue.split(":")[4], queue.split(":")[3]
                url = f"https://sqs.{region}.amazonaws.com/{account}/{name}"
                caller = Caller("s3", source=f"arn:aws:s3:::{bucket}")
                body = json.dumps({"Records": [self._record(bucket, key, size)]})
                self.wire.perform(caller, "sqs", "SendMessage", {"QueueUrl": url, "MessageBody": body})

    def _record(self, bucket: str, key: str, size: int) -> dict[str, Any]:
        self._count += 1
        about = {"name": bucket, "ownerIdentity": {"principalId": "LOCAL"}, "arn": f"arn:aws:s3:::{bucket}"}
        made = {"key": quote_plus(key, safe="/"), "size": size, "sequencer": f"{self._count:016X}"}
        return {
            "eventVersion": "2.1",
            "eventSource": "aws:s3",
            "awsRegion": self.region,
            "eventTime": self.wire.now().strftime("%Y-%m-%dT%H:%M:%S.000Z"),
            "eventName": "ObjectCreated:Put",
            "s3": {"s3SchemaVersion": "1.0", "configurationId": "local", "bucket": about, "object": made},
        }
