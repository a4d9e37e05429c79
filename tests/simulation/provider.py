"""A mail and text provider: it takes messages or not, says so or not, and reports later, late, twice or never."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from kairos.app.deliver.receivers import Answer
from kairos.channels._plain import Plain
from kairos.domain.errors import Refused, Throttled, Unavailable
from kairos.registry import Delivery, Rate
from tests.simulation.faults import Crash, Faults

PROVIDER_FAULTS = ("crash before", "crash after", "answer lost", "throttled", "refused", "unreachable")


RECEIVER_FAULTS = ("crash before", "crash after", "answer lost", "unreachable", "busy", "gone for good")


class FakeReceiver:
    """A brand's own system behind a webhook. `on_hook` sees the id of every call that reached it."""

    def __init__(self, faults: Faults, on_hook: Callable[[str], None]) -> None:
        self._faults, self._on_hook = faults, on_hook
        faults.declare("receiver", *RECEIVER_FAULTS, rate=0.3)

    def __call__(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Answer, or fail in one of the ways a server can."""
        fault = self._faults.strike("receiver")
        if fault == "crash before":
            raise Crash("receiver")
        if fault == "unreachable":
            raise Unavailable("receiver", "no answer")
        self._on_hook(headers["webhook-id"])
        if fault == "crash after":
            raise Crash("receiver")
        if fault == "answer lost":
            raise Unavailable("receiver", "no answer")
        return Answer({"busy": 503, "gone for good": 410}.get(fault or "", 200), b'{"score": 1}')


@dataclass(frozen=True, slots=True)
class Call:
    """One call of the provider. `accepted` is what is true; `told` what the caller was told."""

    at: datetime
    channel: str
    message: str
    address: str
    marketing: bool
    accepted: bool
    told: str
    unsubscribe_url: str | None = None
    profile: str = ""


@dataclass
class FakeChannel(Plain):
    """A channel whose provider is this file. `on_call` sees every call at its instant."""

    name: str
    address: str
    faults: Faults
    now: Callable[[], datetime]
    on_call: Callable[[Call], None]
    reports_back: bool = True
    parts: Sequence[str] = ("subject", "text", "html")
    required: Sequence[str] = ("text",)
    choices: Mapping[str, Sequence[str]] = field(default_factory=dict)
    rate: Rate = field(default_factory=lambda: Rate(1000.0, None))

    def __post_init__(self) -> None:
        self.faults.declare(f"provider.{self.name}", *PROVIDER_FAULTS, rate=0.08)

    def send(self, delivery: Delivery, client: Any) -> str:
        """Take the message, or fail in one of the ways a provider can."""
        fault = self.faults.strike(f"provider.{self.name}")
        accepted = fault in (None, "crash after", "answer lost")
        self.on_call(
            Call(
                self.now(),
                self.name,
                delivery.message,
                delivery.address,
                delivery.marketing,
                accepted,
                fault or "accepted",
                delivery.unsubscribe_url,
                delivery.tags["kairos_profile"],
            )
        )
        if fault in ("crash before", "crash after"):
            raise Crash(f"provider.{self.name}")
        if fault == "throttled":
            raise Throttled(self.name, "slow down")
        if fault == "refused":
            raise Refused(self.name, "rejected")
        if fault in ("answer lost", "unreachable"):
            raise Unavailable(self.name, "no answer")
        return f"provider-{delivery.message}"
