"""A webhook step through every function of the stack: signed, called, answered, and asked for again where it is not."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import yaml

from kairos.local import demo_shop as shop
from kairos.local.cloud import LocalCloud
from kairos.local.demo import publish
from tests.channels.receiver import Receiver, receiving, reply
from tests.loop.shop import BRAND, MINUTE, PERSON, cart, is_clean, open_shop, profiles, send

KEY = b"k" * 24
HOOK = {"to": "crm", "fields": ["total"], "timeout": "1h", "keep": {"score": "score"}}
JOURNEY = {
    "id": "ask-crm",
    "class": "transactional",
    "trigger": {"event": "checkout_started"},
    "subject": "cart_id",
    "exit": [{"event": "order_completed"}],
    "steps": [{"id": "ask", "webhook": HOOK, "then": [{"send": "answered"}], "else": [{"send": "unanswered"}]}],
}


@contextmanager
def calling(template: dict[str, Any], folder: Path) -> Iterator[tuple[LocalCloud, Receiver]]:
    """Run the stack with one journey that calls a receiver on loopback."""
    files: dict[str, Any] = {"brand.yaml": yaml.safe_load((BRAND / "brand.yaml").read_text("utf-8"))}
    files["journeys/ask-crm.yaml"] = JOURNEY
    for name in ("answered", "unanswered"):
        files[f"templates/{name}.yaml"] = {"email": {"subject": name, "text": "{{ score | default: 'none' }}"}}
    for name, document in files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(yaml.safe_dump(document), "utf-8")
    with receiving() as receiver, open_shop(template) as cloud:
        publish(cloud, folder)
        settings = {"url": f"{receiver.url}/in", "secrets": ["whsec_" + base64.b64encode(KEY).decode()]}
        path = f"{cloud.outputs['ConnectionsPrefix']}webhook/crm"
        ssm = cloud.session.client("ssm")
        ssm.put_parameter(Name=path, Value=json.dumps(settings), Type="SecureString")
        assert send(cloud, shop.customer_saved(cloud.now, PERSON, new=True)).status == 202
        cloud.settle()
        yield cloud, receiver


def ours(cloud: LocalCloud) -> list[str]:
    """Return what this journey's customer got of it; the shop's other journeys say what they say."""
    return [email.subject for email in cloud.emails if email.subject in ("answered", "unanswered")]


def fill(cloud: LocalCloud) -> None:
    assert send(cloud, shop.checkout_started(cloud.now, cart("c1"))).status == 202
    cloud.advance(by=MINUTE)


def test_the_receiver_is_called_and_its_answer_moves_the_customer_on(template: dict[str, Any], tmp_path: Path) -> None:
    with calling(template, tmp_path) as (cloud, receiver):
        receiver.answer = lambda handler: reply(handler, 200, b'{"score": 7}')
        fill(cloud)
        [(path, headers, body)] = receiver.received
        signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
        expected = base64.b64encode(hmac.new(KEY, signed, hashlib.sha256).digest()).decode()
        assert (path, headers["webhook-signature"]) == ("/in", f"v1,{expected}")
        assert json.loads(body)["data"]["properties"] == {"total": 28000}
        assert PERSON.address not in body.decode()
        assert ours(cloud) == ["answered"]
        assert profiles(cloud)[PERSON.address].traits["score"] == 7
        cloud.advance(by=timedelta(hours=2))
        assert (len(receiver.received), cloud.denied, is_clean(cloud)) == (1, [], True)


def test_a_receiver_that_is_down_is_called_again_under_the_same_id(template: dict[str, Any], tmp_path: Path) -> None:
    with calling(template, tmp_path) as (cloud, receiver):
        receiver.answer = lambda handler: reply(handler, 503)
        fill(cloud)
        cloud.advance(by=10 * MINUTE)
        assert len(receiver.received) == 3
        receiver.answer = lambda handler: reply(handler, 200)
        cloud.advance(by=timedelta(hours=2))
        assert len({headers["webhook-id"] for _, headers, _ in receiver.received}) == 1
        assert (len(receiver.received), ours(cloud)) == (4, ["answered"])


def test_without_an_answer_in_time_the_customer_goes_on_all_the_same(template: dict[str, Any], tmp_path: Path) -> None:
    with calling(template, tmp_path) as (cloud, receiver):
        receiver.answer = lambda handler: reply(handler, 500)
        fill(cloud)
        cloud.advance(by=timedelta(hours=2))
        called = len(receiver.received)
        assert ours(cloud) == ["unanswered"]
        cloud.advance(by=timedelta(hours=2))
        assert (len(receiver.received), is_clean(cloud)) == (called, True)


def test_who_has_left_is_not_called_for_again(template: dict[str, Any], tmp_path: Path) -> None:
    with calling(template, tmp_path) as (cloud, receiver):
        receiver.answer = lambda handler: reply(handler, 500)
        fill(cloud)
        for call in shop.ordered(cloud.now, cart("c1")):
            assert send(cloud, call).status == 202
        cloud.advance(by=timedelta(hours=2))
        assert (len(receiver.received), ours(cloud)) == (1, [])


def test_deliver_killed_around_every_call_it_makes_loses_no_answer(template: dict[str, Any], tmp_path: Path) -> None:
    with calling(template, tmp_path) as (cloud, receiver):
        receiver.answer = lambda handler: reply(handler, 200, b'{"score": 7}')
        for nth in (1, 2, 3):
            cloud.kill("deliver", nth, "after")
        fill(cloud)
        cloud.advance(by=timedelta(hours=2))
        assert len({headers["webhook-id"] for _, headers, _ in receiver.received}) == 1
        assert ours(cloud) == ["answered"]
