"""The web tag itself, as a browser loads it: one file, kept by browsers for an hour, compressed where they say so."""

from __future__ import annotations

import gzip
import hashlib
from base64 import b64encode
from functools import cache
from pathlib import Path

from kairos.app.http import HttpAnswer, HttpRequest, problem

CACHE_SECONDS = 3_600


@cache
def script() -> bytes:
    """Return the file as it stands beside this one."""
    return Path(__file__).with_name("tag.js").read_bytes()


@cache
def _compressed() -> str:
    return b64encode(gzip.compress(script(), 9, mtime=0)).decode()


def serve_script(request: HttpRequest) -> HttpAnswer:
    """Answer a request for the tag."""
    if request.method.upper() not in ("GET", "HEAD"):
        return problem(405, "the tag is read by GET", headers={"allow": "GET"})
    etag = f'"{hashlib.sha256(script()).hexdigest()[:20]}"'
    headers = {
        "cache-control": f"public, max-age={CACHE_SECONDS}",
        "cross-origin-resource-policy": "cross-origin",
        "etag": etag,
        "vary": "accept-encoding",
    }
    if etag in request.headers.get("if-none-match", ""):
        return HttpAnswer(304, headers, "", {"status": 304})
    headers |= {"content-type": "text/javascript; charset=utf-8", "x-content-type-options": "nosniff"}
    if "gzip" in request.headers.get("accept-encoding", ""):
        return HttpAnswer(200, {**headers, "content-encoding": "gzip"}, _compressed(), {"status": 200}, encoded=True)
    return HttpAnswer(200, headers, script().decode(), {"status": 200})
