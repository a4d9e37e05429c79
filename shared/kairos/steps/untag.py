"""`untag: vip` or `untag: [vip, spring]` — take tags off; one that is not there changes nothing."""

from __future__ import annotations

from kairos.domain.decision import Decision, Scene, Update
from kairos.domain.document import Document
from kairos.steps._step import PlainStep
from kairos.steps.tag import TAG, TAGS_SCHEMA, read_tags


class Untag(PlainStep):
    """Take tags off."""

    keyword = "untag"
    schema = {"untag": TAGS_SCHEMA}

    def read(self, document: Document) -> tuple[str, ...]:
        return read_tags(document, "untag")

    def enter(self, args: tuple[str, ...], scene: Scene) -> Decision:
        return Update({TAG + tag: None for tag in args})


STEP = Untag()
