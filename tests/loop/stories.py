"""Short lives of the shop, each with a known ending, and a sender who repeats what was not acknowledged.

Each touches what the others do not: a cart (marketing, by timer and by answer), bookings (entries that move and die),
an opt-out (the stop that overtakes), a new version (publish while customers walk).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from kairos.domain.profile import Profile
from kairos.local import demo_shop as shop
from kairos.local.call import Call as AwsCall
from kairos.local.cloud import LocalCloud
from kairos.local.faults import When
from kairos.local.mail import Email, Reaction
from tests.loop.shop import MINUTE, OTHER, PERSON, START, calendly, cart, messages, open_shop, profiles, send

AGAIN_AFTER, TRIES_MAX = MINUTE, 10
RATES = {"SweepRule": timedelta(minutes=15)}
"""How often `sweep` runs here, a third as often as deployed: most of these deaths are healed by queues and streams."""

Happening = Callable[[LocalCloud], bool]
"""Something that somebody outside does now. False if it was not acknowledged, so that they do it again."""


@dataclass(frozen=True)
class Story:
    """What happens, each at so many minutes after the start; who reads the mail; and when it is over."""

    name: str
    happenings: Sequence[tuple[float, Happening]]
    minutes: float
    audience: Callable[[Email], Sequence[Reaction]] = lambda email: ()

    def live(self, cloud: LocalCloud, meanwhile: Callable[[LocalCloud], None] = lambda cloud: None) -> None:
        """Let it happen to the end; `meanwhile` is done after each happening."""
        cloud.parts.post.audience = self.audience
        agenda = [(START + minute * MINUTE, do, 1) for minute, do in self.happenings]
        while agenda:
            agenda.sort(key=lambda planned: planned[0])
            at, do, attempt = agenda.pop(0)
            cloud.advance(to=max(at, cloud.now))
            if not do(cloud):
                assert attempt < TRIES_MAX, f"{self.name}: never acknowledged"
                agenda.append((cloud.now + AGAIN_AFTER, do, attempt + 1))
            meanwhile(cloud)
        cloud.advance(to=max(START + self.minutes * MINUTE, cloud.now))


CLAIMS = "dynamodb.PutItem Kairos-local-MessagesTable"
RECORDS = "dynamodb.UpdateItem Kairos-local-MessagesTable"
PROVIDERS = ("sesv2.SendEmail", "sns.Publish")


@dataclass(frozen=True)
class Death:
    """A place where a function can die: at its nth call, in the invocation after `skip` that got past it.

    `in_doubt` tells that a message is then claimed and not recorded, `taken` that its provider has it all the same.
    """

    function: str
    nth: int
    when: When
    skip: int
    says: str
    in_doubt: bool = False
    taken: bool = False


@dataclass(frozen=True)
class Ending:
    """How a story ended: who got what and how often, what each customer's item says of it, and the calls on the way."""

    messages: Counter[tuple[str, str, str]]
    remembered: Mapping[str, Counter[tuple[object, ...]]]
    calls: tuple[AwsCall, ...] = ()

    def deaths(self, function: str) -> list[Death]:
        """Return where `function` can die: before its first call of all, and after each call it makes in any turn.

        What lies after a call lies before the next one too.
        """
        reached: Counter[int] = Counter()
        found: list[Death] = []
        before, in_doubt, taken = "", False, False
        for call in self.calls:
            if call.function != function or not call.nth:
                continue
            what = called(call)
            if call.nth == 1:
                before, in_doubt, taken = "", False, False
            if not found:
                found.append(Death(function, 1, "before", 0, f"> {what}"))
            in_doubt = what == CLAIMS or (in_doubt and what != RECORDS)
            taken = what in PROVIDERS or (taken and in_doubt)
            says = f"{before} > {what} >"
            found.append(Death(function, call.nth, "after", reached[call.nth], says, in_doubt, taken and in_doubt))
            reached[call.nth] += 1
            before = what
        return found

    def places(self, function: str) -> list[Death]:
        """Return one death for each two calls that ever follow one another, where that was first.

        A loop has two such places (into it, and from turn to turn), however often it turned.
        """
        first: dict[str, Death] = {}
        for death in self.deaths(function):
            first.setdefault(death.says, death)
        return list(first.values())


def called(call: AwsCall) -> str:
    """Return what a call does, and to what: "dynamodb.PutItem Kairos-local-Messages"."""
    names = ("TableName", "QueueUrl", "Name", "SecretId", "Bucket")
    thing = next((str(call.params[name]).rpartition("/")[2] for name in names if name in call.params), "")
    return f"{call.service}.{call.operation} {thing if call.service != 'scheduler' else ''}".strip()


def ending(template: Mapping[str, Any], story: Story) -> Ending:
    """Live a story in which nothing goes wrong."""
    with open_shop(template, rates=RATES) as cloud:
        cloud.parts.wire.calls.clear()
        story.live(cloud)
        return ended(cloud)


def ended(cloud: LocalCloud) -> Ending:
    """Return how things stand."""
    remembered = {who: Counter(_remembered(profile)) for who, profile in profiles(cloud).items()}
    return Ending(Counter(messages(cloud)), remembered, tuple(cloud.parts.wire.calls))


def _remembered(profile: Profile) -> Iterator[tuple[object, ...]]:
    """Yield all that an item says and that must not depend on when exactly something was done."""
    yield from (("trait", name, str(value)) for name, value in profile.traits.items())
    yield from (("reach", channel, open_) for channel, open_ in profile.reach.items())
    yield from (("consent", *key, consent.given) for key, consent in profile.consents.items())
    yield from (("entry", *key, entry.starts_at, entry.cancelled) for key, entry in profile.entries.items())
    yield from (("counter", name, counter.times) for name, counter in profile.counters.items())
    yield from (("said", r.kind, r.journey, r.step, r.subject, r.channel, r.reason) for r in profile.log)
    yield from (("capped", channel) for channel, _, _ in profile.sent)
    yield from (("outstanding", message.step) for message in profile.messages.values())
    for passage in profile.enrollments.values():
        yield ("passage", passage.journey, passage.subject, passage.active, passage.converted, passage.node)
        yield from (("planned", passage.journey, step, plan.due, plan.state) for step, plan in passage.plan.items())


def arrives(call: shop.Call) -> Happening:
    """Return that a webhook comes; a sender repeats it until it is answered with 2xx."""
    return lambda cloud: send(cloud, call).status == 202


def _at(minutes: float) -> datetime:
    return START + minutes * MINUTE


def _reads(email: Email) -> Sequence[Reaction]:
    """One customer opens and clicks; the other never does."""
    click = {"link": "https://shop.example.com/cart"}
    return ((4 * MINUTE, "Open", {}), (6 * MINUTE, "Click", click)) if email.to[0] == PERSON.address else ()


def _refuses(cloud: LocalCloud) -> bool:
    """The recipient's mail program refuses for them, if the mail has come (RFC 8058)."""
    mails = [email for email in cloud.emails if email.header("List-Unsubscribe-Post")]
    if not mails:
        return False
    link = str(mails[0].header("List-Unsubscribe")).strip("<> ").split(">")[0]
    form = {"content-type": "application/x-www-form-urlencoded"}
    path = "/u/" + link.rpartition("/u/")[2]
    return cloud.http("POST", path, form, b"List-Unsubscribe=One-Click").status == 200


def _rewrites(cloud: LocalCloud) -> bool:
    """The owner changes a template in the console, and publishes: again until it is said to be live."""
    table = cloud.outputs["ConfigTable"]
    key = {"kind": {"S": "template"}, "id": {"S": "receipt"}}
    client = cloud.session.client("dynamodb")
    item = client.get_item(TableName=table, Key=key)["Item"]
    item["document"] = {"M": {"email": {"M": {"subject": {"S": "It is yours"}, "text": {"S": "We have your order."}}}}}
    client.put_item(TableName=table, Item=item)
    cloud.settle()
    result = cloud.invoke("publish", {"command": "publish", "all": True})
    return result.ok and result.payload["ok"]


def _paid(minutes: float, token: str) -> list[tuple[float, Happening]]:
    return [(minutes + n / 2, arrives(call)) for n, call in enumerate(shop.ordered(_at(minutes), cart(token)))]


CART = Story(
    "cart",
    [
        (0, arrives(shop.customer_saved(_at(0), PERSON, new=True))),
        (1, arrives(shop.customer_saved(_at(1), OTHER, new=True))),
        (2, arrives(shop.checkout_started(_at(2), cart("first")))),
        (3, arrives(shop.checkout_started(_at(3), cart("second", OTHER)))),
        *_paid(50, "first"),
    ],
    90,
    _reads,
)
BOOKINGS = Story(
    "bookings",
    [
        (0, arrives(shop.booking(_at(0), "BOOKING_CREATED", PERSON, "class-1", _at(300)))),
        (5, arrives(calendly(_at(5), "invitee.created", OTHER, "EV1", _at(160)))),
        (10, arrives(shop.booking(_at(10), "BOOKING_RESCHEDULED", PERSON, "class-2", _at(180), former="class-1"))),
        (15, arrives(calendly(_at(15), "invitee.canceled", OTHER, "EV1", _at(160)))),
    ],
    90,
)
OPT_OUT = Story(
    "opt-out",
    [
        (0, arrives(shop.customer_saved(_at(0), PERSON, new=True))),
        (1, arrives(shop.checkout_started(_at(1), cart("first")))),
        (35, _refuses),
        (36, arrives(shop.checkout_started(_at(36), cart("second")))),
    ],
    75,
    _reads,
)
VERSION = Story(
    "version",
    [(0, arrives(shop.customer_saved(_at(0), PERSON, new=True))), (1, _rewrites), *_paid(3, "a")],
    25,
)
STORIES = {story.name: story for story in (CART, BOOKINGS, OPT_OUT, VERSION)}
