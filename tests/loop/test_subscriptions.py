"""Stripe, WooCommerce and Cafe24 through the whole loop: signed, taken in under `ingest`'s own role, decided, sent."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from kairos.local.cloud import LocalCloud
from kairos.local.demo import publish
from kairos.local.entropy import seeded
from kairos.local.routes import Response
from tests.loop.shop import BRAND, START, is_clean
from tests.sources import bodies

DAY = timedelta(days=1)
SECRET = "loop-billing-secret"
ADDRESS = "planted.person@example.com"
FILES = {
    "brand.yaml": (BRAND / "brand.yaml").read_text("utf-8"),
    "journeys/renewal-notice.yaml": """
id: renewal-notice
class: transactional
anchor: {entry: renewal, at: starts_at}
timeline:
  - {at: "-3d", send: renewal-soon}
on_move: {send: renewal-moved}
""",
    "journeys/payment-rescue.yaml": """
id: payment-rescue
class: transactional
trigger: {event: payment_failed}
subject: invoice_id
exit: [{event: invoice_paid}]
steps:
  - send: pay-now
  - wait: 2d
  - send: pay-last-call
""",
    "journeys/thanks.yaml": """
id: thanks
class: transactional
trigger: {event: order_completed}
subject: order_id
steps:
  - send: thanks
""",
    **{
        f"templates/{name}.yaml": f"email: {{subject: {name}, text: '{{{{ invoice_url | default: 0 }}}}'}}\n"
        for name in ("renewal-soon", "renewal-moved", "pay-now", "pay-last-call", "thanks")
    },
}


@contextmanager
def billing(template: dict[str, Any], folder: Path) -> Iterator[LocalCloud]:
    """Run the stack with the three sources connected and that brand published."""
    for name, text in FILES.items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, "utf-8")
    with (
        seeded("billing"),
        LocalCloud(template, START, rates=dict.fromkeys(("SweepRule", "SyncRule"), timedelta(hours=12))) as cloud,
    ):
        for source in ("stripe", "woocommerce", "cafe24"):
            settings = json.dumps({"secrets": [SECRET], "country": "KR"})
            name = f"{cloud.outputs['ConnectionsPrefix']}{source}/main"
            cloud.session.client("ssm").put_parameter(Name=name, Value=settings, Type="SecureString")
        publish(cloud, folder)
        yield cloud


def tell(cloud: LocalCloud, source: str, name: str, **changed: Any) -> Response:
    """Let a body arrive now, with other fields, signed as its sender would sign it."""
    body = bodies.body(source, name)
    of = body["data"]["object"] if source == "stripe" else body
    of.update(changed)
    if source == "stripe":
        body |= {"id": f"evt_{name}_{int(cloud.now.timestamp())}", "created": int(cloud.now.timestamp())}
    raw = json.dumps(body).encode()
    headers = bodies.topic_headers(source, name) | bodies.proof(source, raw, SECRET, cloud.now)
    return cloud.http("POST", f"/v1/webhooks/{source}/main", headers, raw)


def week(number: int) -> dict[str, int]:
    """Return the period of a weekly subscription, the first from the start on."""
    starts = START + number * 7 * DAY
    return {
        "current_period_start": int(starts.timestamp()),
        "current_period_end": int((starts + 7 * DAY).timestamp()),
    }


def subjects(cloud: LocalCloud) -> list[tuple[str, int]]:
    """Return what was mailed, and on which day after the start."""
    assert {email.to[0] for email in cloud.emails} <= {ADDRESS}
    return [(email.subject, (email.at - START).days) for email in cloud.emails]


@pytest.fixture
def cloud(template: dict[str, Any], tmp_path: Path) -> Iterator[LocalCloud]:
    with billing(template, tmp_path) as cloud:
        yield cloud
        assert not cloud.parts.lambdas.errors
        assert is_clean(cloud)


def test_every_renewal_is_told_before_it_comes_until_the_subscription_ends(cloud: LocalCloud) -> None:
    assert tell(cloud, "stripe", "customer.created").status == 202
    assert tell(cloud, "stripe", "customer.subscription.created", status="active", **week(0)).status == 202
    cloud.advance(to=START + 7 * DAY)
    assert tell(cloud, "stripe", "customer.subscription.updated", **week(1)).status == 202
    cloud.advance(to=START + 13 * DAY)
    assert subjects(cloud) == [("renewal-soon", 4), ("renewal-soon", 11)]
    cloud.advance(to=START + 14 * DAY)
    tell(cloud, "stripe", "customer.subscription.updated", **week(2))
    cloud.advance(by=timedelta(hours=1))
    tell(cloud, "stripe", "customer.subscription.updated-ending", **week(2))
    cloud.advance(to=START + 22 * DAY)
    assert len(subjects(cloud)) == 2, "nothing is charged at the end of this period, so nothing is announced"


def test_a_failed_payment_is_asked_for_until_it_is_paid(cloud: LocalCloud) -> None:
    tell(cloud, "stripe", "customer.created")
    for _ in range(2):  # Stripe says it twice
        assert tell(cloud, "stripe", "invoice.payment_failed").status == 202
    cloud.advance(by=DAY)
    assert subjects(cloud) == [("pay-now", 0)]
    assert "https://invoice.example.com/i/planted" in cloud.emails[0].text
    for name in ("invoice.paid", "invoice.payment_succeeded"):
        assert tell(cloud, "stripe", name).status == 202
    cloud.advance(by=7 * DAY)
    assert subjects(cloud) == [("pay-now", 0)]


def test_an_order_of_woocommerce_that_is_told_three_times_is_thanked_for_once(cloud: LocalCloud) -> None:
    def gmt(at: datetime) -> str:
        return at.strftime("%Y-%m-%dT%H:%M:%S")

    placed = {"date_created_gmt": gmt(cloud.now), "date_paid_gmt": gmt(cloud.now)}
    assert cloud.http("POST", "/v1/webhooks/woocommerce/main", {}, b"webhook_id=3").status == 200
    tell(cloud, "woocommerce", "order.created", date_modified_gmt=gmt(cloud.now), **placed)
    for hours in (1, 30):
        cloud.advance(to=START + timedelta(hours=hours))
        answer = tell(cloud, "woocommerce", "order.updated", date_modified_gmt=gmt(cloud.now), **placed)
        assert answer.status == 202
    cloud.advance(by=DAY)
    assert subjects(cloud) == [("thanks", 0)]


def test_what_cafe24_says_moves_nobody(cloud: LocalCloud) -> None:
    for name in ("90023-create_order", "90025-paid_order", "90032-registered"):
        answer = tell(cloud, "cafe24", name)
        assert (answer.status, answer.json()["accepted"]) == (202, 0)
    cloud.advance(by=DAY)
    assert (subjects(cloud), list(cloud.tables["customers"]), list(cloud.tables["contacts"])) == ([], [], [])
