"""What Lambda runs."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from infra.package import LEARN_LOCK, LOCK, PUBLISH_LOCK, ROOT, SERVICES, build_code, deployed_files, trim


def make(path: Path, text: str = "") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def test_the_code_asset_holds_functions_and_the_product_and_neither_command_line_nor_local_cloud(
    tmp_path: Path,
) -> None:
    build_code(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"functions", "kairos"}
    inside = {path.name for path in (tmp_path / "kairos").iterdir()}
    assert {"domain", "app"} <= inside
    assert not inside & {"cli", "local"}


def test_bytecode_and_caches_of_this_machine_are_not_shipped(tmp_path: Path) -> None:
    make(tmp_path / "__pycache__" / "a.cpython-311.pyc")
    make(tmp_path / "b.pyc")
    kept = make(tmp_path / "steps" / "wait.py")
    make(tmp_path / "local" / "cloud.py")
    also_kept = make(tmp_path / "steps" / "local" / "x.py")
    assert deployed_files(tmp_path) == sorted([kept, also_kept])


def test_a_layer_keeps_the_services_that_functions_call_and_what_botocore_needs_to_find_them(tmp_path: Path) -> None:
    data = tmp_path / "botocore" / "data"
    for service in (*SERVICES, "ec2", "sagemaker"):
        make(data / service / "2020-01-01" / "service-2.json.gz")
    make(data / "endpoints.json")
    make(tmp_path / "boto3" / "data" / "ec2" / "resources-1.json")
    trim(tmp_path)
    assert {path.name for path in data.iterdir()} == SERVICES | {"endpoints.json"}
    assert list((tmp_path / "boto3" / "data").iterdir()) == []


def test_a_layer_carries_no_scripts_metadata_stubs_or_tests(tmp_path: Path) -> None:
    make(tmp_path / "bin" / "jp.py")
    make(tmp_path / ".lock")
    make(tmp_path / "boto3-1.0.dist-info" / "RECORD")
    make(tmp_path / "six" / "tests" / "test_six.py")
    make(tmp_path / "pydantic_core" / "core.pyi")
    kept = make(tmp_path / "pydantic_core" / "core.py")
    trim(tmp_path)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [kept]


@pytest.mark.parametrize("lock", [LOCK, LEARN_LOCK, PUBLISH_LOCK], ids=lambda lock: lock.name)
def test_a_lock_pins_every_package_by_hash_and_names_no_index(lock: Path) -> None:
    lines = lock.read_text().splitlines()
    pinned = [line for line in lines if line and not line.startswith((" ", "#"))]
    assert pinned
    assert all("==" in line and line.endswith("\\") for line in pinned)
    assert not [line for line in lines if "://" in line or line.startswith("--")]


def versions(path: Path) -> set[tuple[str, str]]:
    pins = [line.split(" ")[0].split("==") for line in path.read_text().splitlines() if "==" in line]
    return {(name, version) for name, version in pins if not name.startswith((" ", "#"))}


@pytest.mark.parametrize("lock", [LOCK, LEARN_LOCK, PUBLISH_LOCK], ids=lambda lock: lock.name)
def test_a_layer_is_locked_at_the_versions_that_the_tests_run_with(lock: Path) -> None:
    assert versions(lock) <= versions(ROOT / "requirements.lock")


WITHOUT = """
import sys
class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {absent!r}:
            raise ModuleNotFoundError(f"no module named {{name}}", name=name)
sys.meta_path.insert(0, Absent())
import {modules}
"""


def test_the_layer_of_learn_holds_all_that_learn_imports() -> None:
    """What is installed here and not locked for it is made absent, and everything that it runs is imported."""
    named = {name for name, _ in versions(LEARN_LOCK)}
    absent = {
        module
        for module, owners in packages_distributions().items()
        if not {owner.lower().replace("_", "-") for owner in owners} & {*named, "kairos"}
    }
    modules = "functions.learn, kairos.app.learn.nightly, kairos.aws.customer_scan, kairos.aws.releases"
    modules += ", kairos.aws.publishing, kairos.aws.clients, botocore.session, kairos.app.publish.live"
    script = WITHOUT.format(absent=absent, modules=modules)
    subprocess.run([sys.executable, "-c", script], check=True)
    assert {"pydantic", "holidays"} <= absent
