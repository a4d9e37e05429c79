from __future__ import annotations

import pytest

from tests.cli.memory_deployment import MemoryDeployment, Run, runner


@pytest.fixture
def deployment() -> MemoryDeployment:
    return MemoryDeployment()


@pytest.fixture
def kairos(deployment: MemoryDeployment) -> Run:
    return runner(deployment)
