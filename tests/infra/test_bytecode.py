"""Bytecode that the runtime accepts."""

from __future__ import annotations

import importlib.util
import marshal
import sys
from pathlib import Path

import pytest

from infra.bytecode import compile_tree, find_python

THIS_VERSION = "%d.%d" % sys.version_info[:2]  # noqa: UP031  (an f-string would have to name both parts)


def test_this_python_is_found_by_its_version() -> None:
    assert find_python(THIS_VERSION) is not None


def test_a_python_that_nobody_has_is_not_found() -> None:
    assert find_python("3.999") is None


def test_bytecode_is_not_checked_against_the_source_and_remembers_where_it_will_stand(tmp_path: Path) -> None:
    (tmp_path / "module.py").write_text("def f():\n    pass\n")
    assert compile_tree(tmp_path, THIS_VERSION, "/opt/python")
    (compiled,) = (tmp_path / "__pycache__").glob("module.*.pyc")
    raw = compiled.read_bytes()
    assert raw[:4] == importlib.util.MAGIC_NUMBER
    # PEP 552: bit 0 says by hash, bit 1 would say that the hash is to be checked.
    assert int.from_bytes(raw[4:8], "little") == 0b01
    assert marshal.loads(raw[16:]).co_filename == "/opt/python/module.py"


def test_without_the_right_python_nothing_is_compiled_and_it_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "module.py").write_text("")
    assert not compile_tree(tmp_path, "3.999", "/opt/python")
    assert "no Python 3.999 found" in capsys.readouterr().err
    assert not list(tmp_path.rglob("*.pyc"))


def test_a_file_that_does_not_compile_stops_the_package(tmp_path: Path) -> None:
    (tmp_path / "broken.py").write_text("def (:\n")
    with pytest.raises(Exception, match="non-zero exit status"):
        compile_tree(tmp_path, THIS_VERSION, "/var/task")
