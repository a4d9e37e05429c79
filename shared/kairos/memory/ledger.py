"""The ledger of messages: a claim is taken before the provider is called, and what is final stays so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from kairos.app.ports import NOTHING, Claim

LEDGER_FINAL = ("sent", "refused")


class MemoryLedger:
    """Ledger."""

    def __init__(self) -> None:
        self.rows: dict[str, Claim] = {}

    def claim(self, message: str, details: Mapping[str, Any], now: datetime, *, again: bool = False) -> Claim | None:
        there = self.rows.get(message)
        if there is not None and not (again and there.state == "claimed"):
            return there
        self.rows[message] = Claim(message, "claimed", now, details=dict(details))
        return None

    def record(
        self, message: str, state: str, now: datetime, provider_id: str = "", words: Mapping[str, str] = NOTHING
    ) -> None:
        there = self.rows.get(message) or Claim(message, "claimed", now)
        if there.state not in LEDGER_FINAL or there.state == state:
            by, said = provider_id or there.provider_id, dict(words or there.words)
            self.rows[message] = replace(there, state=state, provider_id=by, words=said)

    def free(self, message: str) -> None:
        there = self.rows.get(message)
        if there is not None and there.state == "claimed":
            del self.rows[message]
