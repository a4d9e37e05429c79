"""The Node that the CDK runs on, and the command that is pinned beside it."""

from __future__ import annotations

import json
import shutil
import subprocess

from infra.node import npm_command, wheel_node_directory
from infra.package import ROOT


def test_importing_the_package_made_a_node_available() -> None:
    found = shutil.which("node")
    assert found is not None
    directory = wheel_node_directory()
    assert directory is None or found == str(directory / "node")


def test_npm_answers() -> None:
    answer = subprocess.run([*npm_command(), "--version"], capture_output=True, text=True, check=True)
    assert answer.stdout.split(".")[0].isdigit()


def test_the_cdk_command_is_pinned_and_its_lock_names_no_registry() -> None:
    text = (ROOT / "package-lock.json").read_text()
    package = json.loads(text)["packages"]["node_modules/aws-cdk"]
    assert package["version"] == json.loads((ROOT / "package.json").read_text())["devDependencies"]["aws-cdk"]
    assert package["integrity"].startswith("sha512-")
    assert "://" not in text
