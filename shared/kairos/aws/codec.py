"""A profile as the bytes of an item: `kairos.domain.packing`'s JSON, compressed, and de-duplication hashes behind it.

The hashes are as good as random, so the compressor would spend most of its time on what it cannot shorten.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable
from typing import Any

from kairos.aws.dictionary import STATES
from kairos.domain.effects import Effect, effect_from_json, effect_to_json
from kairos.domain.errors import TooLarge
from kairos.domain.packing import UPGRADES, Upgrades, pack_apart, unpack
from kairos.domain.profile import Profile

# Measured on states of 0.4 to 58 kB: level 1 is 7 to 11 % larger; beyond 6 the bytes stay and the time doubles.
ZLIB_LEVEL = 6
INFLATED_MAX = 4_000_000  # ten times the largest item: neither written nor read beyond, so no item exhausts a function


def write_state(profile: Profile) -> bytes:
    """Return the profile without its version, which stands beside it in the item."""
    packed, hashes = pack_apart(profile)
    return _deflate(packed, STATES) + hashes


def read_state(state: bytes, schema: int, version: int, *, upgrades: Upgrades = UPGRADES) -> Profile:
    """Read what `write_state` wrote under `schema`. Raises Unavailable as `unpack` does, ValueError for other bytes."""
    packed, hashes = inflate(state)
    profile = unpack(packed, schema, hashes, upgrades=upgrades)
    profile.version = version
    return profile


def write_effects(effects: Iterable[Effect], version: int) -> bytes:
    """Return the effects stamped with the version that carries them."""
    return _deflate({"v": version, "do": [effect_to_json(effect) for effect in effects]})


def read_effects(data: bytes) -> tuple[int, tuple[Effect, ...]]:
    """Return (stamp, effects). Raises ValueError or KeyError for bytes that are no effects."""
    raw, _ = inflate(data)
    return int(raw["v"]), tuple(effect_from_json(effect) for effect in raw["do"])


def _deflate(value: Any, dictionary: bytes = b"") -> bytes:
    # "surrogatepass": a lone surrogate in a stranger's JSON must come back as it was, not break the write.
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")
    if len(text) > INFLATED_MAX:
        raise TooLarge("profile", len(text), INFLATED_MAX)
    deflater = zlib.compressobj(ZLIB_LEVEL, zdict=dictionary) if dictionary else zlib.compressobj(ZLIB_LEVEL)
    return deflater.compress(text) + deflater.flush()


def inflate(data: bytes) -> tuple[dict[str, Any], bytes]:
    """Return what is in the bytes of a state or of effects, and what stands behind it. Raises ValueError for others."""
    inflater = zlib.decompressobj(zdict=STATES)  # asked only where the bytes name it
    try:
        text = inflater.decompress(data, INFLATED_MAX)
    except zlib.error as error:
        raise ValueError(f"not compressed by us ({error})") from error
    if not inflater.eof:
        raise ValueError("compressed bytes are cut off or too many")
    match json.loads(text.decode("utf-8", "surrogatepass")):
        case dict() as raw:
            return raw, inflater.unused_data
    raise ValueError("no object inside")
