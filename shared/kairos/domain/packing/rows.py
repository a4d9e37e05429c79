"""How one attribute becomes plain JSON and comes back, and how tables of such rows pack whole records.

One row is one attribute: its name, its key, how it is packed into JSON and unpacked (None: it is plain JSON already),
and the default that is left out (`NEVER`, where the attribute has none of its own). Instants are whole microseconds
since 1970.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from operator import attrgetter
from typing import Any, Generic, TypeVar

from kairos.domain.instant import from_micros, to_micros

R = TypeVar("R")
Packer = Callable[[Any], Any]
Row = tuple[str, str, Packer | None, Packer | None, Any]  # attribute, key, pack, unpack, default

NEVER = object()


class Table(Generic[R]):
    """The rows of one kind of record."""

    def __init__(self, kind: Callable[..., R], *rows: Row) -> None:
        self.kind = kind
        self.rows = rows
        self._values = attrgetter(*(name for name, *_ in rows))
        self._packers = tuple((key, pack, default) for _, key, pack, _, default in rows)
        self._unpackers = {key: (name, unpack) for name, key, _, unpack, _ in rows}

    def pack(self, record: R) -> dict[str, Any]:
        """Return a record as plain JSON."""
        packed = {}
        for value, (key, pack, default) in zip(self._values(record), self._packers, strict=True):
            if default is NEVER or value != default:
                packed[key] = value if pack is None else pack(value)
        return packed

    def unpack(self, raw: Mapping[str, Any], *more: Any) -> R:
        """Read what `pack` gave; `more` are the first attributes, where they stand elsewhere.

        Raises KeyError for a part that is not of this table, TypeError for one that is missing.
        """
        values = {}
        for key, value in raw.items():
            name, unpack = self._unpackers[key]
            values[name] = value if unpack is None else unpack(value)
        return self.kind(*more, **values)


def plain(name: str, key: str, default: Any = NEVER) -> Row:
    """Return the row of what is plain JSON as it stands."""
    return (name, key, None, None, default)


def instant(name: str, key: str, default: Any = NEVER) -> Row:
    """Return the row of an instant; where None is the default, of one that may be missing."""
    return (name, key, to_micros, from_micros, default)


def maybe_instant(name: str, key: str) -> Row:
    """Return the row of an instant or None, which is written either way."""
    return (name, key, _maybe, _read_maybe, NEVER)


def texts(name: str, key: str) -> Row:
    """Return the row of a tuple of texts."""
    return (name, key, list, tuple, ())


def times(name: str, key: str) -> Row:
    """Return the row of a tuple of instants."""
    return (name, key, _pack_times, _unpack_times, ())


def mapping(name: str, key: str) -> Row:
    """Return the row of a dictionary that is plain JSON."""
    return (name, key, dict, None, {})


def instants(name: str, key: str) -> Row:
    """Return the row of a dictionary of instants."""
    return (name, key, pack_instants, unpack_instants, {})


def lists(name: str, key: str) -> Row:
    """Return the row of a dictionary of tuples that are plain JSON."""
    return (name, key, _lists, _tuples, {})


def records(name: str, key: str, table: Table[Any], key_of: str) -> Row:
    """Return the row of a dictionary of records that carry their own key in the attribute `key_of`.

    Packing raises ValueError for a record under another key.
    """

    def pack(value: Mapping[Any, Any]) -> list[dict[str, Any]]:
        for key, record in value.items():
            if getattr(record, key_of) != key:
                raise ValueError(f"{type(record).__name__} {getattr(record, key_of)!r} is filed under {key!r}")
        return [table.pack(record) for record in value.values()]

    def unpack(raw: Iterable[Mapping[str, Any]]) -> dict[Any, Any]:
        found = [table.unpack(item) for item in raw]
        return {getattr(record, key_of): record for record in found}

    return (name, key, pack, unpack, {})


def filed(name: str, key: str, table: Table[Any]) -> Row:
    """Return the row of a dictionary of records under texts they do not carry."""

    def pack(value: Mapping[str, Any]) -> dict[str, Any]:
        return {key: table.pack(record) for key, record in value.items()}

    def unpack(raw: Mapping[str, Any]) -> dict[str, Any]:
        return {key: table.unpack(item) for key, item in raw.items()}

    return (name, key, pack, unpack, {})


def sequence(name: str, key: str, table: Table[Any]) -> Row:
    """Return the row of a tuple of records."""

    def pack(value: Iterable[Any]) -> list[dict[str, Any]]:
        return [table.pack(record) for record in value]

    def unpack(raw: Iterable[Mapping[str, Any]]) -> tuple[Any, ...]:
        return tuple([table.unpack(item) for item in raw])

    return (name, key, pack, unpack, ())


def pack_instants(value: Mapping[str, Any]) -> dict[str, int]:
    """Return a dictionary of instants in microseconds."""
    return {key: to_micros(at) for key, at in value.items()}


def unpack_instants(raw: Mapping[str, int]) -> dict[str, Any]:
    """Read what `pack_instants` gave."""
    return {key: from_micros(micros) for key, micros in raw.items()}


def _maybe(at: Any) -> int | None:
    return None if at is None else to_micros(at)


def _read_maybe(micros: int | None) -> Any:
    return None if micros is None else from_micros(micros)


def _pack_times(value: Iterable[Any]) -> list[int]:
    return [to_micros(at) for at in value]


def _unpack_times(raw: Iterable[int]) -> tuple[Any, ...]:
    return tuple([from_micros(micros) for micros in raw])


def _lists(value: Mapping[str, Iterable[Any]]) -> dict[str, list[Any]]:
    return {key: list(items) for key, items in value.items()}


def _tuples(raw: Mapping[str, Iterable[Any]]) -> dict[str, tuple[Any, ...]]:
    return {key: tuple(items) for key, items in raw.items()}
