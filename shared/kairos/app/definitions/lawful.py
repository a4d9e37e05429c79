"""Are the templates lawful as their authors wrote them? Each law pack of the brand reads each template in the class and
on the channels in which some journey sends it, and what it finds is refused at publish with the rule."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from kairos import registry
from kairos.app.definitions.as_sent import as_sent
from kairos.app.definitions.documents import Definition, Documents, Problem
from kairos.app.definitions.template import texts_of
from kairos.domain.errors import BadDefinition

Use = tuple[str, bool, str]
"""A template, whether it is sent as marketing, and a channel."""

OVERRIDE = "advertising"
"""`advertising: false` in a template: its author states that what reads like an advertisement is none."""


def check_lawful(documents: Documents, uses: Iterable[Use]) -> list[Problem]:
    """Return what the brand's law packs refuse, at the templates' files. Give it documents without errors only."""
    brand = documents.brand
    packs = [registry.load("policies", name) for name in (brand.document.get("policies") or ())] if brand else []
    templates = documents.of("template")
    found: dict[str, Problem] = {}
    for template, marketing, channel in sorted(set(uses)):
        definition = templates.get(template)
        if definition is None or not (marketing or definition.document.get(OVERRIDE, True)):
            continue
        texts = [(path, parts) for path, one, parts in texts_of(definition.document) if one == channel]
        each = ((path, *said) for path, parts in texts for said in _objections(packs, parts, channel, marketing))
        for path, part, message in each:
            problem = definition.problem(BadDefinition((*path, part), _mend(definition, message, marketing)))
            found.setdefault(f"{template} {problem.path}", problem)
    return list(found.values())


def check_sendable(documents: Documents, uses: Iterable[Use], public_url: str = "") -> list[Problem]:
    """Return what the channels themselves could not send, at the templates' files: a text too long for any device, an
    advertisement on a channel for information; and as warnings what costs more than its author sees. `public_url` is
    where links lead, whose length counts. Give it documents without errors only."""
    brand = documents.brand.document if documents.brand else {}
    templates = documents.of("template")
    found: dict[str, Problem] = {}
    for template, marketing, name in sorted(set(uses)):
        definition, channel = templates.get(template), registry.load("channels", name)
        if definition is None:
            continue
        if marketing and channel.informational:
            message = f"{name} carries information only, and a journey of class marketing sends this template"
            problem = definition.problem(BadDefinition((name,), message))
            found.setdefault(f"{template} {problem.path}", problem)
        places = [(path, parts) for path, one, parts in texts_of(definition.document) if one == name]
        for path, parts in places:
            texts = _texts(parts)
            sent = as_sent(texts, name, marketing, brand, public_url)
            for part, message, warning in _unsendable(channel, texts, sent, brand):
                problem = definition.problem(BadDefinition((*path, part), message), warning=warning)
                found.setdefault(f"{template} {problem.path}", problem)
    return list(found.values())


def _unsendable(
    channel: registry.Channel, texts: Mapping[str, str], sent: Mapping[str, str], brand: Mapping[str, Any]
) -> Iterator[tuple[str, str, bool]]:
    """Yield (part, what is wrong, whether it is a warning): of what was written, else of what that becomes."""
    written = channel.lint(texts, brand)
    for part, message in written or channel.lint(sent, brand):
        yield part, message if written else f"as it is sent: {message}", False
    for part, message in channel.outgrows(texts, sent, brand):
        yield part, message, True


def _objections(
    packs: Iterable[registry.Policy], parts: Mapping[str, object], channel: str, marketing: bool
) -> Iterator[tuple[str, str]]:
    texts = _texts(parts)
    for pack in packs:
        for part, message in pack.lint(texts, channel, marketing):
            yield part, f"{pack.name}: {message}"


def _texts(parts: object) -> dict[str, str]:
    """Return the texts of one channel by part; those of a mapping by part and name."""
    texts: dict[str, str] = {}
    for part, text in parts.items() if isinstance(parts, Mapping) else ():
        inner = text.items() if isinstance(text, Mapping) else ()
        texts |= {f"{part}.{name}": value for name, value in inner if isinstance(value, str)}
        texts |= {part: text} if isinstance(text, str) else {}
    return texts


def _mend(definition: Definition, message: str, marketing: bool) -> str:
    if marketing:
        return message
    return f"{message}; send it as marketing, or state `advertising: false` in the template {definition.id}"
