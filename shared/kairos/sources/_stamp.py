"""What tells one saying of a thing from the next in a de-duplication key: when it was said, by the sender's own clock.

Where the sender does not say when, its words do: a repetition brings the same body, and a time of ours would differ.
"""

from __future__ import annotations

import hashlib
from datetime import datetime

from kairos.registry import Request


def stamp(said_at: datetime | None, request: Request) -> str:
    """Return the instant in ISO 8601, or a hash of the body where there is none."""
    return said_at.isoformat() if said_at is not None else hashlib.sha256(request.body).hexdigest()[:32]
