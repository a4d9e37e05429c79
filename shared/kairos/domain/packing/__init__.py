"""A profile as plain JSON with short keys, of which each schema is read by the code after it.

`rows` says how one attribute is packed, `parts` and `profile` which there are, `columns` what is stored in columns, and
`older` how states of older schemas are read. The item in the table, the state that a merge ships and the lines of
`kairos export` are all this.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from typing import Any

from kairos.domain.errors import Unavailable
from kairos.domain.packing.older import UPGRADES as UPGRADES
from kairos.domain.packing.older import Upgrades as Upgrades
from kairos.domain.packing.profile import PROFILE
from kairos.domain.profile import SCHEMA, Profile

HASHES = "h"
"""The key of what was seen: the hashes, or where they stand apart nothing, and then their ends."""


def pack(profile: Profile) -> dict[str, Any]:
    """Return the profile as plain JSON values, without its version. Raises ValueError for a part filed wrongly."""
    packed = PROFILE.pack(profile)
    if HASHES in packed:
        packed[HASHES][0] = b64encode(packed[HASHES][0]).decode()
    return packed


def pack_apart(profile: Profile) -> tuple[dict[str, Any], bytes]:
    """Return the profile as `pack` does, but for the bytes of its hashes, which no compressor makes smaller."""
    packed = PROFILE.pack(profile)
    return packed, packed[HASHES].pop(0) if HASHES in packed else b""


def packed_id(raw: Mapping[str, Any]) -> str:
    """Return whose state it is, without reading it. Raises KeyError for what `pack` never gave."""
    return str(raw["i"])


def unpack(raw: dict[str, Any], schema: int, hashes: bytes = b"", *, upgrades: Upgrades = UPGRADES) -> Profile:
    """Read what `pack` gave under `schema`, or `pack_apart` where there are `hashes`, as version 0.

    Raises Unavailable for a schema this code does not know, and for a part it does not know: after a rollback the
    event waits in the queue for the newer code, instead of losing what that code wrote.
    """
    if schema > SCHEMA:
        raise Unavailable("profile", f"schema {schema} is newer than {SCHEMA}")
    try:
        if hashes:
            raw[HASHES].insert(0, hashes)
        for older in range(schema, SCHEMA):
            if older not in upgrades:
                raise Unavailable("profile", f"schema {schema} is too old for {SCHEMA}")
            raw = upgrades[older](raw)
        return PROFILE.unpack(raw)
    except (KeyError, TypeError) as error:
        raise Unavailable("profile", f"schema {schema} has an unknown part ({error})") from error
