"""Rows under each other on a screen: numbers to the right, words to the left."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console


def tell_table(
    screen: Console, title: str, rows: Sequence[Sequence[object]], head: Sequence[str] = (), *, always: bool = False
) -> None:
    """Print a table under its title, with a dim head if there is one; without rows nothing, unless `always`."""
    if not rows and not always:
        return
    from rich.cells import cell_len  # a Hangul syllable takes two columns

    lines = [[str(cell) for cell in row] for row in (*([head] if head else []), *rows)]
    widths = [max(map(cell_len, column)) for column in zip(*lines, strict=True)]
    numbers = [all(isinstance(row[place], int) for row in rows) for place in range(len(widths))]
    screen.print()
    if title:
        screen.print(title, style="bold")
    for place, line in enumerate(lines):
        cells = (_padded(cell, width, right) for cell, width, right in zip(line, widths, numbers, strict=True))
        screen.print(f"  {'   '.join(cells)}".rstrip(), style="dim" if head and place == 0 else None)


def _padded(cell: str, width: int, right: bool) -> str:
    from rich.cells import cell_len

    blank = " " * (width - cell_len(cell))
    return blank + cell if right else cell + blank
