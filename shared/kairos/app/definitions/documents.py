"""All definitions of one brand together: what each says, and whether they hold together.

`check_brand_documents` finds what makes a definition wrong. `check_ready` finds what a brand still lacks before real
messages may leave; a simulation does without. Both give every problem, with file, line, path and what would be right.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from kairos import registry
from kairos.app.definitions.anchored import check_anchored
from kairos.app.definitions.brand import check_brand
from kairos.app.definitions.circles import circles_of_journeys, circles_of_partials, circles_of_segments
from kairos.app.definitions.compile import check_journey
from kairos.app.definitions.references import find_mappings, named_in_conditions, named_segments, tracked_in
from kairos.app.definitions.segment import LEARNING_MAX, check_segment
from kairos.app.definitions.template import PARTIAL, channels_of, check_template, texts_of
from kairos.app.definitions.triggers import BROADCAST
from kairos.app.render.render import partials_of
from kairos.domain.document import Path
from kairos.domain.errors import BadDefinition, Rejected
from kairos.domain.membership import TRACKED_MAX
from kairos.sources._declared import check_source

KINDS = ("brand", "journey", "segment", "template", "source")
BRAND = "brand"
_ASKING = ("journey", "segment", "template")
"""Kinds in which conditions stand."""
DOCUMENT_BYTES_MAX = 300_000
"""A draft is one DynamoDB item of at most 400 kB, with its problems beside it."""
DEPTH_MAX = 60


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing to mend. `line` and `column` count from 1 (0: a draft without lines); a warning stops nothing."""

    file: str
    line: int
    column: int
    path: str
    message: str
    warning: bool = False

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}:{self.column}" if self.line else self.file
        return f"{where}: {self.path + ': ' if self.path else ''}{self.message}"


@dataclass(frozen=True, slots=True)
class Definition:
    """One document, where it comes from, and where each part of it stands there (line, column)."""

    kind: str
    id: str
    document: Any
    file: str
    marks: Mapping[Path, tuple[int, int]] = field(default_factory=dict)

    def problem(self, error: BadDefinition, warning: bool = False) -> Problem:
        """Return the error at the nearest place that the file has."""
        path = error.path
        while path and path not in self.marks:
            path = path[:-1]
        line, column = self.marks.get(path, (0, 0))
        return Problem(self.file, line, column, ".".join(map(str, error.path)), error.expected, warning)


@dataclass(frozen=True, slots=True)
class Documents:
    """What a brand consists of, and what was wrong already where it was read."""

    definitions: tuple[Definition, ...]
    problems: tuple[Problem, ...] = ()

    def of(self, kind: str) -> dict[str, Definition]:
        """Return the definitions of a kind by id; of two with one id, the first."""
        found: dict[str, Definition] = {}
        for definition in self.definitions:
            if definition.kind == kind:
                found.setdefault(definition.id, definition)
        return found

    def documents(self, kind: str) -> dict[str, Any]:
        """Return the documents of a kind by id."""
        return {id: definition.document for id, definition in self.of(kind).items()}

    @property
    def brand(self) -> Definition | None:
        """Return the brand's definition."""
        return self.of(BRAND).get(BRAND)


class BadDefinitions(Rejected):
    """Definitions cannot go live; `problems` are all that stand in the way."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(map(str, self.problems)))


def check_brand_documents(documents: Documents) -> list[Problem]:
    """Return every problem of every definition, in the order of files and lines; warnings among them."""
    found = list(documents.problems)
    if documents.brand is None and not any(problem.file == "brand.yaml" for problem in found):
        found.append(Problem("brand.yaml", 0, 0, "", "is missing: name and timezone of the brand stand there"))
    sound = []
    for definition in documents.definitions:
        if unfit := _unfit(definition.document):
            found.append(definition.problem(unfit))
            continue
        own = [definition.problem(error) for error in check_definition(definition)]
        told = {problem.path for problem in own}
        found += own + [problem for problem in _references(definition, documents) if problem.path not in told]
        if not own:
            sound.append(definition)
    found += _duplicates(documents)
    found += _circles(Documents(tuple(sound)))
    found += _too_many_tracked(Documents(tuple(sound)))
    return sorted(found, key=lambda problem: (problem.file, problem.line, problem.column))


def errors_of(problems: Iterable[Problem]) -> list[Problem]:
    """Return the problems that are no mere warnings."""
    return [problem for problem in problems if not problem.warning]


def check_definition(definition: Definition) -> list[BadDefinition]:
    """Return what is wrong with one document (bounded plain JSON) by itself."""
    return _CHECKS[definition.kind](definition.document) + _remarks(definition.document)


def _unfit(document: Any) -> BadDefinition | None:
    """A draft may come from anywhere: what is no bounded plain JSON goes no further."""
    levels = [document]
    for _ in range(DEPTH_MAX):
        if any(isinstance(item, Mapping) and not all(isinstance(key, str) for key in item) for item in levels):
            return BadDefinition((), "expected texts as keys")
        levels = [child for item in levels for child in _children(item)]
    if levels:
        return BadDefinition((), f"nested more than {DEPTH_MAX} deep")
    try:
        size = len(json.dumps(document, ensure_ascii=False, allow_nan=False).encode())
    except (ValueError, TypeError) as error:  # an infinite number, half a surrogate, a type that JSON has not
        return BadDefinition((), f"expected plain JSON: {str(error)[:80]}")
    if size > DOCUMENT_BYTES_MAX:
        return BadDefinition((), f"has {size} bytes, at most {DOCUMENT_BYTES_MAX} are kept")
    return None


def _remarks(document: Any) -> list[BadDefinition]:
    """What is written for people only is text all the same."""
    remarks = document if isinstance(document, Mapping) else {}
    found = [key for key in ("name", "description") if not isinstance(remarks.get(key, ""), str | None)]
    return [BadDefinition((key,), "expected a text") for key in found]


def _children(item: Any) -> Iterable[Any]:
    if isinstance(item, Mapping):
        return item.values()
    return item if isinstance(item, list | tuple) else ()


def _check_journey(document: Any) -> list[BadDefinition]:
    return check_journey(document)[1]


_CHECKS: dict[str, Callable[[Any], list[BadDefinition]]] = {
    "brand": check_brand,
    "journey": _check_journey,
    "segment": check_segment,
    "template": check_template,
    "source": check_source,
}


def _duplicates(documents: Documents) -> Iterator[Problem]:
    for definition in documents.definitions:
        first = documents.of(definition.kind)[definition.id]
        if first is not definition:
            message = f"{first.file} is called {definition.id!r} already: ids are unique among {definition.kind}s"
            yield definition.problem(BadDefinition(("id",), message))


def _references(definition: Definition, documents: Documents) -> Iterator[Problem]:
    for path, condition in find_mappings(definition.document, "segment"):
        id = condition["segment"]
        for one in id if definition.kind == "template" and isinstance(id, list | tuple) else [id]:
            if definition.kind in _ASKING and isinstance(one, str) and one not in documents.of("segment"):
                yield definition.problem(BadDefinition((*path, "segment"), _unknown("segment", one, documents)))
    if definition.kind == "template":
        yield from (definition.problem(error) for error in _wrong_partials(definition.document, documents))
        yield from (definition.problem(error) for error in _wrong_offer(definition.document, documents.brand))
    if definition.kind in _ASKING:
        for kind, key in (("journey", "journey"), ("template", "message")):
            for path, id in named_in_conditions(definition.document, key):
                if id not in documents.of(kind):
                    yield definition.problem(BadDefinition((*path, key), _unknown(kind, id, documents)))
    if definition.kind != "journey":
        return
    yield from map(definition.problem, _wrong_follows(definition.document, documents))
    for path, step in find_mappings(definition.document, "send"):
        if isinstance(step["send"], str) and (error := _wrong_send(path, step, documents)):
            yield definition.problem(error)
    for path, step in find_mappings(definition.document, "enter"):
        if isinstance(step["enter"], str) and (error := _wrong_journey(path, step["enter"], documents)):
            yield definition.problem(error)
    brand = documents.brand
    if brand is not None and isinstance(brand.document, Mapping) and isinstance(definition.document, Mapping):
        for path, message, warning in check_anchored(definition.document, brand.document):
            yield definition.problem(BadDefinition(path, message), warning=warning)
    for path, step in find_mappings(definition.document, "business_day"):
        if (
            step["business_day"]
            and brand is not None
            and isinstance(brand.document, Mapping)
            and "country" not in brand.document
        ):
            message = "brand.yaml names no country, so only weekends are closed"
            yield definition.problem(BadDefinition((*path, "business_day"), message), warning=True)


def _wrong_partials(document: Any, documents: Documents) -> Iterator[BadDefinition]:
    """Tell of partials that are called and are none; where a partial calls one, its circle too (`_circles`)."""
    templates = documents.documents("template")
    for path, _, parts in texts_of(document):
        for part, text in parts.items():
            for id in partials_of(text):
                if id not in templates:
                    yield BadDefinition((*path, part), _unknown("template", id, documents))
                elif isinstance(templates[id], Mapping) and PARTIAL not in templates[id]:
                    yield BadDefinition((*path, part), f"the template {id!r} is no partial: it has channels of its own")


def _wrong_offer(document: Any, brand: Definition | None) -> Iterator[BadDefinition]:
    offers = brand.document.get("offers") if brand is not None and isinstance(brand.document, Mapping) else None
    id = document.get("offer") if isinstance(document, Mapping) else None
    if isinstance(id, str) and id not in (offers if isinstance(offers, Mapping) else {}):
        there = ", ".join(sorted(offers)) if isinstance(offers, Mapping) and offers else "none"
        yield BadDefinition(("offer",), f"brand.yaml has no offer {id!r}; it has: {there}")


def _wrong_follows(document: Any, documents: Documents) -> Iterator[BadDefinition]:
    triggers = document.get("trigger") if isinstance(document, Mapping) else None
    for path, trigger in find_mappings(triggers, "journey", ("trigger",)):
        id = trigger["journey"]
        if "on" not in trigger or not isinstance(id, str):
            continue
        other = documents.of("journey").get(id)
        if other is None:
            yield BadDefinition((*path, "journey"), _unknown("journey", id, documents))
        elif trigger["on"] == "completed" and isinstance(other.document, Mapping) and "timeline" in other.document:
            yield BadDefinition((*path, "on"), "a timeline has no end of its own: entered, exited or goal")


def _wrong_send(path: Path, step: Mapping[str, Any], documents: Documents) -> BadDefinition | None:
    template = documents.of("template").get(step["send"])
    if template is None:
        return BadDefinition((*path, "send"), _unknown("template", step["send"], documents))
    if not isinstance(template.document, Mapping):
        return None
    if PARTIAL in template.document:
        return BadDefinition((*path, "send"), f"the template {step['send']!r} is a partial: others call it")
    several = step.get("channels")
    several = several.get("best") if isinstance(several, Mapping) else several
    wanted = list(several) if isinstance(several, list | tuple) else [step.get("channel")]
    key = "channels" if isinstance(several, list | tuple) else "channel"
    wrong = (_wrong_channel((*path, key), channel, step["send"], template.document) for channel in wanted)
    return next((error for error in wrong if error), None)


def _wrong_channel(path: Path, channel: Any, id: str, template: Mapping[str, Any]) -> BadDefinition | None:
    if not isinstance(channel, str):
        return None
    if channel not in (known := registry.names("channels")):
        return BadDefinition(path, f"no channel is called {channel!r}; there are: {', '.join(known)}")
    if channel not in template:
        there = ", ".join(channels_of(template)) or "none"
        return BadDefinition(path, f"the template {id!r} has no {channel} part; it has: {there}")
    return None


def _wrong_journey(path: Path, id: str, documents: Documents) -> BadDefinition | None:
    path = (*path, "enter")
    journey = documents.of("journey").get(id)
    if journey is None:
        return BadDefinition(path, _unknown("journey", id, documents))
    document = journey.document if isinstance(journey.document, Mapping) else {}
    if "anchor" in document or document.get("trigger") == BROADCAST:
        started = "by its moment" if "anchor" in document else "by command"
        return BadDefinition(path, f"the journey {id!r} is started {started}; it cannot be entered")
    return None


def _unknown(kind: str, id: str, documents: Documents) -> str:
    known = sorted(documents.of(kind))
    near = get_close_matches(id, known, n=1)
    hint = f"did you mean {near[0]!r}?" if near else f"there are: {', '.join(known[:20]) or 'none'}"
    return f"no {kind} is called {id!r}; {hint}"


def _too_many_tracked(documents: Documents) -> Iterator[Problem]:
    """Each tracked segment may take its bytes of every customer's item."""
    segments = documents.of("segment")
    asking = [definition.document for definition in documents.definitions if definition.kind in _ASKING]
    asked = {id for document in asking for id in tracked_in(document)}
    for late in sorted(id for id, segment in segments.items() if segment.document.get("learns"))[LEARNING_MAX:]:
        yield segments[late].problem(BadDefinition(("learns",), f"at most {LEARNING_MAX} segments can learn"))
    tracked = sorted(id for id, segment in segments.items() if id in asked or segment.document.get("track"))
    for id in tracked[TRACKED_MAX:]:
        message = f"at most {TRACKED_MAX} segments can be tracked or waited for; there are {len(tracked)}"
        yield segments[id].problem(BadDefinition((), message))


def _circles(documents: Documents) -> Iterator[Problem]:
    every = (("segment", circles_of_segments), ("journey", circles_of_journeys), ("template", circles_of_partials))
    for kind, circles in every:
        definitions = documents.of(kind)
        for id, path, message in circles(documents.documents(kind)):
            yield definitions[id].problem(BadDefinition(path, message))


def used_partials(documents: Documents, template: str) -> set[str]:
    """Return the partials that a template calls, directly or through others."""
    templates, found, wanted = documents.documents("template"), set[str](), [template]
    while wanted:
        called = {id for id in partials_of(templates.get(wanted.pop())) if id in templates}
        wanted += called - found
        found |= called
    return found


def used_segments(documents: Documents, document: Any) -> set[str]:
    """Return the segments that a document asks for, directly or through others."""
    segments, found = documents.documents("segment"), set[str]()
    wanted = named_segments(document)
    while wanted:
        id = wanted.pop()
        if id not in found:
            found.add(id)
            wanted |= named_segments(segments.get(id)) - found
    return found
