"""Hand to the CDK what `package.py` builds: one code asset for all functions, and three layers, each under its hash."""

import hashlib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import jsii
from aws_cdk import AssetHashType, BundlingOptions, DockerImage, ILocalBundling
from aws_cdk import aws_lambda as lambda_

from infra.bytecode import find_python
from infra.package import (
    LEARN_LOCK,
    LOCK,
    PUBLISH_LOCK,
    PYTHON_VERSION,
    ROOT,
    build_code,
    build_layer,
    build_learn_layer,
    build_publish_layer,
    deployed_files,
)


def code_asset() -> lambda_.Code:
    """Return the functions' code, made when the stack is synthesised with bundling."""
    return _asset(build_code, [*deployed_files(ROOT / "functions"), *deployed_files(ROOT / "shared" / "kairos")])


def layer_asset() -> lambda_.Code:
    """Return the dependency layer, made when the stack is synthesised with bundling."""
    return _asset(build_layer, [LOCK])


def learn_layer_asset() -> lambda_.Code:
    """Return the layer of `learn`, made when the stack is synthesised with bundling."""
    return _asset(build_learn_layer, [LEARN_LOCK])


def publish_layer_asset() -> lambda_.Code:
    """Return the layer of `publish` beside the one of all, made when the stack is synthesised with bundling."""
    return _asset(build_publish_layer, [PUBLISH_LOCK])


@jsii.implements(ILocalBundling)
class _Bundling:
    def __init__(self, build: Callable[[Path], None]) -> None:
        self._build = build

    def try_bundle(self, output_dir: str, options: Any = None, **_: Any) -> bool:
        self._build(Path(output_dir))
        return True


def _asset(build: Callable[[Path], None], sources: Iterable[Path]) -> lambda_.Code:
    # The hash is ours: the CDK's own would read the whole repository, `.venv` included.
    recipe = [Path(__file__).with_name("package.py"), Path(__file__).with_name("bytecode.py")]
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
