"""A table's stream that starts a function: in order, filtered, tried again, halved, and given up with a notice.

https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-eventsourcemapping.html
https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-batchfailurereporting.html
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from kairos.local.function import Function, Result
from kairos.local.lambdas import failure_record
from kairos.local.patterns import Filters
from kairos.local.streams import LocalShard

BACK_OFF_MAX = timedelta(minutes=1)
# A stream keeps its records for a day, whatever a mapping says.
RECORD_AGE_MAX = timedelta(hours=24)

Record = dict[str, Any]


@dataclass(slots=True)
class _Batch:
    records: list[Record]
    attempts: int = 0


@dataclass(slots=True)
class StreamSource:
    """One event source mapping from a shard to `function`.

    `retries` None means until the records expire; `give_up` gets what Lambda would send to the failure destination.
    """

    shard: LocalShard
    arn: str
    function: Function
    invoke: Callable[[Function, Any], Result]
    give_up: Callable[[dict[str, Any]], None] | None = None
    batch: int = 100
    partial: bool = False
    bisect: bool = False
    retries: int | None = None
    age_max: timedelta = RECORD_AGE_MAX
    filters: Filters = field(default_factory=lambda: Filters(None))
    enabled: bool = True
    given_up: int = 0
    _position: int = 0
    _pending: list[_Batch] = field(default_factory=list)
    _blocked_until: datetime | None = None

    def run(self, now: datetime) -> bool:
        """Hand one batch to the function; tell whether there was one."""
        if not self.enabled or (self._blocked_until is not None and now < self._blocked_until):
            return False
        self._blocked_until = None
        if not self._pending and not self._fetch():
            return False
        batch = self._pending[0]
        if self._expired(batch, now):
            return True
        batch.attempts += 1
        result = self.invoke(self.function, {"Records": batch.records})
        failed_at = _failed_at(batch.records, result) if self.partial or not result.ok else None
        if failed_at is None:
            self._pending.pop(0)
        else:
            self._fail(batch, failed_at, result, now)
        return True

    def next_due(self, now: datetime) -> datetime | None:
        """Return when a batch that failed is tried again."""
        return self._blocked_until if self.enabled and (self._blocked_until or now) > now else None

    def _fetch(self) -> bool:
        """Take the next records that pass the filters as one batch."""
        records: list[Record] = []
        items = self.shard.items
        while self._position < len(items) and len(records) < self.batch:
            record = items[self._position].to_json()
            self._position += 1
            if self.filters(record):
                records.append(record)
        if records:
            self._pending.append(_Batch(records))
        return bool(records)

    def _fail(self, batch: _Batch, failed_at: int, result: Result, now: datetime) -> None:
        self._pending.pop(0)
        rest = batch.records[failed_at:]
        # What was processed before the failure is done: the rest has not used up its own patience yet.
        attempts = batch.attempts if failed_at == 0 else 1
        if self.bisect and len(rest) > 1:
            # Halving does not count towards the retries.
            middle = len(rest) // 2
            self._pending[:0] = [_Batch(rest[:middle], attempts - 1), _Batch(rest[middle:], attempts - 1)]
        elif self.retries is not None and attempts > self.retries:
            self._drop(rest, result, "RetryAttemptsExhausted", attempts, now)
            return
        else:
            self._pending.insert(0, _Batch(rest, attempts))
        self._blocked_until = now + min(BACK_OFF_MAX, timedelta(seconds=2 ** min(batch.attempts, 6)))

    def _expired(self, batch: _Batch, now: datetime) -> bool:
        oldest = now - min(self.age_max, RECORD_AGE_MAX)
        old = [record for record in batch.records if _created(record) < oldest]
        if not old:
            return False
        batch.records = [record for record in batch.records if record not in old]
        if not batch.records:
            self._pending.pop(0)
        nothing = Result(self.function.short, "", None, {"errorType": "Expired"})
        self._drop(old, nothing, "RecordAgeExceeded", batch.attempts, now)
        return True

    def _drop(self, records: list[Record], result: Result, condition: str, attempts: int, now: datetime) -> None:
        self.given_up += len(records)
        if self.give_up is None:
            return
        first, last = records[0], records[-1]
        notice = failure_record(self.function, result, condition, attempts, now)
        notice["DDBStreamBatchInfo"] = {
            "shardId": self.shard.id,
            "startSequenceNumber": first["dynamodb"]["SequenceNumber"],
            "endSequenceNumber": last["dynamodb"]["SequenceNumber"],
            "approximateArrivalOfFirstRecord": _created(first).isoformat().replace("+00:00", "Z"),
            "approximateArrivalOfLastRecord": _created(last).isoformat().replace("+00:00", "Z"),
            "batchSize": len(records),
            "streamArn": self.arn,
        }
        self.give_up(notice)


def _created(record: Record) -> datetime:
    return datetime.fromtimestamp(record["dynamodb"]["ApproximateCreationDateTime"], UTC)


def _failed_at(records: list[Record], result: Result) -> int | None:
    """Return the index of the first record that is not done, or None when all are."""
    if not result.ok:
        return 0
    answer = result.payload
    if answer is None or (isinstance(answer, dict) and not answer.get("batchItemFailures")):
        return None
    sequence = {record["dynamodb"]["SequenceNumber"]: index for index, record in enumerate(records)}
    try:
        return min(sequence[entry["itemIdentifier"]] for entry in answer["batchItemFailures"])
    except (TypeError, KeyError):
        return 0
