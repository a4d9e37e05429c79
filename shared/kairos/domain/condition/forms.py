"""Reading conditions as they are written (DESIGN, the table of forms)."""

from __future__ import annotations

import json
from collections.abc import Callable

from kairos.domain.condition.behaviour import TIMES_MAX, Did, as_behaviour
from kairos.domain.condition.comparison import OPERATORS, Comparison, read_operator
from kairos.domain.condition.entries import STATUSES, EntryIs
from kairos.domain.condition.facts import Condition, walk
from kairos.domain.condition.plain import AllOf, AnyOf, FieldIs, InSegment, Not, TraitIs
from kairos.domain.condition.relative import RELATIVE, Relative, read_relative
from kairos.domain.condition.score import ADDS_MAX, SIGNALS_MAX, Score, Signal, print_of
from kairos.domain.condition.stage import STAGES, StageIs
from kairos.domain.document import Document, Path, parse_share
from kairos.domain.errors import BadDefinition
from kairos.domain.ids import digest

DEPTH_MAX = 20
_COUNTS = ("eq", "ne", "gt", "gte", "lt", "lte")


def parse_condition(raw: object, path: Path = (), depth: int = 0) -> Condition:
    """Read a condition of the definition language. Raises BadDefinition."""
    if depth > DEPTH_MAX:
        raise BadDefinition(path, f"conditions nest at most {DEPTH_MAX} deep")
    document = Document(raw, path)
    for key, parse in _FORMS.items():
        if key in document.raw:
            return parse(document, depth)
    raise BadDefinition(path, f"expected a condition: one of {', '.join(_FORMS)}")


def _comparison(document: Document, *others: str) -> Comparison | Relative:
    document.only(*others, *OPERATORS, *RELATIVE)
    used = [operator for operator in OPERATORS if operator in document.raw]
    relative = any(document.has(operator) for operator in RELATIVE)
    if len(used) + relative != 1:
        operators = ", ".join((*OPERATORS, *RELATIVE))
        raise BadDefinition(document.path, f"expected exactly one operator of {operators}; after and before may join")
    return read_relative(document) if relative else read_operator(document, used[0])


def _all(document: Document, depth: int) -> Condition:
    document.only("all")
    return AllOf(tuple(parse_condition(item, path, depth + 1) for item, path in document.items("all")))


def _any(document: Document, depth: int) -> Condition:
    document.only("any")
    return AnyOf(tuple(parse_condition(item, path, depth + 1) for item, path in document.items("any")))


def _not(document: Document, depth: int) -> Condition:
    document.only("not")
    return Not(parse_condition(document.raw["not"], (*document.path, "not"), depth + 1))


def _did(document: Document, depth: int) -> Condition:
    document.only("did", "times", "within", "where")
    where = _of_fields(document, depth, "the event's")
    event = document.name("did")
    times = _times(document) or Comparison("gte", 1)
    within = document.duration("within") if document.has("within") else None
    written = json.dumps(document.raw.get("where"), sort_keys=True, ensure_ascii=False, default=str)
    return Did(event, times, within, where, digest("counter", event, written)[:13], times.value + 1)


def _happened(document: Document, depth: int) -> Condition:
    form = "journey" if "journey" in document.raw else "message"
    document.only(form, "was", "times", "within")
    document.identifier(form)
    return _did(Document(as_behaviour(document.raw, document.path), document.path), depth)


def _times(document: Document) -> Comparison | None:
    """Return what a number of times is compared with."""
    if not document.has("times"):
        return None
    times = _comparison(document.inner("times"))
    if not isinstance(times, Comparison) or times.operator not in _COUNTS or isinstance(times.value, bool):
        raise BadDefinition((*document.path, "times"), "expected a comparison with a whole number, such as {gte: 3}")
    if not isinstance(times.value, int) or not 0 <= times.value <= TIMES_MAX:
        raise BadDefinition((*document.path, "times"), f"expected a whole number from 0 to {TIMES_MAX}")
    return times


def _of_fields(document: Document, depth: int, whose: str) -> Condition | None:
    """Return the condition under `where`, on fields alone."""
    if not document.has("where"):
        return None
    where = parse_condition(document.raw["where"], (*document.path, "where"), depth + 1)
    if not all(isinstance(part, AllOf | AnyOf | Not | FieldIs) for part in walk(where)):
        raise BadDefinition((*document.path, "where"), f"expected conditions on {whose} own fields only")
    return where


def _field(document: Document, _: int) -> Condition:
    return FieldIs(document.name("field"), _comparison(document, "field"))


def _trait(document: Document, _: int) -> Condition:
    return TraitIs(document.name("trait"), _comparison(document, "trait"))


def _entry(document: Document, depth: int) -> Condition:
    kind = document.name("entry")
    if document.has("field") or any(operator in document.raw for operator in (*OPERATORS, *RELATIVE)):
        return EntryIs(kind, FieldIs(document.name("field"), _comparison(document, "entry", "field")))
    document.only("entry", "where", "status", "times")
    status = document.choice("status", STATUSES) if document.has("status") else None
    return EntryIs(kind, _of_fields(document, depth, "the entry's"), status, _times(document))


def _segment(document: Document, _: int) -> Condition:
    document.only("segment")
    return InSegment(document.identifier("segment"))


def _stage(document: Document, _: int) -> Condition:
    document.only("stage")
    raw = document.raw["stage"]
    found = [name for name, _ in document.items("stage")] if isinstance(raw, list | tuple) else [raw]
    if not found or not all(isinstance(name, str) and name in STAGES for name in found):
        raise BadDefinition((*document.path, "stage"), f"expected one or a list of {', '.join(STAGES)}")
    return StageIs(tuple(found))


def _score(document: Document, depth: int) -> Condition:
    document.only("score", "base", "gte")
    found = document.items("score")
    if not 1 <= len(found) <= SIGNALS_MAX:
        raise BadDefinition((*document.path, "score"), f"expected 1 to {SIGNALS_MAX} signals")
    signals = tuple(_signal(Document(raw, path), depth) for raw, path in found)
    base = float(document.number("base", -ADDS_MAX, ADDS_MAX))
    written = [json.dumps(raw.get("if"), sort_keys=True, ensure_ascii=False, default=str) for raw, _ in found]
    return Score(signals, base, document.read("gte", parse_share), print_of(written))


def _signal(document: Document, depth: int) -> Signal:
    document.only("if", "adds", "because")
    condition = parse_condition(document.raw.get("if"), (*document.path, "if"), depth + 1)
    return Signal(condition, float(document.number("adds", -ADDS_MAX, ADDS_MAX)), document.text("because"))


# "entry" stands before "field": an entry condition carries both keys.
_FORMS: dict[str, Callable[[Document, int], Condition]] = {
    "all": _all,
    "any": _any,
    "not": _not,
    "did": _did,
    "journey": _happened,
    "message": _happened,
    "segment": _segment,
    "score": _score,
    "stage": _stage,
    "entry": _entry,
    "trait": _trait,
    "field": _field,
}
