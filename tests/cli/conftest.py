from __future__ import annotations

import io
from typing import Any

import pytest

from tests.cli.memory_deployment import MemoryDeployment, Run, runner


@pytest.fixture
def deployment() -> MemoryDeployment:
    return MemoryDeployment()


@pytest.fixture
def kairos(deployment: MemoryDeployment) -> Run:
    return runner(deployment)


@pytest.fixture
def answer(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return what types an answer into the next question; it may be called again."""

    def says(text: str) -> None:
        monkeypatch.setattr("sys.stdin", io.StringIO(text))

    return says
