"""`split: [{share: 50%, steps: […]}, …]` — by a hash of profile, journey and step: the same customer, the same way.

Shares that do not add up to 100 % leave the rest to go past.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kairos.domain.decision import Decision, Go, Scene
from kairos.domain.document import Document, Path, parse_share
from kairos.domain.errors import BadDefinition
from kairos.domain.ids import fraction
from kairos.steps._step import PlainStep


class Split(PlainStep):
    """Go on by one of several ways, in stated shares."""

    keyword = "split"
    schema = {
        "split": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["share", "steps"],
                "properties": {"share": {"$ref": "#/$defs/share"}, "steps": {"$ref": "#/$defs/steps"}},
            },
        }
    }

    def read(self, document: Document) -> tuple[float, ...]:
        arms = self._arms(document)
        shares = []
        for arm in arms:
            arm.only("share", "steps")
            shares.append(arm.read("share", parse_share))
        if not shares or sum(shares) > 1 + 1e-9:
            raise BadDefinition((*document.path, "split"), "expected shares that add up to at most 100%")
        return tuple(shares)

    def blocks(self, document: Document) -> Sequence[tuple[str, list[tuple[Any, Path]]]]:
        return [(str(index), arm.items("steps")) for index, arm in enumerate(self._arms(document))]

    def enter(self, args: tuple[float, ...], scene: Scene) -> Decision:
        enrollment = scene.enrollment
        place = fraction("split", scene.profile.birth, enrollment.journey, enrollment.node or "")
        for index, share in enumerate(args):
            if place < share:
                return Go(str(index))
            place -= share
        return Go("rest")

    def _arms(self, document: Document) -> list[Document]:
        return [Document(raw, path) for raw, path in document.items("split")]


STEP = Split()
