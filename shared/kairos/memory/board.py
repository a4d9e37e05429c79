"""The board: what waits for each profile, changed by the rules of `kairos.app.board`."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from kairos.app.board import ready, with_notice, without
from kairos.app.ports import Notice


class MemoryBoard:
    """Board."""

    def __init__(self) -> None:
        self.boards: dict[str, list[Notice]] = {}

    def post(self, profile: str, notice: Notice, now: datetime) -> None:
        self.boards[profile] = with_notice(self.boards.get(profile, []), notice, now)

    def read(self, profile: str, now: datetime) -> list[Notice]:
        return ready(self.boards.get(profile, []), now)

    def remove(self, profile: str, messages: Collection[str], now: datetime) -> None:
        self.boards[profile] = without(self.boards.get(profile, []), messages, now)
