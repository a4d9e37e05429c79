"""`experiment: {success: {event: E, within: 7d}, arms: [{name: a, share: 50%, steps: […]}, …]}` — what works better?

The arm is a hash of customer, journey and step: the same customer, the same arm, always. Whether the stated event
follows within the stated time is counted per arm, also after the passage has ended: `kairos results` shows both.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from kairos.domain.decision import Assign, Decision, Scene
from kairos.domain.document import Document, Path, parse_share
from kairos.domain.errors import BadDefinition
from kairos.domain.ids import fraction
from kairos.domain.journey import Matcher
from kairos.steps._step import PlainStep
from kairos.steps.wait_for import read_matcher

ARMS_MAX = 6
WITHIN_MAX = timedelta(days=60)


@dataclass(frozen=True, slots=True)
class Comparison:
    """The arms with their shares (fractions that add up to 1), and what counts as success within what time."""

    arms: tuple[tuple[str, float], ...]
    success: Matcher
    within: timedelta


class Experiment(PlainStep):
    """Go on by one of several arms, and count what comes of each."""

    keyword = "experiment"
    schema = {
        "experiment": {
            "type": "object",
            "additionalProperties": False,
            "required": ["success", "arms"],
            "properties": {
                "success": {
                    "type": "object",
                    "additionalProperties": False,
                    "required": ["event", "within"],
                    "properties": {
                        "event": {"$ref": "#/$defs/name"},
                        "where": {"$ref": "#/$defs/condition"},
                        "within": {"$ref": "#/$defs/duration"},
                    },
                },
                "arms": {
                    "type": "array",
                    "minItems": 2,
                    "maxItems": ARMS_MAX,
                    "items": {
                        "type": "object",
                        "additionalProperties": False,
                        "required": ["name", "share", "steps"],
                        "properties": {
                            "name": {"$ref": "#/$defs/id"},
                            "share": {"$ref": "#/$defs/share"},
                            "steps": {"$ref": "#/$defs/steps"},
                        },
                    },
                },
            },
        }
    }

    def read(self, document: Document) -> Comparison:
        inner = document.inner("experiment")
        inner.only("success", "arms")
        success = inner.inner("success")
        success.only("event", "where", "within")
        within = success.duration("within")
        if within > WITHIN_MAX:
            raise BadDefinition((*success.path, "within"), f"lasts at most {WITHIN_MAX.days}d")
        return Comparison(_shares(inner), read_matcher(success), within)

    def blocks(self, document: Document) -> Sequence[tuple[str, list[tuple[Any, Path]]]]:
        return [(arm.identifier("name"), arm.items("steps")) for arm in _arms(document.inner("experiment"))]

    def enter(self, args: Comparison, scene: Scene) -> Decision:
        enrollment = scene.enrollment
        place = fraction("experiment", scene.profile.birth, enrollment.journey, enrollment.node or "")
        for name, share in args.arms[:-1]:
            if place < share:
                return Assign(name, args.within)
            place -= share
        return Assign(args.arms[-1][0], args.within)


def _arms(inner: Document) -> list[Document]:
    return [Document(raw, path) for raw, path in inner.items("arms")]


def _shares(inner: Document) -> tuple[tuple[str, float], ...]:
    arms: dict[str, float] = {}
    for arm in _arms(inner):
        arm.only("name", "share", "steps")
        name = arm.identifier("name")
        if name in arms:
            raise BadDefinition(
                (*arm.path, "name"), f"another arm is called {name!r} already: arms are named apart, once"
            )
        arms[name] = arm.read("share", parse_share)
        arm.items("steps")
    if not 2 <= len(arms) <= ARMS_MAX or abs(sum(arms.values()) - 1) > 1e-9:
        raise BadDefinition((*inner.path, "arms"), f"expected 2 to {ARMS_MAX} arms whose shares add up to 100%")
    return tuple(arms.items())


STEP = Experiment()
