"""`local`: the whole cloud on localhost, from the CloudFormation that would be deployed.

The local cloud and the infrastructure live beside the command line, so they are found by name and not imported.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import kairos
from kairos.app.definitions.folder import load_brand
from kairos.cli.aws_deployment import AwsDeployment
from kairos.cli.definitions import push_folder
from kairos.cli.failure import WRONG, CannotDo
from kairos.cli.live import run_live
from kairos.cli.screen import open_screen
from kairos.clock import SystemClock

HOST = "127.0.0.1"
ROOT = Path(kairos.__file__).resolve().parents[2]


def serve_locally(port: int, folder: Path | None, root: Path = ROOT) -> int:
    """Serve until stopped. Raises CannotDo where what it needs is not installed."""
    template = _synthesise(root)
    url = f"http://{HOST}:{port}"
    clouds, server = import_module("kairos.local.cloud"), import_module("kairos.local.server")
    with clouds.LocalCloud(template, SystemClock().now(), public_url=url) as cloud:
        if folder is not None and not publish_folder(cloud, folder):
            return WRONG
        _tell(url, cloud.region)
        server.serve(cloud, HOST, port, zone=_zone(folder))
    return 0


def _synthesise(root: Path) -> Mapping[str, Any]:
    """Return the template of the stage `local`, made by the infrastructure's own code."""
    if not (root / "infra" / "app.py").exists():
        raise CannotDo("the local cloud runs what is in the repository: clone it, and run `make setup` there")
    if str(root) not in sys.path:
        sys.path.insert(0, str(root))  # where `infra` and `functions` are
    if any(find_spec(package) is None for package in ("moto", "aws_cdk")):
        raise CannotDo("the local cloud needs packages that are not here: run `make setup`")
    from rich.status import Status

    with TemporaryDirectory() as folder, Status("synthesising the stack …", console=open_screen(complaints=True)):
        path: Path = import_module("infra.app").synthesise("local", folder)
        template: Mapping[str, Any] = json.loads(path.read_text("utf-8"))
    return template


class _Inside(AwsDeployment):
    """The deployment seen from within the process that serves it, before the server is up."""

    def __init__(self, cloud: Any) -> None:
        super().__init__("local", cloud.outputs, lambda service, **config: cloud.session.client(service))
        self._cloud = cloud

    def command(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        answer: Mapping[str, Any] = self._cloud.invoke("publish", dict(request)).payload
        return answer


def publish_folder(cloud: Any, folder: Path) -> bool:
    """Push and publish a brand's folder inside a running local cloud; return whether that was possible."""
    inside = _Inside(cloud)
    pushed = push_folder(folder, lambda: inside, dry_run=False)
    done = pushed == 0 and run_live(inside, {"command": "publish", "all": True}) == 0
    cloud.settle()
    return done


def _zone(folder: Path | None) -> str:
    brand = load_brand(folder).brand if folder else None
    return str(brand.document["timezone"]) if brand else "UTC"


def _tell(url: str, region: str) -> None:
    screen = open_screen()
    screen.print(f"the local cloud is at {url} (its page shows all messages sent); Ctrl-C ends it", style="green")
    screen.print("for `kairos` and `aws` in another shell:", style="dim")
    keys = "AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local"
    screen.print(f"  export AWS_ENDPOINT_URL={url} AWS_DEFAULT_REGION={region} {keys}")
