"""What a piece of work used of AWS, counted, and what that costs."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, fields

from bench.prices import Prices

CORE_MB = 1769
"""Memory at which Lambda gives a function one whole core."""
WAIT_MS = {"dynamodb": 5.0, "sqs": 8.0, "scheduler": 25.0, "sesv2": 80.0}
WAIT_MS_DEFAULT = 20.0
"""How long a call keeps a function waiting inside a Region. An assumption: nothing here measures AWS."""
LOG_LINE_BYTES = 26
"""What CloudWatch Logs adds to each line when it counts bytes."""


@dataclass
class Usage:
    """Requests by kind; `gb_seconds` is estimated (`gb_seconds` below), everything else is counted."""

    http: float = 0
    invocations: Counter[str] = field(default_factory=Counter)
    calls: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    reads: Counter[str] = field(default_factory=Counter)
    writes: Counter[str] = field(default_factory=Counter)
    sqs: float = 0
    sqs_fifo: float = 0
    alarms: float = 0
    rings: float = 0
    log_bytes: float = 0
    archive_bytes: float = 0
    gb_seconds: float = 0

    def __add__(self, other: Usage) -> Usage:
        return Usage(**{f.name: getattr(self, f.name) + getattr(other, f.name) for f in fields(self)})

    def per(self, number: float) -> Usage:
        """Return the share of one of `number`."""
        shared = Usage()
        for part in fields(self):
            value = getattr(self, part.name)
            if isinstance(value, Counter):
                value = Counter({key: count / number for key, count in value.items()})
            else:
                value /= number
            setattr(shared, part.name, value)
        return shared

    @property
    def invoked(self) -> float:
        return sum(self.invocations.values())

    @property
    def read_units(self) -> float:
        return sum(self.reads.values())

    @property
    def write_units(self) -> float:
        return sum(self.writes.values())


def bill(usage: Usage, prices: Prices) -> dict[str, float]:
    """Return what a million times `usage` costs, in USD, by service. SES and storage are not in it."""
    return {
        "API Gateway": usage.http * prices.http,
        "Lambda requests": usage.invoked * prices.lambda_requests,
        "Lambda GB-s": usage.gb_seconds * 1e6 * prices.gb_second,
        "DynamoDB reads": usage.read_units * prices.reads,
        "DynamoDB writes": usage.write_units * prices.writes,
        "SQS": usage.sqs * prices.sqs + usage.sqs_fifo * prices.sqs_fifo,
        "Scheduler": usage.rings * prices.alarms,
        "Logs": usage.log_bytes * 1e6 / 1e9 * prices.log_gb,
        "Archive": usage.archive_bytes * 1e6 / 1e9 * prices.archive_gb,
    }


def gb_seconds(cpu_ms: float, waits_ms: float, memory_mb: int) -> float:
    """Return what one warm run is billed: its processor time at the share that the memory buys, and its waiting."""
    share = min(1.0, memory_mb / CORE_MB)
    return memory_mb / 1024 * (cpu_ms / share + waits_ms) / 1000


def wait_ms(service: str) -> float:
    """Return how long one call of a service is taken to last."""
    return WAIT_MS.get(service, WAIT_MS_DEFAULT)
