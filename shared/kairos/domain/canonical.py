"""One text for equal JSON values, so that a hash of it names the value: releases, drafts, splits of large bodies."""

from __future__ import annotations

import hashlib
import json
from typing import Any


def canonical(value: Any) -> str:
    """Return the JSON of plain values with sorted keys, no blanks and ASCII only (so lone surrogates survive)."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)


def fingerprint(value: Any) -> str:
    """Return the SHA-256 of `canonical(value)` in hex: equal documents have equal ones, whoever wrote them."""
    return hashlib.sha256(canonical(value).encode()).hexdigest()
