from __future__ import annotations

import io
from collections.abc import Iterator
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


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Return boto3 in an empty account."""
    for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    from moto import mock_aws

    with mock_aws():
        import boto3

        yield boto3
