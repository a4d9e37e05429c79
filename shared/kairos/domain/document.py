"""Reading a definition: each accessor says what would be right when the author wrote something else.

A `Document` knows its path from the root, so an error can name file, line and key. Reading twice gives the same; the
same code serves `publish` (which shows the errors) and `decide` (which never sees one).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from difflib import get_close_matches
from typing import Any, TypeVar

from kairos.domain.duration import parse_duration
from kairos.domain.errors import BadDefinition

Path = tuple[str | int, ...]
T = TypeVar("T")

ID_FORM = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
NAME_FORM = re.compile(r"[A-Za-z][A-Za-z0-9_ .:/-]{0,99}")


class Document:
    """One mapping of a definition, at `path` from the document's root."""

    def __init__(self, raw: object, path: Path = ()) -> None:
        if not isinstance(raw, Mapping) or not all(isinstance(key, str) for key in raw):
            raise BadDefinition(path, f"expected a mapping of keys, found {_kind(raw)}")
        self.raw: Mapping[str, Any] = raw
        self.path = path

    def only(self, *keys: str) -> None:
        """Refuse keys outside `keys`, naming the nearest one that exists."""
        for key in self.raw:
            if key not in keys:
                near = get_close_matches(key, keys, n=1)
                hint = f"did you mean {near[0]!r}?" if near else f"there are: {', '.join(keys)}"
                raise BadDefinition((*self.path, key), f"there is no such key here; {hint}")

    def has(self, key: str) -> bool:
        """Return whether the key is there and not null."""
        return self.raw.get(key) is not None

    def read(self, key: str, parse: Callable[[Any], T], expected: str = "") -> T:
        """Return `parse(value)`; a ValueError or TypeError becomes a BadDefinition at this key."""
        try:
            return parse(self.raw[key])
        except KeyError:
            raise BadDefinition((*self.path, key), f"is missing{': ' + expected if expected else ''}") from None
        except (ValueError, TypeError) as error:
            raise BadDefinition((*self.path, key), f"expected {expected}" if expected else str(error)) from error

    def text(self, key: str, default: str | None = None) -> str:
        """Return a non-empty text."""
        if default is not None and not self.has(key):
            return default
        return self.read(key, _text, "a text")

    def name(self, key: str) -> str:
        """Return an event, trait or field name."""
        return self.read(key, _matching(NAME_FORM), "a name (letters, digits, _ . : / -)")

    def identifier(self, key: str) -> str:
        """Return an id: lower-case letters, digits, - and _, at most 64."""
        return self.read(key, _matching(ID_FORM), "an id (lower-case letters, digits, - and _, at most 64)")

    def duration(self, key: str, default: timedelta | None = None) -> timedelta:
        """Return elapsed time such as 30m, 2h or 7d."""
        if default is not None and not self.has(key):
            return default
        return self.read(key, _duration)

    def flag(self, key: str, default: bool = False) -> bool:
        """Return true or false."""
        return self.read(key, _flag, "true or false") if self.has(key) else default

    def choice(self, key: str, choices: Sequence[str], default: str | None = None) -> str:
        """Return one of `choices`."""
        if default is not None and not self.has(key):
            return default

        def parse(value: Any) -> str:
            if value not in choices:
                raise ValueError
            return str(value)

        return self.read(key, parse, "one of " + ", ".join(choices))

    def number(self, key: str, least: float, most: float) -> float:
        """Return a number within bounds."""

        def parse(value: Any) -> float:
            if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
                raise ValueError
            return value

        return self.read(key, parse, f"a number from {least:g} to {most:g}")

    def inner(self, key: str) -> Document:
        """Return the mapping under `key`."""
        return Document(self.raw.get(key), (*self.path, key))

    def items(self, key: str) -> list[tuple[Any, Path]]:
        """Return the elements of the list under `key`, each with its path."""
        value = self.raw.get(key)
        if not isinstance(value, list | tuple):
            raise BadDefinition((*self.path, key), f"expected a list, found {_kind(value)}")
        return [(item, (*self.path, key, index)) for index, item in enumerate(value)]


def parse_share(value: Any) -> float:
    """Return a share such as "5%" or 5 % as a fraction in [0, 1]. Raises ValueError."""
    match = re.fullmatch(r"([0-9]{1,3}(?:\.[0-9]{1,4})?)\s*%", value) if isinstance(value, str) else None
    share = float(match[1]) / 100 if match else -1.0
    if not 0 <= share <= 1:
        raise ValueError("expected a share such as 5%")
    return share


def _kind(value: object) -> str:
    names = {
        str: "a text",
        bool: "true/false",
        int: "a number",
        float: "a number",
        list: "a list",
        type(None): "nothing",
    }
    return names.get(type(value), "a mapping" if isinstance(value, Mapping) else type(value).__name__)


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError
    return value


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError
    return value


def _duration(value: Any) -> timedelta:
    if not isinstance(value, str):
        raise ValueError("expected a duration such as 30m, 2h or 7d")
    return parse_duration(value)


def _matching(form: re.Pattern[str]) -> Callable[[Any], str]:
    def parse(value: Any) -> str:
        if not isinstance(value, str) or not form.fullmatch(value):
            raise ValueError
        return value

    return parse
