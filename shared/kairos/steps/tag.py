"""`tag: vip` or `tag: [vip, spring]` — put tags on the customer: each a trait `tag:vip` of its own that is true.

A tag is a trait of its own so that two words on different tags never overwrite each other, in whatever order they
arrive, and a merge keeps the newest word on each. `{trait: "tag:vip", exists: true}` asks for one. A customer carries
at most TAGS_MAX: one more lets the longest untouched go.
"""

from __future__ import annotations

from typing import Any

from kairos.domain.decision import Decision, Scene, Update
from kairos.domain.document import ID_FORM, Document
from kairos.domain.errors import BadDefinition
from kairos.domain.profile import Profile
from kairos.steps._step import PlainStep

TAG = "tag:"
TAGS_MAX = 40
TAGS_AT_ONCE_MAX = 10
TAGS_SCHEMA: dict[str, Any] = {
    "anyOf": [
        {"$ref": "#/$defs/id"},
        {"type": "array", "minItems": 1, "maxItems": TAGS_AT_ONCE_MAX, "items": {"$ref": "#/$defs/id"}},
    ]
}


class Tag(PlainStep):
    """Put tags on."""

    keyword = "tag"
    schema = {"tag": TAGS_SCHEMA}

    def read(self, document: Document) -> tuple[str, ...]:
        return read_tags(document, "tag")

    def enter(self, args: tuple[str, ...], scene: Scene) -> Decision:
        wanted = {TAG + tag: True for tag in args}
        others = [name for name in _oldest_first(scene.profile) if name not in wanted]
        surplus = len(others) + len(wanted) - TAGS_MAX
        return Update(dict.fromkeys(others[: max(0, surplus)]) | wanted)


def read_tags(document: Document, key: str) -> tuple[str, ...]:
    """Read one tag or a list of them."""
    raw = document.raw[key]
    tags = list(raw) if isinstance(raw, list | tuple) else [raw]
    sound = all(isinstance(tag, str) and ID_FORM.fullmatch(tag) for tag in tags)
    if not sound or not 1 <= len(tags) <= TAGS_AT_ONCE_MAX:
        form = f"a tag (lower-case letters, digits, - and _), or a list of 1 to {TAGS_AT_ONCE_MAX}"
        raise BadDefinition((*document.path, key), f"expected {form}")
    return tuple(dict.fromkeys(tags))


def _oldest_first(profile: Profile) -> list[str]:
    tags = [name for name in profile.traits if name.startswith(TAG)]
    return sorted(tags, key=lambda name: (profile.trait_times[name], name))


STEP = Tag()
