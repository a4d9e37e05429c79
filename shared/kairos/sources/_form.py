"""A form that a booking service asks before it shows its calendar: that it was sent, and by whom as far as they said.

Anybody may write any address into a form, and nothing is sent there to confirm it, as a booking's is: the address names
a person without vouching for it. What else was answered is nobody's event, and stays out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from kairos.domain.event import Event
from kairos.registry import Parsed, Request
from kairos.sources import _person

FORM_LISTED = ("form_id", "outcome")
FORMS: Mapping[str, Sequence[str]] = dict.fromkeys(("form_submitted", "form_submitted_without_booking"), FORM_LISTED)

_ADDRESS = re.compile(r"[^\s@]{1,64}@[^\s@]{1,250}\.[^\s@]{2,63}")


def form_sent(
    name: str,
    key: str,
    properties: Mapping[str, Any],
    answers: Iterable[Any],
    said_at: datetime | None,
    request: Request,
) -> Parsed:
    """Return that a form was sent; of its answers the first that is an e-mail address says whose it is."""
    texts = (answer.strip() for answer in answers if isinstance(answer, str))
    email = next((text for text in texts if _ADDRESS.fullmatch(text)), None)
    fields = {"email": email} if email else {}
    event = Event(
        "", name, "", said_at or request.received_at, request.received_at, properties, reach=_person.reach(fields)
    )
    return Parsed(event, key, _person.names(False, email=email), _person.profile_contact(fields))
