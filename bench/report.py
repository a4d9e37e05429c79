"""Tables and sections of the report, and what machine it was made on."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Section:
    """One figure: what it says, why it is measured so, and its paragraphs and tables."""

    title: str
    about: str
    parts: Sequence[str]

    def __str__(self) -> str:
        return "\n\n".join((f"## {self.title}", self.about.strip(), *self.parts))


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Return a Markdown table; what looks like a number stands to the right."""
    texts = [[str(cell) for cell in row] for row in rows]
    right = [bool(texts) and all(_is_number(row[column]) for row in texts) for column in range(len(head))]
    lines = [list(head), ["---:" if side else "---" for side in right], *texts]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)


def machine() -> str:
    """Return the kind of machine, without its name."""
    return f"{_processor()}, {os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}"


def today() -> str:
    """Return the day of the measurement."""
    return datetime.now(UTC).date().isoformat()


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _is_number(text: str) -> bool:
    bare = text.strip("*$× %").replace(",", "").replace("−", "-")
    try:
        float(bare)
    except ValueError:
        return not bare
    return True
