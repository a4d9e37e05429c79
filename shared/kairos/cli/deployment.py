"""One deployment, as commands see it: what they ask of it, wherever it runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from kairos.app.consents import ConsentHistory
from kairos.app.deliver.breaker import Complaints
from kairos.app.deliver.receiver_state import ReceiverStates
from kairos.app.erase import Traces
from kairos.app.export import SuppressionScan
from kairos.app.heard import HeardOf
from kairos.app.offers import Pools
from kairos.app.ports import (
    ArchiveReader,
    Clock,
    ContactReader,
    Drafts,
    Identifier,
    Inbox,
    InsightsReader,
    Releases,
    Suppressions,
)
from kairos.app.products import Catalogue
from kairos.app.redrive import DeadLetters
from kairos.app.sync.state import SyncStates
from kairos.app.walk.ports import CustomerScan, Population
from kairos.domain.profile import Profile
from kairos.registry import Channel

if TYPE_CHECKING:
    from kairos.cli.checkup.patient import Patient


@dataclass(frozen=True, slots=True)
class Target:
    """Which deployment is meant."""

    stage: str
    region: str | None = None
    profile: str | None = None

    @property
    def stack(self) -> str:
        """Return the stack's name."""
        return f"Kairos-{self.stage}"


class Secrets(Protocol):
    """Settings of connections, secrets among them, where the operator may write them."""

    def read(self, source: str, connection: str) -> dict[str, Any]:
        """Return the settings, empty where there are none."""

    def write(self, source: str, connection: str, settings: Mapping[str, Any]) -> None:
        """Keep the settings, encrypted."""

    def names(self) -> list[tuple[str, str]]:
        """Return (source, connection) of all that are configured."""


class Devices(Protocol):
    """What the push services know: an application for each, and an endpoint for each phone."""

    def put(self, service: str, attributes: Mapping[str, str]) -> None:
        """Make the application of a push service ("apns", "fcm" …), or give it new credentials."""

    def forget(self, address: str) -> None:
        """Delete the endpoint of a device; what is not there is no mistake."""


class Deployment(Protocol):
    """What commands need of a deployment. `clock` tells the time there: a local cloud has its own."""

    @property
    def stage(self) -> str: ...
    @property
    def public_url(self) -> str: ...
    @property
    def clock(self) -> Clock: ...
    @property
    def drafts(self) -> Drafts: ...
    @property
    def releases(self) -> Releases: ...
    @property
    def contacts(self) -> ContactReader: ...
    @property
    def secrets(self) -> Secrets: ...
    @property
    def traces(self) -> Traces:
        """Return what is kept of people beside their profile."""

    @property
    def pools(self) -> Pools: ...
    @property
    def catalogue(self) -> Catalogue: ...
    @property
    def suppressions(self) -> Suppressions: ...
    @property
    def suppression_scan(self) -> SuppressionScan: ...
    @property
    def devices(self) -> Devices: ...
    @property
    def complaints(self) -> Complaints: ...
    @property
    def consents(self) -> ConsentHistory: ...
    @property
    def inbox(self) -> Inbox: ...
    @property
    def insights(self) -> InsightsReader: ...
    @property
    def archive(self) -> ArchiveReader:
        """Return what was decided, as it was archived."""

    @property
    def sync_states(self) -> SyncStates: ...
    @property
    def receiver_states(self) -> ReceiverStates: ...
    @property
    def heard_of(self) -> HeardOf: ...
    @property
    def dead_letters(self) -> DeadLetters: ...
    @property
    def patient(self) -> Patient:
        """Return it as `kairos doctor` sees it."""

    @property
    def scan(self) -> CustomerScan:
        """Return all customers, to be read in segments."""

    def population(self) -> Population:
        """Return how many profiles there are, and how large."""

    def read_profile(self, profile: str) -> Profile | None:
        """Return the profile as `decide` last wrote it."""

    def find_profile(self, identifiers: Sequence[Identifier]) -> str | None:
        """Return whom the best known identifier leads to."""

    def uncounted(self) -> int:
        """Return how many objects of the archive wait to be counted, about."""

    def post(self, path: str, headers: Mapping[str, str], body: bytes) -> tuple[int, bytes]:
        """Send a request to the HTTP API and return status and body. Raises Unavailable where nobody answers."""

    def command(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        """Hand a request to the publish function and return its answer."""

    def channel_client(self, channel: Channel) -> Any:
        """Return what the channel's `send` is given, outside of all feedback."""

    def opted_out_numbers(self) -> Iterator[str]:
        """Yield the phone numbers that SNS sends nothing to because their owners answered STOP."""
