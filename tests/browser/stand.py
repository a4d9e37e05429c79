"""The local cloud of the browser's tests, in a process of its own.

A browser sends when it likes, and for each call the local cloud lends the function its environment: beside a test that
runs in the same process, that would be the test's own.

    python -m tests.browser.stand TEMPLATE BRAND

says in one line of JSON where it answers and what its tables are called, and ends with its standard input.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from subprocess import PIPE, Popen
from typing import Any
from urllib.request import Request, urlopen

from boto3 import Session

from kairos.aws.codec import read_state
from kairos.domain.profile import Profile
from kairos.local.cloud import LocalCloud
from kairos.local.demo import publish
from kairos.local.server import LocalServer

START = datetime(2026, 3, 2, 3, 0, tzinfo=UTC)
KEY = "main.public-key-of-the-page"
ANSWER_SECONDS = 60


@dataclass(frozen=True)
class Stand:
    """A running one: `outputs` are the stack's."""

    url: str
    outputs: dict[str, str]

    def items(self, table: str) -> list[dict[str, Any]]:
        """Return every item of a table, as boto3's resource reads them."""
        session = Session("testing", "testing", region_name="ap-northeast-2")
        dynamodb = session.resource("dynamodb", endpoint_url=self.url)
        found: list[dict[str, Any]] = dynamodb.Table(self.outputs[table]).scan()["Items"]
        return found

    def profiles(self) -> list[Profile]:
        """Return every customer."""
        rows = self.items("CustomersTable")
        return [read_state(row["state"].value, int(row["schema"]), int(row["version"])) for row in rows]

    def advance(self, by: str) -> None:
        """Let time pass ("25h")."""
        body = json.dumps({"by": by}).encode()
        with urlopen(Request(f"{self.url}/_local/clock", body), timeout=ANSWER_SECONDS) as answer:
            assert answer.status == 200


@contextmanager
def standing(template: Path, brand: Path) -> Iterator[Stand]:
    """Run one in another process."""
    command = [sys.executable, "-m", "tests.browser.stand", str(template), str(brand)]
    with Popen(command, stdin=PIPE, stdout=PIPE, cwd=Path(__file__).parents[2]) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            line = process.stdout.readline()
            assert line, "the local cloud did not start; its reason stands above"
            yield Stand(**json.loads(line))
        finally:
            process.stdin.close()


def main(template: Path, brand: Path) -> None:
    """Serve until standard input ends."""
    with LocalCloud(json.loads(template.read_text("utf-8")), START) as cloud:
        settings = json.dumps({"secrets": ["main.secret"], "public_keys": [KEY]})
        path = f"{cloud.outputs['ConnectionsPrefix']}track/main"
        cloud.session.client("ssm").put_parameter(Name=path, Value=settings, Type="SecureString")
        publish(cloud, brand)
        with LocalServer(cloud, ticking=False) as server:
            # What functions log goes where output goes, so the line comes alone and first.
            told, sys.stdout = sys.stdout, sys.stderr
            told.write(json.dumps({"url": server.url, "outputs": dict(cloud.outputs)}) + "\n")
            told.flush()
            sys.stdin.read()


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
