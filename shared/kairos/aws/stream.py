"""What a record of the stream of `customers` says to `dispatch`."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Mapping, Sequence
from typing import Any

from kairos.app.dispatch import Image
from kairos.app.ports import Parking
from kairos.aws.codec import read_effects
from kairos.domain.errors import BadInput, Rejected


def read_image(record: Mapping[str, Any]) -> Image:
    """Return one record of a Lambda event (binaries in base64, as Lambda sends them).

    A removed item, and one written without effects, has none. Raises BadInput for effects that cannot be read.
    """
    change = record["dynamodb"]
    item: Mapping[str, Any] = change.get("NewImage") or {}
    profile = _profile(change)
    sequence = change["SequenceNumber"]
    if "effects" not in item:
        return Image(sequence, profile, int(item.get("version", {}).get("N", "0")), 0, ())
    try:
        stamp, effects = read_effects(_binary(item["effects"]["B"]))
        return Image(sequence, profile, int(item["version"]["N"]), stamp, effects)
    except (ValueError, KeyError, TypeError) as error:
        raise BadInput("effects", f"stamped effects ({error})") from error


def read_images(records: Sequence[Mapping[str, Any]], parking: Parking) -> tuple[list[Image], int]:
    """Return the images of a batch in order, and how many records were parked because their effects are unreadable.

    Raises Unavailable when they cannot be parked: then the whole batch comes again.
    """
    images: list[Image] = []
    unreadable = 0
    for record in records:
        try:
            images.append(read_image(record))
        except Rejected as error:
            change = record["dynamodb"]
            parking.park(
                {"keys": change["Keys"], "image": change["NewImage"]["effects"]}, str(error), group=_profile(change)
            )
            unreadable += 1
    return images, unreadable


def _profile(change: Mapping[str, Any]) -> str:
    return str(change["Keys"]["profile"]["S"])


def _binary(value: str | bytes) -> bytes:
    return b64decode(value, validate=True) if isinstance(value, str) else value
