"""When connections were last heard of: a row each, written by whoever read its last revision."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from kairos.app.heard import Heard
from kairos.aws.heard_of import DynamoHeardOf
from kairos.domain.errors import VersionConflict
from kairos.memory import MemoryHeardOf
from tests.aws.cloud import Cloud

NOW = datetime(2026, 11, 22, 4, 10, 30, 1, tzinfo=UTC)


@pytest.fixture
def kept(kind: str, cloud: Cloud) -> Any:
    return MemoryHeardOf() if kind == "memory" else DynamoHeardOf(cloud.client("dynamodb"), cloud.table("config"))


def test_what_was_never_heard_of_is_blank(kept: Any) -> None:
    assert kept.read("shopify", "main") == Heard("shopify", "main")
    assert kept.all() == []


def test_every_part_of_it_survives_and_all_come_in_order(kept: Any) -> None:
    whole = Heard("shopify", "a.b-c_d", 0, NOW, 7, 90, timedelta(hours=3), timedelta(2), NOW, 2, NOW, "왜 'no'", "12h")
    saved = kept.save(whole)
    assert saved == replace(whole, revision=1)
    other = kept.save(Heard("calcom", "main", refused=1, refused_at=NOW, refusal="no"))
    assert kept.read("shopify", "a.b-c_d") == saved
    assert kept.all() == [other, saved]


def test_it_is_written_by_whoever_read_it_last_and_by_nobody_else(kept: Any) -> None:
    first = kept.save(Heard("track", "main"))
    with pytest.raises(VersionConflict):
        kept.save(Heard("track", "main", events=1))
    second = kept.save(replace(first, events=2))
    with pytest.raises(VersionConflict):
        kept.save(replace(first, events=3))
    assert kept.read("track", "main") == second
