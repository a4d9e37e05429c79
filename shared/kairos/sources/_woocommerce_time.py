"""WooCommerce's clocks: `*_gmt` fields are UTC without saying so, their twins are the site's own clock."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from kairos.domain.localtime import UnknownZone, load_zone
from kairos.registry import Request
from kairos.sources._shape import Object

TOLD_FOR = timedelta(days=3)
"""For how long a later body of an order tells again what happened to it, an hour less than repeats are recognised."""

_UTC = ZoneInfo("UTC")


def instant(body: Object, key: str, request: Request) -> datetime | None:
    """Return the instant of `<key>_gmt`; of `<key>` only where the connection says which zone the site is in."""
    moment = body.instant(f"{key}_gmt", _UTC)
    zone = site_zone(request)
    return moment if moment or zone is None else body.instant(key, zone)


def site_zone(request: Request) -> ZoneInfo | None:
    """Return the site's zone by the connection's settings; None where it is not said or no zone."""
    named = request.settings.get("timezone")
    try:
        return load_zone(named) if isinstance(named, str) and named else None
    except UnknownZone:
        return None


def is_young(moment: datetime | None, request: Request) -> bool:
    """Return whether a fact of that time is still told: whoever told it before is remembered for longer."""
    return moment is not None and request.received_at - moment < TOLD_FOR
