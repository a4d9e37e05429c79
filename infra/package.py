"""Build what Lambda runs: the code of all functions, a layer of what they depend on, one for `learn`, which alone
computes with numpy and scipy, and one more for `publish`, which alone compiles MJML. No Docker takes part.

Nothing here knows the CDK: `assets.py` calls it for a deployment, tests call it for their own platform.
"""

import shutil
import subprocess
from pathlib import Path

from uv import find_uv_bin

from infra.bytecode import compile_tree

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "requirements-runtime.lock"
LEARN_LOCK = ROOT / "requirements-learn.lock"
PUBLISH_LOCK = ROOT / "requirements-publish.lock"

PYTHON_VERSION = "3.13"
LAMBDA_PLATFORM = "aarch64-manylinux2014"
# Wheels of numpy, scipy and mrml ask for glibc 2.28; Amazon Linux 2023, under python3.13, has 2.34.
NEWER_PLATFORM = "aarch64-manylinux_2_28"

# The services that functions call; botocore describes some four hundred, which is most of its size.
SERVICES = frozenset(
    {"dynamodb", "firehose", "lambda", "s3", "scheduler", "secretsmanager", "sesv2", "sns", "sqs", "ssm"}
)
# Parts of the product that no function imports.
NOT_DEPLOYED = frozenset({"cli", "local"})


def build_code(target: Path, python_version: str = PYTHON_VERSION) -> None:
    """Write into `target` what unpacks to /var/task: `functions` and `kairos`."""
    for source, into in ((ROOT / "functions", "functions"), (ROOT / "shared" / "kairos", "kairos")):
        for file in deployed_files(source):
            copy = target / into / file.relative_to(source)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, copy)
    compile_tree(target, python_version, "/var/task")


def build_layer(
    target: Path, platform: str = LAMBDA_PLATFORM, python_version: str = PYTHON_VERSION, lock: Path = LOCK
) -> None:
    """Write into `target` what unpacks to /opt: all that `lock` names.

    `platform` is one of uv's, such as "aarch64-manylinux2014" or "x86_64-manylinux2014", `python_version` a minor one.
    Raise `subprocess.CalledProcessError` where the locked wheels can be had from neither cache nor index.
    """
    packages = target / "python"
    _install(packages, platform, python_version, lock)
    trim(packages)
    compile_tree(packages, python_version, "/opt/python")


def build_learn_layer(target: Path) -> None:
    """Write into `target` what unpacks to /opt for `learn`: what it computes with, and little else."""
    build_layer(target, NEWER_PLATFORM, PYTHON_VERSION, LEARN_LOCK)


def build_publish_layer(target: Path) -> None:
    """Write into `target` what unpacks to /opt for `publish` beside the layer of all."""
    build_layer(target, NEWER_PLATFORM, PYTHON_VERSION, PUBLISH_LOCK)


def _install(packages: Path, platform: str, python_version: str, lock: Path) -> None:
    command = [find_uv_bin(), "pip", "install", "--quiet", "--no-deps", "--require-hashes", "--only-binary", ":all:"]
    command += ["--python-platform", platform, "--python-version", python_version, "--target", str(packages)]
    command += ["--link-mode", "copy", "--requirement", str(lock)]
    # What is locked by hash is the same from the cache, and then no network is needed.
    if subprocess.run([*command, "--offline"], capture_output=True, check=False).returncode != 0:
        subprocess.run(command, check=True)


def trim(packages: Path) -> None:
    """Delete what no function reads: other services' descriptions, scripts, metadata, tests and type stubs."""
    for library in ("botocore", "boto3"):
        for service in _directories(packages / library / "data"):
            if service.name not in SERVICES:
                shutil.rmtree(service)
    for left_over in (packages / "bin", *packages.glob("*.dist-info"), *packages.rglob("tests")):
        shutil.rmtree(left_over, ignore_errors=True)
    (packages / ".lock").unlink(missing_ok=True)
    for stub in packages.rglob("*.pyi"):
        stub.unlink()


def deployed_files(source: Path) -> list[Path]:
    """Return the files under `source` that are part of the code asset, in a stable order."""
    return sorted(
        file
        for file in source.rglob("*")
        if file.is_file()
        and file.suffix != ".pyc"
        and not (set(file.relative_to(source).parts[:1]) & NOT_DEPLOYED)
        and "__pycache__" not in file.parts
    )


def _directories(path: Path) -> list[Path]:
    return [child for child in path.iterdir() if child.is_dir()] if path.is_dir() else []
