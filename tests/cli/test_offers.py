"""`kairos offers`: codes from a file, and how many are left."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from kairos.app.ports import Pointer
from tests.cli.memory_deployment import MemoryDeployment

Run = Callable[..., int]


def test_codes_are_imported_once_and_counted(
    kairos: Run, deployment: MemoryDeployment, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "codes.csv"
    file.write_text("\ufeffCode,note\nA-1,x\n\n A-2 ,y\n", encoding="utf-8")
    assert kairos("offers", "import", "spring", str(file)) == 0
    assert "2 new codes of 2 read; spring has 2 left" in capsys.readouterr().out
    assert kairos("offers", "import", "spring", str(file)) == 0
    assert "0 new codes of 2 read" in capsys.readouterr().out
    assert deployment.pools.codes == {"spring": ["A-1", "A-2"]}


@pytest.mark.parametrize("text", ["A 1\n", "x" * 65, "A#1\n"])
def test_a_line_that_holds_no_code_stops_the_import_before_it_began(
    kairos: Run, deployment: MemoryDeployment, tmp_path: Path, text: str
) -> None:
    file = tmp_path / "codes.csv"
    file.write_text(f"GOOD\n{text}", encoding="utf-8")
    assert kairos("offers", "import", "spring", str(file)) == 1
    assert deployment.pools.codes == {}
    assert kairos("offers", "import", "Spring!", str(file)) == 1
    assert kairos("offers", "import", "spring", str(tmp_path / "none.csv")) == 1


def test_the_pool_of_each_live_offer_is_shown(
    kairos: Run, deployment: MemoryDeployment, capsys: pytest.CaptureFixture[str]
) -> None:
    release = deployment.releases.put_bundle({"brand": {"offers": {"spring": {}}}})
    deployment.releases.point(Pointer(release), deployment.releases.pointer())
    deployment.pools.add("spring", ["A", "B"])
    assert kairos("offers", "show") == 0
    assert "spring: 0 given, 2 left" in capsys.readouterr().out
