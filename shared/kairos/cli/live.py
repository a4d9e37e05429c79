"""`publish`, `pause`, `resume`, `rollback`, `broadcast`, `stop-all` and `start-all`: what is live changes by one
function alone."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from kairos.cli.failure import WRONG, CannotDo
from kairos.cli.screen import open_screen

if TYPE_CHECKING:
    from rich.console import Console

    from kairos.cli.deployment import Deployment


OVERDUE = {
    "send": "it goes out now, as far as it has not expired",
    "skip": "it is not sent; everybody goes on to what comes after it",
    "replan": "waits go on with what was left of them when the journey was paused",
}


def choose_overdue(given: str | None) -> str:
    """Return what becomes of what fell due in a pause, asked for where somebody can answer.

    Raises CannotDo where nobody can: sending is never what happens because nothing was said.
    """
    if given is None and sys.stdin.isatty():
        import typer

        screen = open_screen(complaints=True)
        screen.print("What becomes of what fell due meanwhile?")
        for word, meaning in OVERDUE.items():
            screen.print(f"  {word:7} {meaning}")
        given = str(typer.prompt("overdue", err=True)).strip()
    if given not in OVERDUE:
        raise CannotDo(f"say what becomes of what fell due meanwhile: --overdue {', '.join(OVERDUE)}")
    return given


def run_live(deployment: Deployment, request: Mapping[str, Any], *, yes: bool = False) -> int:
    """Ask the publish function and print how it stands then. Without `yes`, a walk is agreed upon first."""
    from rich.status import Status

    from kairos.cli.promotion import may_promote
    from kairos.cli.walks import agreed, tell_begun

    complaints = open_screen(complaints=True)
    if not may_promote(deployment, request):
        return WRONG
    if not agreed(deployment, request, yes=yes):
        complaints.print("nothing was changed")
        return WRONG
    with Status(f"{request['command']} on {deployment.stage} …", console=complaints):
        answer = deployment.command(request)
    if not answer.get("ok"):
        complaints.print(str(answer.get("error")), style="red")
        _list(answer.get("problems", ()), "  ", complaints)
        return WRONG
    _list(answer.get("warnings", ()), "warning  ", complaints)
    _tell(answer, request, open_screen())
    tell_begun(answer)
    return 0


def _list(problems: Iterable[Mapping[str, str]], before: str, screen: Console) -> None:
    for problem in problems:
        path = f"{problem['path']}: " if problem["path"] else ""
        screen.print(f"{before}{problem['file']}: {path}{problem['message']}")


def _tell(answer: Mapping[str, Any], request: Mapping[str, Any], screen: Console) -> None:
    changed = answer["changed"]
    for name in changed:
        screen.print(f"live: {name}", style="green")
    for moved in answer.get("moved", ()):
        screen.print(f"moved: {moved}", style="yellow")
    if request["command"] == "publish" and not changed:
        screen.print("nothing changed: what you named is live already")
    if answer["waiting"]:
        screen.print(f"drafts that differ from what is live: {', '.join(answer['waiting'])}", style="dim")
    screen.print(f"release {answer['release'][:12]}")
    if answer["paused"]:
        screen.print(f"paused: {', '.join(answer['paused'])}", style="yellow")
    if answer["stopped"]:
        screen.print("EVERYTHING IS STOPPED; `kairos start-all` lifts it", style="bold red")
