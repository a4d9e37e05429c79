"""What most steps share: nothing nested, nothing heard, and going on when woken."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from kairos.domain.decision import Decision, Go, Scene
from kairos.domain.document import Document, Path
from kairos.domain.event import Event


class PlainStep:
    """A step without nested steps that needs no event and goes on when its time has come."""

    keyword: str
    beside: Sequence[str] = ()
    elapsed = False
    local = False
    schema: Mapping[str, Any] = {}

    def blocks(self, document: Document) -> Sequence[tuple[str, list[tuple[Any, Path]]]]:
        return ()

    def wake(self, args: Any, scene: Scene) -> Decision:
        return Go()

    def asked(self, args: Any, scene: Scene) -> Decision:
        return Go()

    def hear(self, args: Any, scene: Scene, event: Event) -> Decision | None:
        return None
