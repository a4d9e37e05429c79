"""`timing:` of a brand: what items remember for the models of when, from which events, and how much is tried out."""

from __future__ import annotations

from kairos.domain.document import Document, parse_share
from kairos.domain.errors import BadDefinition

KEPT = ("rhythm", "hours", "categories", "recurrence")
RECURRING_MAX = 4
STAGE = "stage"
AT_RISK, LAPSED = 0.5, 0.8
"""How likely a customer has gone from when they are called at risk, and lapsed."""
ORDER = "order_completed"
ACTIVE = (
    *("page_viewed", "screen_viewed", "product_viewed", "product_list_viewed", "products_searched", "product_clicked"),
    *("product_added", "cart_viewed", "cart_updated", "checkout_started", "order_completed", "signed_up"),
)
"""What a person does themselves, at the hour in which they do it; deliveries, renewals and reminders are not."""
EXPLORE = 0.1
EVENTS_MAX = 50


def read_timing(document: Document) -> None:
    """Check `timing:` of a brand. Raises BadDefinition."""
    if not document.has("timing"):
        return
    timing = document.inner("timing")
    timing.only("keep", "order", "active", "explore", "stages", "category", "recurring")
    if timing.has("category"):
        timing.name("category")
    if timing.has("keep"):
        for value, path in timing.items("keep"):
            if value not in KEPT:
                raise BadDefinition(path, f"expected one of {', '.join(KEPT)}")
    if timing.has("order"):
        timing.name("order")
    _read_events(timing, "active", EVENTS_MAX)
    _read_events(timing, "recurring", RECURRING_MAX)
    if timing.has("explore"):
        timing.read("explore", parse_share)
    if timing.has("stages"):
        _read_stages(timing.inner("stages"))


def _read_events(timing: Document, key: str, most: int) -> None:
    if timing.has(key):
        events = timing.items(key)
        if not 1 <= len(events) <= most:
            raise BadDefinition((*timing.path, key), f"expected 1 to {most} names of events")
        for value, path in events:
            Document({"event": value}, path[:-1]).name("event")


def _read_stages(stages: Document) -> None:
    stages.only("at_risk", "lapsed")
    at_risk = stages.read("at_risk", parse_share) if stages.has("at_risk") else AT_RISK
    lapsed = stages.read("lapsed", parse_share) if stages.has("lapsed") else LAPSED
    if not 0 < at_risk < lapsed < 1:
        raise BadDefinition(stages.path, "expected more than 0%, at_risk below lapsed, and less than 100%")
