"""When something happened at Shopify, of which the body does not say when."""

from __future__ import annotations

from datetime import datetime

from kairos.domain.instant import parse_instant
from kairos.registry import Request


def told_at(request: Request) -> datetime:
    """Return when Shopify began to tell it, which its repetitions say again; else when it came."""
    for name in ("x-shopify-triggered-at", "shopify-triggered-at"):
        try:
            return parse_instant(request.headers.get(name, "").strip())
        except ValueError:
            continue
    return request.received_at
