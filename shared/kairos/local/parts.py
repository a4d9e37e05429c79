"""What the builders build into: all services of one cloud."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from kairos.local.agenda import Agenda
from kairos.local.bus import Bus
from kairos.local.dynamodb import DynamoDb
from kairos.local.firehose import Firehose
from kairos.local.lambdas import Lambdas
from kairos.local.mail import Post
from kairos.local.notices import Notices
from kairos.local.queue_source import QueueSource
from kairos.local.routes import Routes
from kairos.local.scheduler import Scheduler
from kairos.local.ses import Ses
from kairos.local.sms import Sns
from kairos.local.sqs import Sqs
from kairos.local.stream_source import StreamSource
from kairos.local.targets import Targets
from kairos.local.wire import Caller, Wire


@dataclass
class Parts:
    """The services, wired together. `client` makes a boto3 client for what moto keeps."""

    account: str
    region: str
    now: Callable[[], datetime]
    wire: Wire
    agenda: Agenda
    lambdas: Lambdas
    client: Callable[[str], Any]
    public_url: str | None = None
    queue_sources: list[QueueSource] = field(default_factory=list)
    stream_sources: list[StreamSource] = field(default_factory=list)
    routes: dict[str, Routes] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.targets = Targets(self.wire, self.lambdas)
        self.bus = Bus(self.now, self.targets, self.agenda, self.account, self.region)
        self.scheduler = Scheduler(self.now, self.targets, self.agenda, self.account, self.region)
        self.dynamodb = DynamoDb(self.account, self.region)
        self.sqs = Sqs(self.now)
        self.post = Post(self.now, self.agenda, self.bus, self.account, self.region)
        self.ses = Ses(self.now, self.post)
        self.sns = Sns(self.now)
        self.notices = Notices(self.wire, self.account, self.region)
        self.firehose = Firehose(self.wire, self.agenda, self.notices, self._put_object, self.arn)
        self.wire.apis.update(
            {
                "dynamodb": self.dynamodb,
                "sqs": self.sqs,
                "scheduler": self.scheduler,
                "sesv2": self.ses,
                "sns": self.sns,
                "lambda": self.lambdas,
                "events": self.bus,
                "firehose": self.firehose,
            }
        )

    def arn(self, service: str, rest: str) -> str:
        """Return the ARN of something of ours."""
        return f"arn:aws:{service}:{self.region}:{self.account}:{rest}"

    def _put_object(self, bucket: str, key: str, body: bytes) -> None:
        """Store an object as an operator would: whoever asks has seen to the permission."""
        outer, self.wire.caller = self.wire.caller, Caller(None)
        try:
            self.client("s3").put_object(Bucket=bucket, Key=key, Body=body)
        finally:
            self.wire.caller = outer
