"""What a check found, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Status = Literal["ok", "warn", "wrong", "unknown"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One sentence on how things stand. `do` is a command or a console page; empty where there is nothing to do.

    *wrong*: customers do not get, or soon will not get, what they should. *warn*: it works, and somebody should know.
    *unknown*: it could not be looked at.
    """

    status: Status
    says: str
    do: str = ""


def ok(says: str) -> Finding:
    """Return that all is well."""
    return Finding("ok", says)


def warn(says: str, do: str = "") -> Finding:
    """Return what somebody should know."""
    return Finding("warn", says, do)


def wrong(says: str, do: str) -> Finding:
    """Return what must be mended, and how."""
    return Finding("wrong", says, do)


def unknown(says: str, do: str = "") -> Finding:
    """Return what could not be looked at, and why."""
    return Finding("unknown", says, do)
