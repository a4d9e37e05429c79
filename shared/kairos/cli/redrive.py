"""`kairos redrive`: what lies in the dead-letter queues, and the way back."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from kairos.app.redrive import QUEUES, Choice, Redrive, Redriven
from kairos.cli.failure import WRONG, CannotDo
from kairos.cli.screen import open_screen

if TYPE_CHECKING:
    from rich.console import Console

    from kairos.app.redrive import Letter
    from kairos.cli.deployment import Deployment


def choose(queues: list[str], reason: str) -> Choice:
    """Return what is meant; raise CannotDo for a queue that there is none of."""
    unknown = [name for name in queues if name not in QUEUES]
    if unknown:
        raise CannotDo(f"there is no queue {unknown[0]}: name one of {', '.join(QUEUES)}")
    return Choice(tuple(queues) or tuple(QUEUES), reason)


def list_letters(deployment: Deployment, choice: Choice) -> int:
    """Show what lies there and why, most frequent first, and change nothing."""
    screen = open_screen()
    letters = Redrive(deployment.dead_letters, deployment.clock).look(choice)
    if not letters:
        screen.print("nothing waits: every dead-letter queue that was asked for is empty")
    for queue in choice.queues:
        _tell_queue(queue, [letter for letter in letters if letter.queue == queue], screen)
    return 0


def _tell_queue(queue: str, letters: list[Letter], screen: Console) -> None:
    if not letters:
        return
    screen.print(f"{queue}: {len(letters)} ({QUEUES[queue]})", style="bold")
    groups = Counter((letter.what, letter.reason, letter.stuck) for letter in letters)
    for (what, reason, stuck), count in groups.most_common():
        same = [letter for letter in letters if (letter.what, letter.reason) == (what, reason)]
        oldest = min(letter.since for letter in same)
        screen.print(f"  {count:>5}  {what}: {reason}  (since {oldest:%Y-%m-%d %H:%M} UTC)")
        if stuck:
            screen.print(f"         stays: {stuck}", style="yellow")


def redrive(deployment: Deployment, choice: Choice) -> int:
    """Bring back what is meant, and tell of what stays. Exit code 1 where something could not be brought back."""
    done = Redrive(deployment.dead_letters, deployment.clock).bring_back(choice)
    _tell(done, open_screen(), open_screen(complaints=True))
    return WRONG if done.failed or done.stuck else 0


def _tell(done: Redriven, screen: Console, complaints: Console) -> None:
    for queue, count in done.brought.items():
        done_with = "healed by sweep, notices removed" if queue == "stream-dlq" else "brought back"
        screen.print(f"{queue}: {count} {done_with}", style="green")
    if not done.brought:
        screen.print("nothing was brought back")
    if done.left:
        screen.print(
            f"{done.left} left: of another reason, or parked in the last minutes: try those again then", style="dim"
        )
    for letter in done.stuck:
        complaints.print(f"{letter.queue}: {letter.what} {letter.id} stays: {letter.stuck}", style="yellow")
    for letter, error in done.failed:
        complaints.print(f"{letter.queue}: {letter.what} {letter.id} stays: {error}", style="red")
