"""Which drafts go live when an author names some: a journey brings the templates and segments that it uses, and a
template its partials and the segments that choose between its variants."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any

from kairos.app.definitions.documents import BRAND, KINDS, Documents, used_partials, used_segments
from kairos.app.definitions.references import named_templates
from kairos.app.definitions.template import channels_of
from kairos.domain.canonical import fingerprint
from kairos.domain.errors import BadInput

Key = tuple[str, str]


def overlay(live: Documents, drafts: Documents, ids: Iterable[str] | None) -> Documents:
    """Return what would be live: what is, under the chosen drafts (None: all). Raises BadInput for an unknown id."""
    known = {(definition.kind, definition.id): definition for definition in drafts.definitions}
    chosen = set(known) if ids is None else {key for id in ids for key in _with_needed(_find(id, known), drafts)}
    if live.brand is None:
        chosen.add((BRAND, BRAND))
    chosen &= known.keys()
    kept = [definition for definition in live.definitions if (definition.kind, definition.id) not in chosen]
    files = {known[key].file for key in chosen}
    problems = tuple(problem for problem in drafts.problems if problem.file in files)
    return Documents((*kept, *(known[key] for key in sorted(chosen))), problems)


def differing(ours: Documents, theirs: Documents) -> tuple[str, ...]:
    """Return what is new or different in `ours`, as kind/id."""
    return tuple(
        f"{kind}/{id}" if kind != BRAND else BRAND
        for kind in KINDS
        for id, definition in sorted(ours.of(kind).items())
        if id not in theirs.of(kind) or _print(kind, definition.document) != _print(kind, theirs.of(kind)[id].document)
    )


def _print(kind: str, document: Any) -> str:
    """Name what a document means: a template's name and remarks are not kept when it goes live, its order is.

    What is live says the order of every template, also where there is nothing to choose.
    """
    if not isinstance(document, Mapping):
        return fingerprint(document)
    remarks = ("id", "name", "description") if kind in ("template", "segment") else ()
    meant = {**document, "channels": list(channels_of(document))} if kind == "template" else document
    return fingerprint({key: value for key, value in meant.items() if key not in remarks})


def _find(id: str, known: Mapping[Key, Any]) -> Key:
    kind, slash, name = id.partition("/")
    wanted = [(kind, name)] if slash else [(kind, id) for kind in ("journey", "template", "segment", "source", BRAND)]
    found = next((key for key in wanted if key in known), None)
    if found is None:
        names = sorted({name for _, name in known})
        near = get_close_matches(name or id, names, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"there are: {', '.join(names[:20]) or 'none'}"
        raise BadInput("id", f"a draft; none is called {id!r}; {hint}")
    return found


def _with_needed(key: Key, drafts: Documents) -> set[Key]:
    kind, id = key
    document = drafts.of(kind)[id].document
    needed = {key}
    if kind in ("journey", "segment", "template"):
        needed |= {("segment", segment) for segment in used_segments(drafts, document)}
    if kind == "journey":
        templates = [one for one in named_templates(document) if one in drafts.of("template")]
        needed = needed.union(*(_with_needed(("template", one), drafts) for one in templates))
    if kind == "template":
        needed |= {("template", partial) for partial in used_partials(drafts, id)}
    return needed


def no_longer_live(wanted: Documents, live: Documents) -> tuple[str, ...]:
    """Return the journeys that are live and would not be."""
    return tuple(
        f"journey/{id} (no longer live)" for id in sorted(live.of("journey").keys() - wanted.of("journey").keys())
    )
