"""How the command line speaks: results to stdout, complaints to stderr, nobody's text read as markup."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from kairos.domain.localtime import local

if TYPE_CHECKING:
    from rich.console import Console

    from kairos.app.definitions.documents import Problem


def open_screen(*, complaints: bool = False) -> Console:
    """Return a console that neither wraps nor colours what it does not understand."""
    from rich.console import Console

    file = sys.stderr if complaints else sys.stdout
    return Console(file=file, highlight=False, markup=False, emoji=False, soft_wrap=True)


def tell_problems(problems: Iterable[Problem], screen: Console) -> None:
    """Print each problem on its own line, errors in red, warnings in yellow."""
    for problem in problems:
        word, style = ("warning", "yellow") if problem.warning else ("error", "red")
        screen.print(f"{word:<8}", style=style, end="")
        screen.print(str(problem))


def clock_of(at: datetime | None, zone: ZoneInfo) -> str:
    """Return an instant on the brand's clock, for people."""
    return f"{local(at, zone):%Y-%m-%d %H:%M:%S}" if at else "-"
