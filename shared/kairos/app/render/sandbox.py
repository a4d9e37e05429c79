"""The Liquid that templates may use: strict, and bounded in everything that could grow.

Loops, nesting, partials, what is assigned and what is written have a most; so has the length of each filter's answer,
judged before a filter that multiplies texts begins. Nothing reads a file, no value is marked as safe, and a name leads
to the keys of plain data only, never to attributes of Python.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextvars import ContextVar
from functools import cache, lru_cache, wraps
from html import escape
from typing import Any

from kairos.app.render.filters import own_filters

LOOPS_MAX = 10_000
OUTPUT_BYTES_MAX = 500_000
NESTING_MAX = 20
LOCALS_BYTES_MAX = 500_000
PARTIALS_MAX = 200
"""How often one part may call partials: they may call each other, and would double with each turn."""
WORK_MAX = 20_000_000
"""Characters that the filters of one part may read and write: a loop may call them ten thousand times."""
FACTOR_BITS_MAX = 2_000

PARTIALS = object()
COUNT = object()
"""Keys of a template's scope, as WALL is: the partials by id and kind of text, and how many were called so far."""

_work: ContextVar[int] = ContextVar("work", default=0)


class TooMuch(Exception):
    """Something in a template would grow beyond its bound."""


def begin() -> None:
    """Start the count of what the filters of one part do."""
    _work.set(0)


@lru_cache(maxsize=1024)
def parse(source: str, html: bool, shown: bool = False, name: str = "") -> Any:
    """Return the parsed template; with `html` values are escaped, with `shown` a missing one is written `[name]`.

    Raises what Liquid raises.
    """
    return environment(html, shown).from_string(source, name=name)


@cache
def environment(html: bool, shown: bool) -> Any:
    """Return the Liquid environment.

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

    made = Bounded(undefined=Shown if shown else FalsyStrictUndefined, autoescape=html, loader=_loader(html, shown))
    del made.tags["include"]
    del made.filters["safe"]
    for name, filter in own_filters().items():
        made.add_filter(name, filter)
    for name, filter in list(made.filters.items()):
        made.filters[name] = _bounded(name, filter)
    return made


def _loader(html: bool, shown: bool) -> Any:
    from liquid.exceptions import TemplateNotFoundError
    from liquid.loader import BaseLoader, TemplateSource

    class Partials(BaseLoader):
        """Finds the partials of the release that the message is rendered by."""

        def load(self, env: Any, name: str, *, globals: Any = None, context: Any = None, **_: object) -> Any:
            return parse(self.get_source(env, name, context=context).text, html, shown, name)

        def get_source(self, env: Any, template_name: str, *, context: Any = None, **_: object) -> TemplateSource:
            scope = context.globals if context is not None else {}
            count = scope.get(COUNT)
            if count is not None:
                count[0] += 1
                if count[0] > PARTIALS_MAX:
                    raise TooMuch(f"more than {PARTIALS_MAX} partials")
            text = _text_of(scope.get(PARTIALS, {}).get(template_name), html)
            if text is None:
                raise TemplateNotFoundError(f"there is no partial {template_name!r} with a text for this part")
            return TemplateSource(text, template_name, None)

    return Partials()


def _text_of(partial: Mapping[str, str] | None, html: bool) -> str | None:
    """Return what a partial says in a part of text or HTML: where no HTML is written, its text serves."""
    if partial is None:
        return None
    if html and "html" in partial:
        return partial["html"]
    text = partial.get("text")
    return escape(text, quote=False).replace("\n", "<br>\n") if html and text is not None else text


def _bounded(name: str, filter: Callable[..., Any]) -> Callable[..., Any]:
    multiplies = _MULTIPLY.get(name)

    @wraps(filter)
    def bounded(value: Any, *args: Any, **kwargs: Any) -> Any:
        if multiplies is not None and multiplies(value, *args) > OUTPUT_BYTES_MAX:
            raise TooMuch(f"the filter '{name}' writes more than {OUTPUT_BYTES_MAX} characters")
        result = filter(value, *args, **kwargs)
        if _length(result) > OUTPUT_BYTES_MAX:
            raise TooMuch(f"the filter '{name}' writes more than {OUTPUT_BYTES_MAX} characters")
        done = _work.get() + _length(value) + _length(result)
        if done > WORK_MAX:
            raise TooMuch(f"the filters work on more than {WORK_MAX} characters")
        _work.set(done)
        return result

    return bounded


def _length(value: Any) -> int:
    return len(value) if isinstance(value, str | list | tuple) else 0


def _replaced(value: Any, old: Any = "", new: Any = "", *_: Any) -> int:
    text, sought = str(value), str(old)
    return len(text) + text.count(sought) * len(str(new)) if sought else (len(text) + 1) * (len(str(new)) + 1)


def _joined(value: Any, between: Any = " ", *_: Any) -> int:
    if isinstance(value, range):
        return len(value) * (len(str(between)) + 1)
    return len(value) * len(str(between)) if isinstance(value, list | tuple) else 0


def _spread(value: Any, *_: Any) -> int:
    """A range is only as long as its bounds say, until something makes a list of it."""
    return len(value) if isinstance(value, range) else 0


def _factors(value: Any, other: Any = 1, *_: Any) -> int:
    numbers = [number for number in (value, other) if isinstance(number, int)]
    return OUTPUT_BYTES_MAX + 1 if any(number.bit_length() > FACTOR_BITS_MAX for number in numbers) else 0


_MULTIPLY: dict[str, Callable[..., int]] = {
    "replace": _replaced,
    "join": _joined,
    "times": _factors,
    **dict.fromkeys(
        ("concat", "reverse", "sort", "sort_natural", "uniq", "map", "compact", "sum", "where", "reject", "find"),
        _spread,
    ),
}
