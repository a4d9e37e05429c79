"""What `publish` and `rollback` show before anything goes live: the difference, and who stands at each step of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from kairos.app.publish.difference import Difference, Part, difference_from_json
from kairos.app.publish.standing import Standing, count_standing
from kairos.cli.failure import CannotDo
from kairos.cli.screen import open_screen

if TYPE_CHECKING:
    from rich.console import Console

    from kairos.cli.deployment import Deployment

MARKS = {"added": ("+", "green"), "removed": ("-", "red"), "changed": ("~", "yellow"), "moved": (">", "cyan")}
GONE = ("stay", "stop")


def taking_along(replan: Sequence[str] | None, finish: Sequence[str] | None, gone: str) -> dict[str, object]:
    """Return what the publish function is told of who goes on in a new version. Raises CannotDo."""
    if gone not in GONE:
        raise CannotDo(f"--gone is one of {', '.join(GONE)}: what becomes of who waits at a step that is gone")
    names = list(replan or ())
    return {"replan": True if "all" in names else names, "finish": list(finish or ()), "gone": gone}


def show_difference(deployment: Deployment, foreseen: Mapping[str, Any]) -> int:
    """Print what would change, and how many people are under way in it; return how many, at least about."""
    differences = [difference_from_json(raw) for raw in foreseen.get("differences", ())]
    screen = open_screen(complaints=True)
    journeys = [found for found in differences if found.former is not None]
    standing = _count(deployment) if journeys else None
    for found in differences:
        _show(found, standing, screen)
    if standing is None or not foreseen.get("ok"):
        return 0
    screen.print(_how_known(standing, deployment), style="dim")
    return sum(sum(standing.in_versions(found.id).values()) for found in journeys)


def _count(deployment: Deployment) -> Standing:
    from rich.status import Status

    with Status("looking who stands where …", console=open_screen(complaints=True)):
        return count_standing(deployment.scan, deployment.clock.now())


def _show(found: Difference, standing: Standing | None, screen: Console) -> None:
    mark, style = MARKS[found.change]
    versions = f", version {found.former} → {found.version}" if found.former and found.version else ""
    name = found.id if found.kind == found.id else f"{found.kind}/{found.id}"
    screen.print(f"{mark} {name}{versions}", style=style)
    for line, its in (*_parts(found.settings), *_parts(found.steps, found.id, standing)):
        screen.print(f"    {line}", style=its)
    if standing is not None and found.former is not None:
        screen.print(f"    {_under_way(found, standing)}")


def _parts(parts: Sequence[Part], journey: str = "", standing: Standing | None = None) -> Iterator[tuple[str, str]]:
    for part in parts:
        mark, style = MARKS[part.change]
        reads = " → ".join(text for text in (part.was, part.now) if text)
        waiting = standing.at_step(journey, part.id) if standing else 0
        yield f"{mark} {part.id}: {reads}{f'   ({_number(waiting, standing)} wait here)' if waiting else ''}", style


def _under_way(found: Difference, standing: Standing) -> str:
    versions = standing.in_versions(found.id)
    if not versions:
        return "nobody is under way in it" if standing.exact else f"of one customer in {standing.of}, nobody is in it"
    told = ", ".join(f"{_number(count, standing)} in version {version}" for version, count in versions.items())
    steps = sorted({step for journey, _, step in standing.places if journey == found.id})
    at = ", ".join(f"{step}: {_number(standing.at_step(found.id, step), standing)}" for step in steps)
    return f"under way: {told} ({at})" if at else f"under way: {told}"


def _number(count: int, standing: Standing | None) -> str:
    margin = standing.margin(count) if standing else 0
    return f"about {count:,} ± {margin:,}" if margin else f"{count:,}"


def _how_known(standing: Standing, deployment: Deployment) -> str:
    seconds = max(0, int((deployment.clock.now() - standing.at).total_seconds()))
    when = f"{standing.at:%H:%M:%S} UTC, {seconds} s ago"
    if standing.exact:
        return f"who stands where: all {standing.looked_at:,} customers, counted at {when}"
    return f"who stands where: estimated from {standing.looked_at:,} customers, one in {standing.of}, read at {when}"
