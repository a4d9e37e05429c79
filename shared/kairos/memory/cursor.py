"""How far `sweep` has come."""

from __future__ import annotations

from kairos.app.ports import Marks


class MemoryCursor:
    """Cursor."""

    def __init__(self, marks: Marks | None = None) -> None:
        self.marks = marks

    def read(self) -> Marks | None:
        return self.marks

    def write(self, marks: Marks) -> None:
        self.marks = marks
