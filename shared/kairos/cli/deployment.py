"""One deployment, seen from the command line: found by its stack's outputs, or on the local server.

With AWS_ENDPOINT_URL set (as `kairos local` prints it), botocore sends every call there.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
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
from kairos.cli.failure import NotDeployed
from kairos.domain.errors import Unavailable, UnknownConnection
from kairos.domain.profile import Profile
from kairos.registry import Channel

if TYPE_CHECKING:
    from kairos.aws.secret import IdentitySecret
    from kairos.channels.push import Endpoints
    from kairos.cli.checkup.patient import Patient

INVOKE_SECONDS = 120
POST_SECONDS = 35
"""Longer than API Gateway lets anybody wait."""


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


def find_deployment(target: Target) -> AwsDeployment:
    """Return the deployment of a stage. Raises NotDeployed, and botocore's errors."""
    from botocore.exceptions import ClientError

    clients = _clients(target)
    try:
        answer = clients.get("cloudformation").describe_stacks(StackName=target.stack)
    except ClientError as error:
        if error.response["Error"]["Code"] != "ValidationError":
            raise
        hint = f"deploy it with `make deploy STAGE={target.stage}`, or name another --stage, --region or --profile"
        raise NotDeployed(f"there is no stack {target.stack} here: {hint}") from error
    outputs = {row["OutputKey"]: row["OutputValue"] for row in answer["Stacks"][0].get("Outputs", ())}
    return AwsDeployment(target.stage, outputs, clients.get)


def _clients(target: Target) -> Any:
    from botocore.session import Session

    from kairos.aws.clients import Clients

    session = Session(profile=target.profile)
    if target.region:
        session.set_config_variable("region", target.region)
    return Clients(session)


class AwsDeployment:
    """A deployment in AWS. `client(service, **config)` makes or returns a botocore client."""

    def __init__(self, stage: str, outputs: Mapping[str, str], client: Callable[..., Any]) -> None:
        self.stage = stage
        self._outputs = outputs
        self._client = client

    @property
    def public_url(self) -> str:
        """Return where the HTTP API answers."""
        return self._output("PublicUrl").rstrip("/")

    @cached_property
    def clock(self) -> Clock:
        """Return this machine's clock."""
        from kairos.clock import SystemClock

        return SystemClock()

    @cached_property
    def drafts(self) -> Drafts:
        """Return the drafts in the config table."""
        from kairos.aws.drafts import DynamoDrafts

        return DynamoDrafts(self._client("dynamodb"), self._output("ConfigTable"))

    @cached_property
    def releases(self) -> Releases:
        """Return what is live, and was."""
        from kairos.aws.releases import AwsReleases

        table, bucket = self._output("ConfigTable"), self._output("ReleasesBucket")
        return AwsReleases(self._client("dynamodb"), self._client("s3"), table, bucket)

    @cached_property
    def contacts(self) -> ContactReader:
        """Return the reading side of contacts."""
        from kairos.aws.contacts import DynamoContactReader

        return DynamoContactReader(self._client("dynamodb"), self._output("ContactsTable"))

    @cached_property
    def secrets(self) -> Secrets:
        """Return the connections' settings."""
        from kairos.cli.parameters import SsmSecrets

        return SsmSecrets(self._client("ssm"), self._output("ConnectionsPrefix"))

    @cached_property
    def catalogue(self) -> Catalogue:
        """Return what templates know of products."""
        from kairos.aws.products import DynamoProducts

        return DynamoProducts(self._client("dynamodb"), self._output("MessagesTable"), self.clock)

    @cached_property
    def pools(self) -> Pools:
        """Return the pools of coupon codes."""
        from kairos.aws.coupons import DynamoPools

        return DynamoPools(self._client("dynamodb"), self._output("MessagesTable"))

    @cached_property
    def traces(self) -> Traces:
        """Return what is kept of people in the tables that no function may list."""
        from kairos.aws.traces import DynamoTraces

        tables = (self._output(name) for name in ("IdentitiesTable", "ContactsTable", "MessagesTable", "BoardTable"))
        return DynamoTraces(self._client("dynamodb"), *tables)

    @cached_property
    def suppressions(self) -> Suppressions:
        """Return the stops, by the keys in force."""
        from kairos.aws.suppressions import DynamoSuppressions

        return DynamoSuppressions(self._client("dynamodb"), self._output("SuppressionsTable"), self._keys)

    @cached_property
    def complaints(self) -> Complaints:
        """Return how advertising is taken, and whether it was stopped."""
        from kairos.aws.complaints import DynamoComplaints

        return DynamoComplaints(self._client("dynamodb"), self._output("MessagesTable"))

    @cached_property
    def suppression_scan(self) -> SuppressionScan:
        """Return all stops."""
        from kairos.aws.suppression_scan import DynamoSuppressionScan

        return DynamoSuppressionScan(self._client("dynamodb"), self._output("SuppressionsTable"))

    @cached_property
    def consents(self) -> ConsentHistory:
        """Return the ledger of consents."""
        from kairos.aws.consents import DynamoConsents

        return DynamoConsents(self._client("dynamodb"), self._output("ConsentsTable"))

    @cached_property
    def inbox(self) -> Inbox:
        """Return the inbox of all profiles."""
        from kairos.aws.inbox import SqsInbox

        return SqsInbox(self._client("sqs"), self._output("InboxUrl"), self.clock)

    @cached_property
    def _keys(self) -> IdentitySecret:
        from kairos.aws.secret import IdentitySecret

        return IdentitySecret(self._client("secretsmanager"), self._output("IdentitySecretArn"), self.clock)

    @cached_property
    def sync_states(self) -> SyncStates:
        """Return how the reading of connections goes."""
        from kairos.aws.sync_states import DynamoSyncStates

        return DynamoSyncStates(self._client("dynamodb"), self._output("ConfigTable"))

    @cached_property
    def receiver_states(self) -> ReceiverStates:
        """Return how systems of the brand's own take what is announced to them."""
        from kairos.aws.receiver_states import DynamoReceiverStates

        return DynamoReceiverStates(self._client("dynamodb"), self._output("MessagesTable"))

    @cached_property
    def heard_of(self) -> HeardOf:
        """Return when connections were last heard of."""
        from kairos.aws.heard_of import DynamoHeardOf

        return DynamoHeardOf(self._client("dynamodb"), self._output("ConfigTable"))

    @cached_property
    def dead_letters(self) -> DeadLetters:
        """Return what could not be done."""
        from kairos.aws.dead_letters import SqsDeadLetters

        urls = (
            self._output(f"{name}Url") for name in ("Inbox", "OutboxTransactional", "OutboxMarketing", "Announcements")
        )
        return SqsDeadLetters(self._client, self._output("ScheduleGroup"), *urls)

    @cached_property
    def patient(self) -> Patient:
        """Return what checks ask."""
        from functools import partial

        from kairos.channels._fetch import HttpsFetch
        from kairos.cli.checkup.dns import text_records
        from kairos.cli.checkup.patient import Patient

        ask_dns = partial(text_records, fetch=HttpsFetch())
        return Patient(self.stage, self._outputs, self._client, self.clock, lambda: self.releases, ask_dns)

    @cached_property
    def scan(self) -> CustomerScan:
        """Return the scan of the table."""
        from kairos.aws.customer_scan import DynamoCustomerScan

        return DynamoCustomerScan(self._client("dynamodb"), self._output("CustomersTable"))

    def population(self) -> Population:
        """Return what the table tells of itself."""
        return self.scan.population()

    @cached_property
    def insights(self) -> InsightsReader:
        """Return what was counted."""
        from kairos.aws.insights import DynamoInsights

        return DynamoInsights(self._client("dynamodb"), self._output("InsightsTable"))

    @cached_property
    def archive(self) -> ArchiveReader:
        """Return the bucket behind Firehose."""
        from kairos.aws.archive import S3ArchiveReader

        return S3ArchiveReader(self._client("s3"), self._output("ArchiveBucket"))

    def uncounted(self) -> int:
        """Return how many notices of new objects lie in tally's queue, or are being worked on."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        url = self._output("TallyUrl")
        answer = self._client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=names)
        return sum(int(answer["Attributes"][name]) for name in names)

    def read_profile(self, profile: str) -> Profile | None:
        """Return the profile, strongly consistent."""
        from kairos.aws.customers import DynamoCustomers

        return DynamoCustomers(self._client("dynamodb"), self._output("CustomersTable")).read(profile)

    def find_profile(self, identifiers: Sequence[Identifier]) -> str | None:
        """Look identifiers up by their keyed hashes; nothing is made."""
        from kairos.aws.identities import DynamoIdentities

        table = self._output("IdentitiesTable")
        return DynamoIdentities(self._client("dynamodb"), table, self._keys).find(identifiers)

    def post(self, path: str, headers: Mapping[str, str], body: bytes) -> tuple[int, bytes]:
        """Post to the public URL, as any sender does: this needs no credentials of AWS."""
        from http.client import HTTPConnection, HTTPException, HTTPSConnection
        from urllib.parse import urlsplit

        url = urlsplit(self.public_url)
        kind = HTTPConnection if url.scheme == "http" else HTTPSConnection
        connection = kind(url.netloc, timeout=POST_SECONDS)
        try:
            connection.request("POST", url.path + path, body, dict(headers))
            answer = connection.getresponse()
            return answer.status, answer.read()
        except (OSError, HTTPException) as error:
            raise Unavailable("HTTP API", type(error).__name__) from error
        finally:
            connection.close()

    def command(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        """Invoke the publish function and wait for its answer. Raises NotDeployed when it fails."""
        client = self._client("lambda", read_timeout=INVOKE_SECONDS)
        answer = client.invoke(FunctionName=self._output("PublishFunction"), Payload=json.dumps(request).encode())
        payload: Mapping[str, Any] = json.loads(answer["Payload"].read() or b"{}")
        if answer.get("FunctionError"):
            raise NotDeployed(
                f"the publish function failed ({payload.get('errorType')}): {payload.get('errorMessage')}"
            )
        return payload

    def channel_client(self, channel: Channel) -> Any:
        """Return the provider's client; e-mail without the configuration set, so that no event of it comes back."""
        client = self._client(channel.service, **channel.client_config) if channel.service else None
        if channel.name == "push":
            return self._endpoints(client)
        if channel.name in ("kakao", "webhook"):
            return connected_client(channel.name, self.secrets)
        if channel.name != "email":
            return client
        from kairos.channels.email import Ses

        return Ses(_Uncounted(client), "")

    @cached_property
    def devices(self) -> Devices:
        """Return what SNS knows of apps and the phones they are on."""
        from kairos.cli.devices import SnsDevices

        return SnsDevices(self._endpoints(self._client("sns")))

    def _endpoints(self, client: Any) -> Endpoints:
        from kairos.channels.push import Endpoints

        return Endpoints(client, self._output("PushApplications"))

    def opted_out_numbers(self) -> Iterator[str]:
        """Yield the account's list in this Region, a hundred a call (SNS `ListPhoneNumbersOptedOut`)."""
        request: dict[str, str] = {}
        while True:
            page = self._client("sns").list_phone_numbers_opted_out(**request)
            yield from page.get("phoneNumbers", ())
            if not page.get("nextToken"):
                return
            request = {"nextToken": page["nextToken"]}

    def _output(self, name: str) -> str:
        if name not in self._outputs:
            raise NotDeployed(f"the stack Kairos-{self.stage} has no output {name}: deploy this version of Kairos")
        return self._outputs[name]


def connected_client(channel: str, secrets: Secrets) -> Any:
    """Return the client of a channel that speaks to somebody else's server, by what `kairos connect` kept."""
    from kairos.channels._https import HttpsPost
    from kairos.channels._solapi import Solapi
    from kairos.channels.webhook import Receivers

    post = HttpsPost()
    return Solapi(_Kept(secrets), post) if channel == "kakao" else Receivers(_Kept(secrets), post)


class _Kept:
    """Connections, as an operator reads them."""

    def __init__(self, secrets: Secrets) -> None:
        self._secrets = secrets

    def settings(self, source: str, connection: str) -> Mapping[str, Any]:
        if not (settings := self._secrets.read(source, connection)):
            raise UnknownConnection(source, connection)
        return settings


class _Uncounted:
    """SES without the configuration set whose events come back as facts about customers."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def send_email(self, **request: Any) -> Any:
        request.pop("ConfigurationSetName", None)
        return self._client.send_email(**request)
