"""After which events a brand lets marketing rest, and for how long."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from kairos.domain.condition import Did, parse_condition
from kairos.domain.duration import parse_duration


@dataclass(frozen=True, slots=True)
class Rest:
    """For `length` after `event`, marketing on `channels` (none named: on all) is held, or not sent.

    `key` is the counter that remembers the event's last time.
    """

    event: str
    key: str
    length: timedelta
    channels: frozenset[str]
    holds: bool


def rest_predicate(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Return the behaviour that a rule of `rest` asks about, as a condition is written."""
    after = raw["after"]
    where = {"where": after["where"]} if after.get("where") is not None else {}
    return {"did": after["event"], "within": raw["for"], **where}


def read_rest(raw: Mapping[str, Any]) -> Rest:
    """Return what a valid rule of `rest` says."""
    did = parse_condition(rest_predicate(raw))
    assert isinstance(did, Did)
    channels = frozenset(raw.get("channels") or ())
    return Rest(did.event, did.key, parse_duration(raw["for"]), channels, raw.get("do", "hold") == "hold")
