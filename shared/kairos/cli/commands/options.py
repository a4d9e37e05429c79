"""Arguments and options that commands of several groups have in common."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Folder = Annotated[Path, typer.Argument(help="A brand's folder: brand.yaml, journeys/, segments/, templates/.")]
JourneyId = Annotated[str, typer.Argument(help="The journey's id.")]
Replan = Annotated[
    list[str] | None,
    typer.Option("--replan", help="A journey whose people go on in the new version; all: every one that changes."),
]
Finish = Annotated[
    list[str] | None, typer.Option("--finish", help="With --replan all: a journey whose people finish in theirs.")
]
GoneChoice = Annotated[
    str, typer.Option("--gone", help="Who waits at a step that the new version has not: stay in theirs, or stop.")
]
