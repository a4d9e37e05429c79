"""Every function of a deployment, over ports that may fail in any way `faults.CALL_FAULTS` names."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from kairos.app.deliver.deliver import Deliver
from kairos.app.deliver.gates import Gates
from kairos.app.deliver.outboxes import Outboxes
from kairos.app.deliver.webhooks import Webhooks
from kairos.app.dispatch import Dispatch
from kairos.app.inbox import HandleInbox
from kairos.app.ingest.acquaintances import Acquaintances
from kairos.app.ingest.ingest import Ingest
from kairos.app.preferences.preferences import Preferences
from kairos.app.preferences.unsubscribe import UnsubscribeLinks
from kairos.app.publish.live import LiveRelease
from kairos.app.sweep import Sweep
from tests.simulation.between import RATES, StubbornAlarms
from tests.simulation.faults import FaultyPort
from tests.simulation.provider import FakeChannel, FakeReceiver

if TYPE_CHECKING:
    from tests.simulation.world import World

_SENDERS = ("ingest", "dispatch", "sweep", "preferences", "deliver")


class Keys:
    """One key, for links."""

    current = "1"
    keys: Mapping[str, bytes] = {"1": b"k" * 32}

    def derive(self, purpose: str, key_id: str | None = None) -> bytes:
        return purpose.encode().ljust(32, b"0")


class Stations:
    """The functions of one deployment, each with a clock of its own, freshly started."""

    def __init__(self, world: World) -> None:
        self._world = world

        def faulty(port: Any, place: str, *methods: str) -> Any:
            return FaultyPort(port, place, methods, self._world.faults, RATES)

        releases = faulty(self._world.releases, "releases", "pointer", "bundle")
        inbox = {name: faulty(self._world.inbox, f"{name}>inbox", "put") for name in _SENDERS}
        alarms = StubbornAlarms(self._world.alarms, self._world.faults)
        customers = faulty(self._world.contended, "decide>customers", "read", "write")
        self.ingest = self.container()
        parking = faulty(self._world.parking, "decide>parking", "park")
        archive = self._world.counting.archive
        self.handle = HandleInbox(
            customers, releases, parking, self._world.clocks.started(), archive, self._world.consents
        )
        self.dispatch = Dispatch(
            inbox["dispatch"],
            faulty(self._world.outbox, "dispatch>outbox", "put"),
            faulty(alarms, "dispatch>alarms", "arm"),
            faulty(self._world.effects_parking, "dispatch>parking", "park"),
            self._world.clocks.started(),
        )
        self.sweep = Sweep(
            faulty(self._world.index, "sweep>index", "due"),
            inbox["sweep"],
            faulty(alarms, "sweep>alarms", "arm"),
            faulty(self._world.cursor, "sweep>cursor", "read", "write"),
            self._world.clocks.started(),
        )
        links = UnsubscribeLinks(Keys, "https://example.com")
        self.preferences = Preferences(
            faulty(self._world.suppressions, "preferences>suppressions", "suppress_hashed"),
            inbox["preferences"],
            links,
            lambda: "Harbour",
            self._world.clocks.started(),
        )
        messages = self._deliver(links, releases, inbox["deliver"], faulty)
        calls = self._webhooks(releases, inbox["deliver"], faulty)
        self.deliver = Outboxes(lambda: messages, lambda: calls, _nobody_listens)

    def _deliver(self, links: UnsubscribeLinks, releases: Any, inbox: Any, faulty: Callable[..., Any]) -> Deliver:
        clock = self._world.clocks.started()
        channels: Any = {
            name: FakeChannel(
                name, address, self._world.faults, self._world.clock.now, self._world.feedback.called, name == "email"
            )
            for name, address in (("email", "email"), ("sms", "phone"))
        }
        gates = Gates(
            faulty(self._world.customers, "deliver>customers", "read"),
            faulty(self._world.contacts, "deliver>contacts", "fetch"),
            faulty(self._world.suppressions, "deliver>suppressions", "suppressed"),
            LiveRelease(releases).read,
            channels,
            links,
            self._world.suppressions.hash_address,
            clock,
        )
        return Deliver(
            gates,
            LiveRelease(releases).read,
            faulty(self._world.ledger, "deliver>ledger", "claim", "record", "free"),
            faulty(self._world.tokens, "deliver>tokens", "lease"),
            faulty(self._world.outbox, "deliver>outbox", "put"),
            inbox,
            channels,
            dict.fromkeys(channels),
            clock,
        )

    def _webhooks(self, releases: Any, inbox: Any, faulty: Callable[..., Any]) -> Webhooks:
        return Webhooks(
            faulty(self._world.customers, "deliver>customers", "read"),
            LiveRelease(releases).read,
            self._world.connections,
            faulty(self._world.tokens, "deliver>tokens", "lease"),
            faulty(self._world.outbox, "deliver>outbox", "put"),
            inbox,
            FakeReceiver(self._world.faults, lambda id: self._world.on_hook(id)),
            self._world.clocks.started(),
        )

    def container(self) -> Ingest:
        """Return an `ingest` that has met nobody yet."""

        def faulty(port: Any, name: str, *methods: str) -> Any:
            return FaultyPort(port, f"ingest>{name}", methods, self._world.faults, RATES)

        return Ingest(
            faulty(self._world.identities, "identities", "resolve", "settle"),
            faulty(self._world.contacts, "contacts", "put"),
            faulty(self._world.suppressions, "suppressions", "suppress"),
            faulty(self._world.inbox, "inbox", "put"),
            self._world.connections,
            self._world.counting.archive,
            "KR",
            acquaintances=Acquaintances(),
        )


def _nobody_listens() -> Any:
    raise AssertionError("this brand has no webhooks, so nothing is announced")
