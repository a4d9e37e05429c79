"""The token by which an app on a phone is reached, as Segment's spec has it: `context.device` with `type` and `token`.

It is personal data, so it goes where addresses go. The token that was named last is the address; each that was ever
named is kept beside it under a name of its own, because whoever is to be forgotten is to be forgotten by the push
services too. https://segment.com/docs/connections/spec/common/#context
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import Any

from kairos.sources._shape import Object

FIELD = "push_token"
SERVICES = {
    "ios": "apns",
    "apns": "apns",
    "ios_sandbox": "apns_sandbox",
    "apns_sandbox": "apns_sandbox",
    "android": "fcm",
    "fcm": "fcm",
}
"""What a device calls itself → the push service that reaches it."""

TOKEN_CHARS_MAX = 1_024
_TOKEN = re.compile(r"[A-Za-z0-9_:.-]{16,1024}")


def device_fields(call: Object) -> dict[str, Any]:
    """Return the contact fields of the device that a call names; none where it names none, or no token."""
    device = _device(call)
    token, kind = device.text("token", TOKEN_CHARS_MAX + 1), (device.text("type", 32) or "").lower()
    if token is None or kind not in SERVICES or not _TOKEN.fullmatch(token):
        return {}
    address = f"{SERVICES[kind]}:{token}"
    return {FIELD: address, f"{FIELD}_{hashlib.sha256(address.encode()).hexdigest()[:12]}": address}


def names_no_device(call: Object) -> bool:
    """Return whether a call says that there is no token any more: `token: null`."""
    device = _device(call)
    return device.has("token") and device.raw["token"] is None


def _device(call: Object) -> Object:
    """Return what is said of the device; anything else by that name is nobody's fault, and says nothing."""
    context = call.object("context")
    said = context.raw.get("device")
    return Object(said if isinstance(said, Mapping) else {}, context.at("device"))
