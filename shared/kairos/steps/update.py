"""`update: {tier: gold}` — set traits of the profile; null removes one."""

from __future__ import annotations

from typing import Any

from kairos.domain.decision import Decision, Scene, Update
from kairos.domain.document import NAME_FORM, Document
from kairos.domain.errors import BadDefinition
from kairos.steps._step import PlainStep

VALUE_CHARACTERS_MAX = 200


class UpdateTraits(PlainStep):
    """Set traits to plain values."""

    keyword = "update"
    schema = {
        "update": {
            "type": "object",
            "minProperties": 1,
            "propertyNames": {"$ref": "#/$defs/name"},
            "additionalProperties": {
                "type": ["string", "number", "boolean", "null"],
                "maxLength": VALUE_CHARACTERS_MAX,
            },
        }
    }

    def read(self, document: Document) -> dict[str, Any]:
        inner = document.inner("update")
        for name, value in inner.raw.items():
            plain = value is None or isinstance(value, str | int | float | bool)
            if not NAME_FORM.fullmatch(name) or not plain or len(str(value)) > VALUE_CHARACTERS_MAX:
                raise BadDefinition((*inner.path, name), "expected a trait name and a text, number, true/false or null")
        if not inner.raw:
            raise BadDefinition(inner.path, "expected at least one trait")
        return dict(inner.raw)

    def enter(self, args: dict[str, Any], scene: Scene) -> Decision:
        return Update(args)


STEP = UpdateTraits()
