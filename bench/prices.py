"""List prices in USD, on demand, first paid tier, without any free allowance, and where each was read.

Prices change, and two of ours are from memory: `SOURCES` says which. A figure that depends on a price names it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

READ_ON = "2026-11-22"


@dataclass(frozen=True, slots=True)
class Prices:
    """One Region. USD for a million; Lambda's GB-seconds, and gigabytes of logs and archive, for one."""

    region: str
    http: float
    lambda_requests: float
    gb_second: float
    reads: float
    writes: float
    sqs: float
    sqs_fifo: float
    alarms: float
    log_gb: float
    archive_gb: float


US_EAST_1 = Prices("us-east-1", 1.00, 0.20, 0.0000133334, 0.125, 0.625, 0.40, 0.50, 1.00, 0.50, 0.029)
AP_NORTHEAST_2 = Prices("ap-northeast-2", 1.23, 0.20, 0.0000133334, 0.1355, 0.68, 0.40, 0.50, 1.25, 0.76, 0.036)
REGIONS = (AP_NORTHEAST_2, US_EAST_1)

SOURCES: Mapping[str, str] = {
    "API Gateway, HTTP API": "us-east-1: AWS price list of 2024; ap-northeast-2: AWS price list, copied 2026-10-01",
    "Lambda on ARM": "us-east-1: AWS price list of 2024; ap-northeast-2: the same, from memory",
    "DynamoDB on demand": "us-east-1: AWS price list of 2024-11; ap-northeast-2: AWS price list, read 2026-06-12",
    "SQS": "us-east-1 standard: AWS price list of 2024; FIFO and ap-northeast-2: from memory",
    "EventBridge Scheduler": "us-east-1: from memory; ap-northeast-2: Tokyo's price, Seoul's not found. 14 million "
    "rings a month are free in every account, and not deducted here",
    "CloudWatch Logs": "us-east-1: from memory; ap-northeast-2: AWS price list, transcribed 2026",
    "Firehose": "both from memory; each record is rounded up to 5 kB",
}
