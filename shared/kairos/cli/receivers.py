"""How the receivers of engine events do, in words: for `sources` and `doctor`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from kairos.app.deliver.receiver_state import ReceiverState

PATIENT_FOR = timedelta(hours=1)
"""For how long a receiver may fail before somebody should look: most restarts are over by then."""


def listeners(brand: Mapping[str, Any]) -> dict[str, int]:
    """Return the webhooks of a brand, each with how many types of events it hears of."""
    return {webhook["to"]: len(webhook["events"]) for webhook in brand.get("webhooks") or ()}


def is_lost(state: ReceiverState, now: datetime) -> bool:
    """Return whether a receiver is gone, or has failed for longer than a restart takes."""
    failing = state.failing_since is not None and now - state.failing_since > PATIENT_FOR
    return failing or state.gone_at is not None


def troubles(state: ReceiverState, now: datetime) -> Iterator[str]:
    """Yield what is wrong with a receiver, a sentence each."""
    if state.gone_at is not None:
        yield f"answered 410 at {state.gone_at:%Y-%m-%d %H:%M} UTC and gets nothing any more: connect it again"
    elif state.failing_since is not None:
        yield (
            f"fails since {state.failing_since:%Y-%m-%d %H:%M} UTC, {state.failures} times in a row: {state.error}; "
            f"events wait for three days"
        )
    if state.lost:
        yield f"{state.lost} events were given up so far: nobody took them for three days"
