"""Sending rows to the `imports` source, signed, a few requests at once, and remembering how far that came."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import secrets
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from kairos.cli.failure import CannotDo
from kairos.domain.errors import Unavailable

if TYPE_CHECKING:
    from kairos.cli.deployment import Deployment

SOURCE = "imports"
TRIES = 8
WAIT_SECONDS_MAX = 30.0
KEY_BYTES = 32
WORKERS = 4

_ROW = re.compile(r"(?:people|stops)\[(\d+)\]\.?(.*)", re.DOTALL)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Refused:
    """A row that the door refused: its place in the request, the field, and what was expected."""

    index: int
    field: str
    expected: str


class Sender:
    """One connection of the `imports` source. Its secret is made when there is none. `sleep` waits for seconds."""

    def __init__(self, deployment: Deployment, connection: str, sleep: Callable[[float], None] = time.sleep) -> None:
        self._deployment = deployment
        self._path = f"/v1/webhooks/{SOURCE}/{connection}"
        self._sleep = sleep
        settings = deployment.secrets.read(SOURCE, connection)
        self._made = not settings.get("secrets")
        if self._made:
            made = "whsec_" + base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()
            settings = {**settings, "secrets": [made]}
            deployment.secrets.write(SOURCE, connection, settings)
        self._key = base64.b64decode(str(settings["secrets"][0]).removeprefix("whsec_"))

    def send(self, rows: Mapping[str, Any]) -> list[Refused]:
        """Send one request until it is accepted. Raises Unavailable after TRIES, CannotDo where it never will be."""
        body = json.dumps(rows, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "backslashreplace")
        for attempt in range(TRIES):
            if attempt:
                self._sleep(min(2.0**attempt, WAIT_SECONDS_MAX))
            try:
                status, answer = self._deployment.post(self._path, self._headers(body), body)
            except Unavailable:
                continue
            if status in (200, 202):
                return [_refused(one) for one in json.loads(answer)["refused"]]
            # Whoever asked for this connection a moment ago made the door believe for a minute that there is none.
            if not (status in (429, 500, 502, 503, 504) or (status == 404 and self._made)):
                raise CannotDo(f"the import was refused with {status}: {answer.decode('utf-8', 'replace')[:300]}")
        raise Unavailable("HTTP API", "it does not take the import now; run the same command again to go on")

    def _headers(self, body: bytes) -> dict[str, str]:
        """Sign as Standard Webhooks says; the id is the content's, so that a repetition is one."""
        id = f"import_{hashlib.sha256(body).hexdigest()[:32]}"
        stamp = str(int(self._deployment.clock.now().timestamp()))
        mac = hmac.digest(self._key, f"{id}.{stamp}.".encode() + body, hashlib.sha256)
        signature = f"v1,{base64.b64encode(mac).decode()}"
        return {
            "content-type": "application/json",
            "webhook-id": id,
            "webhook-timestamp": stamp,
            "webhook-signature": signature,
        }


class Cursor:
    """How far an import came: a small file beside the imported one, gone when it is done."""

    def __init__(self, path: Path, fingerprint: str, phase: str = "stops", rows: int = 0) -> None:
        self._path = path
        self._fingerprint = fingerprint
        self.phase = phase
        self.rows = rows

    @classmethod
    def open(cls, file: Path, fingerprint: str) -> Cursor:
        """Return where the same import of the same file broke off, else a beginning."""
        path = file.with_name(f"{file.name}.kairos-import")
        try:
            kept = json.loads(path.read_text())
            if kept["fingerprint"] == fingerprint:
                return cls(path, fingerprint, str(kept["phase"]), int(kept["rows"]))
        except (OSError, ValueError, KeyError, TypeError):
            pass
        return cls(path, fingerprint)

    def reach(self, rows: int) -> None:
        """Note that the first `rows` of this phase are sent."""
        self.rows = rows
        kept = {"fingerprint": self._fingerprint, "phase": self.phase, "rows": rows}
        fresh = self._path.with_name(f"{self._path.name}.new")
        fresh.write_text(json.dumps(kept))
        fresh.replace(self._path)

    def turn(self, phase: str) -> None:
        """Begin the next phase."""
        self.phase = phase
        self.reach(0)

    def close(self) -> None:
        """Forget it: all is sent."""
        self._path.unlink(missing_ok=True)


def side_by_side(
    act: Callable[[Sequence[T]], Any], items: Iterator[T], size: int, workers: int = WORKERS
) -> Iterator[tuple[int, list[Any]]]:
    """Do `act` on batches of `size`, a few at once; yield how many items are done, and what came of each batch."""
    done = 0
    with ThreadPoolExecutor(workers) as pool:
        while window := list(islice(items, size * workers)):
            batches = [window[start : start + size] for start in range(0, len(window), size)]
            found = list(pool.map(act, batches))
            done += len(window)
            yield done, found


def _refused(one: Mapping[str, Any]) -> Refused:
    found = _ROW.fullmatch(str(one.get("field", "")))
    detail = str(one.get("detail", "")).removeprefix("expected ")
    return Refused(int(found[1]) if found else -1, found[2] if found else "", detail)
