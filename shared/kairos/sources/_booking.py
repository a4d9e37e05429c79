"""What Cal.com and Calendly share: which facts of a booking may enter events, and which stay with the contact."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from kairos.sources._shape import Object

BOOKING_LISTED = (
    "booking_id",
    "service",
    "event_type_id",
    "length_minutes",
    "price",
    "currency",
    "status",
    "cancelled_by",
)
ENTRY_LISTED = BOOKING_LISTED[1:]
ANSWERS_MAX = 20
ANSWER_CHARS_MAX = 1_000


def as_link(text: str | None) -> str | None:
    """Return the text when it is a web address, so that a template can make a link of it."""
    return text if text and text.startswith(("https://", "http://")) else None


def answers(pairs: Iterable[tuple[str | None, Any]], around: Object) -> dict[str, str]:
    """Return what an invitee answered, by question: free text, so it goes to the contact and nowhere else."""
    out: dict[str, str] = {}
    for question, answer in pairs:
        one = around.beside({"answer": answer}, around.path)
        text = one.text("answer", ANSWER_CHARS_MAX) if isinstance(answer, str) else None
        if question and text and len(out) < ANSWERS_MAX:
            out[_sound(question)] = text
    return out


def _sound(question: str) -> str:
    return question.encode("utf-8", "replace").decode()
