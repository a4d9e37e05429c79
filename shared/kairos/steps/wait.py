"""`wait: 30m` — elapsed time; 1d is 24 hours, also across a change of the clocks."""

from __future__ import annotations

from datetime import timedelta

from kairos.domain.decision import Decision, Park, Scene
from kairos.domain.document import Document
from kairos.steps._step import PlainStep


class Wait(PlainStep):
    """Park for a duration from the moment the step was reached."""

    keyword = "wait"
    elapsed = True
    schema = {"wait": {"$ref": "#/$defs/duration"}}

    def read(self, document: Document) -> timedelta:
        return document.duration("wait")

    def enter(self, args: timedelta, scene: Scene) -> Decision:
        return Park(scene.at + args)


STEP = Wait()
