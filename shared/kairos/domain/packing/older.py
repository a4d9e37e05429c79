"""How states of older schemas become those of the next one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import accumulate
from typing import Any

from kairos.domain.hour_counts import HourCounts
from kairos.domain.packing.columns import pack_hours, pack_seen
from kairos.domain.profile import MINUTE
from kairos.domain.seen import NOTHING, WIDTH, Seen, seen_key

Upgrades = Mapping[int, Callable[[dict[str, Any]], dict[str, Any]]]

_LETTERS = "abcdefghijklmnopqrstuvwxyz234567"
_WORD = 12
"""Letters of a hash as schema 1 wrote it: 60 bits of base32, of which those of today are the first."""


def from_first(raw: dict[str, Any]) -> dict[str, Any]:
    """Return a state of schema 1 as schema 2 has it. What it knew of events is known for as long as it was to be.

    Schema 1 wrote hashes in letters (at first each with its end in microseconds), ids of up to twelve characters as
    they are, and the counts of a week as hour, count, hour, count.
    """
    newer = dict(raw)
    if "h" in raw:
        ends = _ends_by_word(raw["h"])
        newer["h"] = pack_seen(_seen(ends))
    if "hw" in raw:
        rows = raw["hw"].items()
        newer["hw"] = pack_hours({name: HourCounts.of(zip(row[::2], row[1::2], strict=True)) for name, row in rows})
    return newer


def _ends_by_word(raw: Any) -> dict[str, int]:
    if isinstance(raw, Mapping):
        return {word: -(-micros // MINUTE) for word, micros in raw.items()}
    text, *minutes = raw
    words = (text[at : at + _WORD] for at in range(0, len(text), _WORD))
    return dict(zip(words, accumulate(minutes), strict=True))


def _seen(ends: Mapping[str, int]) -> Seen:
    seen = NOTHING
    for word, until in ends.items():
        seen = seen.with_one(_key(word), until)
    return seen


def _key(word: str) -> bytes:
    if len(word) != _WORD or not set(word) <= set(_LETTERS):
        return seen_key(word)
    bits = 0
    for letter in word:
        bits = bits << 5 | _LETTERS.index(letter)
    return (bits >> 5 * _WORD - 8 * WIDTH).to_bytes(WIDTH, "big")


UPGRADES: Upgrades = {1: from_first}
"""Schema → how its state becomes that of the next schema. The previous schema is always here."""
