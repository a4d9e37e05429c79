"""One customer with one message asked for, over dictionaries, and a provider that does as it is told."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from kairos.app.deliver.deliver import Deliver
from kairos.app.deliver.gates import Gates
from kairos.app.deliver.links import CountedLinks
from kairos.app.deliver.outcome import Delivered, Request
from kairos.app.ports import OutboxMessage, Pointer
from kairos.app.preferences.coupon import CouponLinks
from kairos.app.preferences.tracked import TrackedLinks
from kairos.app.preferences.unsubscribe import UnsubscribeLinks
from kairos.app.publish.live import EMPTY_BUNDLE, LiveRelease
from kairos.channels._plain import Plain
from kairos.domain.event import Event
from kairos.domain.profile import Consent, Enrollment, Message, Profile
from kairos.memory import (
    MemoryClock,
    MemoryContacts,
    MemoryCoupons,
    MemoryCustomers,
    MemoryInbox,
    MemoryLedger,
    MemoryOutbox,
    MemoryProducts,
    MemoryReleases,
    MemorySendTokens,
    MemorySuppressions,
)
from kairos.registry import Delivery, Rate
from tests.app.preferences.test_unsubscribe import OLD

NOON = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)  # 12:00 in Seoul
ADDRESS = "ann@example.com"
BRAND: dict[str, Any] = {
    "name": "봄날 상점",
    "timezone": "Asia/Seoul",
    "country": "KR",
    "sender": {"name": "봄날 상점", "email": "hello@example.com", "contact": "02-000-0000"},
    "policies": [],
    "quiet_hours": {"email": "21:00-08:00"},
}
TEMPLATES: dict[str, Any] = {"hello": {"email": {"subject": "Hi {{ first_name }}", "text": "{{ event.total }} won"}}}

Answer = Exception | BaseException | str | Callable[[Delivery], str]


class Crash(BaseException):
    """The function is killed."""


class FakeChannel(Plain):
    """E-mail to nowhere: remembers what it was given and answers from `answers`, then always "ok-n"."""

    name = "email"
    address = "email"
    parts: Sequence[str] = ("subject", "preheader", "text", "html")
    required: Sequence[str] = ("subject",)
    reports_back = True
    rate = Rate(100)
    service = "sesv2"

    def __init__(self) -> None:
        self.taken: list[Delivery] = []
        self.answers: list[Answer] = []

    def send(self, delivery: Delivery, client: Any) -> str:
        answer = self.answers.pop(0) if self.answers else f"ok-{len(self.taken) + 1}"
        if callable(answer):
            return answer(delivery)
        self.taken.append(delivery)
        if isinstance(answer, BaseException):
            raise answer
        return answer

    def refusing(self, error: Exception) -> None:
        """Answer the next call by `error`, having taken nothing."""

        def refuse(delivery: Delivery) -> str:
            raise error

        self.answers.append(refuse)


class Tap:
    """Stands before a port and runs `on(port, method, "before" | "after")` around each call."""

    def __init__(self, name: str, port: Any, on: Callable[[str, str, str], None]) -> None:
        self._name, self._port, self._on = name, port, on

    def __getattr__(self, method: str) -> Any:
        called = getattr(self._port, method)

        def call(*args: Any, **kwargs: Any) -> Any:
            self._on(self._name, method, "before")
            result = called(*args, **kwargs)
            self._on(self._name, method, "after")
            return result

        return call


class World:
    """Everything that deliver touches."""

    def __init__(self, *, marketing: bool = True, brand: Mapping[str, Any] | None = None) -> None:
        self.clock = MemoryClock(NOON)
        self.customers = MemoryCustomers()
        self.contacts = MemoryContacts()
        self.suppressions = MemorySuppressions()
        self.ledger = MemoryLedger()
        self.coupons, self.products = MemoryCoupons(), MemoryProducts()
        self.tokens = MemorySendTokens()
        self.outbox = MemoryOutbox(self.clock)
        self.inbox = MemoryInbox(self.clock)
        self.releases = MemoryReleases()
        self.channel = FakeChannel()
        self.clients: dict[str, Any] = {"email": None}
        self.on: Callable[[str, str, str], None] = lambda port, method, when: None
        self.publish({**BRAND, **(brand or {})})
        self.customer = profile(marketing=marketing)
        self.save()
        self.contacts.put("p1", "profile", {"email": ADDRESS, "first_name": "Ann"}, NOON)
        self.request = OutboxMessage("p1", "m1", "email", marketing, 1, "corr-1")
        self.deliver = self.build()

    def publish(self, brand: Mapping[str, Any], templates: Mapping[str, Any] = TEMPLATES) -> None:
        """Make a release live."""
        old = self.releases.pointer()
        release = self.releases.put_bundle({**EMPTY_BUNDLE, "brand": brand, "templates": templates})
        self.releases.point(Pointer(release), old)

    def point(self, **changes: Any) -> None:
        """Pause a journey, or stop everything."""
        old = self.releases.pointer()
        assert old is not None
        self.releases.point(replace(old, **changes), old)

    def save(self) -> None:
        """Store the customer as `decide` would."""
        stored = self.customers.read(self.customer.id)
        self.customer.version = stored.version if stored else 0
        self.customers.write(self.customer, (), None, None)

    def build(self) -> Deliver:
        """Return the use case as a fresh container would hold it."""
        ports = {
            name: Tap(name, getattr(self, name), lambda *call: self.on(*call))
            for name in ("customers", "contacts", "suppressions", "ledger", "tokens", "outbox", "inbox", "releases")
        }
        live = LiveRelease(ports["releases"])
        channels = {"email": Tap("provider", self.channel, lambda *call: self.on(*call))}
        tapped = _ChannelTap(self.channel, channels["email"])
        gates = Gates(
            ports["customers"],
            ports["contacts"],
            ports["suppressions"],
            live.read,
            {"email": tapped},
            UnsubscribeLinks(lambda: OLD, "https://api.example.com"),
            self.suppressions.hash_address,
            self.clock,
            self.coupons,
            self.products,
            CountedLinks(TrackedLinks(lambda: OLD, "https://api.example.com")),
            CouponLinks(lambda: OLD, "https://api.example.com"),
        )
        return Deliver(
            gates,
            live.read,
            ports["ledger"],
            ports["tokens"],
            ports["outbox"],
            ports["inbox"],
            {"email": tapped},
            self.clients,
            self.clock,
        )

    def run(self, *requests: OutboxMessage, until: datetime | None = None) -> list[Delivered]:
        """Deliver one batch; without arguments the customer's own request."""
        batch = [Request(f"receipt-{n}", request) for n, request in enumerate(requests or (self.request,))]
        return self.deliver.handle(batch, until)

    def reports(self) -> list[Event]:
        """Return what the journeys were told."""
        return [event for message in self.inbox.waiting() for event in message.events]

    def told(self) -> list[tuple[str, Any]]:
        """Return the names of the reports, each with its reason."""
        return [(event.name, event.properties.get("reason")) for event in self.reports()]

    def queued(self) -> list[tuple[float, OutboxMessage]]:
        """Return (delay in seconds, request) of all that is in the outboxes."""
        rows = [*self.outbox.transactional, *self.outbox.marketing]
        return [((at - self.clock.now()).total_seconds(), message) for at, message in rows]


class _ChannelTap(Plain):
    """The channel with its `send` tapped and its data as it is."""

    def __init__(self, channel: FakeChannel, tap: Tap) -> None:
        self.name, self.address, self.parts, self.required = (
            channel.name,
            channel.address,
            channel.parts,
            channel.required,
        )
        self.choices, self.repeatable = channel.choices, channel.repeatable
        self.reports_back, self.rate, self.grants = channel.reports_back, channel.rate, channel.grants
        self.service, self.client_config = channel.service, channel.client_config
        self._tap = tap

    def send(self, delivery: Delivery, client: Any) -> str:
        provider_id: str = self._tap.send(delivery, client)
        return provider_id


def profile(id: str = "p1", *, marketing: bool = True, message: str = "m1") -> Profile:
    """Return a customer whose cart journey has asked for one e-mail."""
    made = Profile(id, NOON - timedelta(days=9))
    made.enrollments["e1"] = Enrollment("e1", "cart", 1, "cart-7", NOON, NOON, properties={"total": 9000})
    made.consents["email", "marketing"] = Consent(True, NOON - timedelta(days=9))
    made.messages[message] = Message(
        id=message,
        enrollment="e1",
        journey="cart",
        version=1,
        step="hello",
        subject="cart-7",
        template="hello",
        channel="email",
        marketing=marketing,
        due=NOON,
        expires_at=NOON + timedelta(hours=24),
        state="asked",
        asks=1,
        correlation="corr-1",
    )
    return made
