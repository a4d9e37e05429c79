"""The filters that templates have beside Liquid's own: `local` (also `date`), `money`, `josa`, `honorific`.

What nothing fills passes through all but `honorific`, so that `default` or the output may judge it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kairos.app.render.josa import with_particle
from kairos.app.render.local_time import Wall
from kairos.app.render.money import write_money

WALL = object()
"""The key of the customer's clock in a template's scope: no text that an author writes can name it."""

NOBODY = {"ko": "고객님", "en": "there"}
"""How somebody is addressed whose name is not known."""

NAME_CHARACTERS_MAX = 100


class CannotWrite(Exception):
    """A value that a filter cannot write, or a form that there is not. Its text quotes no value."""


def own_filters() -> dict[str, Callable[..., Any]]:
    """Return the filters by name. Liquid is imported here: most who load this package render nothing."""
    from liquid.filter import with_context

    written: dict[str, Callable[..., Any]] = {
        "local": _local,
        "date": _local,
        "money": _money,
        "josa": _josa,
        "honorific": _honorific,
    }
    return {name: with_context(filter) for name, filter in written.items()}


def _local(value: Any, form: str = "%Y-%m-%d %H:%M", *, context: Any) -> Any:
    if _missing(value):
        return value
    try:
        return _wall(context).write(value, form)
    except ValueError as error:
        text = str(error)
        raise CannotWrite(text if text.startswith("no time is written") else "the value is no time") from None


def _money(value: Any, currency: Any = None, *, context: Any) -> Any:
    if _missing(value):
        return value
    wall = _wall(context)
    if currency is not None and not (isinstance(currency, str) and len(currency) == 3 and currency.isalpha()):
        raise CannotWrite("a currency has three letters, such as KRW")
    try:
        return write_money(value, currency or wall.currency, wall.language)
    except ValueError as error:
        raise CannotWrite(str(error)) from None


def _josa(value: Any, pair: str, *, context: Any) -> Any:
    if _missing(value):
        return value
    try:
        particle = with_particle(str(value), str(pair))[len(str(value)) :]
    except ValueError as error:
        raise CannotWrite(str(error)) from None
    return value + particle if isinstance(value, str) else f"{value}{particle}"  # a text that is escaped stays so


def _honorific(value: Any, nobody: str | None = None, *, context: Any) -> Any:
    language = _wall(context).language
    if _missing(value) or not isinstance(value, str) or not value.strip():
        return nobody if isinstance(nobody, str) else NOBODY.get(language, NOBODY["en"])
    name = value.strip()[:NAME_CHARACTERS_MAX]
    return name + "님" if language == "ko" and not name.endswith("님") else name


def _missing(value: Any) -> bool:
    from liquid.undefined import is_undefined

    return bool(is_undefined(value)) or value is None


def _wall(context: Any) -> Wall:
    wall: Wall = context.globals[WALL]
    return wall
