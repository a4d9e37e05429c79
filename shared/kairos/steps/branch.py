"""`branch: [{if: COND, steps: […]}, …, {else: […]}]` — the first that holds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kairos.domain.condition import Condition, parse_condition
from kairos.domain.decision import Decision, Go, Scene
from kairos.domain.document import Document, Path
from kairos.domain.errors import BadDefinition
from kairos.steps._step import PlainStep

ARMS_MAX = 50


class Branch(PlainStep):
    """Go on by the first arm whose condition holds, else by `else`, else past it."""

    keyword = "branch"
    schema = {
        "branch": {
            "type": "array",
            "minItems": 1,
            "maxItems": ARMS_MAX,
            "items": {
                "oneOf": [
                    {
                        "type": "object",
                        "additionalProperties": False,
                        "required": ["if", "steps"],
                        "properties": {"if": {"$ref": "#/$defs/condition"}, "steps": {"$ref": "#/$defs/steps"}},
                    },
                    {
                        "type": "object",
                        "additionalProperties": False,
                        "required": ["else"],
                        "properties": {"else": {"$ref": "#/$defs/steps"}},
                    },
                ]
            },
        }
    }

    def read(self, document: Document) -> tuple[Condition, ...]:
        arms = self._arms(document)
        conditions = []
        for index, arm in enumerate(arms):
            if arm.has("else"):
                arm.only("else")
                if index != len(arms) - 1:
                    raise BadDefinition(arm.path, "else comes last: what stands behind it is never reached")
            else:
                arm.only("if", "steps")
                if "if" not in arm.raw:
                    raise BadDefinition(arm.path, "expected {if: CONDITION, steps: […]} or {else: […]}")
                conditions.append(parse_condition(arm.raw["if"], (*arm.path, "if")))
        return tuple(conditions)

    def blocks(self, document: Document) -> Sequence[tuple[str, list[tuple[Any, Path]]]]:
        return [
            ("else", arm.items("else")) if arm.has("else") else (str(index), arm.items("steps"))
            for index, arm in enumerate(self._arms(document))
        ]

    def enter(self, args: tuple[Condition, ...], scene: Scene) -> Decision:
        for index, condition in enumerate(args):
            if scene.holds(condition):
                return Go(str(index))
        return Go("else")

    def _arms(self, document: Document) -> list[Document]:
        arms = [Document(raw, path) for raw, path in document.items("branch")]
        if not 1 <= len(arms) <= ARMS_MAX:
            raise BadDefinition((*document.path, "branch"), f"expected 1 to {ARMS_MAX} arms")
        return arms


STEP = Branch()
