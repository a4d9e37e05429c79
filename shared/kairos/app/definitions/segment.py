"""A segment as its author writes it: an id and the condition of being in it."""

from __future__ import annotations

from datetime import timedelta

from kairos.app.definitions.compile import Problems
from kairos.domain.condition import Score, parse_condition
from kairos.domain.document import Document
from kairos.domain.errors import BadDefinition

SEGMENT_KEYS = ("id", "name", "description", "where", "track", "learns")
LEARNING_MAX = 10
LEARNS_WITHIN = timedelta(days=7)
LEARNS_MAX = timedelta(days=90)


def check_segment(raw: object) -> list[BadDefinition]:
    """Return every problem of a segment document."""
    problems = Problems()
    document = problems.gather(lambda: Document(raw), None)
    if document is None:
        return problems.found
    problems.gather(lambda: document.only(*SEGMENT_KEYS), None)
    problems.gather(lambda: document.identifier("id"), "")
    problems.gather(lambda: document.flag("track"), False)
    if "where" not in document.raw:
        problems.found.append(BadDefinition(("where",), "is missing: the condition of being in the segment"))
    else:
        problems.gather(lambda: parse_condition(document.raw["where"], ("where",)), None)
    if document.has("learns"):
        problems.gather(lambda: read_learns(document), None)
    return problems.found


def read_learns(document: Document) -> tuple[str, timedelta]:
    """Return from which event a score learns, and within what time of a visit it is to come. Raises BadDefinition."""
    learns = document.inner("learns")
    learns.only("event", "within")
    if not isinstance(parse_condition(document.raw.get("where"), ("where",)), Score):
        raise BadDefinition(learns.path, "only a score learns: `where` begins with `score`")
    within = learns.duration("within", LEARNS_WITHIN)
    if not timedelta(hours=1) <= within <= LEARNS_MAX:
        raise BadDefinition((*learns.path, "within"), "expected from 1h to 90d")
    return learns.name("event"), within
