"""The package as Lambda runs it: built by infra, started by Lambda's own runtime interface client, in its own process.

The process has the package, the layer and the client on its path and nothing else of this machine's; its AWS is the
served local cloud. Where the dependencies' wheels can be had neither from a cache nor from an index, this cannot be
shown and is skipped.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from kairos.local import LocalCloud
from kairos.local.runtime_api import RuntimeApi
from kairos.local.server import LocalServer

pytestmark = pytest.mark.xdist_group("runtime")

pytest.importorskip("uv")
awslambdaric = pytest.importorskip("awslambdaric")

CLIENT = ("awslambdaric", "runtime_client", "simplejson", "snapshot_restore_py")
Invoke = Callable[[Any], Any]


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build code and layer for this machine's platform and interpreter, and put the runtime client beside them."""
    from infra.package import build_code, build_layer

    folder = tmp_path_factory.mktemp("package")
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    build_code(folder / "task", version)
    try:
        # The glibc of Amazon Linux 2023: where this project is installed from its lock, the same wheels are cached.
        build_layer(folder / "opt", f"{platform.machine()}-manylinux_2_34", version)
    except subprocess.CalledProcessError as error:
        pytest.skip(f"the layer cannot be built here, offline and without a cache of wheels: {error}")
    (folder / "client").mkdir()
    for installed in Path(awslambdaric.__file__).parent.parent.iterdir():
        if installed.name.split(".")[0] in CLIENT and installed.suffix != ".dist-info":
            (folder / "client" / installed.name).symlink_to(installed)
    return folder


@pytest.fixture(scope="module")
def served(synthesised: Path) -> Iterator[tuple[LocalCloud, LocalServer]]:
    with (
        LocalCloud.from_template(synthesised, datetime.now(UTC)) as cloud,
        LocalServer(cloud, ticking=False) as server,
    ):
        yield cloud, server


@contextmanager
def process(package: Path, served: tuple[LocalCloud, LocalServer], name: str) -> Iterator[Invoke]:
    """Start the function's process and yield what invokes it."""
    cloud, server = served
    function = cloud.parts.lambdas.find(name)
    path = [package / "task", package / "opt" / "python", package / "client"]
    with RuntimeApi(function.arn, timedelta(seconds=60)) as api:
        environment = {
            **function.environment(cloud.region),
            "AWS_LAMBDA_RUNTIME_API": api.address,
            "AWS_ENDPOINT_URL": server.url,
            "PYTHONPATH": os.pathsep.join(map(str, path)),
        }
        interpreter = Path(sys.base_prefix) / "bin" / f"python{sys.version_info.major}.{sys.version_info.minor}"
        command = [str(interpreter), "-S", "-m", "awslambdaric", function.handler]
        running = subprocess.Popen(command, env=environment, cwd=package / "task", stdout=subprocess.DEVNULL)
        try:
            yield api.invoke
        finally:
            running.kill()
            running.wait()


def request(path: str, body: bytes, source: str = "shopify", connection: str = "main") -> dict[str, Any]:
    """Return the event of a POST as API Gateway sends it."""
    return {
        "version": "2.0",
        "routeKey": "POST /v1/webhooks/{source}/{connection}",
        "rawPath": path,
        "rawQueryString": "",
        "headers": {"content-type": "application/json", "host": "example.com"},
        "pathParameters": {"source": source, "connection": connection},
        "requestContext": {
            "http": {"method": "POST", "path": path, "sourceIp": "192.0.2.1", "protocol": "HTTP/1.1", "userAgent": ""},
            "requestId": "r1",
            "routeKey": "POST /v1/webhooks/{source}/{connection}",
            "stage": "$default",
            "timeEpoch": 0,
        },
        "body": body.decode(),
        "isBase64Encoded": False,
    }


def test_ingest_answers_in_its_package(package: Path, served: tuple[LocalCloud, LocalServer]) -> None:
    with process(package, served, "ingest") as invoke:
        unknown = invoke(request("/v1/webhooks/nobody/main", b"{}", source="nobody"))
        assert not unknown.error, unknown.payload
        assert 400 <= unknown.payload["statusCode"] < 500
        unsigned = invoke(request("/v1/webhooks/shopify/main", b"{}"))
        assert not unsigned.error, unsigned.payload
        assert 400 <= unsigned.payload["statusCode"] < 500


def test_decide_answers_in_its_package(package: Path, served: tuple[LocalCloud, LocalServer]) -> None:
    with process(package, served, "decide") as invoke:
        answer = invoke({"Records": []})
        assert not answer.error, answer.payload
        assert answer.payload == {"batchItemFailures": []}


def test_preferences_reads_its_secret_from_the_served_cloud(
    package: Path, served: tuple[LocalCloud, LocalServer]
) -> None:
    cloud, _ = served
    before = len(cloud.parts.wire.calls)
    with process(package, served, "preferences") as invoke:
        event = request("/u/nonsense", b"")
        event |= {"routeKey": "GET /u/{token}", "pathParameters": {"token": "nonsense"}}
        event["requestContext"] |= {"routeKey": "GET /u/{token}"}
        event["requestContext"]["http"] |= {"method": "GET"}
        answer = invoke(event)
        assert not answer.error, answer.payload
        assert 200 <= answer.payload["statusCode"] < 500
    assert cloud.tables["suppressions"].items() == []
    assert len(cloud.parts.wire.calls) > before, "it asked for its secret through the port"


def test_a_handler_that_raises_comes_back_as_lambdas_error(tmp_path: Path) -> None:
    (tmp_path / "bad.py").write_text("def handler(event, context):\n    raise ValueError(context.aws_request_id)\n")
    with RuntimeApi("arn:aws:lambda:r:1:function:bad") as api:
        environment = {**os.environ, "AWS_LAMBDA_RUNTIME_API": api.address, "PYTHONPATH": str(tmp_path)}
        command = [sys.executable, "-m", "awslambdaric", "bad.handler"]
        running = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
        try:
            for _ in range(2):
                answer = api.invoke({})
                assert answer.error
                assert answer.payload["errorType"] == "ValueError"
        finally:
            running.kill()
            running.wait()
    assert json.dumps(answer.payload)
