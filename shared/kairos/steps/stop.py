"""`stop: responded` — leave the journey here, with a word why."""

from __future__ import annotations

from kairos.domain.decision import Decision, Scene, Stop
from kairos.domain.document import Document
from kairos.steps._step import PlainStep


class StopHere(PlainStep):
    """End the passage."""

    keyword = "stop"
    schema = {"stop": {"type": "string", "minLength": 1}}

    def read(self, document: Document) -> str:
        return document.text("stop")

    def enter(self, args: str, scene: Scene) -> Decision:
        return Stop(args)


STEP = StopHere()
