"""Make what Lambda runs: one code asset for all functions, one layer with what they depend on. No Docker takes part.

Both are plain functions of a target directory, and the CDK calls them through `ILocalBundling`.
"""

import hashlib
import shutil
import subprocess
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import jsii
from aws_cdk import AssetHashType, BundlingOptions, DockerImage, ILocalBundling
from aws_cdk import aws_lambda as lambda_
from uv import find_uv_bin

from infra.bytecode import compile_tree, find_python

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "requirements-runtime.lock"

PYTHON_VERSION = "3.13"
LAMBDA_PLATFORM = "aarch64-manylinux2014"

# The services that functions call; botocore describes some four hundred, which is most of its size.
SERVICES = frozenset({"dynamodb", "s3", "scheduler", "secretsmanager", "sesv2", "sns", "sqs", "ssm"})
# Parts of the product that no function imports.
NOT_DEPLOYED = frozenset({"cli", "local"})


def build_code(target: Path, python_version: str = PYTHON_VERSION) -> None:
    """Write into `target` what unpacks to /var/task: `functions` and `kairos`."""
    for source, into in ((ROOT / "functions", "functions"), (ROOT / "shared" / "kairos", "kairos")):
        for file in _deployed(source):
            copy = target / into / file.relative_to(source)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, copy)
    compile_tree(target, python_version, "/var/task")


def build_layer(target: Path, platform: str = LAMBDA_PLATFORM, python_version: str = PYTHON_VERSION) -> None:
    """Write into `target` what unpacks to /opt.

    `platform` is one of uv's, such as "aarch64-manylinux2014" or "x86_64-manylinux2014", `python_version` a minor one.
    Raise `subprocess.CalledProcessError` where the locked wheels can be had from neither cache nor index.
    """
    packages = target / "python"
    _install(packages, platform, python_version)
    trim(packages)
    compile_tree(packages, python_version, "/opt/python")


def _install(packages: Path, platform: str, python_version: str) -> None:
    command = [find_uv_bin(), "pip", "install", "--quiet", "--no-deps", "--require-hashes", "--only-binary", ":all:"]
    command += ["--python-platform", platform, "--python-version", python_version, "--target", str(packages)]
    command += ["--link-mode", "copy", "--requirement", str(LOCK)]
    # What is locked by hash is the same from the cache, and then no network is needed.
    if subprocess.run([*command, "--offline"], capture_output=True, check=False).returncode != 0:
        subprocess.run(command, check=True)


def trim(packages: Path) -> None:
    """Delete what no function reads: other services' descriptions, scripts, metadata, tests and type stubs."""
    for library in ("botocore", "boto3"):
        for service in _directories(packages / library / "data"):
            if service.name not in SERVICES:
                shutil.rmtree(service)
    shutil.rmtree(packages / "botocore" / "docs" / "bcdoc" / "tests", ignore_errors=True)
    for left_over in (packages / "bin", *packages.glob("*.dist-info"), *packages.glob("*/tests")):
        shutil.rmtree(left_over, ignore_errors=True)
    (packages / ".lock").unlink(missing_ok=True)
    for stub in packages.rglob("*.pyi"):
        stub.unlink()


def code_asset() -> lambda_.Code:
    """Return the functions' code, made when the stack is synthesised with bundling."""
    return _asset(build_code, [*_deployed(ROOT / "functions"), *_deployed(ROOT / "shared" / "kairos")])


def layer_asset() -> lambda_.Code:
    """Return the dependency layer, made when the stack is synthesised with bundling."""
    return _asset(build_layer, [LOCK])


@jsii.implements(ILocalBundling)
class _Bundling:
    def __init__(self, build: Callable[[Path], None]) -> None:
        self._build = build

    def try_bundle(self, output_dir: str, options: Any = None, **_: Any) -> bool:
        self._build(Path(output_dir))
        return True


def _asset(build: Callable[[Path], None], sources: Iterable[Path]) -> lambda_.Code:
    # The hash is ours: the CDK's own would read the whole repository, `.venv` included.
    recipe = [Path(__file__), Path(__file__).with_name("bytecode.py")]
    return lambda_.Code.from_asset(
        str(ROOT),
        asset_hash_type=AssetHashType.CUSTOM,
        asset_hash=_fingerprint([*sources, *recipe]),
        bundling=BundlingOptions(
            image=DockerImage.from_registry("unused: built without Docker"), local=_Bundling(build)
        ),
    )


def _fingerprint(files: Iterable[Path]) -> str:
    # With bytecode or without is not the same package.
    digest = hashlib.sha256(str(find_python(PYTHON_VERSION) is not None).encode())
    for file in files:
        digest.update(f"{file.relative_to(ROOT)}\0{file.stat().st_size}\0".encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()


def _deployed(source: Path) -> list[Path]:
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
