"""What going from one release to another changes: definition by definition, and in a journey step by step.

A step is the same where its id is. It *moved* where the steps that both versions have come in another order, or where
it stands in another block; of two steps that change places, one moved.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from difflib import SequenceMatcher
from typing import Any, Literal

from kairos.app.definitions.compile import locate_steps
from kairos.app.definitions.documents import BRAND, KINDS
from kairos.app.publish.bundle import documents_of
from kairos.domain.canonical import canonical
from kairos.domain.document import Path

Change = Literal["added", "removed", "changed", "moved"]
STEPS = ("steps", "timeline")
REMARKS = ("id", "name", "description")
TEXT_MAX = 200


@dataclass(frozen=True, slots=True)
class Part:
    """A step by its id, or a setting by its key: what became of it, and how it read before and reads now."""

    id: str
    change: Change
    was: str = ""
    now: str = ""


@dataclass(frozen=True, slots=True)
class Difference:
    """One definition that differs. `version` and `former` are a journey's, None where it has none."""

    kind: str
    id: str
    change: Change
    settings: Sequence[Part] = ()
    steps: Sequence[Part] = ()
    version: int | None = None
    former: int | None = None


def compare(previous: Mapping[str, Any] | None, wanted: Mapping[str, Any]) -> tuple[Difference, ...]:
    """Return every definition that is live in one of two bundles and not the same in the other.

    Bundles are compared, not drafts: so this is what customers would notice, and a definition's remarks are not.
    """
    before = _documents(previous) if previous else {}
    after = _documents(wanted)
    found = []
    for kind in KINDS:
        for id in sorted({id for its, id in (*before, *after) if its == kind}):
            old, new = before.get((kind, id)), after.get((kind, id))
            if _meant(old) != _meant(new):
                found.append(_difference(kind, id, old, new, previous, wanted))
    return tuple(found)


def difference_to_json(difference: Difference) -> dict[str, Any]:
    """Return the difference as plain JSON values."""
    plain = asdict(difference)
    return {**plain, "settings": list(plain["settings"]), "steps": list(plain["steps"])}


def difference_from_json(raw: Mapping[str, Any]) -> Difference:
    """Read what `difference_to_json` wrote. Raises KeyError or TypeError on anything else."""
    parts = {key: tuple(Part(**part) for part in raw[key]) for key in ("settings", "steps")}
    return Difference(**{**raw, **parts})


def _documents(bundle: Mapping[str, Any]) -> dict[tuple[str, str], Mapping[str, Any]]:
    return {(found.kind, found.id): found.document for found in documents_of(bundle).definitions}


def _meant(document: Mapping[str, Any] | None) -> str | None:
    return None if document is None else canonical({k: v for k, v in document.items() if k not in REMARKS})


def _difference(
    kind: str,
    id: str,
    old: Mapping[str, Any] | None,
    new: Mapping[str, Any] | None,
    previous: Mapping[str, Any] | None,
    wanted: Mapping[str, Any],
) -> Difference:
    change: Change = "added" if old is None else "removed" if new is None else "changed"
    journey = kind == "journey"
    return Difference(
        kind=kind,
        id=BRAND if kind == BRAND else id,
        change=change,
        settings=tuple(_settings(old, new)) if old and new else (),
        steps=tuple(compare_steps(old, new)) if journey and old and new else (),
        version=_live(wanted, id) if journey else None,
        former=_live(previous, id) if journey and previous else None,
    )


def _live(bundle: Mapping[str, Any], journey: str) -> int | None:
    live: int | None = bundle["journeys"].get(journey, {}).get("live")
    return live


def _settings(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Part]:
    for key in dict.fromkeys((*old, *new)):
        if key not in (*STEPS, *REMARKS) and old.get(key) != new.get(key):
            yield _part(key, old.get(key), new.get(key))


def compare_steps(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Part]:
    """Yield the steps of two versions of a journey that differ, in the order of the newer, those gone at the end."""
    before, after = _outline(old), _outline(new)
    still = _still(before, after)
    for id, (_, step) in after.items():
        if id not in before:
            yield Part(id, "added", now=_text(step))
        elif before[id][1] != step:
            yield _part(id, before[id][1], step)
        elif id not in still:
            yield Part(id, "moved", now=_text(step))
    for id, (_, step) in before.items():
        if id not in after:
            yield Part(id, "removed", was=_text(step))


def _still(before: Mapping[str, Any], after: Mapping[str, Any]) -> set[str]:
    """Return the steps that kept their place among those that both have."""
    old = [(id, before[id][0]) for id in before if id in after]
    new = [(id, after[id][0]) for id in after if id in before]
    blocks = SequenceMatcher(None, old, new, autojunk=False).get_matching_blocks()
    return {old[block.a + offset][0] for block in blocks for offset in range(block.size)}


def _outline(document: Mapping[str, Any]) -> dict[str, tuple[tuple[str, ...], Any]]:
    """Return id → (the block it stands in, the step without what is nested in it), in the order they are read."""
    paths = locate_steps(document)
    ids = {path: id for id, path in paths.items()}
    ordered = sorted(paths.items(), key=lambda item: [(part == "else", part) for part in item[1]])
    return {id: (_block(path, ids), _own(_at(document, path), path, set(ids))) for id, path in ordered}


def _block(path: Path, ids: Mapping[Path, str]) -> tuple[str, ...]:
    """Name the block a step stands in by the step it belongs to: places before it may be inserted."""
    for length in range(len(path) - 1, 0, -1):
        if path[:length] in ids:
            return (ids[path[:length]], *(str(part) for part in path[length:-1]))
    return ()


def _at(value: Any, path: Path) -> Any:
    for part in path:
        value = value[part]
    return value


def _own(value: Any, path: Path, steps: set[Path]) -> Any:
    """Return the value without the lists of steps in it."""
    if isinstance(value, Mapping):
        kept = {key: (item, (*path, key)) for key, item in value.items() if not _are_steps(item, (*path, key), steps)}
        return {key: _own(item, where, steps) for key, (item, where) in kept.items()}
    if isinstance(value, list | tuple):
        return [_own(item, (*path, index), steps) for index, item in enumerate(value)]
    return value


def _are_steps(value: Any, path: Path, steps: set[Path]) -> bool:
    return isinstance(value, list | tuple) and (not value or (*path, 0) in steps)


def _part(id: str, was: Any, now: Any) -> Part:
    change: Change = "added" if was is None else "removed" if now is None else "changed"
    return Part(id, change, _text(was), _text(now))


def _text(value: Any) -> str:
    """Write a value as somebody would in one line of YAML."""
    if value is None:
        return ""
    text = _flow({k: v for k, v in value.items() if k != "id"} if isinstance(value, Mapping) else value)
    text = text[1:-1] if isinstance(value, Mapping) else text
    return text if len(text) <= TEXT_MAX else f"{text[: TEXT_MAX - 1]}…"


def _flow(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {_flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_flow, value)) + "]"
    return value if isinstance(value, str) else canonical(value)
