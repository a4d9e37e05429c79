"""Derived ids: the same facts always give the same id, so a second attempt is a no-op.

Enrollment and message ids contain the *birth* profile id: they survive merges, and no two customers share one.
"""

from __future__ import annotations

import hashlib

_LETTERS = "abcdefghijklmnopqrstuvwxyz234567"
_PAIRS = tuple(first + second for first in _LETTERS for second in _LETTERS)


def digest(*parts: str) -> str:
    """Return 26 lower-case base32 characters (128 bits of SHA-256) of the parts, each length-prefixed.

    Length prefixes keep ("ab", "c") apart from ("a", "bc").
    """
    text = "".join([f"{len(part)}:{part}" for part in parts])
    # RFC 4648 base32 without padding, two letters at a time: the standard library's is written in Python, and slower.
    bits = int.from_bytes(hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[:16], "big") << 2
    return "".join([_PAIRS[bits >> shift & 1023] for shift in range(120, -1, -10)])


def fraction(*parts: str) -> float:
    """Return a number in [0, 1) that is always the same for the same parts: splits and holdouts use it."""
    text = "".join(f"{len(part)}:{part}" for part in parts)
    return int.from_bytes(hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[:7], "big") / (1 << 56)


def enrollment_id(birth: str, journey: str, subject: str, occasion: str) -> str:
    """Return the id of one passage. `occasion` is the trigger event's id, or empty where a subject enters once."""
    return digest("enrollment", birth, journey, subject, occasion)


def message_id(enrollment: str, step: str, visit: int, attempt: int) -> str:
    """Return the id of one intended message: this step, visited for the n-th time, by its n-th channel attempt."""
    return digest("message", enrollment, step, str(visit), str(attempt))


def call_id(enrollment: str, step: str) -> str:
    """Return the id of what one step of one passage calls: the same however often it is asked for."""
    return digest("call", enrollment, step)


def subject_key(subject: str) -> str:
    """Return what a subject is remembered by: short, and telling nothing."""
    return digest("subject", subject)[:12] if subject else ""
