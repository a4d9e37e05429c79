"""Releases: bundles in S3 by their own hash, and one pointer in the config table that says which is live."""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping
from typing import Any, cast

from botocore.exceptions import ClientError

from kairos.app.ports import Overdue, Pause, Pointer
from kairos.aws.errors import ConditionFailed, calling, error_code
from kairos.aws.table import release_key
from kairos.domain.canonical import canonical, fingerprint
from kairos.domain.errors import Unavailable, VersionConflict
from kairos.domain.instant import format_instant, parse_instant

POINTER = {"kind": {"S": "live"}, "id": {"S": "pointer"}}
HISTORY_MAX = 100
BUNDLES_MAX = 3  # held per process: the live one, and those a rollback moves between


class AwsReleases:
    """Releases. A bundle never changes, so a process reads each once."""

    def __init__(self, dynamodb: Any, s3: Any, table: str, bucket: str) -> None:
        self._dynamodb = dynamodb
        self._s3 = s3
        self._table = table
        self._bucket = bucket
        self._bundles: dict[str, Mapping[str, Any]] = {}

    def pointer(self) -> Pointer | None:
        item = self._pointer_item()
        return _pointer(item) if item else None

    def bundle(self, release: str) -> Mapping[str, Any]:
        if release not in self._bundles:
            bundle = self._fetch(release)
            while len(self._bundles) >= BUNDLES_MAX:
                del self._bundles[next(iter(self._bundles))]
            self._bundles[release] = bundle
        return self._bundles[release]

    def put_bundle(self, bundle: Mapping[str, Any]) -> str:
        release = fingerprint(bundle)
        # mtime=0: the same bundle is the same bytes.
        body = gzip.compress(canonical(bundle).encode(), mtime=0)
        with calling("releases"):
            self._s3.put_object(
                Bucket=self._bucket,
                Key=release_key(release),
                Body=body,
                ContentType="application/json",
                ContentEncoding="gzip",
            )
        return release

    def point(self, new: Pointer, old: Pointer | None) -> None:
        item = self._pointer_item()
        if (_pointer(item) if item else None) != old:
            raise VersionConflict("live pointer")
        moves = int(item["moves"]["N"]) if item else 0
        if item:
            # Kept first: a crash in between leaves a row that `history` does not count yet.
            self._put({**item, "kind": {"S": "history"}, "id": {"S": _place(moves)}})
        try:
            self._move(new, moves)
        except ConditionFailed as error:
            raise VersionConflict("live pointer") from error

    def history(self) -> list[Pointer]:
        item = self._pointer_item()
        if item is None:
            return []
        with calling("config"):
            found = self._dynamodb.query(
                TableName=self._table,
                KeyConditionExpression="kind = :history AND id < :now",
                ExpressionAttributeValues={
                    ":history": {"S": "history"},
                    ":now": {"S": _place(int(item["moves"]["N"]))},
                },
                ScanIndexForward=False,
                ConsistentRead=True,
                Limit=HISTORY_MAX,
            )
        return [_pointer(row) for row in found["Items"]]

    def _pointer_item(self) -> dict[str, Any] | None:
        with calling("config"):
            found = self._dynamodb.get_item(TableName=self._table, Key=POINTER, ConsistentRead=True)
        item: dict[str, Any] | None = found.get("Item")
        return item

    def _move(self, new: Pointer, moves: int) -> None:
        item = {
            **POINTER,
            "release": {"S": new.release},
            "paused": {"L": [{"S": journey} for journey in sorted(new.paused)]},
            "stopped": {"BOOL": new.stopped},
            "pauses": {"M": {journey: {"M": _pause_item(pause)} for journey, pause in new.pauses.items()}},
            "moves": {"N": str(moves + 1)},
        }
        if moves == 0:
            self._put(item, ConditionExpression="attribute_not_exists(kind)")
        else:
            values = {":moves": {"N": str(moves)}}
            self._put(item, ConditionExpression="moves = :moves", ExpressionAttributeValues=values)

    def _put(self, item: dict[str, Any], **condition: Any) -> None:
        with calling("config"):
            self._dynamodb.put_item(TableName=self._table, Item=item, **condition)

    def _fetch(self, release: str) -> Mapping[str, Any]:
        try:
            with calling("releases"):
                body = self._s3.get_object(Bucket=self._bucket, Key=release_key(release))["Body"].read()
        except ClientError as error:
            if error_code(error) != "NoSuchKey":
                raise
            raise Unavailable("release", f"no bundle {release}") from error
        bundle: Mapping[str, Any] = json.loads(gzip.decompress(body))
        return bundle


def _pointer(item: Mapping[str, Any]) -> Pointer:
    paused = frozenset(journey["S"] for journey in item["paused"]["L"])
    pauses = {journey: _pause(row["M"]) for journey, row in item.get("pauses", {"M": {}})["M"].items()}
    return Pointer(item["release"]["S"], paused, item["stopped"]["BOOL"], pauses)


def _pause_item(pause: Pause) -> dict[str, Any]:
    item = {"since": {"S": format_instant(pause.since)}}
    if pause.until is not None:
        item["until"] = {"S": format_instant(pause.until)}
    if pause.overdue is not None:
        item["overdue"] = {"S": pause.overdue}
    return item


def _pause(row: Mapping[str, Any]) -> Pause:
    until, overdue = row.get("until"), row.get("overdue")
    return Pause(
        since=parse_instant(row["since"]["S"]),
        until=parse_instant(until["S"]) if until else None,
        overdue=cast(Overdue, overdue["S"]) if overdue else None,
    )


def _place(moves: int) -> str:
    return f"{moves:012d}"
