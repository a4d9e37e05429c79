"""Reading a definition from YAML: plain JSON values, and where each of them stands in the file.

YAML 1.1 and 1.2 read some plain scalars differently: `21:00` is the number 1260 to one and a text to the other, `no` is
false or "no", `010` is eight or ten. What an editor shows would not be what runs. Such scalars are refused with what
would be right, and dates stay the text they are written as. Anchors are read; tags and merge keys, which JSON has not,
are not. Size, depth and the expansion of aliases are bounded, so a hostile file costs no more than a long one.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml
from yaml.resolver import Resolver

from kairos.domain.document import Path

BYTES_MAX = 400_000
DEPTH_MAX = 60
NODES_MAX = 50_000
EXACT_MAX = 2**53

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_TAG = "tag:yaml.org,2002:"
_CORE = (  # YAML 1.2, 10.3.2: core schema
    ("null", re.compile(r"~|null|Null|NULL|")),
    ("bool", re.compile(r"true|True|TRUE|false|False|FALSE")),
    ("int", re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")),
    ("float", re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")),
)
_DECIMAL = re.compile(r"[-+]?(0|[1-9][0-9]{0,17})")

Mark = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Wrong:
    """One thing that is wrong with the text itself; line and column count from 1."""

    mark: Mark
    path: Path
    message: str


@dataclass(frozen=True, slots=True)
class Source:
    """What a file says, the mark of every key and element in it, and what is wrong with its text."""

    document: Any
    marks: Mapping[Path, Mark] = field(default_factory=dict)
    wrong: tuple[Wrong, ...] = ()


def read_yaml(data: bytes) -> Source:
    """Return what the bytes of one file say; what cannot be read is in `wrong`, nothing is raised."""
    reader = _Reader()
    try:
        document = reader.read(data)
    except _Stop as stop:
        return Source(None, reader.marks, (*reader.wrong, stop.wrong))
    return Source(document, reader.marks, tuple(reader.wrong))


class _Stop(Exception):
    def __init__(self, mark: Mark, path: Path, message: str) -> None:
        self.wrong = Wrong(mark, path, message)


class _Reader:
    """Builds plain values from the events of the parser, which keeps no stack of its own to overflow."""

    def __init__(self) -> None:
        self.marks: dict[Path, Mark] = {}
        self.wrong: list[Wrong] = []
        self._anchors: dict[str, tuple[Any, int]] = {}
        self._nodes = 0
        self._resolver: Any = Resolver()

    def read(self, data: bytes) -> Any:
        events = self._events(_decode(data))
        next(events)  # the stream's start
        if isinstance(next(events), yaml.StreamEndEvent):
            raise _Stop((1, 1), (), "the file is empty")
        document = self._node(next(events), events, (), 0)
        next(events)  # the document's end
        after = next(events)
        if not isinstance(after, yaml.StreamEndEvent):
            raise _Stop(
                _mark(after), (), "expected one document in a file; a second one starts here: move it to its own file"
            )
        return document

    def _events(self, text: str) -> Iterator[Any]:
        try:
            yield from yaml.parse(text, Loader=_LOADER)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            where = (mark.line + 1, mark.column + 1) if mark else (1, 1)
            raise _Stop(where, (), f"this is not YAML: {error.problem or error.context}") from error
        except yaml.YAMLError as error:
            raise _Stop((1, 1), (), f"this is not YAML: {getattr(error, 'reason', None) or error}") from error

    def _node(self, event: Any, events: Iterator[Any], path: Path, depth: int) -> Any:
        self._count(1, event, path)
        self.marks.setdefault(path, _mark(event))
        if depth > DEPTH_MAX:
            raise _Stop(_mark(event), path, f"nested more than {DEPTH_MAX} deep")
        if isinstance(event, yaml.AliasEvent):
            return self._alias(event, path)
        if event.tag is not None:
            self._note(event, path, f"tags such as {event.tag.replace(_TAG, '!!')} are not read: leave it out")
        before = self._nodes
        if isinstance(event, yaml.ScalarEvent):
            value = self._scalar(event, path)
        elif isinstance(event, yaml.SequenceStartEvent):
            value = self._sequence(events, path, depth)
        else:
            value = self._mapping(events, path, depth)
        if event.anchor:
            self._anchors[event.anchor] = (value, self._nodes - before + 1)
        return value

    def _sequence(self, events: Iterator[Any], path: Path, depth: int) -> list[Any]:
        items: list[Any] = []
        while not isinstance(event := next(events), yaml.SequenceEndEvent):
            items.append(self._node(event, events, (*path, len(items)), depth + 1))
        return items

    def _mapping(self, events: Iterator[Any], path: Path, depth: int) -> dict[str, Any]:
        values: dict[str, Any] = {}
        while not isinstance(event := next(events), yaml.MappingEndEvent):
            key = self._key(event, path)
            under = (*path, key)
            if key in values:
                first = self.marks[under][0]
                self._note(event, under, f"this key stands here twice (first on line {first}); keep one of them")
            self.marks.setdefault(under, _mark(event))
            values[key] = self._node(next(events), events, under, depth + 1)
        return values

    def _key(self, event: Any, path: Path) -> str:
        if not isinstance(event, yaml.ScalarEvent):
            raise _Stop(
                _mark(event), path, 'expected a text as key; a value that starts with {{ stands in quotes: "{{ name }}"'
            )
        if event.value == "<<" and event.implicit[0]:
            self._note(event, path, "merge keys (<<) are not read: write the keys out")
            return "<<"
        if event.value == "on":  # a word of ours as a key: read as a text here, whatever an older reader makes of it
            return "on"
        key = self._scalar(event, (*path, event.value))
        if not isinstance(key, str):
            self._note(event, (*path, event.value), f'keys are texts: write "{event.value}" in quotes')
        return str(event.value)

    def _alias(self, event: Any, path: Path) -> Any:
        if event.anchor not in self._anchors:
            raise _Stop(_mark(event), path, f"*{event.anchor} stands inside what it repeats, or nothing is called so")
        value, size = self._anchors[event.anchor]
        self._count(size, event, path)
        return value

    def _scalar(self, event: Any, path: Path) -> Any:
        text: str = event.value
        if not event.implicit[0]:
            return text
        kind = next((name for name, form in _CORE if form.fullmatch(text)), "str")
        older = self._resolver.resolve(yaml.ScalarNode, text, (True, False)).removeprefix(_TAG)
        if older == "timestamp":
            older = "str"
        if kind != older or (kind == "int" and not _DECIMAL.fullmatch(text)):
            self._note(event, path, _ambiguous(text))
            return text
        if kind == "float" and not math.isfinite(_float(text)):
            self._note(event, path, f"{text} is no number that can be kept")
            return text
        return _CONSTRUCT[kind](text)

    def _count(self, nodes: int, event: Any, path: Path) -> None:
        self._nodes += nodes
        if self._nodes > NODES_MAX:
            raise _Stop(_mark(event), path, f"more than {NODES_MAX} values, aliases repeated")

    def _note(self, event: Any, path: Path, message: str) -> None:
        self.wrong.append(Wrong(_mark(event), path, message))


_CONSTRUCT: dict[str, Any] = {
    "null": lambda text: None,
    "bool": lambda text: text.lower() == "true",
    "int": int,
    "float": lambda text: _plain(float(text)),
    "str": str,
}


def _decode(data: bytes) -> str:
    if len(data) > BYTES_MAX:
        raise _Stop((1, 1), (), f"the file has {len(data)} bytes, at most {BYTES_MAX} are read")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = data[: error.start]
        column = error.start - (before.rfind(b"\n") + 1) + 1
        raise _Stop((before.count(b"\n") + 1, column), (), "this is not UTF-8: save the file as UTF-8") from error


def _plain(number: float) -> int | float:
    """DynamoDB gives 2 back for 2.0: a whole number is written in one way, or every push would find a difference."""
    return int(number) if number.is_integer() and abs(number) < EXACT_MAX else number


def _float(text: str) -> float:
    try:
        return float(text)
    except ValueError:  # .inf and .nan, which are YAML's spelling
        return math.nan


def _ambiguous(text: str) -> str:
    if re.fullmatch(r"[-+]?[0-9]+(:[0-5]?[0-9])+(\.[0-9]*)?", text):
        return f'YAML readers disagree on {text} (a text, or a number in base 60): write "{text}" in quotes'
    if text.lower() in ("yes", "no", "on", "off"):
        truth = "true" if text.lower() in ("yes", "on") else "false"
        return f'YAML readers disagree on {text} (a text, or {truth}): write "{text}" in quotes, or {truth}'
    shown = text[:40]
    return f'YAML readers disagree on {shown}: write "{shown}" in quotes for a text, or a plain decimal number'


def _mark(event: Any) -> Mark:
    return event.start_mark.line + 1, event.start_mark.column + 1
