"""`validate`, `push` and `schema`: a brand's folder, from disk to drafts."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from difflib import unified_diff
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kairos.app.definitions.documents import Definition, Documents, check_brand_documents, errors_of
from kairos.app.definitions.ready import check_ready
from kairos.app.definitions.template import in_order
from kairos.cli.failure import WRONG, CannotDo
from kairos.cli.screen import open_screen, tell_problems
from kairos.domain.canonical import fingerprint

if TYPE_CHECKING:
    from rich.console import Console

    from kairos.cli.deployment import Deployment

DIFF_LINES_MAX = 60


def validate_folder(folder: Path) -> int:
    """Print what is wrong with a folder; what only stands in the way of going live is a warning here."""
    documents, sound = _checked(folder)
    if not sound:
        return WRONG
    counted = [f"{kind}s {len(documents.of(kind))}" for kind in ("journey", "segment", "template", "source")]
    open_screen().print(f"valid: {', '.join(counted)}")
    return 0


def push_folder(folder: Path, connect: Callable[[], Deployment], *, dry_run: bool) -> int:
    """Write what differs from the drafts, having shown the difference. An invalid folder changes nothing."""
    documents, sound = _checked(folder)
    if not sound:
        return WRONG
    deployment, screen = connect(), open_screen()
    drafts = deployment.drafts.all()
    changed = [definition for definition in documents.definitions if _differs(definition, drafts)]
    for definition in changed:
        _show(definition, drafts.get((definition.kind, definition.id)), screen)
    if not dry_run:
        _write(changed, deployment)
    _tell_outcome(documents, changed, drafts, screen, dry_run=dry_run)
    return 0


def print_schema(kind: str | None) -> int:
    """Print the JSON Schema of one kind of definition, or of all."""
    from kairos.app.definitions.schema import KINDS, build_schema

    if kind is not None and kind not in KINDS:
        raise CannotDo(f"no definition is called {kind!r}; there are: {', '.join(KINDS)}")
    open_screen().print(json.dumps(build_schema(kind), indent=2, ensure_ascii=False))
    return 0


def _checked(folder: Path) -> tuple[Documents, bool]:
    from kairos.app.definitions.folder import load_brand

    documents = load_brand(folder)
    problems = check_brand_documents(documents)
    errors = errors_of(problems)
    waiting = [] if errors else check_ready(documents)
    screen = open_screen(complaints=True)
    tell_problems([*problems, *(problem for problem in waiting if problem.warning)], screen)
    for problem in errors_of(waiting):
        screen.print("to go live  ", style="yellow", end="")
        screen.print(str(problem))
    if errors:
        screen.print(f"{len(errors)} {'problem' if len(errors) == 1 else 'problems'}")
    return documents, not errors


def _kept(definition: Definition) -> dict[str, Any]:
    """Return the document as it is kept: with its id, and a template's order of preference, which JSON would lose."""
    document: dict[str, Any] = definition.document
    return in_order(document) if definition.kind == "template" else document


def _differs(definition: Definition, drafts: Mapping[tuple[str, str], Any]) -> bool:
    there = drafts.get((definition.kind, definition.id))
    return there is None or fingerprint(there) != fingerprint(_kept(definition))


def _show(definition: Definition, there: Any, screen: Console) -> None:
    name = f"{definition.kind}/{definition.id}"
    if there is None:
        screen.print(f"+ {name} (new)", style="green")
        return
    screen.print(f"~ {name}", style="yellow")
    lines = list(_difference(there, _kept(definition)))
    for line in lines[:DIFF_LINES_MAX]:
        screen.print(f"    {line}", style={"+": "green", "-": "red"}.get(line[:1]))
    if len(lines) > DIFF_LINES_MAX:
        screen.print(f"    … {len(lines) - DIFF_LINES_MAX} lines more")


def _difference(before: Any, after: Any) -> Iterator[str]:
    old, new = (json.dumps(one, indent=2, ensure_ascii=False, sort_keys=True).splitlines() for one in (before, after))
    found = unified_diff(old, new, lineterm="", n=2)
    return (line for line in found if not line.startswith(("---", "+++", "@@")))


def _write(changed: list[Definition], deployment: Deployment) -> None:
    from rich.progress import track

    # Templates and segments first: in between, no draft names one that is not there.
    order = ("brand", "source", "template", "segment", "journey")
    screen = open_screen(complaints=True)
    for definition in track(
        sorted(changed, key=lambda d: order.index(d.kind)), "writing", console=screen, transient=True
    ):
        deployment.drafts.put(definition.kind, definition.id, _kept(definition))


def _tell_outcome(
    documents: Documents,
    changed: list[Definition],
    drafts: Mapping[tuple[str, str], Any],
    screen: Console,
    *,
    dry_run: bool,
) -> None:
    ours = {(definition.kind, definition.id) for definition in documents.definitions}
    for kind, id in sorted(drafts.keys() - ours):
        screen.print(f"? {kind}/{id} is a draft there and not in the folder; it stays", style="dim")
    if dry_run:
        screen.print(f"{len(changed)} of {len(ours)} definitions would change")
    elif changed:
        screen.print(f"{len(changed)} of {len(ours)} definitions written as drafts; `kairos publish` makes them live")
    else:
        screen.print("the drafts are the same already")
