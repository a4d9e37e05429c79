"""From a journey as written to a journey as walked. `publish` runs it to find errors, `decide` to load a release.

Every problem of a document is collected, not only the first: an author fixes a file once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, TypeVar, cast

from kairos import registry
from kairos.app.definitions.triggers import BROADCAST, Triggers, listed, read_matcher, read_matchers, read_triggers
from kairos.domain.anchor import EntryAnchor
from kairos.domain.anchor_form import read_anchor
from kairos.domain.document import Document, Path, parse_share
from kairos.domain.duration import parse_duration
from kairos.domain.errors import BadDefinition
from kairos.domain.journey import PRIORITY, EntryCap, Goal, IfPast, Journey, Node, Reenter, SendArgs, TimelineStep
from kairos.domain.membership import only_event
from kairos.domain.offset import Offset
from kairos.steps.send import SEND_KEYS, SEND_OPTIONS, read_priority, read_send, read_span

STEPS_MAX = 200
DEPTH_MAX = 10
FRESH_WITH_WAITS = timedelta(hours=1)
FRESH_OTHERWISE = timedelta(days=1)
GOAL_WITHIN = timedelta(days=7)
ENTRIES_MAX = 50

COMMON = ("id", "name", "description", "class", "priority", "holdout", "goal", "exit", "fresh_for")
STEPPED = ("trigger", "subject", "reenter", "restart", "entries", "steps")
TIMED = ("anchor", "timeline", "on_move", "on_cancel", "reenter")

IF_PAST = ("skip", "send_now", "stop", "next_occurrence")

T = TypeVar("T")
U = TypeVar("U")
RawSteps = list[tuple[Any, Path]]


@dataclass
class Problems:
    """What is wrong with one document, in the order found."""

    found: list[BadDefinition] = field(default_factory=list)

    def gather(self, read: Callable[[], T], otherwise: U) -> T | U:
        """Return what `read` gives, or note its error and return `otherwise`."""
        try:
            return read()
        except BadDefinition as error:
            self.found.append(error)
            return otherwise


def compile_journey(raw: object, version: int = 1) -> Journey:
    """Return the journey. Raises the first BadDefinition; `check_journey` gives them all."""
    journey, problems = check_journey(raw, version)
    if problems or journey is None:
        raise problems[0]
    return journey


def check_journey(raw: object, version: int = 1) -> tuple[Journey | None, list[BadDefinition]]:
    """Return the journey as far as it could be read, and every problem."""
    problems = Problems()
    document = problems.gather(lambda: Document(raw), None)
    if document is None:
        return None, problems.found
    timed = document.has("anchor") or document.has("timeline")
    problems.gather(lambda: document.only(*dict.fromkeys(COMMON + (TIMED if timed else STEPPED))), None)
    id = problems.gather(lambda: document.identifier("id"), "journey")
    kind = problems.gather(lambda: document.choice("class", ("marketing", "transactional")), "transactional")
    common: dict[str, Any] = {
        "id": id,
        "version": version,
        "marketing": kind == "marketing",
        "priority": PRIORITY
        if (priority := problems.gather(lambda: read_priority(document), None)) is None
        else priority,
        "goal": problems.gather(lambda: _goal(document), None),
        "exits": problems.gather(lambda: read_matchers(document, "exit"), ()),
        "holdout": problems.gather(
            lambda: document.read("holdout", parse_share) if document.has("holdout") else 0.0, 0.0
        ),
        "reenter": problems.gather(lambda: _reenter(document), Reenter()),
    }
    own = _timed(document, common, problems) if timed else _stepped(document, id, problems)
    return Journey(**common, **own), problems.found


def locate_steps(raw: object) -> dict[str, Path]:
    """Return where in a valid journey's document each step stands, by its id. Raises BadDefinition."""
    document = Document(raw)
    builder, ids = _Builder(Problems()), _Ids()
    for step, path in document.items("timeline") if document.has("timeline") else ():
        _timeline_step(step, path, True, ids)
    if document.has("steps"):
        builder.block(document.items("steps"), None)
    return ids.paths | builder.ids.paths


def _stepped(document: Document, id: str, problems: Problems) -> dict[str, Any]:
    builder = _Builder(problems)
    raw_steps: RawSteps = problems.gather(lambda: document.items("steps"), [])
    if not raw_steps and not problems.found:
        problems.found.append(BadDefinition((*document.path, "steps"), "expected at least one step"))
    first = builder.block(raw_steps, None)
    fresh = FRESH_WITH_WAITS if builder.elapsed else FRESH_OTHERWISE
    broadcast = document.raw.get("trigger") == BROADCAST
    found = Triggers() if broadcast else problems.gather(lambda: read_triggers(document, id), Triggers())
    if broadcast and document.has("subject"):
        problems.found.append(BadDefinition((*document.path, "subject"), "of a broadcast is the broadcast itself"))
    return {
        "triggers": tuple(found.events),
        "broadcast": broadcast,
        "campaigns": tuple(found.campaigns),
        "follows": tuple(found.follows),
        "entry_cap": problems.gather(lambda: _entry_cap(document), None),
        "subject": problems.gather(lambda: document.name("subject") if document.has("subject") else None, None),
        "restart": problems.gather(lambda: document.flag("restart"), False),
        "fresh_for": problems.gather(lambda: document.duration("fresh_for", fresh), fresh),
        "first": first,
        "nodes": builder.nodes,
    }


def _timed(document: Document, common: Mapping[str, Any], problems: Problems) -> dict[str, Any]:
    marketing = common["marketing"]
    raw_steps: RawSteps = problems.gather(lambda: document.items("timeline"), [])
    if not raw_steps and not problems.found:
        problems.found.append(BadDefinition((*document.path, "timeline"), "expected at least one step"))
    if len(raw_steps) > STEPS_MAX:
        problems.found.append(BadDefinition((*document.path, "timeline"), f"has at most {STEPS_MAX} steps"))
    ids = _Ids()
    steps = [
        step
        for raw, path in raw_steps
        if (step := problems.gather(lambda r=raw, p=path: _timeline_step(r, p, marketing, ids), None)) is not None  # type: ignore[misc]
    ]
    anchor = problems.gather(lambda: read_anchor(document.inner("anchor")), None)
    for key in ("on_move", "on_cancel"):
        if document.has(key) and anchor is not None and not isinstance(anchor, EntryAnchor):
            problems.found.append(BadDefinition((*document.path, key), "is for an entry: no other moment is rebooked"))
    return {
        "anchor": anchor,
        "timeline": tuple(steps),
        "on_move": problems.gather(lambda: _reaction(document, "on_move"), None),
        "on_cancel": problems.gather(lambda: _reaction(document, "on_cancel"), None),
        "fresh_for": problems.gather(lambda: document.duration("fresh_for", FRESH_OTHERWISE), FRESH_OTHERWISE),
    }


def _timeline_step(raw: object, path: Path, marketing: bool, ids: _Ids) -> TimelineStep:
    document = Document(raw, path)
    document.only("id", "if_past", "class", "best_within", *SEND_KEYS)
    send = read_send(document)
    if document.has("best_within"):
        send = replace(send, best_within=read_span(document))
    kind = document.choice("class", ("marketing", "transactional"), "marketing" if marketing else "transactional")
    return TimelineStep(
        id=ids.take(document, send.template),
        offset=document.read("at", Offset.parse),
        send=send,
        if_past=cast(IfPast, document.choice("if_past", IF_PAST, "skip")),
        marketing=kind == "marketing",
    )


def _reaction(document: Document, key: str) -> SendArgs | None:
    if not document.has(key):
        return None
    inner = document.inner(key)
    inner.only("send", "channel", *SEND_OPTIONS)
    return read_send(inner)


def _goal(document: Document) -> Goal | None:
    if not document.has("goal"):
        return None
    inners = listed(document, "goal")
    for inner in inners:
        only_event(inner, "where", "subject", "within")
    windows = {inner.duration("within") for inner in inners if inner.has("within")}
    if len(windows) > 1 or not inners:
        raise BadDefinition((*document.path, "goal"), "expected goals with one and the same `within`")
    return Goal(tuple(map(read_matcher, inners)), windows.pop() if windows else GOAL_WITHIN)


def _entry_cap(document: Document) -> EntryCap | None:
    if not document.has("entries"):
        return None
    inner = document.inner("entries")
    inner.only("max", "per")
    most = inner.number("max", 1, ENTRIES_MAX)
    if most != int(most):
        raise BadDefinition((*inner.path, "max"), "expected a whole number")
    return EntryCap(int(most), inner.duration("per"))


def _reenter(document: Document) -> Reenter:
    if not document.has("reenter"):
        return Reenter()
    raw = document.raw["reenter"]
    if raw in ("never", "always"):
        return Reenter(raw)
    inner = document.inner("reenter") if isinstance(raw, Mapping) else None
    if inner is None or set(inner.raw) != {"after"}:
        raise BadDefinition((*document.path, "reenter"), "expected never, always or {after: 3d}")
    return Reenter("after", inner.read("after", parse_duration))


class _Ids:
    """Step ids: the author's `id`, else the template or kind with its ordinal."""

    def __init__(self) -> None:
        self._taken: set[str] = set()
        self._ordinals: dict[str, int] = {}
        self.paths: dict[str, Path] = {}

    def take(self, document: Document, base: str) -> str:
        if document.has("id"):
            id = document.identifier("id")
        else:
            self._ordinals[base] = self._ordinals.get(base, 0) + 1
            id = f"{base}-{self._ordinals[base]}"
        if id in self._taken:
            raise BadDefinition((*document.path, "id"), f"another step is called {id!r} already")
        self._taken.add(id)
        self.paths[id] = document.path
        return id


class _Builder:
    """Turns nested step lists into nodes that know what follows them, last step first."""

    def __init__(self, problems: Problems) -> None:
        self.nodes: dict[str, Node] = {}
        self.elapsed = False
        self._named = 0
        self.ids = _Ids()
        self._problems = problems

    def block(self, raw_steps: RawSteps, after: str | None, depth: int = 0) -> str | None:
        """Add the steps of one list; return the id of its first, or `after` when it is empty."""
        named: list[tuple[Document, Any, str]] = []
        for raw, path in raw_steps:
            step = self._problems.gather(lambda r=raw, p=path: self._name(r, p, depth), None)  # type: ignore[misc]
            if step is not None:
                named.append(step)
        for document, step, id in reversed(named):
            node = self._problems.gather(lambda d=document, s=step, i=id, a=after: self._node(d, s, i, a, depth), None)  # type: ignore[misc]
            if node is not None:
                self.nodes[id] = node
                after = id
        return after

    def _name(self, raw: object, path: Path, depth: int) -> tuple[Document, Any, str]:
        document = Document(raw, path)
        if depth > DEPTH_MAX:
            raise BadDefinition(path, f"steps nest at most {DEPTH_MAX} deep")
        keywords = [key for key in document.raw if key in registry.names("steps")]
        if len(keywords) != 1:
            names = ", ".join(registry.names("steps"))
            raise BadDefinition(path, f"expected exactly one step, one of: {names}")
        step = registry.load("steps", keywords[0])
        document.only("id", step.keyword, *step.beside)
        self.elapsed = self.elapsed or step.elapsed
        self._named += 1
        if self._named > STEPS_MAX:
            raise BadDefinition(path, f"a journey has at most {STEPS_MAX} steps")
        base = (
            document.raw["send"] if step.keyword == "send" and isinstance(document.raw["send"], str) else step.keyword
        )
        return document, step, self.ids.take(document, base)

    def _node(self, document: Document, step: Any, id: str, after: str | None, depth: int) -> Node:
        args = step.read(document)
        exits = {name: self.block(items, after, depth + 1) for name, items in step.blocks(document)}
        return Node(id, step.keyword, args, after, exits)
