"""A template as its author writes it: for each channel the parts that it renders, texts with blanks.

What stands under a channel's name is what goes where nothing fits better. `languages` says the same in others, and
`variants` something else where their rule holds: both have no other channels than the template, since those are what a
journey plans with. A partial is a template of another kind: it has texts that others call, and cannot be sent.

Channels stand in order of preference. JSON and DynamoDB keep no order of keys, so `channels` says it where it matters;
`in_order` writes it down before a document leaves the file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from kairos import registry
from kairos.app.definitions.compile import Problems
from kairos.app.render.choose import LANGUAGE_FORM, RULE_KEYS, read_rule
from kairos.app.render.mjml import MJML, check_mjml
from kairos.app.render.render import HEADER_PARTS, check
from kairos.domain.document import Document, Path
from kairos.domain.errors import BadDefinition
from kairos.registry import Channel

PARTIAL = "partial"
PARTIAL_PARTS = ("html", "text")
REMARKS = ("id", "name", "description")
OWN_KEYS = (*REMARKS, "channels", "advertising", "offer", "language", "languages", "variants")
PARTIAL_KEYS = (*REMARKS, PARTIAL, "language", "languages")
MEANT = ("advertising", "offer", "language", "languages", "variants", PARTIAL)
"""What a release keeps of a template beside its channels."""
PART_CHARACTERS_MAX = 200_000
LANGUAGE = "a language in lower case, such as en or pt-br"
VARIANTS_MAX = 50
LANGUAGES_MAX = 50
NAMES_MAX = 40
NAME = re.compile(r"[^\s{}](?:[^\n\r\t{}]{0,38}[^\s{}])?")


def check_template(raw: object) -> list[BadDefinition]:
    """Return every problem of a template document, its Liquid included."""
    problems = Problems()
    document = problems.gather(lambda: Document(raw), None)
    if document is None:
        return problems.found
    if document.has("id"):
        problems.gather(lambda: document.identifier("id"), "")
    if PARTIAL in document.raw:
        problems.gather(lambda: document.only(*PARTIAL_KEYS), None)
        problems.gather(lambda: document.inner(PARTIAL), None)
        _check_texts(document, (PARTIAL,), problems)
        return problems.found + _liquid(document.raw)
    known = registry.names("channels")
    problems.gather(lambda: document.only(*OWN_KEYS, *known), None)
    problems.gather(lambda: document.flag("advertising", True), True)
    if document.has("offer"):
        problems.gather(lambda: document.identifier("offer"), "")
    there = [channel for channel in document.raw if channel in known]
    if not there:
        problems.found.append(BadDefinition(document.path, f"expected text for a channel: one of {', '.join(known)}"))
    _check_texts(document, there, problems)
    for variant in problems.gather(lambda: _variants(document), []):
        problems.gather(lambda v=variant: v.only(*RULE_KEYS, "languages", *known), None)  # type: ignore[misc]
        problems.gather(lambda v=variant: read_rule(v), None)  # type: ignore[misc]
        _check_texts(variant, there, problems)
    problems.gather(lambda: _check_order(document, there), None)
    return problems.found + _liquid(document.raw)


def channels_of(document: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the channels of a template in order of preference: as `channels` says, else as they are written."""
    known = registry.names("channels")
    there = [channel for channel in document if channel in known]
    stated = document.get("channels")
    return tuple(stated) if isinstance(stated, list | tuple) and sorted(stated) == sorted(there) else tuple(there)


def in_order(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return the template with its order of preference written down, where there is a choice."""
    order = channels_of(document)
    return {**document, "channels": list(order)} if len(order) > 1 else dict(document)


def bodies_of(channel: Channel) -> list[str]:
    """Return the parts of which a message has at least one: those that are no header line."""
    return [part for part in authored_parts(channel) if part not in HEADER_PARTS and part not in channel.mappings]


def authored_parts(channel: Channel) -> tuple[str, ...]:
    """Return the parts that an author may write: HTML also as MJML, of which it is compiled."""
    return (*channel.parts, *((MJML,) if "html" in channel.parts else ()))


def texts_of(document: Any) -> Iterator[tuple[Path, str, Mapping[str, Any]]]:
    """Yield where the parts of a channel stand (a partial's too), the channel, and the parts: in every language and
    variant. What is not formed as it should be is left out."""
    if not isinstance(document, Mapping):
        return
    places: list[tuple[Path, Any]] = [((), document)]
    variants = document.get("variants")
    places += [(("variants", n), one) for n, one in enumerate(variants)] if isinstance(variants, list | tuple) else []
    for path, place in list(places):
        spoken = place.get("languages") if isinstance(place, Mapping) else None
        places += [((*path, "languages", tag), spoken[tag]) for tag in spoken] if isinstance(spoken, Mapping) else []
    known = (*registry.names("channels"), PARTIAL)
    for path, place in places:
        for channel in known:
            if isinstance(place, Mapping) and isinstance(parts := place.get(channel), Mapping):
                yield (*path, channel), channel, parts


def _variants(document: Document) -> list[Document]:
    if not document.has("variants"):
        return []
    variants = [Document(raw, path) for raw, path in document.items("variants")]
    if len(variants) > VARIANTS_MAX:
        raise BadDefinition((*document.path, "variants"), f"expected at most {VARIANTS_MAX} variants")
    taken: set[str] = set()
    for variant in variants:
        if (id := variant.identifier("id")) in taken:
            raise BadDefinition((*variant.path, "id"), f"another variant is called {id!r} already")
        taken.add(id)
    return variants


def _check_texts(document: Document, there: Sequence[str], problems: Problems) -> None:
    """Check the parts under each channel, and the same in each language; `there` are the template's channels."""
    _check_place(document, there, problems)
    if document.has("language"):
        problems.gather(lambda: _language(document), "")
    spoken = problems.gather(lambda: document.inner("languages") if document.has("languages") else None, None)
    if spoken is None:
        return
    if len(spoken.raw) > LANGUAGES_MAX:
        problems.found.append(BadDefinition(spoken.path, f"expected at most {LANGUAGES_MAX} languages"))
    known = (PARTIAL,) if PARTIAL in there else registry.names("channels")
    for tag in spoken.raw:
        if not LANGUAGE_FORM.fullmatch(tag):
            problems.found.append(BadDefinition((*spoken.path, tag), f"expected {LANGUAGE}"))
            continue
        inner = problems.gather(lambda t=tag: spoken.inner(t), None)  # type: ignore[misc]
        if inner is not None:
            problems.gather(lambda i=inner: i.only(*known), None)  # type: ignore[misc]
            _check_place(inner, there, problems)


def _check_place(place: Document, there: Sequence[str], problems: Problems) -> None:
    """Check the parts of each channel in one place; what stands in for others has no channels of its own."""
    for channel in (*registry.names("channels"), PARTIAL):
        if place.has(channel) and channel in there:
            problems.gather(lambda c=channel: _check_channel(place, c, problems), None)  # type: ignore[misc]
        elif place.has(channel) and PARTIAL not in there:
            message = f"the template has no {channel} part to take the place of"
            problems.found.append(BadDefinition((*place.path, channel), message))


def _language(document: Document) -> str:
    def parse(value: Any) -> str:
        if not isinstance(value, str) or not LANGUAGE_FORM.fullmatch(value):
            raise ValueError
        return value

    return document.read("language", parse, LANGUAGE)


def _check_channel(document: Document, channel: str, problems: Problems) -> None:
    if channel == PARTIAL:
        _check_parts(document.inner(PARTIAL), PARTIAL_PARTS, PARTIAL_PARTS, {}, problems)
        return
    plug_in = registry.load("channels", channel)
    parts = document.inner(channel)
    for part, allowed in plug_in.choices.items():
        if parts.has(part):
            problems.gather(lambda p=part, words=allowed: parts.choice(p, words), None)  # type: ignore[misc]
    for part in plug_in.required:
        problems.gather(lambda p=part: parts.text(p), None)  # type: ignore[misc]
    _check_parts(parts, authored_parts(plug_in), bodies_of(plug_in), plug_in.mappings, problems)
    if parts.has(MJML):
        problems.gather(lambda: _check_mjml(parts), None)


def _check_parts(
    parts: Document,
    known: tuple[str, ...],
    bodies: Any,
    mappings: Mapping[str, Sequence[str]],
    problems: Problems,
) -> None:
    problems.gather(lambda: parts.only(*known), None)
    if not any(parts.has(body) for body in bodies):
        problems.found.append(BadDefinition(parts.path, f"expected something to read: {' or '.join(bodies)}"))
    for part in parts.raw:
        if part in mappings:
            problems.gather(lambda p=part: _check_mapping(parts, p, mappings[p]), None)  # type: ignore[misc]
        elif part in known:
            problems.gather(lambda p=part: _check_part(parts, p), None)  # type: ignore[misc]


def _check_mapping(parts: Document, part: str, names: Sequence[str]) -> None:
    """Check texts by name: those that are listed, or whichever the author wants."""
    inner = parts.inner(part)
    if names:
        inner.only(*names)
    if len(inner.raw) > NAMES_MAX or not all(isinstance(name, str) and NAME.fullmatch(name) for name in inner.raw):
        raise BadDefinition(inner.path, f"expected at most {NAMES_MAX} names, each of at most 40 printable characters")
    for name in inner.raw:
        _check_part(inner, name)


def _check_part(parts: Document, part: str) -> None:
    if len(parts.text(part)) > PART_CHARACTERS_MAX:
        raise BadDefinition((*parts.path, part), f"expected at most {PART_CHARACTERS_MAX} characters")


def _check_mjml(parts: Document) -> None:
    if parts.has("html"):
        raise BadDefinition((*parts.path, MJML), "write html or mjml, of which html is made, not both")
    if problem := check_mjml(parts.text(MJML)):
        raise BadDefinition((*parts.path, MJML), problem)


def _liquid(raw: Mapping[str, Any]) -> list[BadDefinition]:
    return [
        BadDefinition((*path, *found.part.split(".", 1)), f"line {found.line} of the text: {found.problem}")
        for path, channel, parts in texts_of(raw)
        for found in check({channel: _texts(parts)})
    ]


def _texts(parts: Mapping[str, Any]) -> dict[str, Any]:
    return {part: text for part, text in parts.items() if isinstance(text, Mapping) or _fits(text)}


def _fits(text: Any) -> bool:
    return isinstance(text, str) and len(text) <= PART_CHARACTERS_MAX


def _check_order(document: Document, there: list[str]) -> None:
    if not document.has("channels"):
        return
    stated = [item for item, _ in document.items("channels")]
    if any(not isinstance(item, str) for item in stated) or sorted(stated) != sorted(there):
        raise BadDefinition((*document.path, "channels"), f"expected each of {', '.join(there)} once, best first")
