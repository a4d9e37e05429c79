"""Fixtures that every layer's tests share."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Return the folder of other people's data beside the repository, which the project does not ship."""
    folder = Path(__file__).resolve().parents[2] / "shared"
    if not (folder / "time-vectors.jsonl").exists():
        pytest.skip("the folder of shared data is not beside this clone")
    return folder
