"""The package as others import it, and what the hot path loads of it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import kairos.timing

ROOT = Path(__file__).resolve().parents[2]


def test_every_public_name_is_there_and_no_other() -> None:
    assert all(getattr(kairos.timing, name) is not None for name in kairos.timing.__all__)
    with pytest.raises(AttributeError, match="no attribute 'Nothing'"):
        kairos.timing.Nothing  # noqa: B018 - asking for it is what is tested


def test_the_documentation_names_all_of_them() -> None:
    table = (ROOT / "docs" / "timing.md").read_text("utf-8").partition("## In Python")[2].partition("\n## ")[0]
    rows = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    assert {name for row in rows for name in re.findall(r"`(\w+)`", row)} == set(kairos.timing.__all__)


def test_deciding_does_not_load_the_models_of_gaps_before_a_release_asks_for_them() -> None:
    heavy = "{'kairos.timing.next_order', 'kairos.timing.builtin', 'kairos.timing.lag', 'numpy'}"
    code = f"import sys, kairos.app.decide; print(sorted({heavy} & set(sys.modules)))"
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=env)
    assert told.stdout.strip() == "[]"
