"""What most channels have in common: a channel says only where it is otherwise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from kairos.registry import Grant, Price

FREE = Price(0.0, "")


class Plain:
    """A channel of plain texts, that can carry both classes, and whose calls are never repeated unasked."""

    choices: Mapping[str, Sequence[str]] = {}
    mappings: Mapping[str, Sequence[str]] = {}
    informational = False
    repeatable = False
    grants: Sequence[Grant] = ()
    price = FREE
    service = ""
    client_config: Mapping[str, Any] = {}

    def lint(self, texts: Mapping[str, str], brand: Mapping[str, Any]) -> Sequence[tuple[str, str]]:
        """Return nothing: whatever was written can be sent."""
        return ()

    def outgrows(
        self, written: Mapping[str, str], sent: Mapping[str, str], brand: Mapping[str, Any]
    ) -> Sequence[tuple[str, str]]:
        """Return nothing: a longer message costs the same."""
        return ()

    def amount(self, parts: Mapping[str, str]) -> int:
        """Return 1: each message is one."""
        return 1

    def measured(self, parts: Mapping[str, str], brand: Mapping[str, Any]) -> str:
        """Return nothing: its length is nobody's concern."""
        return ""
