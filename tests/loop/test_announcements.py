"""Engine events through every function of the stack: signed, posted, posted again, and no more to who is gone."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import yaml

from kairos.local import demo_shop as shop
from kairos.local.cloud import LocalCloud
from kairos.local.demo import publish
from kairos.registry import Request
from kairos.sources._signature import require_webhook
from tests.channels.receiver import Receiver, receiving, reply
from tests.loop.shop import BRAND, MINUTE, PERSON, cart, is_clean, open_shop, send

SECRETS = ["whsec_" + base64.b64encode(letter * 24).decode() for letter in (b"n", b"o")]
JOURNEY = {
    "id": "remind",
    "class": "transactional",
    "trigger": {"event": "checkout_started"},
    "subject": "cart_id",
    "steps": [{"send": "hello"}],
}
EVENTS = ["journey_entered", "message_sent", "message_delivered", "consent_changed", "unsubscribed"]


def put_live(cloud: LocalCloud, folder: Path, **brand: Any) -> None:
    """Publish a shop with one journey, of which `brand` says who hears."""
    files: dict[str, Any] = {"brand.yaml": yaml.safe_load((BRAND / "brand.yaml").read_text("utf-8")) | brand}
    files |= {"journeys/remind.yaml": JOURNEY, "templates/hello.yaml": {"email": {"subject": "Hello", "text": "."}}}
    for name, document in files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(yaml.safe_dump(document), "utf-8")
    publish(cloud, folder)


def connect(cloud: LocalCloud, receiver: Receiver) -> None:
    settings = {"url": f"{receiver.url}/in", "secrets": SECRETS}
    path = f"{cloud.outputs['ConnectionsPrefix']}webhook/crm"
    cloud.session.client("ssm").put_parameter(Name=path, Value=json.dumps(settings), Type="SecureString")


def told(receiver: Receiver) -> list[tuple[str, str]]:
    """Return (type, id) of each post about our journey, each having been proven by either secret, and naming nobody."""
    found = []
    for path, headers, body in receiver.received:
        assert path == "/in"
        assert PERSON.address not in body.decode()
        for secret in SECRETS:
            at = datetime.fromtimestamp(int(headers["webhook-timestamp"]), UTC)
            require_webhook(Request(headers, body, at, "crm", {"secrets": [secret]}))
        said = json.loads(body)
        if said["data"].get("journey") == JOURNEY["id"]:  # the shop's other journeys say what they say
            found.append((said["type"], headers["webhook-id"]))
    receiver.received.clear()
    return found


def test_a_crm_hears_of_the_engine_events_that_the_brand_names(template: dict[str, Any], tmp_path: Path) -> None:
    with receiving() as crm, open_shop(template) as cloud:
        connect(cloud, crm)
        assert send(cloud, shop.customer_saved(cloud.now, PERSON, new=True)).status == 202
        cloud.advance(by=MINUTE)
        assert (told(crm), queued(cloud)) == ([], 0), "a brand without webhooks announces nothing"

        put_live(cloud, tmp_path, webhooks=[{"to": "crm", "events": EVENTS}])
        assert send(cloud, shop.checkout_started(cloud.now, cart("c1"))).status == 202
        cloud.settle()
        first = told(crm)
        assert {type for type, _ in first} == {"journey_entered", "message_sent"}
        assert len({id for _, id in first}) == len(first)

        for function in ("dispatch", "deliver"):
            for nth in (1, 2):
                cloud.kill(function, nth, "after")
        assert send(cloud, shop.checkout_started(cloud.now, cart("c0"))).status == 202
        cloud.advance(by=timedelta(minutes=15))
        killed = told(crm)
        for type in ("journey_entered", "message_sent"):
            assert len({id for said, id in killed if said == type}) == 1, "done again, under the same id"

        crm.answer = lambda handler: reply(handler, 500)
        assert send(cloud, shop.checkout_started(cloud.now, cart("c2"))).status == 202
        cloud.settle()
        [refused] = ids(crm)
        crm.received.clear()
        assert len([email for email in cloud.emails if email.subject == "Hello"]) == 3, "messages wait for no webhook"
        crm.answer = lambda handler: reply(handler, 204)
        cloud.advance(by=timedelta(minutes=5))
        assert refused in ids(crm)
        again = told(crm)
        assert {type for type, _ in again} >= {"journey_entered", "message_sent"}
        assert queued(cloud) == 0

        crm.answer = lambda handler: reply(handler, 410)
        assert send(cloud, shop.checkout_started(cloud.now, cart("c3"))).status == 202
        cloud.advance(by=timedelta(minutes=4))
        assert len(ids(crm)) == 1, "who is gone is told nothing more"
        assert (queued(cloud), cloud.denied, is_clean(cloud)) == (0, [], True)


def ids(receiver: Receiver) -> list[str]:
    """Return the id of each post, whatever it is about."""
    return [headers["webhook-id"] for _, headers, _ in receiver.received]


def queued(cloud: LocalCloud) -> int:
    """Return how many announcements wait, seen or unseen."""
    url = cloud.outputs["AnnouncementsUrl"]
    answer = cloud.session.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["All"])
    kinds = ("", "NotVisible", "Delayed")
    return sum(int(answer["Attributes"][f"ApproximateNumberOfMessages{kind}"]) for kind in kinds)
