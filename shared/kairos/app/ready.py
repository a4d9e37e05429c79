"""What a brand still lacks before real messages may leave. A simulation does without; `publish` does not.

Law packs are asked with a message of nothing but an x: what they find missing after adding all they can, every message
of that class and channel would miss, and none would ever be sent.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from kairos import registry
from kairos.app.definitions import Definition, Documents, Problem
from kairos.app.references import find_mappings
from kairos.app.template import channels_of
from kairos.domain.document import Path
from kairos.domain.errors import BadDefinition
from kairos.registry import Rendered

UNSUBSCRIBE_URL = "https://example.com/u/x"


def check_ready(documents: Documents) -> list[Problem]:
    """Return what is missing, at the brand's file. Give it documents without errors only."""
    definition = documents.brand
    if definition is None:
        return []
    brand: Mapping[str, Any] = definition.document
    found = [] if brand.get("name") else [definition.problem(BadDefinition(("name",), "is missing: customers read it"))]
    sends = {(marketing, channel) for marketing, channel in _sends(documents)}
    if any(channel == "email" for _, channel in sends) and not (brand.get("sender") or {}).get("email"):
        message = "is missing: e-mail is sent from this address, which SES must know as yours"
        found.append(definition.problem(BadDefinition(("sender", "email"), message)))
    return found + list(_unlawful(definition, sends))


def _unlawful(definition: Definition, sends: set[tuple[bool, str]]) -> Iterator[Problem]:
    brand = definition.document
    for index, name in enumerate(brand.get("policies") or ()):
        policy = registry.load("policies", name)
        for marketing, channel in sorted(sends):
            parts = registry.load("channels", channel).parts
            plain = Rendered(dict.fromkeys(parts, "x"))
            ready = policy.apply(plain, channel, marketing, brand, UNSUBSCRIBE_URL)
            if lack := policy.lacks(ready, channel, marketing, brand):
                kind = "marketing" if marketing else "transactional"
                message = f"{name} lets no {kind} {channel} go: {lack}"
                yield definition.problem(BadDefinition(("policies", index), message))


def _sends(documents: Documents) -> Iterator[tuple[bool, str]]:
    """Yield whether it is marketing, and the channel, of all that journeys may send."""
    templates = documents.documents("template")
    for journey in documents.documents("journey").values():
        for path, step in find_mappings(journey, "send"):
            template = templates.get(step["send"]) or {}
            for channel in [step["channel"]] if step.get("channel") else channels_of(template):
                yield _is_marketing(journey, path, step), channel


def _is_marketing(journey: Mapping[str, Any], path: Path, step: Mapping[str, Any]) -> bool:
    own = step.get("class") if path and path[0] == "timeline" else None
    return bool((own or journey["class"]) == "marketing")
