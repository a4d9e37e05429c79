"""Content through the deployed stack: compiled MJML, words chosen as they go, products, and the life of a coupon."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from kairos.aws.coupons import DynamoPools
from kairos.aws.products import DynamoProducts
from kairos.clock import SystemClock
from kairos.local import LocalCloud
from kairos.local import demo_shop as shop
from tests.app.brands import brand
from tests.local.test_results import archived
from tests.local.test_walks import PEOPLE, START, D, H, Shop

pytestmark = pytest.mark.xdist_group("walks")

MJML = """<mjml><mj-body><mj-section><mj-column>
<mj-text>{{ first_name | honorific }}: {{ coupon.code }}</mj-text>
{% for item in event.items %}<mj-text>{% render 'line', item: item %}</mj-text>{% endfor %}
</mj-column></mj-section></mj-body></mjml>"""
TEMPLATES: Mapping[str, Any] = {
    "line": {"partial": {"text": "{{ item.title | default: '?' }} {{ item.price | money }}"}},
    "thanks": {"offer": "again", "email": {"subject": "고맙습니다", "mjml": MJML}},
    "redeemed": {
        "email": {"subject": "쿠폰을 쓰셨어요", "text": "-"},
        "variants": [{"id": "early", "time_band": "morning", "email": {"subject": "이른 아침이네요", "text": "-"}}],
    },
}
JOURNEYS = (
    {
        "id": "thank",
        "class": "transactional",
        "trigger": {"event": "order_completed", "where": {"field": "discount_codes", "exists": False}},
        "steps": [{"send": "thanks"}],
    },
    {
        "id": "used",
        "class": "transactional",
        "trigger": {"event": "coupon_redeemed", "where": {"field": "offer", "eq": "again"}},
        "steps": [{"send": "redeemed"}],
    },
)


def _order(cloud: LocalCloud, token: str, *codes: str, person: int = 0) -> None:
    cart = shop.Cart(PEOPLE[person], token, {0: 1, 4: 2})
    body = shop.order_body(cart, cloud.now) | {"financial_status": "paid"}
    if codes:
        body["discount_codes"] = [{"code": code, "amount": "1000.00", "type": "fixed_amount"} for code in codes]
    call = shop.shopify(cloud.now, "orders/paid", body, "paid")
    assert cloud.http("POST", call.path, dict(call.headers), call.body).status == 202
    cloud.advance(by=timedelta(minutes=5))


def test_a_coupon_is_given_once_shown_beside_products_and_known_again_when_it_is_redeemed(synthesised: Path) -> None:
    with LocalCloud.from_template(synthesised, START, rates={"SweepRule": 6 * H, "SyncRule": 24 * H}) as cloud:
        stack = Shop(cloud)
        table = cloud.outputs["MessagesTable"]
        client = cloud.session.client("dynamodb")
        DynamoPools(client, table).add("again", ["AGAIN-1"])
        DynamoProducts(client, table, SystemClock()).put([("tulip-10", {"title": "튤립 <열> 송이"})])
        stack.drafts.put("brand", "brand", brand(offers={"again": {"valid_for": "14d"}}))
        for id, template in TEMPLATES.items():
            stack.drafts.put("template", id, template)
        for journey in JOURNEYS:
            stack.drafts.put("journey", str(journey["id"]), journey)
        stack.command(command="publish", all=True)

        _order(cloud, "first")
        (thanks,) = cloud.emails
        assert "<!--[if mso" in thanks.html
        assert "AGAIN-1" in thanks.html
        assert "튤립 &lt;열&gt; 송이 28,000원" in thanks.html
        assert "튤립 <열> 송이 28,000원" in thanks.text
        assert "? 46,000원" in thanks.text

        _order(cloud, "other", person=1)  # the pool is dry
        assert len(cloud.emails) == 1

        cloud.advance(by=D)
        _order(cloud, "second", "again-1")
        assert [email.subject for email in cloud.emails[1:]] == ["이른 아침이네요"]
        assert DynamoPools(client, table).standing("again").given == 1

        cloud.advance(by=H)
        events = [event for line in archived(cloud) for event in line.get("events", ())]
        sent = [event["properties"] for event in events if event["event"] == "message_sent"]
        assert [one.get("coupon", one.get("variant")) for one in sent] == ["AGAIN-1", "early"]
