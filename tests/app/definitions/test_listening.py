"""Webhooks of brand.yaml: what is wrong with one is said where it stands."""

from __future__ import annotations

from typing import Any

import pytest

from kairos.app.definitions.listening import read_webhooks
from kairos.domain.document import Document
from kairos.domain.errors import BadDefinition

CRM = {"to": "crm", "events": ["unsubscribed"]}


@pytest.mark.parametrize(
    ("webhooks", "path", "says"),
    [
        (
            [CRM, {"to": "lake", "events": ["unsubscribed", "order_completed"]}],
            ("webhooks", 1, "events", 1),
            "journey_",
        ),
        ([CRM, {**CRM, "events": ["message_sent"]}], ("webhooks", 0, "to"), "more than once"),
        ([{**CRM, "event": 1}], ("webhooks", 0, "event"), "events"),
        ([{"events": ["unsubscribed"]}], ("webhooks", 0, "to"), "kairos connect webhook"),
        ([{**CRM, "traits": [7]}], ("webhooks", 0, "traits", 0), "a trait"),
        ({"to": "crm"}, ("webhooks",), "a list"),
    ],
)
def test_a_mistake_is_named_with_its_place(webhooks: Any, path: tuple[Any, ...], says: str) -> None:
    with pytest.raises(BadDefinition, match=says) as caught:
        read_webhooks(Document({"webhooks": webhooks}))
    assert caught.value.path == path


def test_a_brand_need_not_have_any() -> None:
    read_webhooks(Document({}))
    read_webhooks(Document({"webhooks": [CRM]}))
