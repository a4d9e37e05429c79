"""Reading a stranger's JSON: every value is asked for by name and kind, and what is wrong is named by its path.

Nothing here trusts nesting, size, number or text: a body may be a megabyte, a thousand levels deep, hold 1e999 or half
of a surrogate pair. What a source does not ask for is never looked at, so a sender may add fields as it likes.

Vendors' bodies are read leniently: a value of another kind than their documentation says counts as missing, and only
what a fact cannot do without is refused. Whoever refuses a vendor's webhook is switched off by it before long, and then
every other customer's webhooks are lost with that one. What a shop's own developers send is read strictly: they want to
know.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, NoReturn
from zoneinfo import ZoneInfo

from kairos.domain.errors import BadInput, TooLarge
from kairos.domain.instant import YEAR_MAX, parse_instant

BODY_BYTES_MAX = 1_048_576
ID_CHARS_MAX = 256
TEXT_CHARS_MAX = 2_000
LIST_ITEMS_MAX = 1_000
AMOUNT_MAX = 10**15
_SECONDS_MAX = int(datetime(YEAR_MAX, 1, 1, tzinfo=UTC).timestamp())
_DIGITS_MAX = 40
_HALVES = re.compile("[\ud800-\udfff]")
_FLAGS = {"true": True, "1": True, "false": False, "0": False}
_AMOUNT = re.compile(r"[+-]?\d{1,18}(\.\d{1,18})?", re.ASCII)


def load_body(body: bytes, *, lenient: bool = False) -> Object:
    """Return the JSON object in `body` (UTF-8, a byte order mark allowed). Raises BadInput or TooLarge only."""
    value = load_value(body)
    if not isinstance(value, dict):
        raise BadInput("body", "a JSON object")
    return Object(value, "", lenient=lenient)


def load_value(body: bytes) -> Any:
    """Return the JSON in `body`, whatever kind it is of. Raises BadInput or TooLarge only."""
    if len(body) > BODY_BYTES_MAX:
        raise TooLarge("body", len(body), BODY_BYTES_MAX)
    try:
        return _JSON(body.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise BadInput("body", f"UTF-8 (byte {error.start} is not)") from None
    except RecursionError:
        raise BadInput("body", "JSON that is not nested this deep") from None
    except ValueError as error:
        raise BadInput("body", f"JSON ({error})") from None


class Object:
    """One JSON object and where it stands; missing and null are the same.

    A value of a wrong kind raises BadInput with its path; in a lenient object it counts as missing.
    """

    __slots__ = ("lenient", "path", "raw")

    def __init__(self, raw: Mapping[str, Any], path: str, *, lenient: bool = False) -> None:
        self.raw = raw
        self.path = path
        self.lenient = lenient

    def beside(self, raw: Mapping[str, Any], path: str) -> Object:
        """Return another object that is read as this one is."""
        return Object(raw, path, lenient=self.lenient)

    def at(self, key: str) -> str:
        """Return the dotted path of a key, as problems name it."""
        return f"{self.path}.{key}" if self.path else key

    def fail(self, key: str, expected: str) -> NoReturn:
        """Raise BadInput for a key of this object."""
        raise BadInput(self.at(key), expected)

    def _odd(self, key: str, expected: str) -> None:
        """Say that a value is of no kind that can be read: raise, or let it count as missing."""
        if not self.lenient:
            self.fail(key, expected)

    def has(self, key: str) -> bool:
        """Return whether the key is there, be it null."""
        return key in self.raw

    def object(self, key: str) -> Object:
        """Return the object under a key; an empty one when it is missing."""
        value = self.raw.get(key)
        if value is not None and not isinstance(value, Mapping):
            self._odd(key, "an object")
            value = None
        return self.beside(value or {}, self.at(key))

    def objects(self, key: str, most: int = LIST_ITEMS_MAX) -> Iterator[Object]:
        """Yield the objects of a list, with their index in the path."""
        for index, value in enumerate(self.items(key, most)):
            if isinstance(value, Mapping):
                yield self.beside(value, self.at(f"{key}[{index}]"))
            else:
                self._odd(f"{key}[{index}]", "an object")

    def items(self, key: str, most: int = LIST_ITEMS_MAX) -> list[Any]:
        """Return the list under a key as it stands; empty when it is missing."""
        value = self.raw.get(key)
        if value is None:
            return []
        if not isinstance(value, list):
            self._odd(key, "a list")
            return []
        if len(value) > most:
            self._odd(key, f"at most {most} items")
        return value[:most]

    def text(self, key: str, most: int = TEXT_CHARS_MAX) -> str | None:
        """Return trimmed text cut to `most` characters; None when it is missing, null or blank."""
        value = self.raw.get(key)
        if value is None:
            return None
        if self.lenient and isinstance(value, int) and not isinstance(value, bool):
            value = str(value)
        if not isinstance(value, str):
            self._odd(key, "a text")
            return None
        return _cut(self._clean(key, value[: most * 2]), most) or None

    def ident(self, key: str) -> str | None:
        """Return an id as text, be it sent as text or as a whole number. Overlong ones are refused, not cut."""
        value = self.raw.get(key)
        if value is None:
            return None
        if isinstance(value, int) and not isinstance(value, bool):
            return str(value)
        if not isinstance(value, str):
            self._odd(key, "an id: a text or a whole number")
            return None
        if len(value) > ID_CHARS_MAX:
            self._odd(key, f"an id of at most {ID_CHARS_MAX} characters")
            return None
        # An id of which a part is lost is nobody's: mended, it would be the same as others that lost theirs.
        return None if self.lenient and _HALVES.search(value) else self._clean(key, value) or None

    def need(self, key: str) -> str:
        """Return an id that must be there."""
        return self.ident(key) or self.fail(key, "an id: a non-empty text or a whole number")

    def flag(self, key: str) -> bool | None:
        """Return true or false, or None when it is missing."""
        value = self.raw.get(key)
        if value is not None and not isinstance(value, bool):
            self._odd(key, "true or false")
            return _FLAGS.get(str(value).lower()) if isinstance(value, str | int) else None
        return value

    def amount(self, key: str) -> int | float | None:
        """Return a number, sent as such or as decimal text: whole ones as int."""
        number = self.decimal(key)
        return None if number is None else plain_number(number)

    def decimal(self, key: str) -> Decimal | None:
        """Return the exact number under a key, below 10^15 either way."""
        value = self.raw.get(key)
        if value is None or value == "":
            return None
        if isinstance(value, str) and _AMOUNT.fullmatch(value.strip()):
            number = Decimal(value.strip())
        elif isinstance(value, int | float) and not isinstance(value, bool):
            number = Decimal(str(value))
        else:
            self._odd(key, 'a number, or one written as text ("10.00")')
            return None
        if abs(number) >= AMOUNT_MAX:
            self._odd(key, "a number below 10^15")
            return None
        return number

    def instant(self, key: str, zone: ZoneInfo | None = None) -> datetime | None:
        """Return the UTC instant of an ISO 8601 text; None when it is missing.

        A text without an offset is refused unless `zone` says whose clock the sender reads.
        """
        value = self.raw.get(key)
        if value is None or value == "":
            return None
        try:
            return parse_instant(value, zone)
        except ValueError:
            self._odd(key, 'an instant with an offset, such as "2026-03-07T12:00:00Z"')
            return None

    def seconds(self, key: str) -> datetime | None:
        """Return the UTC instant of whole seconds since 1970; None when it is missing."""
        value = self.raw.get(key)
        if value is None:
            return None
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < _SECONDS_MAX:
            self._odd(key, "whole seconds since 1970")
            return None
        return datetime.fromtimestamp(value, UTC)

    def first_instant(self, *keys: str) -> datetime | None:
        """Return the first of several instants that is there."""
        return next((moment for key in keys if (moment := self.instant(key))), None)

    def _clean(self, key: str, value: str) -> str:
        if not value.isascii() and any("\ud800" <= char <= "\udfff" for char in value):
            self._odd(key, "text without halves of surrogate pairs")
            value = sound(value)
        return value.replace("\x00", "").strip()


def _cut(text: str, most: int) -> str:
    """Return the first `most` characters, without a word that is cut in an e-mail address: nobody would know it for one
    any more."""
    if len(text) <= most:
        return text
    whole, _, last = text[:most].rpartition(" ")
    return whole.rstrip() if "@" in last else text[:most].rstrip()


def sound(text: str) -> str:
    """Return text that can be written as UTF-8: headers may hold halves of surrogate pairs, as bodies may."""
    return _HALVES.sub("\ufffd", text)


def plain_number(number: Decimal) -> int | float:
    """Return a JSON number: an int when it is whole."""
    return int(number) if number == number.to_integral_value() else float(number)


def present(**values: Any) -> dict[str, Any]:
    """Return the values that are there: None, empty texts and empty lists say nothing."""
    return {key: value for key, value in values.items() if value is not None and value != "" and value != []}


def _refuse_constant(name: str) -> NoReturn:
    raise BadInput("body", f"JSON, which has no {name}")


def _read_int(digits: str) -> int:
    if len(digits) > _DIGITS_MAX:
        raise BadInput("body", f"numbers of at most {_DIGITS_MAX} digits")
    return int(digits)


def _read_float(digits: str) -> float:
    number = float(digits) if len(digits) <= _DIGITS_MAX else math.inf
    if not math.isfinite(number):
        raise BadInput("body", f"finite numbers of at most {_DIGITS_MAX} digits")
    return number


_JSON = json.JSONDecoder(parse_constant=_refuse_constant, parse_int=_read_int, parse_float=_read_float).decode
