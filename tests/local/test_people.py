"""A person is erased in the deployed stack: planted values are looked for in every place that keeps anything."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from kairos.app.ports import InboxMessage
from kairos.cli import erase as erasing
from kairos.cli.aws_deployment import AwsDeployment
from kairos.cli.erase import asked_for, erase_people, find_id
from kairos.cli.import_people import Wish, import_people
from kairos.domain.errors import Unavailable
from kairos.domain.event import ConsentFact
from kairos.local import LocalCloud
from kairos.local import demo_shop as shop
from kairos.local.demo import shop_cloud
from kairos.local.demo_people import Person
from tests.app.decide.world import make_event
from tests.local.everyday import START
from tests.local.surfaces import readable

pytestmark = pytest.mark.xdist_group("people")
LILY = Person("canary.lily", "Canary릴리", email=True, sms=True)
ROSE = Person("canary.rose", "Canary로즈", email=True, sms=True)
MARKS = ("canary.lily", "canary릴리", str(LILY.phone).removeprefix("+82"))


class CloudClock:
    """Clock."""

    def __init__(self, cloud: LocalCloud) -> None:
        self._cloud = cloud

    def now(self) -> datetime:
        return self._cloud.now


class Inside(AwsDeployment):
    """The stack, seen with an operator's credentials; its clock is the local cloud's."""

    def __init__(self, cloud: LocalCloud) -> None:
        super().__init__("local", cloud.outputs, lambda service, **config: cloud.session.client(service))
        self.clock = CloudClock(cloud)
        self._cloud = cloud

    def post(self, path: str, headers: Mapping[str, str], body: bytes) -> tuple[int, bytes]:
        answer = self._cloud.http("POST", path, headers, body)
        return answer.status, answer.text.encode()


@contextmanager
def lived(template: Path) -> Iterator[tuple[LocalCloud, Inside]]:
    """Two people sign up, browse, fill carts and buy; one has messages still to come."""
    with shop_cloud(json.loads(template.read_text("utf-8")), START) as cloud:
        for person in (LILY, ROSE):
            cart = shop.Cart(person, f"cart-{person.handle[-4:]}", {0: 1})
            for call in (
                shop.viewed(cloud.now, person.browser, 2),
                shop.customer_saved(cloud.now, person, new=True),
                shop.signed_in(cloud.now, person),
                shop.cart_changed(cloud.now, cart, first=True),
                shop.checkout_started(cloud.now, cart),
                shop.booking(cloud.now, "BOOKING_CREATED", person, f"uid-{cart.token}", cloud.now + timedelta(days=4)),
            ):
                assert cloud.http("POST", call.path, call.headers, call.body).status == call.status
        cloud.advance(by=timedelta(minutes=10))
        yield cloud, Inside(cloud)


def kept(cloud: LocalCloud) -> Iterator[tuple[str, str]]:
    """Yield (where, text) of every item of every table, every queued message and every schedule."""
    for name, table in cloud.tables.items():
        for item in table.items():
            yield f"table {name}", readable(item).lower()
    for name, queue in cloud.queues.items():
        for message in queue:
            yield f"queue {name}", readable([message.body, dict(message.attributes)]).lower()


def found(cloud: LocalCloud, *marks: str) -> set[str]:
    return {where for where, text in kept(cloud) for mark in marks if mark.lower() in text}


def erase(cloud: LocalCloud, inside: Inside, *people: str, requested: bool = False) -> int:
    return erase_people(
        inside, erasing.Wish(people, requested, yes=True), lambda seconds: cloud.advance(by=timedelta(seconds=seconds))
    )


def test_nothing_of_an_erased_person_is_left_and_nothing_more_is_sent(
    synthesised: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with lived(synthesised) as (cloud, inside):
        lily, rose = find_id(inside, LILY.address), find_id(inside, ROSE.address)
        assert lily
        assert rose
        assert found(cloud, *MARKS) == {"table contacts"}, "the search finds what is there"
        assert "table identities" in found(cloud, lily)
        assert "table messages" in found(cloud, lily)
        assert "table consents" in found(cloud, lily), "what she said of consents is in the ledger"
        refused = ConsentFact("email", "marketing", proof="m-1")
        said = make_event("consent_withdrawn", cloud.now, consent=refused, source="preferences")
        inside.inbox.put([InboxMessage(lily, (replace(said, profile=lily),))])
        cloud.settle()
        sent = len([mail for mail in cloud.emails if LILY.address in mail.to])
        assert erase(cloud, inside, LILY.address) == 0
        cloud.settle()
        assert found(cloud, *MARKS) == set()
        assert found(cloud, lily) - {"table customers"} == set()
        cloud.advance(by=timedelta(days=6))
        assert len([mail for mail in cloud.emails if LILY.address in mail.to]) == sent
        assert [mail for mail in cloud.emails if ROSE.address in mail.to]
        assert find_id(inside, ROSE.address) == rose
        assert find_id(inside, LILY.address) is None
        marked = inside.read_profile(lily)
        assert marked is None or (marked.erased_everywhere and not marked.traits)
        assert erase(cloud, inside, LILY.address) == 0
        assert "nobody is known" in capsys.readouterr().err
        assert inside.suppressions.suppressed("email", LILY.address, cloud.now) == {"marketing"}
        (refusal,) = inside.consents.of([inside.suppressions.hash_address(LILY.address)])
        assert (refusal.given, refusal.channel, refusal.proof) == (False, "email", "")
        assert not cloud.queues["inbox-parked"]


def test_a_message_in_the_outbox_is_not_sent_once_its_person_was_erased(synthesised: Path) -> None:
    with lived(synthesised) as (cloud, inside):
        lily = find_id(inside, LILY.address)
        assert lily
        cloud.fault("dynamodb", "BatchGetItem", n=10_000, function="deliver")
        cloud.advance(by=timedelta(hours=3))
        before = len(cloud.emails) + len(cloud.sms)
        waiting = [name for name, queue in cloud.queues.items() if "outbox" in name and len(queue)]
        assert waiting, "something is on its way"
        erase(cloud, inside, LILY.address)
        cloud.parts.wire.trouble.faults.clear()
        cloud.advance(by=timedelta(hours=3))
        to_lily = [mail for mail in cloud.emails if LILY.address in mail.to and mail.at > START + timedelta(hours=3)]
        assert to_lily == []
        assert len(cloud.emails) + len(cloud.sms) >= before


def test_whom_shopify_asks_to_forget_is_forgotten_at_once_and_elsewhere_when_the_operator_says_so(
    synthesised: Path,
) -> None:
    with lived(synthesised) as (cloud, inside):
        lily = find_id(inside, LILY.address)
        assert lily
        body = {"shop_id": 1, "customer": {"email": LILY.address, "phone": LILY.phone}, "orders_to_redact": []}
        call = shop.shopify(cloud.now, "customers/redact", body, "the shop asks to forget Lily")
        assert cloud.http("POST", call.path, call.headers, call.body).status == 202
        assert inside.suppressions.suppressed("email", LILY.address, cloud.now) == {"marketing"}
        marked = inside.read_profile(lily)
        assert marked is not None
        assert (marked.erased_at is not None, marked.erased_everywhere) == (True, False)
        assert set(asked_for(inside)) == {*marked.former, lily}
        erase(cloud, inside, requested=True)
        cloud.settle()
        assert found(cloud, *MARKS) == set()
        assert list(asked_for(inside)) == []


@pytest.mark.parametrize("nth", [1, 4, 9])
def test_an_erasure_that_aws_throttles_half_way_is_run_again(synthesised: Path, nth: int) -> None:
    with lived(synthesised) as (cloud, inside):
        lily = find_id(inside, LILY.address)
        assert lily
        client = inside.traces._client
        real, calls = client.delete_item, iter(range(1, 10_000))

        def delete_item(**request: object) -> object:
            if next(calls) == nth:
                raise Unavailable("contacts", "throttled")
            return real(**request)

        inside.traces._client = _Throttled(client, delete_item)
        with pytest.raises(Unavailable):
            erase(cloud, inside, LILY.address)
        again = find_id(inside, LILY.address)
        assert again == lily
        assert erase(cloud, inside, LILY.address) == 0
        assert found(cloud, *MARKS) == set()


PEOPLE = """email,phone,first_name,consent_email,unsubscribed_email
canary.lily@example.com,,Canary릴리,2026-01-01,
canary.violet@example.com,010-5550-0143,Canary바이올렛,2026-01-01,2026-02-01
canary.iris@example.com,,Canary아이리스,2026-01-01,
"""


def test_an_import_comes_by_the_front_door_starts_nothing_and_lifts_nothing(synthesised: Path, tmp_path: Path) -> None:
    file = tmp_path / "people.csv"
    file.write_bytes(PEOPLE.encode("cp949"))
    with lived(synthesised) as (cloud, inside):
        lily, sent = find_id(inside, LILY.address), len(cloud.emails)
        inside.suppressions.suppress("email", LILY.address, "marketing", "unsubscribed", cloud.now)
        entered = len(json.dumps([readable(item) for item in cloud.tables["messages"].items()]))
        for _ in range(2):
            assert import_people(inside, Wish(file, as_of="2026-03-01")) == 0
            cloud.settle()
        assert find_id(inside, LILY.address) == lily
        violet, iris = find_id(inside, "canary.violet@example.com"), find_id(inside, "canary.iris@example.com")
        assert violet
        assert iris
        state = inside.read_profile(violet)
        assert state is not None
        assert state.consents["email", "marketing"].given is False
        assert state.enrollments == {}
        assert inside.suppressions.suppressed("email", "canary.violet@example.com") == {"marketing"}
        assert inside.suppressions.suppressed("email", LILY.address, datetime(2026, 1, 1, tzinfo=UTC)) == {"marketing"}
        assert inside.contacts.fetch([iris], ["profile"])["profile"]["first_name"] == "Canary아이리스"
        assert len(cloud.emails) == sent
        assert len(json.dumps([readable(item) for item in cloud.tables["messages"].items()])) == entered
        assert not cloud.queues["inbox-parked"]
        assert "canary" not in " ".join(line.text.lower() for line in cloud.logs)


class _Throttled:
    def __init__(self, client: object, delete_item: object) -> None:
        self._client, self.delete_item = client, delete_item

    def __getattr__(self, name: str) -> object:
        return getattr(self._client, name)
