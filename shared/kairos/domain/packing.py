"""A profile as plain JSON with short keys, of which each schema is read by the code after it.

One row of a table below is one attribute: its name, its key, how it is packed into JSON and unpacked, and the default
that is left out (none, where the attribute has no default of its own). Instants are whole microseconds since 1970.
Keys are never used again for something else. The item in the table and the state that a merge ships are both this.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from itertools import accumulate
from operator import sub
from types import MappingProxyType
from typing import Any, TypeVar

from kairos.domain.consent import GIVEN
from kairos.domain.errors import Unavailable
from kairos.domain.ids import SEEN_CHARACTERS, seen_key
from kairos.domain.instant import from_micros, to_micros
from kairos.domain.profile import (
    MINUTE,
    SCHEMA,
    Consent,
    Counter,
    Enrollment,
    Entry,
    Message,
    Parcel,
    Planned,
    Posted,
    Predicted,
    Profile,
    Trial,
    Written,
)
from kairos.domain.reason import Reason

R = TypeVar("R")
Packer = Callable[[Any], Any]
Row = tuple[str, str, Packer, Packer, Any]  # attribute, key, pack, unpack, default

Upgrades = Mapping[int, Callable[[dict[str, Any]], dict[str, Any]]]
UPGRADES: Upgrades = {}
"""Schema → how its state becomes that of the next schema. The previous schema is always here."""

NEVER = object()

_HASH = re.compile(rf".{{{SEEN_CHARACTERS}}}", re.DOTALL)
_HASHES_ONLY = frozenset({SEEN_CHARACTERS})


def _same(value: Any) -> Any:
    return value


def _maybe(at: Any) -> int | None:
    return None if at is None else to_micros(at)


def _read_maybe(micros: int | None) -> Any:
    return None if micros is None else from_micros(micros)


def _instants(value: Mapping[str, Any]) -> dict[str, int]:
    return {key: to_micros(at) for key, at in value.items()}


def _pack_seen(seen: Mapping[str, int]) -> Any:
    """Return the hashes in one text and the minutes between their ends: a third of the text of a mapping, which every
    event reads and writes. What is not of that form stays a mapping."""
    if not _HASHES_ONLY.issuperset(map(len, seen)):
        return {key: until * MINUTE for key, until in seen.items()}
    ordered = sorted(zip(seen.values(), seen, strict=True))
    ends = [until for until, _ in ordered]
    return ["".join([key for _, key in ordered]), *map(sub, ends, [0, *ends])]


def _read_seen(raw: Any) -> dict[str, int]:
    """A mapping is in microseconds, and may be of an older state with whole ids: what was written before is known for
    as long as a source may retry."""
    if isinstance(raw, Mapping):
        return {seen_key(id): -(-micros // MINUTE) for id, micros in raw.items()}
    text, *minutes = raw
    return dict(zip(_HASH.findall(text), accumulate(minutes), strict=True))


def _read_instants(raw: Mapping[str, int]) -> dict[str, Any]:
    return {key: from_micros(micros) for key, micros in raw.items()}


def _texts(raw: Iterable[str]) -> tuple[str, ...]:
    return tuple(raw)


def _times(value: Iterable[Any]) -> list[int]:
    return [to_micros(at) for at in value]


def _read_times(raw: Iterable[int]) -> tuple[Any, ...]:
    return tuple(from_micros(micros) for micros in raw)


def _lists(value: Mapping[str, Iterable[Any]]) -> dict[str, list[Any]]:
    return {key: list(items) for key, items in value.items()}


def _read_lists(raw: Mapping[str, Iterable[Any]]) -> dict[str, tuple[Any, ...]]:
    return {key: tuple(items) for key, items in raw.items()}


def _plain(name: str, key: str, default: Any = NEVER) -> Row:
    return (name, key, _same, _same, default)


def _at(name: str, key: str, default: Any = NEVER) -> Row:
    return (name, key, to_micros, from_micros, default)


def _tuple(name: str, key: str) -> Row:
    return (name, key, list, _texts, ())


def _map(name: str, key: str) -> Row:
    return (name, key, dict, _same, {})


def _pack(record: Any, rows: tuple[Row, ...]) -> dict[str, Any]:
    packed = {}
    for name, key, pack, _, default in rows:
        value = getattr(record, name)
        if default is NEVER or value != default:
            packed[key] = pack(value)
    return packed


def _unpack(kind: Callable[..., R], raw: Mapping[str, Any], by_key: Mapping[str, Row]) -> R:
    values = {}
    for key, value in raw.items():
        name, _, _, unpack, _ = by_key[key]
        values[name] = unpack(value)
    return kind(**values)


def _records(kind: Callable[..., R], rows: tuple[Row, ...], key_of: str) -> tuple[Packer, Packer]:
    """Return the pair for a dictionary of records that carry their own key in the attribute `key_of`."""
    by_key = {row[1]: row for row in rows}

    def pack(value: Mapping[Any, Any]) -> list[dict[str, Any]]:
        for key, record in value.items():
            if getattr(record, key_of) != key:
                raise ValueError(f"{kind.__name__} {getattr(record, key_of)!r} is filed under {key!r}")
        return [_pack(record, rows) for record in value.values()]

    def unpack(raw: Iterable[Mapping[str, Any]]) -> dict[Any, R]:
        records = [_unpack(kind, item, by_key) for item in raw]
        return {getattr(record, key_of): record for record in records}

    return pack, unpack


def _filed(kind: Callable[..., R], rows: tuple[Row, ...]) -> tuple[Packer, Packer]:
    """Return the pair for a dictionary of records under texts they do not carry."""
    by_key = {row[1]: row for row in rows}

    def pack(value: Mapping[str, Any]) -> dict[str, Any]:
        return {key: _pack(record, rows) for key, record in value.items()}

    def unpack(raw: Mapping[str, Any]) -> dict[str, R]:
        return {key: _unpack(kind, item, by_key) for key, item in raw.items()}

    return pack, unpack


_CONSENT_ROWS: tuple[Row, ...] = (
    _plain("basis", "b", GIVEN),
    _plain("wording", "w", ""),
    _at("expires_at", "x", None),
    _at("confirmed_at", "c", None),
    _at("refused_at", "r", None),
)
_CONSENT_KEYS = {row[1]: row for row in _CONSENT_ROWS}


def _pack_consents(value: Mapping[tuple[str, str], Consent]) -> list[list[Any]]:
    return [[*key, *_pack_consent(consent)] for key, consent in value.items()]


def _pack_consent(consent: Consent) -> list[Any]:
    """What most consents do not have is left out, and read as they were written before it existed."""
    more = _pack(consent, _CONSENT_ROWS)
    return [consent.given, to_micros(consent.at), consent.source, *([more] if more else [])]


def _unpack_consents(raw: Iterable[list[Any]]) -> dict[tuple[str, str], Consent]:
    return {(c, p): _unpack_consent(*said) for c, p, *said in raw}


def _unpack_consent(given: bool, at: int, source: str, more: Mapping[str, Any] = MappingProxyType({})) -> Consent:
    return _unpack(partial(Consent, given, from_micros(at), source), more, _CONSENT_KEYS)


def _pack_sent(value: Iterable[tuple[str, Any, str]]) -> list[list[Any]]:
    return [[channel, to_micros(at), message] for channel, at, message in value]


def _unpack_sent(raw: Iterable[list[Any]]) -> tuple[tuple[str, Any, str], ...]:
    return tuple((channel, from_micros(at), message) for channel, at, message in raw)


def _pack_entered(value: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, int]]:
    return {journey: _instants(subjects) for journey, subjects in value.items()}


def _unpack_entered(raw: Mapping[str, Mapping[str, int]]) -> dict[str, dict[str, Any]]:
    return {journey: _read_instants(subjects) for journey, subjects in raw.items()}


def _pack_log(value: Iterable[Reason]) -> list[dict[str, Any]]:
    return [_pack(reason, REASON) for reason in value]


def _unpack_log(raw: Iterable[Mapping[str, Any]]) -> tuple[Reason, ...]:
    return tuple(_unpack(Reason, item, _REASON_KEYS) for item in raw)


ENTRY: tuple[Row, ...] = (
    _plain("kind", "k"),
    _plain("id", "i"),
    ("starts_at", "s", _maybe, _read_maybe, NEVER),
    ("ends_at", "e", _maybe, _read_maybe, NEVER),
    ("properties", "p", dict, _same, NEVER),
    _at("occurred_at", "o"),
    _plain("cancelled", "x", False),
    _tuple("former", "f"),
    _at("until", "u", None),
)
PLANNED: tuple[Row, ...] = (_at("due", "d"), _plain("state", "s", "planned"))
COUNTER: tuple[Row, ...] = (_at("since", "s"), ("times", "t", _times, _read_times, ()))
TRIAL: tuple[Row, ...] = (_plain("arm", "a"), _at("since", "s"), _at("until", "u"), _plain("succeeded", "k", False))
ENROLLMENT: tuple[Row, ...] = (
    _plain("id", "i"),
    _plain("journey", "j"),
    _plain("version", "v"),
    _plain("subject", "s"),
    _at("entered_at", "a"),
    _at("reached_at", "r"),
    _map("properties", "p"),
    _plain("correlation", "c", ""),
    _plain("node", "n", None),
    _at("due", "d", None),
    _map("visits", "w"),
    _plain("holding", "h", None),
    _plain("entering", "b", False),
    ("plan", "l", *_filed(Planned, PLANNED), {}),
    ("entry", "y", list, _texts, None),
    _at("anchor_at", "o", None),
    _at("goal_until", "g", None),
    _plain("converted", "k", False),
    _plain("holdout", "q", False),
    _plain("occurrence", "oc", None),
    _at("ended_at", "e", None),
    _tuple("asked", "t"),
    _plain("closed", "z", False),
    ("trials", "x", *_filed(Trial, TRIAL), {}),
    _tuple("done", "f"),
)
MESSAGE: tuple[Row, ...] = (
    _plain("id", "i"),
    _plain("enrollment", "e"),
    _plain("journey", "j"),
    _plain("version", "v"),
    _plain("step", "s"),
    _plain("subject", "b"),
    _plain("template", "t"),
    _plain("channel", "c"),
    _plain("marketing", "m"),
    _at("due", "d"),
    _at("expires_at", "x"),
    _plain("state", "a"),
    _at("until", "u", None),
    _at("check_at", "k", None),
    _plain("asks", "n", 0),
    _plain("attempt", "p", 0),
    _plain("visit", "w", 0),
    _tuple("untried", "y"),
    _plain("over_cap", "o", "drop"),
    _plain("reason", "r", ""),
    _plain("correlation", "g", ""),
    _plain("conditional", "f", False),
    _at("chosen", "h", None),
)
PARCEL: tuple[Row, ...] = (
    _plain("id", "i"),
    _plain("kind", "k"),
    _plain("content", "c"),
    _at("check_at", "a", None),
    _plain("asks", "n", 0),
    _plain("correlation", "g", ""),
)
REASON: tuple[Row, ...] = (
    _at("at", "a"),
    _plain("profile", "p"),
    _plain("kind", "k"),
    _plain("reason", "r", ""),
    _plain("journey", "j", ""),
    _plain("version", "v", 0),
    _plain("step", "s", ""),
    _plain("subject", "b", ""),
    _plain("channel", "c", ""),
    _plain("template", "t", ""),
    _at("due", "d", None),
    _plain("message", "m", ""),
)
_REASON_KEYS = {row[1]: row for row in REASON}
POSTED: tuple[Row, ...] = (
    _plain("journey", "j"),
    _plain("version", "v"),
    _plain("step", "s"),
    _plain("channel", "c"),
    _at("at", "a"),
    _plain("told", "t", 0),
)
PREDICTED: tuple[Row, ...] = (
    _plain("occurrence", "o"),
    _plain("made_on", "n"),
    _plain("day", "d"),
    _plain("moves", "m", 0),
)
WRITTEN: tuple[Row, ...] = (
    _plain("version", "v"),
    _plain("release", "r"),
    _at("at", "a"),
    ("reasons", "l", _pack_log, _unpack_log, ()),
)
PROFILE: tuple[Row, ...] = (
    _plain("id", "i"),
    _at("created_at", "a"),
    _tuple("former", "f"),
    _plain("merged_into", "g", None),
    _map("traits", "t"),
    ("trait_times", "tt", _instants, _read_instants, {}),
    _map("reach", "r"),
    ("reach_times", "rt", _instants, _read_instants, {}),
    ("consents", "c", _pack_consents, _unpack_consents, {}),
    ("entries", "e", *_records(Entry, ENTRY, "key"), {}),
    ("enrollments", "n", *_records(Enrollment, ENROLLMENT, "id"), {}),
    ("messages", "m", *_records(Message, MESSAGE, "id"), {}),
    ("counters", "k", *_filed(Counter, COUNTER), {}),
    ("entered", "d", _pack_entered, _unpack_entered, {}),
    ("endings", "z", _pack_entered, _unpack_entered, {}),
    ("sent", "s", _pack_sent, _unpack_sent, ()),
    ("sent_transactional", "st", _pack_sent, _unpack_sent, ()),
    ("seen", "h", _pack_seen, _read_seen, {}),
    _map("sequences", "q"),
    _at("alarm", "w", None),
    ("log", "l", _pack_log, _unpack_log, ()),
    ("parcels", "o", *_records(Parcel, PARCEL, "id"), {}),
    ("posted", "p", *_filed(Posted, POSTED), {}),
    ("moments", "mo", _instants, _read_instants, {}),
    ("written", "b", *_filed(Written, WRITTEN), {}),
    ("segments", "sg", sorted, frozenset, frozenset()),
    ("windows", "sw", _instants, _read_instants, {}),
    _plain("recounted", "sk", ""),
    _at("erased_at", "xa", None),
    _plain("erased_everywhere", "xe", False),
    _plain("rhythm", "ry", []),
    ("hours", "hw", _lists, _read_lists, {}),
    ("predicted", "pr", *_filed(Predicted, PREDICTED), {}),
    _plain("bought_month", "bm", 0),
    _plain("course", "cr", []),
    ("scores", "sc", _lists, _read_lists, {}),
    _plain("pulse", "pu", []),
    _plain("products", "pd", []),
    _map("categories", "ct"),
    ("handed", "hd", *_records(Message, MESSAGE, "id"), {}),
)
_KEYS = {row[1]: row for row in PROFILE}


def pack(profile: Profile) -> dict[str, Any]:
    """Return the profile as plain JSON values, without its version. Raises ValueError for a part filed wrongly."""
    return _pack(profile, PROFILE)


def packed_id(raw: Mapping[str, Any]) -> str:
    """Return whose state it is, without reading it. Raises KeyError for what `pack` never gave."""
    return str(raw["i"])


def unpack(raw: dict[str, Any], schema: int, *, upgrades: Upgrades = UPGRADES) -> Profile:
    """Read what `pack` gave under `schema`, as version 0.

    Raises Unavailable for a schema this code does not know, and for a part it does not know: after a rollback the
    event waits in the queue for the newer code, instead of losing what that code wrote.
    """
    if schema > SCHEMA:
        raise Unavailable("profile", f"schema {schema} is newer than {SCHEMA}")
    for older in range(schema, SCHEMA):
        if older not in upgrades:
            raise Unavailable("profile", f"schema {schema} is too old for {SCHEMA}")
        raw = upgrades[older](raw)
    try:
        return _unpack(Profile, raw, _KEYS)
    except (KeyError, TypeError) as error:
        raise Unavailable("profile", f"schema {schema} has an unknown part ({error})") from error
