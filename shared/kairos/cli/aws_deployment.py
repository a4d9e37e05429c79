"""A deployment in AWS, or on the local server: each part made of its stack's outputs when it is first asked for.

It brings all adapters along, so it is imported where a deployment is really meant.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property, partial
from typing import Any

from kairos.app.ports import Clock, Identifier
from kairos.app.walk.ports import Population
from kairos.aws.archive import S3ArchiveReader
from kairos.aws.complaints import DynamoComplaints
from kairos.aws.consents import DynamoConsents
from kairos.aws.contacts import DynamoContactReader
from kairos.aws.coupons import DynamoPools
from kairos.aws.customer_scan import DynamoCustomerScan
from kairos.aws.customers import DynamoCustomers
from kairos.aws.dead_letters import SqsDeadLetters
from kairos.aws.drafts import DynamoDrafts
from kairos.aws.heard_of import DynamoHeardOf
from kairos.aws.identities import DynamoIdentities
from kairos.aws.inbox import SqsInbox
from kairos.aws.insights import DynamoInsights
from kairos.aws.products import DynamoProducts
from kairos.aws.receiver_states import DynamoReceiverStates
from kairos.aws.releases import AwsReleases
from kairos.aws.secret import IdentitySecret
from kairos.aws.suppression_scan import DynamoSuppressionScan
from kairos.aws.suppressions import DynamoSuppressions
from kairos.aws.sync_states import DynamoSyncStates
from kairos.aws.traces import DynamoTraces
from kairos.channels._fetch import HttpsFetch
from kairos.channels.push import Endpoints
from kairos.cli.channel_clients import connected_client, uncounted_mail
from kairos.cli.checkup.dns import text_records
from kairos.cli.checkup.patient import Patient
from kairos.cli.devices import SnsDevices
from kairos.cli.failure import NotDeployed
from kairos.cli.http_api import post_to
from kairos.cli.opted_out import opted_out_numbers
from kairos.cli.parameters import SsmSecrets
from kairos.clock import SystemClock
from kairos.domain.profile import Profile
from kairos.registry import Channel

INVOKE_SECONDS = 120


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
        return SystemClock()

    @cached_property
    def drafts(self) -> DynamoDrafts:
        """Return the drafts in the config table."""
        return DynamoDrafts(self._client("dynamodb"), self._output("ConfigTable"))

    @cached_property
    def releases(self) -> AwsReleases:
        """Return what is live, and was."""
        table, bucket = self._output("ConfigTable"), self._output("ReleasesBucket")
        return AwsReleases(self._client("dynamodb"), self._client("s3"), table, bucket)

    @cached_property
    def contacts(self) -> DynamoContactReader:
        """Return the reading side of contacts."""
        return DynamoContactReader(self._client("dynamodb"), self._output("ContactsTable"))

    @cached_property
    def secrets(self) -> SsmSecrets:
        """Return the connections' settings."""
        return SsmSecrets(self._client("ssm"), self._output("ConnectionsPrefix"))

    @cached_property
    def catalogue(self) -> DynamoProducts:
        """Return what templates know of products."""
        return DynamoProducts(self._client("dynamodb"), self._output("MessagesTable"), self.clock)

    @cached_property
    def pools(self) -> DynamoPools:
        """Return the pools of coupon codes."""
        return DynamoPools(self._client("dynamodb"), self._output("MessagesTable"))

    @cached_property
    def traces(self) -> DynamoTraces:
        """Return what is kept of people in the tables that no function may list."""
        tables = (self._output(name) for name in ("IdentitiesTable", "ContactsTable", "MessagesTable", "BoardTable"))
        return DynamoTraces(self._client("dynamodb"), *tables)

    @cached_property
    def suppressions(self) -> DynamoSuppressions:
        """Return the stops, by the keys in force."""
        return DynamoSuppressions(self._client("dynamodb"), self._output("SuppressionsTable"), self._keys)

    @cached_property
    def complaints(self) -> DynamoComplaints:
        """Return how advertising is taken, and whether it was stopped."""
        return DynamoComplaints(self._client("dynamodb"), self._output("MessagesTable"))

    @cached_property
    def suppression_scan(self) -> DynamoSuppressionScan:
        """Return all stops."""
        return DynamoSuppressionScan(self._client("dynamodb"), self._output("SuppressionsTable"))

    @cached_property
    def consents(self) -> DynamoConsents:
        """Return the ledger of consents."""
        return DynamoConsents(self._client("dynamodb"), self._output("ConsentsTable"))

    @cached_property
    def inbox(self) -> SqsInbox:
        """Return the inbox of all profiles."""
        return SqsInbox(self._client("sqs"), self._output("InboxUrl"), self.clock)

    @cached_property
    def _keys(self) -> IdentitySecret:
        return IdentitySecret(self._client("secretsmanager"), self._output("IdentitySecretArn"), self.clock)

    @cached_property
    def sync_states(self) -> DynamoSyncStates:
        """Return how the reading of connections goes."""
        return DynamoSyncStates(self._client("dynamodb"), self._output("ConfigTable"))

    @cached_property
    def receiver_states(self) -> DynamoReceiverStates:
        """Return how systems of the brand's own take what is announced to them."""
        return DynamoReceiverStates(self._client("dynamodb"), self._output("MessagesTable"))

    @cached_property
    def heard_of(self) -> DynamoHeardOf:
        """Return when connections were last heard of."""
        return DynamoHeardOf(self._client("dynamodb"), self._output("ConfigTable"))

    @cached_property
    def dead_letters(self) -> SqsDeadLetters:
        """Return what could not be done."""
        urls = (
            self._output(f"{name}Url") for name in ("Inbox", "OutboxTransactional", "OutboxMarketing", "Announcements")
        )
        return SqsDeadLetters(self._client, self._output("ScheduleGroup"), *urls)

    @cached_property
    def patient(self) -> Patient:
        """Return what checks ask."""
        ask_dns = partial(text_records, fetch=HttpsFetch())
        return Patient(self.stage, self._outputs, self._client, self.clock, lambda: self.releases, ask_dns)

    @cached_property
    def scan(self) -> DynamoCustomerScan:
        """Return the scan of the table."""
        return DynamoCustomerScan(self._client("dynamodb"), self._output("CustomersTable"))

    def population(self) -> Population:
        """Return what the table tells of itself."""
        return self.scan.population()

    @cached_property
    def insights(self) -> DynamoInsights:
        """Return what was counted."""
        return DynamoInsights(self._client("dynamodb"), self._output("InsightsTable"))

    @cached_property
    def archive(self) -> S3ArchiveReader:
        """Return the bucket behind Firehose."""
        return S3ArchiveReader(self._client("s3"), self._output("ArchiveBucket"))

    def uncounted(self) -> int:
        """Return how many notices of new objects lie in tally's queue, or are being worked on."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        url = self._output("TallyUrl")
        answer = self._client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=names)
        return sum(int(answer["Attributes"][name]) for name in names)

    def read_profile(self, profile: str) -> Profile | None:
        """Return the profile, strongly consistent."""
        return DynamoCustomers(self._client("dynamodb"), self._output("CustomersTable")).read(profile)

    def find_profile(self, identifiers: Sequence[Identifier]) -> str | None:
        """Look identifiers up by their keyed hashes; nothing is made."""
        table = self._output("IdentitiesTable")
        return DynamoIdentities(self._client("dynamodb"), table, self._keys).find(identifiers)

    def post(self, path: str, headers: Mapping[str, str], body: bytes) -> tuple[int, bytes]:
        """Post to the public URL, as any sender does."""
        return post_to(self.public_url, path, headers, body)

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
        return uncounted_mail(client) if channel.name == "email" else client

    @cached_property
    def devices(self) -> SnsDevices:
        """Return what SNS knows of apps and the phones they are on."""
        return SnsDevices(self._endpoints(self._client("sns")))

    def _endpoints(self, client: Any) -> Endpoints:
        return Endpoints(client, self._output("PushApplications"))

    def opted_out_numbers(self) -> Iterator[str]:
        """Yield the account's list in this Region."""
        return opted_out_numbers(self._client("sns"))

    def _output(self, name: str) -> str:
        if name not in self._outputs:
            raise NotDeployed(f"the stack Kairos-{self.stage} has no output {name}: deploy this version of Kairos")
        return self._outputs[name]
