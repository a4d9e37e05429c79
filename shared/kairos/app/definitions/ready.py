"""What a brand still lacks before real messages may leave. A simulation does without; `publish` does not.

Law packs are asked with a message of nothing but an x: what they find missing after adding all they can, every message
of that class and channel would miss, and none would ever be sent.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from kairos import registry
from kairos.app.definitions.documents import Definition, Documents, Problem
from kairos.app.definitions.lawful import check_lawful, check_sendable
from kairos.app.definitions.notices import check_told
from kairos.app.definitions.references import find_mappings
from kairos.app.definitions.template import channels_of
from kairos.domain.document import Path
from kairos.domain.errors import BadDefinition
from kairos.registry import Rendered

UNSUBSCRIBE_URL = "https://example.com/u/x"

Send = tuple[bool, tuple[str, ...]]
"""Whether it is marketing, and the channels it may take."""


def check_ready(documents: Documents, public_url: str = "") -> list[Problem]:
    """Return what is missing, at the brand's file. Give it documents without errors only. `public_url` is where links
    will lead, as far as that is known.

    A channel that a law pack closes is a warning where each message has another way to go, else an error.
    """
    definition = documents.brand
    if definition is None:
        return []
    brand: Mapping[str, Any] = definition.document
    found = [] if brand.get("name") else [definition.problem(BadDefinition(("name",), "is missing: customers read it"))]
    uses = list(sends(documents))
    ways = {(marketing, channels) for _, marketing, channels in uses}
    if any("email" in channels for _, channels in ways) and not (brand.get("sender") or {}).get("email"):
        message = "is missing: e-mail is sent from this address, which SES must know as yours"
        found.append(definition.problem(BadDefinition(("sender", "email"), message)))
    found += _unlawful(definition, ways)
    each = [(template, marketing, channel) for template, marketing, channels in uses for channel in channels]
    found += [*check_lawful(documents, each), *check_sendable(documents, each, public_url)]
    return [*found, *check_told(documents, each)]


def _unlawful(definition: Definition, sends: set[Send]) -> Iterator[Problem]:
    ways = {(marketing, channel) for marketing, channels in sends for channel in channels}
    closed = {way: _lacks(definition.document, *way) for way in sorted(ways)}
    for (marketing, channel), lacks in closed.items():
        stuck = any(
            same == marketing and channel in channels and all(closed[same, other] for other in channels)
            for same, channels in sends
        )
        for index, lack in lacks:
            message = f"no {'marketing' if marketing else 'transactional'} {channel} would be sent: {lack}"
            yield definition.problem(BadDefinition(("policies", index), message), warning=not stuck)


def _lacks(brand: Mapping[str, Any], marketing: bool, channel: str) -> list[tuple[int, str]]:
    """Return what each law pack misses in a message, by the pack's place in `policies`."""
    policies = [registry.load("policies", name) for name in brand.get("policies") or ()]
    rendered = Rendered(dict.fromkeys(registry.load("channels", channel).parts, "x"))
    for policy in policies:
        rendered = policy.apply(rendered, channel, marketing, brand, UNSUBSCRIBE_URL)
    found = [
        (index, policy, policy.lacks(rendered, channel, marketing, brand)) for index, policy in enumerate(policies)
    ]
    return [(index, f"{policy.name} asks for {lack}") for index, policy, lack in found if lack]


def sends(documents: Documents) -> Iterator[tuple[str, bool, tuple[str, ...]]]:
    """Yield template, whether it is marketing, and the channels it may take, of every message that may be sent."""
    templates = documents.documents("template")
    for journey in documents.documents("journey").values():
        for path, step in find_mappings(journey, "send"):
            template = templates.get(step["send"]) or {}
            own = step.get("channels") or ([step["channel"]] if step.get("channel") else channels_of(template))
            channels = tuple(own)
            yield step["send"], _is_marketing(journey, path, step), channels


def _is_marketing(journey: Mapping[str, Any], path: Path, step: Mapping[str, Any]) -> bool:
    own = step.get("class") if path and path[0] == "timeline" else None
    return bool((own or journey["class"]) == "marketing")
