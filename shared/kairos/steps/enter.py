"""`enter: win-back` — enter another journey, under its own rules, and go on in this one.

It is entered in its live version, with the properties that started this passage; its `subject` is looked up in them.
Its holdout, re-entry rule and pause hold as for any trigger, and one passage enters it once at each step. Journeys that
would enter each other in a circle cannot be published.
"""

from __future__ import annotations

from kairos.domain.decision import Decision, Enter, Scene
from kairos.domain.document import Document
from kairos.steps._step import PlainStep


class EnterJourney(PlainStep):
    """Start another journey for the same customer."""

    keyword = "enter"
    schema = {"enter": {"$ref": "#/$defs/id"}}

    def read(self, document: Document) -> str:
        return document.identifier("enter")

    def enter(self, args: str, scene: Scene) -> Decision:
        return Enter(args)


STEP = EnterJourney()
