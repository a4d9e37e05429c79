"""Seeds that once broke a promise: they are lived first, for ever (`seeds.txt`)."""

from __future__ import annotations

from pathlib import Path

FILE = Path(__file__).with_name("seeds.txt")


def kept_seeds(text: str | None = None) -> list[int]:
    """Return the seeds of the file, in its order: one a line, with the reason behind a #."""
    lines = (FILE.read_text() if text is None else text).splitlines()
    return [int(line.partition("#")[0]) for line in lines if line.partition("#")[0].strip()]
