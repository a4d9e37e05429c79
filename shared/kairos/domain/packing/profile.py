"""The rows of a profile itself. Keys are never used again for something else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from kairos.domain.consent import Consent
from kairos.domain.instant import from_micros, to_micros
from kairos.domain.packing.columns import pack_hours, pack_seen, unpack_hours, unpack_seen
from kairos.domain.packing.parts import (
    CONSENT,
    COUNTER,
    ENROLLMENT,
    ENTRY,
    MESSAGE,
    PARCEL,
    POSTED,
    PREDICTED,
    REASON,
    WRITTEN,
)
from kairos.domain.packing.rows import (
    Table,
    filed,
    instant,
    instants,
    lists,
    mapping,
    pack_instants,
    plain,
    records,
    sequence,
    texts,
    unpack_instants,
)
from kairos.domain.profile import Profile
from kairos.domain.seen import NOTHING


def _pack_consents(value: Mapping[tuple[str, str], Consent]) -> list[list[Any]]:
    return [[*key, *_pack_consent(consent)] for key, consent in value.items()]


def _pack_consent(consent: Consent) -> list[Any]:
    """What most consents do not have is left out, and read as they were written before it existed."""
    more = CONSENT.pack(consent)
    return [consent.given, to_micros(consent.at), consent.source, *([more] if more else [])]


def _unpack_consents(raw: Iterable[list[Any]]) -> dict[tuple[str, str], Consent]:
    return {(c, p): _unpack_consent(*said) for c, p, *said in raw}


def _unpack_consent(given: bool, at: int, source: str, more: Mapping[str, Any] | None = None) -> Consent:
    return CONSENT.unpack(more or {}, given, from_micros(at), source)


def _pack_sent(value: Iterable[tuple[str, Any, str]]) -> list[list[Any]]:
    return [[channel, to_micros(at), message] for channel, at, message in value]


def _unpack_sent(raw: Iterable[list[Any]]) -> tuple[tuple[str, Any, str], ...]:
    return tuple([(channel, from_micros(at), message) for channel, at, message in raw])


def _pack_by_subject(value: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, int]]:
    return {journey: pack_instants(subjects) for journey, subjects in value.items()}


def _unpack_by_subject(raw: Mapping[str, Mapping[str, int]]) -> dict[str, dict[str, Any]]:
    return {journey: unpack_instants(subjects) for journey, subjects in raw.items()}


PROFILE = Table(
    Profile,
    plain("id", "i"),
    instant("created_at", "a"),
    texts("former", "f"),
    plain("merged_into", "g", None),
    mapping("traits", "t"),
    instants("trait_times", "tt"),
    mapping("reach", "r"),
    instants("reach_times", "rt"),
    ("consents", "c", _pack_consents, _unpack_consents, {}),
    records("entries", "e", ENTRY, "key"),
    records("enrollments", "n", ENROLLMENT, "id"),
    records("messages", "m", MESSAGE, "id"),
    filed("counters", "k", COUNTER),
    ("entered", "d", _pack_by_subject, _unpack_by_subject, {}),
    ("endings", "z", _pack_by_subject, _unpack_by_subject, {}),
    ("sent", "s", _pack_sent, _unpack_sent, ()),
    ("sent_transactional", "st", _pack_sent, _unpack_sent, ()),
    ("seen", "h", pack_seen, unpack_seen, NOTHING),
    mapping("sequences", "q"),
    instant("alarm", "w", None),
    sequence("log", "l", REASON),
    records("parcels", "o", PARCEL, "id"),
    filed("posted", "p", POSTED),
    instants("moments", "mo"),
    filed("written", "b", WRITTEN),
    ("segments", "sg", sorted, frozenset, frozenset()),
    instants("windows", "sw"),
    plain("recounted", "sk", ""),
    instant("erased_at", "xa", None),
    plain("erased_everywhere", "xe", False),
    plain("rhythm", "ry", []),
    ("hours", "hw", pack_hours, unpack_hours, {}),
    filed("predicted", "pr", PREDICTED),
    plain("bought_month", "bm", 0),
    plain("course", "cr", []),
    lists("scores", "sc"),
    plain("pulse", "pu", []),
    plain("products", "pd", []),
    mapping("categories", "ct"),
    mapping("recurring", "rr"),
    records("handed", "hd", MESSAGE, "id"),
)
