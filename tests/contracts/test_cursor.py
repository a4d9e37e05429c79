"""Cursor: sweep's marks survive between runs."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from kairos.app.ports import Marks
from kairos.aws.cursor import DynamoCursor
from kairos.memory import MemoryCursor
from tests.aws.cloud import Cloud

NOW = datetime(2026, 11, 22, 4, tzinfo=UTC)
MARKS = Marks(NOW, NOW + timedelta(hours=36, microseconds=1), NOW + timedelta(minutes=7), "p1", "p2")


@pytest.fixture
def cursor(kind: str, cloud: Cloud) -> Any:
    return MemoryCursor() if kind == "memory" else DynamoCursor(cloud.client("dynamodb"), cloud.table("config"))


def test_before_the_first_run_there_are_no_marks(cursor: Any) -> None:
    assert cursor.read() is None


def test_marks_are_read_as_they_were_written_last(cursor: Any) -> None:
    cursor.write(MARKS)
    assert cursor.read() == MARKS
    cursor.write(replace(MARKS, at=None, profile=""))
    assert cursor.read() == replace(MARKS, at=None, profile="")
