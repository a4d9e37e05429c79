"""A deployment in dictionaries, for commands to act on."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from kairos.app.deliver.receivers import Answer
from kairos.app.http import HttpRequest
from kairos.app.ingest.front import handle
from kairos.app.ingest.ingest import Ingest
from kairos.app.ports import Identifier
from kairos.app.publish.command import run_command
from kairos.app.publish.publish import Publish
from kairos.app.walk.ports import Population
from kairos.app.walk.start import StartWalks
from kairos.channels._solapi import AlimTalk
from kairos.channels.push import Endpoints
from kairos.channels.webhook import Receivers
from kairos.cli.checkup.patient import Patient
from kairos.cli.deployment import Target
from kairos.cli.main import main
from kairos.domain.profile import Profile
from kairos.memory import (
    MemoryArchive,
    MemoryBoard,
    MemoryComplaints,
    MemoryConnections,
    MemoryConsents,
    MemoryContacts,
    MemoryCoupons,
    MemoryCustomers,
    MemoryCustomerScan,
    MemoryDrafts,
    MemoryHeardOf,
    MemoryIdentities,
    MemoryInbox,
    MemoryInsights,
    MemoryLedger,
    MemoryProducts,
    MemoryReceiverStates,
    MemoryReleases,
    MemoryRounds,
    MemorySuppressions,
    MemorySuppressionScan,
    MemorySyncStates,
    MemoryTraces,
    MemoryWalks,
)
from kairos.registry import Channel

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
PROFILE = "a" * 26


class StoppedClock:
    """Clock."""

    def now(self) -> datetime:
        return NOW


class MemorySecrets:
    """Secrets."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], dict[str, Any]] = {}

    def read(self, source: str, connection: str) -> dict[str, Any]:
        return dict(self.kept.get((source, connection), {}))

    def write(self, source: str, connection: str, settings: Mapping[str, Any]) -> None:
        self.kept[source, connection] = dict(settings)

    def names(self) -> list[tuple[str, str]]:
        return sorted(self.kept)


@dataclass
class Provider:
    """What a channel's `send` is given: keeps every request."""

    requests: list[dict[str, Any]] = field(default_factory=list)
    configuration_set: str = ""

    @property
    def client(self) -> Provider:
        return self

    def send_email(self, **request: Any) -> dict[str, str]:
        self.requests.append(request)
        return {"MessageId": "ses-1"}

    def publish(self, **request: Any) -> dict[str, str]:
        self.requests.append(request)
        return {"MessageId": "sns-1"}

    def create_platform_endpoint(self, **request: Any) -> dict[str, str]:
        return {"EndpointArn": f"arn:endpoint/{request['Token']}"}

    def send(self, alim_talk: AlimTalk) -> str:
        self.requests.append({"alim_talk": alim_talk})
        return "solapi-1"

    def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        self.requests.append({"url": url, "body": body.decode()})
        return Answer(200)


def _no_client(service: str) -> Any:
    raise AssertionError(f"nobody asks {service} here")


class MemoryDevices:
    """Devices."""

    def __init__(self) -> None:
        self.applications: dict[str, dict[str, str]] = {}
        self.forgotten: list[str] = []

    def put(self, service: str, attributes: Mapping[str, str]) -> None:
        self.applications[service] = dict(attributes)

    def forget(self, address: str) -> None:
        self.forgotten.append(address)


class MemoryDeployment:
    """Deployment."""

    stage = "test"
    public_url = "https://api.example.com"

    def __init__(self) -> None:
        self.clock = StoppedClock()
        self.drafts = MemoryDrafts()
        self.releases = MemoryReleases()
        self.contacts = MemoryContacts()
        self.customers = MemoryCustomers()
        self.identities = MemoryIdentities()
        self.ledger = MemoryLedger()
        self.suppressions = MemorySuppressions()
        self.suppression_scan = MemorySuppressionScan(self.suppressions)
        self.inbox = MemoryInbox(self.clock)
        self.archive = MemoryArchive()
        self.consents, self.board = MemoryConsents(), MemoryBoard()
        self.traces = MemoryTraces(self.identities, self.contacts, self.ledger, self.board)
        self.pools, self.catalogue = MemoryCoupons(), MemoryProducts()
        self.secrets = MemorySecrets()
        self.devices = MemoryDevices()
        self.complaints = MemoryComplaints()
        self.sync_states = MemorySyncStates()
        self.receiver_states = MemoryReceiverStates()
        self.heard_of = MemoryHeardOf()
        self.dead_letters: Any = None
        self.patient: Any = Patient("local", {}, _no_client, self.clock, lambda: self.releases)
        self.walks = MemoryWalks()
        self.rounds = MemoryRounds(self.clock)
        self.provider = Provider()
        self.insights = MemoryInsights()
        self.waiting = 0
        self.opted_out: list[str] = []
        self.asked_for: list[Target] = []
        self.posted: list[tuple[str, Any, int]] = []

    def read_profile(self, profile: str) -> Profile | None:
        return self.customers.read(profile)

    def find_profile(self, identifiers: Sequence[Identifier]) -> str | None:
        known = self.identities.known
        keys = [(one.kind, one.scope, one.value) for one in identifiers]
        return next((known[key] for key in keys if key in known), None)

    def post(self, path: str, headers: Mapping[str, str], body: bytes) -> tuple[int, bytes]:
        connections = MemoryConnections({(s, c): settings for (s, c), settings in self.secrets.kept.items()})
        ports = (self.identities, self.contacts, self.suppressions, self.inbox, connections, MemoryArchive())
        ingest = Ingest(*ports, country="KR")
        answer = handle(ingest, HttpRequest("POST", path, dict(headers), body, NOW))
        self.posted.append((path, json.loads(body), answer.status))
        return answer.status, answer.body.encode()

    def uncounted(self) -> int:
        return self.waiting

    def command(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        return run_command(Publish(self.drafts, self.releases, StartWalks(self.walks, self.rounds)), request, NOW)

    @property
    def scan(self) -> MemoryCustomerScan:
        return MemoryCustomerScan(self.customers)

    def population(self) -> Population:
        return self.scan.population()

    def opted_out_numbers(self) -> Iterator[str]:
        yield from self.opted_out

    def channel_client(self, channel: Channel) -> Any:
        if channel.name == "push":
            return Endpoints(self.provider, "arn:aws:sns:ap-northeast-2:123456789012:app/{platform}/kairos-test")
        if channel.name == "webhook":
            settings = {"url": "https://desk.example.com", "secrets": ["whsec_" + "SU1Q" * 8]}
            return Receivers(MemoryConnections({("webhook", "desk"): settings}), self.provider.post)
        return self.provider

    def keep(self, profile: Profile, *identifiers: Identifier) -> None:
        self.customers.write(profile, (), None, None)
        self.identities.known |= {(one.kind, one.scope, one.value): profile.id for one in identifiers}


Run = Callable[..., int]


def runner(deployment: MemoryDeployment) -> Run:
    """Return `kairos` as a function that returns its exit code."""

    def connect(target: Target) -> MemoryDeployment:
        deployment.asked_for.append(target)
        return deployment

    def run(*arguments: str | Path) -> int:
        with pytest.raises(SystemExit) as ended:
            main([str(argument) for argument in arguments], connect)
        return int(ended.value.code or 0)

    return run
