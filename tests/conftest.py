"""Fixtures that every layer's tests share."""

from __future__ import annotations

import os
from fcntl import LOCK_EX, flock
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# The same examples on every machine: a test that fails now and then tells nobody what broke. How long an example takes
# is no property of ours. `make nightly` looks further, with new examples each time (HYPOTHESIS_PROFILE).
settings.register_profile("same", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("nightly", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "same"))


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Return the folder of other people's data beside the repository, which the project does not ship."""
    folder = Path(__file__).resolve().parents[2] / "shared"
    if not (folder / "time-vectors.jsonl").exists():
        pytest.skip("the folder of shared data is not beside this clone")
    return folder


@pytest.fixture(scope="session")
def synthesised(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the CloudFormation of the stage `local`: the CDK takes ten seconds, so workers side by side share one."""
    from infra.app import synthesise  # starts a Node process: only tests that ask for the stack pay for it

    if "PYTEST_XDIST_WORKER" not in os.environ:
        return synthesise("local", tmp_path_factory.mktemp("synthesised"))
    folder = tmp_path_factory.getbasetemp().parent / "synthesised"
    folder.mkdir(exist_ok=True)
    made = folder / "path"
    with (folder / "lock").open("w") as lock:
        flock(lock, LOCK_EX)
        if not made.exists():
            made.write_text(str(synthesise("local", folder / "stack")))
    return Path(made.read_text())
