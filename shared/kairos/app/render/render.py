"""From a template's Liquid to the text of one message.

Strict where a mistake would reach a customer: a blank that nothing fills is a failure that names template, part and
variable, unless the author gave it a default (`{% if coupon %}` may ask whether there is one). HTML parts escape every
value, a header part cannot hold a line break, and what a template may do is bounded (`sandbox.py`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from kairos.app.render.filters import WALL, CannotWrite
from kairos.app.render.local_time import Wall
from kairos.app.render.plain_text import plain_text
from kairos.app.render.sandbox import COUNT, PARTIALS, TooMuch, begin, environment, parse
from kairos.domain.errors import Rejected
from kairos.registry import Rendered

HTML_PARTS = frozenset({"html", "mjml"})
HEADER_PARTS = frozenset({"subject", "preheader", "title"})
LOOPS_PER_PART_MAX = 50
"""Each loop is bounded by itself; so many stand in one part."""

Partials = Mapping[str, Mapping[str, str]]
"""What partials say: id → {"html": …, "text": …}."""
NO_PARTIALS: Partials = MappingProxyType({})

_LINE = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029]+")
_NAME = re.compile(r"[\w.\-]+(?:\[[^\]]*\][\w.\-]*)*")
_CALLED = re.compile(r"\{%-?\s*render\s+(?:'([^']*)'|\"([^\"]*)\")")


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
    id: str,
    document: Mapping[str, Any],
    channel: str,
    variables: Mapping[str, Any],
    wall: Wall,
    parts: Sequence[str],
    partials: Partials = NO_PARTIALS,
    *,
    shown: bool = False,
) -> Rendered:
    """Return the template's parts for a channel (`parts` names those that the channel knows); of a part that is a
    mapping, the JSON of its texts by name.

    An HTML part without a plain one gives its own plain text. With `shown` a blank that nothing fills is written as
    `[name]`; else it raises CannotRender, as everything does that cannot be written.
    """
    written = document.get(channel)
    if not isinstance(written, Mapping):
        raise CannotRender(id, channel, "the template has no such channel")
    scope: dict[Any, Any] = {**_clean(variables), WALL: wall, PARTIALS: partials}
    done: dict[str, str] = {}
    for part in parts:
        source = written.get(part)
        if isinstance(source, str):
            done[part] = _render_part(id, channel, part, source, scope | {COUNT: [0]}, shown)
        elif isinstance(source, Mapping):
            texts = {
                name: _render_part(id, channel, f"{part}.{name}", text, scope | {COUNT: [0]}, shown)
                for name, text in source.items()
            }
            done[part] = json.dumps(texts, ensure_ascii=False)
    if done.get("html") and not done.get("text") and "text" in parts:
        done["text"] = plain_text(done["html"])
    return Rendered(done)


def prepare() -> None:
    """Load Liquid now: `deliver` does as it starts, or its first message would wait between its gates and its call."""
    parse("{{ ready | default: '' }}", True).render()
    parse("{{ ready | default: '' }}", False).render()


def check(document: Mapping[str, Any]) -> list[Problem]:
    """Return every Liquid mistake of a template document: `publish` shows them beside the draft."""
    found: list[Problem] = []
    for channel, written in sorted(document.items()):
        if not isinstance(written, Mapping):
            continue
        if "subject" in written and not any(written.get(body) for body in ("text", "html", "mjml")):
            found.append(Problem(channel, "text", 1, "write a text, or an html part from which one is made"))
        for part, source in _sources_of(written):
            if not isinstance(source, str):
                found.append(Problem(channel, part, 1, "write a text"))
                continue
            try:
                parsed = parse(source, part in HTML_PARTS)
            except Exception as error:  # noqa: BLE001 - an author's text: every failure to parse is a problem shown
                found.append(Problem(channel, part, _line_of(error), _message_of(error)))
            else:
                found.extend(_beyond_liquid(channel, part, source, parsed))
    return found


def variables_of(document: Mapping[str, Any]) -> list[str]:
    """Return the dotted names of all blanks in a template document, sorted; parts that do not parse have none."""
    names: set[str] = set()
    for written in document.values():
        for part, source in _sources_of(written) if isinstance(written, Mapping) else ():
            with suppress(Exception):
                analysis = parse(source, part in HTML_PARTS).analyze(include_partials=False)
                names.update(str(variable) for group in analysis.globals.values() for variable in group)
    return sorted(names)


def _sources_of(written: Mapping[Any, Any]) -> Iterator[tuple[str, Any]]:
    """Yield each text of a channel under the name of its part; those of a mapping as "variables.name"."""
    for part, source in written.items():
        if isinstance(source, Mapping):
            yield from ((f"{part}.{name}", text) for name, text in source.items())
        else:
            yield str(part), source


def partials_of(document: Any) -> list[str]:
    """Return the ids of the partials that any text in a template document calls, sorted."""
    if isinstance(document, str):
        return sorted({one or other for one, other in _CALLED.findall(document)})
    parts = document.values() if isinstance(document, Mapping) else document if isinstance(document, list) else ()
    return sorted({name for part in parts for name in partials_of(part)})


def _render_part(id: str, channel: str, part: str, source: str, scope: Mapping[str, Any], shown: bool) -> str:
    begin()
    try:
        text: str = parse(source, part in HTML_PARTS, shown).render(scope)
    except Exception as error:  # noqa: BLE001 - a filter given a value of the wrong kind raises whatever Python does
        where = "" if _source_of(error) in (None, source) else "in a partial that it calls, "
        raise CannotRender(id, f"{channel}.{part}", f"{where}{_message_of(error)}", _line_of(error)) from None
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


def _beyond_liquid(channel: str, part: str, source: str, parsed: Any) -> list[Problem]:
    """Return what Liquid would only find, or never end, while it renders."""
    known = environment(part in HTML_PARTS, False).filters
    analysis = parsed.analyze(include_partials=False)
    found = [
        Problem(channel, part, source.count("\n", 0, max(0, spans[0].index)) + 1, f"unknown filter '{name}'")
        for name, spans in analysis.filters.items()
        if name not in known
    ]
    loops = sum(len(analysis.tags.get(tag, ())) for tag in ("for", "tablerow"))
    if loops > LOOPS_PER_PART_MAX:
        found.append(Problem(channel, part, 1, f"has {loops} loops, at most {LOOPS_PER_PART_MAX} are run"))
    return found


def _message_of(error: Exception) -> str:
    from liquid.exceptions import (
        BlockNestingError,
        LiquidSyntaxError,
        ResourceLimitError,
        TemplateNotFoundError,
        UndefinedError,
        UnknownFilterError,
    )

    token = getattr(error, "token", None)
    if isinstance(error, UndefinedError):
        found = _NAME.match(token.source, token.start_index) if token else None
        return f"no value for {found[0] if found else 'a variable'}; give it one or a default"
    if isinstance(error, CannotWrite | TooMuch):
        return str(error)
    if isinstance(error, TemplateNotFoundError):
        return str(error.args[0])
    if isinstance(error, BlockNestingError | LiquidSyntaxError | ResourceLimitError | UnknownFilterError):
        return str(error.message)
    # What other errors say may quote a customer's value.
    return f"a filter cannot take this value ({type(error).__name__})"


def _source_of(error: Exception) -> str | None:
    token = getattr(error, "token", None)
    return None if token is None else str(token.source)


def _line_of(error: Exception) -> int:
    token = getattr(error, "token", None)
    if token is None or token.start_index < 0:
        return 1
    return int(token.source.count("\n", 0, token.start_index)) + 1
