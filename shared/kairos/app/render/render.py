"""From a template's Liquid to the text of one message.

Strict where a mistake would reach a customer: a blank that nothing fills is a failure that names template, part and
variable, unless the author gave it a default (`{% if coupon %}` may ask whether there is one). HTML parts escape every
value, a header part cannot hold a line break, and a template cannot loop, nest or grow without bounds, load files, or
mark a value as safe.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

from kairos.app.render.local_time import Wall
from kairos.app.render.plain_text import plain_text
from kairos.domain.errors import Rejected
from kairos.registry import Rendered

HTML_PARTS = frozenset({"html"})
HEADER_PARTS = frozenset({"subject", "preheader", "title"})
LOOPS_MAX = 10_000
OUTPUT_BYTES_MAX = 500_000
NESTING_MAX = 20
LOCALS_BYTES_MAX = 500_000

_LINE = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029]+")
_NAME = re.compile(r"[\w.\-]+(?:\[[^\]]*\][\w.\-]*)*")
_WALL = "kairos wall"


class CannotRender(Rejected):
    """A part cannot be written. `template`, `part`, and what is wrong: names only, never a customer's value."""

    def __init__(self, template: str, part: str, problem: str, line: int = 1) -> None:
        self.template, self.part, self.problem, self.line = template, part, problem, line
        super().__init__(f"template {template}, {part}, line {line}: {problem}")


@dataclass(frozen=True, slots=True)
class Problem:
    """What `check` finds in a template: the channel and part, the line within the part, and what would be right."""

    channel: str
    part: str
    line: int
    problem: str


def render(
    id: str, document: Mapping[str, Any], channel: str, variables: Mapping[str, Any], wall: Wall, parts: Sequence[str]
) -> Rendered:
    """Return the template's parts for a channel (`parts` names those that the channel knows).

    An HTML part without a plain one gives its own plain text. Raises CannotRender.
    """
    written = document.get(channel)
    if not isinstance(written, Mapping):
        raise CannotRender(id, channel, "the template has no such channel")
    return _render_parts(id, channel, written, {**_clean(variables), _WALL: wall}, parts, shown=False)


def preview(
    id: str, document: Mapping[str, Any], channel: str, variables: Mapping[str, Any], wall: Wall, parts: Sequence[str]
) -> Rendered:
    """Return the parts as `render` does, with `[name]` for each blank that nothing fills. Raises CannotRender."""
    written = document.get(channel)
    if not isinstance(written, Mapping):
        raise CannotRender(id, channel, "the template has no such channel")
    return _render_parts(id, channel, written, {**_clean(variables), _WALL: wall}, parts, shown=True)


def prepare() -> None:
    """Load Liquid now: `deliver` does as it starts, or its first message would wait between its gates and its call."""
    _parse("{{ ready | default: '' }}", True).render()
    _parse("{{ ready | default: '' }}", False).render()


def check(document: Mapping[str, Any]) -> list[Problem]:
    """Return every Liquid mistake of a template document: `publish` shows them beside the draft."""
    found: list[Problem] = []
    for channel, written in sorted(document.items()):
        if not isinstance(written, Mapping):
            continue
        if "subject" in written and not (written.get("text") or written.get("html")):
            found.append(Problem(channel, "text", 1, "write a text, or an html part from which one is made"))
        for part, source in written.items():
            if not isinstance(source, str):
                found.append(Problem(channel, str(part), 1, "write a text"))
                continue
            try:
                parsed = _parse(source, part in HTML_PARTS)
            except Exception as error:  # noqa: BLE001 - an author's text: every failure to parse is a problem shown
                found.append(Problem(channel, part, _line_of(error), _message_of(error)))
            else:
                found.extend(_unknown_filters(channel, part, source, parsed))
    return found


def variables_of(document: Mapping[str, Any]) -> list[str]:
    """Return the dotted names of all blanks in a template document, sorted; parts that do not parse have none."""
    names: set[str] = set()
    for written in document.values():
        for part, source in written.items() if isinstance(written, Mapping) else ():
            with suppress(Exception):
                analysis = _parse(source, part in HTML_PARTS).analyze()
                names.update(str(variable) for group in analysis.globals.values() for variable in group)
    return sorted(names)


def _render_parts(
    id: str, channel: str, written: Mapping[str, Any], scope: Mapping[str, Any], parts: Sequence[str], *, shown: bool
) -> Rendered:
    done: dict[str, str] = {}
    for part in parts:
        if isinstance(source := written.get(part), str):
            done[part] = _render_part(id, channel, part, source, scope, shown)
    if done.get("html") and not done.get("text") and "text" in parts:
        done["text"] = plain_text(done["html"])
    return Rendered(done)


def _render_part(id: str, channel: str, part: str, source: str, scope: Mapping[str, Any], shown: bool) -> str:
    try:
        text: str = _parse(source, part in HTML_PARTS, shown).render(scope)
    except Exception as error:  # noqa: BLE001 - a filter given a value of the wrong kind raises whatever Python does
        raise CannotRender(id, f"{channel}.{part}", _message_of(error), _line_of(error)) from None
    return _LINE.sub(" ", text).strip() if part in HEADER_PARTS else text


def _clean(value: Any) -> Any:
    """Return the value without nulls (nothing fills those blanks) and without halves of characters, which no encoding
    of a message can write."""
    if isinstance(value, str):
        return value if value.isascii() else value.encode("utf-8", "replace").decode()
    if isinstance(value, Mapping):
        return {key: _clean(part) for key, part in value.items() if part is not None}
    if isinstance(value, list | tuple):
        return [_clean(part) for part in value]
    return value


def _unknown_filters(channel: str, part: str, source: str, parsed: Any) -> list[Problem]:
    known = _environment(part in HTML_PARTS, False).filters
    return [
        Problem(channel, part, source.count("\n", 0, max(0, spans[0].index)) + 1, f"unknown filter '{name}'")
        for name, spans in parsed.analyze().filters.items()
        if name not in known
    ]


@lru_cache(maxsize=512)
def _parse(source: str, html: bool, shown: bool = False) -> Any:
    return _environment(html, shown).from_string(source)


@cache
def _environment(html: bool, shown: bool) -> Any:
    """Return the Liquid environment; with `shown`, one that writes `[name]` for what nothing fills.

    Liquid is imported here and not above because `publish` and the CLI load this module without rendering anything.
    """
    from liquid import Environment
    from liquid.undefined import FalsyStrictUndefined, Undefined

    class Shown(Undefined):
        def __str__(self) -> str:
            return f"[{self.name}]"

    class Bounded(Environment):
        loop_iteration_limit = LOOPS_MAX
        output_stream_limit = OUTPUT_BYTES_MAX
        local_namespace_limit = LOCALS_BYTES_MAX
        block_nesting_limit = NESTING_MAX
        context_depth_limit = NESTING_MAX

    environment = Bounded(undefined=Shown if shown else FalsyStrictUndefined, autoescape=html)
    for name in ("include", "render"):
        del environment.tags[name]
    del environment.filters["safe"]
    for name in ("local", "date"):
        environment.add_filter(name, _local_filter())
    return environment


def _local_filter() -> Any:
    from liquid.filter import with_context
    from liquid.undefined import is_undefined

    @with_context
    def local(value: Any, form: str = "%Y-%m-%d %H:%M", *, context: Any) -> Any:
        """Write a time on the customer's clock; what nothing fills is left for `default` or the output to judge."""
        if is_undefined(value):
            return value
        wall: Wall = context.globals[_WALL]
        try:
            return wall.write(value, form)
        except ValueError as error:
            raise _NotATime(error) from None

    return local


class _NotATime(Exception):
    """A value that is no time, or a form that none is written by."""

    def __init__(self, error: ValueError) -> None:
        text = str(error)
        super().__init__(text if text.startswith("no time is written") else "the value is no time")


def _message_of(error: Exception) -> str:
    from liquid.exceptions import (
        BlockNestingError,
        LiquidSyntaxError,
        ResourceLimitError,
        UndefinedError,
        UnknownFilterError,
    )

    token = getattr(error, "token", None)
    if isinstance(error, UndefinedError):
        found = _NAME.match(token.source, token.start_index) if token else None
        return f"no value for {found[0] if found else 'a variable'}; give it one or a default"
    if isinstance(error, _NotATime):
        return str(error)
    if isinstance(error, BlockNestingError | LiquidSyntaxError | ResourceLimitError | UnknownFilterError):
        return str(error.message)
    # What other errors say may quote a customer's value.
    return f"a filter cannot take this value ({type(error).__name__})"


def _line_of(error: Exception) -> int:
    token = getattr(error, "token", None)
    if token is None or token.start_index < 0:
        return 1
    return int(token.source.count("\n", 0, token.start_index)) + 1
