"""The stack as it is synthesised, read once for all tests of a worker."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(scope="session")
def template(synthesised: Path) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(synthesised.read_text("utf-8"))
    return body
