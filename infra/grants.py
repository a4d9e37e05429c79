"""Who may do what. Nothing else in this package grants a table, a key or a provider, so this file is the answer to
"who can read our customers' addresses": `deliver`, which writes to them, and `preferences`, for whom their own link
names; nobody else that runs by itself.

Three grants are made by the CDK where the resource is: what a stream leaves in `stream-dlq` (`sources.py`), what a rule
leaves in `feedback-dlq` (`mail.py`), and tracing, which Lambda's construct adds to each role.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aws_cdk import Aws, Stack
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs

from infra.archive import OBJECTS, Archive
from infra.environment import announcements_source, connections_prefix
from infra.functions import Functions
from infra.keys import Keys
from infra.queues import Queues
from infra.schedules import Schedules
from infra.stage import Stage
from infra.tables import WAKE_INDEX, Tables

# Write-only on contacts means that a write may not answer with what was there before, either.
ANSWERS_NOTHING = {"StringEqualsIfExists": {"dynamodb:ReturnValues": "NONE"}}


@dataclass(frozen=True, slots=True)
class Grants:
    """The stations, and what each of them needs of the others."""

    functions: Functions
    stage: Stage
    tables: Tables
    queues: Queues
    keys: Keys
    schedules: Schedules
    archive: Archive

    def make(self) -> None:
        """Give each function its permissions."""
        for function in self.functions.values():
            _allow(function, "logs:CreateLogStream", "logs:PutLogEvents", on=function.log_group.log_group_arn)
        self._ingest(self.functions["ingest"])
        self._decide(self.functions["decide"])
        self._dispatch(self.functions["dispatch"])
        self._deliver(self.functions["deliver"])
        self._publish(self.functions["publish"])
        self._sweep(self.functions["sweep"])
        self._sync(self.functions["sync"])
        self._walk(self.functions["walk"])
        self._preferences(self.functions["preferences"])
        self._tally(self.functions["tally"])
        self._learn(self.functions["learn"])

    def _ingest(self, ingest: lambda_.Function) -> None:
        self._take_in(ingest)
        self._use_contacts_key(ingest, "dynamodb", "sqs")
        # What lies ready for a browser is handed out here, and taken away once it was seen.
        _allow(ingest, "dynamodb:GetItem", "dynamodb:PutItem", on=self.tables.board.table_arn)
        # Counts complaints in the ledger's table, and comes at no message in it.
        counters = {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["health#*"]}}
        _allow(ingest, "dynamodb:UpdateItem", on=self.tables.messages.table_arn, conditions=counters | ANSWERS_NOTHING)
        # Writes when each connection was last heard of, and at nothing else in the table of definitions.
        heard = {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["heard"]}}
        _allow(ingest, "dynamodb:UpdateItem", on=self.tables.config.table_arn, conditions=heard | ANSWERS_NOTHING)
        self._send(ingest, self.queues.feedback_dlq)
        self._read_release(ingest)
        _allow(ingest, "lambda:InvokeFunction", on=self.functions["sync"].function_arn)

    def _sync(self, sync: lambda_.Function) -> None:
        self._take_in(sync)
        self._use_contacts_key(sync, "dynamodb")
        _allow(sync, "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query", on=self.tables.config.table_arn)
        self._list_connections(sync)
        # Each renewal of a token of Cafe24's gives a new refresh token and ends the former.
        self._write_connections(sync, "cafe24/*")

    def _take_in(self, function: lambda_.Function) -> None:
        """Let what somebody sent, or what was read of them, become events: the same for both doors."""
        tables = self.tables
        actions = ("dynamodb:BatchGetItem", "dynamodb:PutItem", "dynamodb:UpdateItem")
        _allow(function, *actions, on=tables.identities.table_arn)
        _allow(function, "dynamodb:UpdateItem", on=tables.contacts.table_arn, conditions=ANSWERS_NOTHING)
        _allow(function, "dynamodb:PutItem", on=tables.suppressions.table_arn)
        self._send(function, self.queues.inbox)
        self._read_identity_secret(function)
        self._read_connections(function, "*")
        _allow(function, "firehose:PutRecordBatch", on=self.archive.stream_arn)

    def _decide(self, decide: lambda_.Function) -> None:
        customers = self.tables.customers.table_arn
        _allow(decide, "dynamodb:GetItem", "dynamodb:PutItem", on=customers)
        # The ledger of consents is added to: nobody who writes it may read it, change it or take anything out of it.
        _allow(decide, "dynamodb:PutItem", on=self.tables.consents.table_arn)
        self._read_release(decide)
        self._send(decide, self.queues.parked)
        self._consume(decide, self.queues.inbox, self.queues.walk_inbox)
        _allow(decide, "firehose:PutRecordBatch", on=self.archive.stream_arn)

    def _dispatch(self, dispatch: lambda_.Function) -> None:
        self._follow(dispatch, self.tables.customers)
        queues = self.queues
        outboxes = (queues.outbox_transactional, queues.outbox_marketing, queues.announcements)
        self._send(dispatch, *outboxes, queues.inbox, queues.effects_dlq)
        self._arm(dispatch)

    def _deliver(self, deliver: lambda_.Function) -> None:
        tables, queues = self.tables, self.queues
        _allow(deliver, "dynamodb:GetItem", on=tables.customers.table_arn)
        _allow(deliver, "dynamodb:BatchGetItem", on=tables.contacts.table_arn)
        self._use_contacts_key(deliver, "dynamodb")
        _allow(deliver, "dynamodb:Query", on=tables.suppressions.table_arn)
        _allow(
            deliver,
            "dynamodb:GetItem",
            "dynamodb:PutItem",
            "dynamodb:UpdateItem",
            "dynamodb:DeleteItem",
            on=tables.messages.table_arn,
        )
        _allow(deliver, "dynamodb:GetItem", "dynamodb:PutItem", on=tables.board.table_arn)
        self._read_release(deliver)
        self._read_identity_secret(deliver)
        outboxes = (queues.outbox_transactional, queues.outbox_marketing, queues.announcements)
        self._consume(deliver, *outboxes)
        self._send(deliver, *outboxes, queues.inbox)
        self._read_connections(deliver, "webhook/*")
        self._read_connections(deliver, "kakao/*")
        self._send_email(deliver)
        self._send_sms(deliver)
        self._send_push(deliver)

    def _publish(self, publish: lambda_.Function) -> None:
        _allow(
            publish,
            "dynamodb:GetItem",
            "dynamodb:Query",
            "dynamodb:PutItem",
            "dynamodb:UpdateItem",
            "dynamodb:DeleteItem",
            on=self.tables.config.table_arn,
        )
        self._follow(publish, self.tables.config)
        _allow(publish, "s3:GetObject", "s3:PutObject", on=self.tables.releases.arn_for_objects("*"))
        self._call_walk(publish)
        mapping = f"event-source-mapping:{announcements_source()}"
        source = f"arn:{Aws.PARTITION}:lambda:{Aws.REGION}:{Aws.ACCOUNT_ID}:{mapping}"
        _allow(publish, "lambda:UpdateEventSourceMapping", on=source)

    def _sweep(self, sweep: lambda_.Function) -> None:
        _allow(sweep, "dynamodb:Query", on=f"{self.tables.customers.table_arn}/index/{WAKE_INDEX}")
        _allow(sweep, "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query", on=self.tables.config.table_arn)
        self._send(sweep, self.queues.inbox)
        self._arm(sweep)
        self._pass_on(sweep, self.schedules.walk_role)

    def _walk(self, walk: lambda_.Function) -> None:
        # Reads customers without being told whom, as `learn` does; who they are neither can find out.
        _allow(walk, "dynamodb:Scan", "dynamodb:DescribeTable", on=self.tables.customers.table_arn)
        _allow(walk, "dynamodb:PutItem", on=self.tables.config.table_arn)
        self._read_release(walk)
        self._send(walk, self.queues.walk_inbox)
        self._call_walk(walk)

    def _preferences(self, preferences: lambda_.Function) -> None:
        _allow(preferences, "dynamodb:PutItem", on=self.tables.suppressions.table_arn)
        # Whoever follows a message's link sees their own choices, and may refuse by every address of theirs.
        _allow(preferences, "dynamodb:GetItem", on=self.tables.customers.table_arn)
        _allow(preferences, "dynamodb:BatchGetItem", on=self.tables.contacts.table_arn)
        self._use_contacts_key(preferences, "dynamodb", actions=("kms:Decrypt",))
        self._send(preferences, self.queues.inbox)
        self._read_identity_secret(preferences)
        self._read_release(preferences)

    def _tally(self, tally: lambda_.Function) -> None:
        _allow(tally, "s3:GetObject", on=self.archive.bucket.arn_for_objects(f"{OBJECTS}*"))
        _allow(tally, "dynamodb:Query", "dynamodb:PutItem", "dynamodb:UpdateItem", on=self.tables.insights.table_arn)
        self._consume(tally, self.queues.tally)

    def _learn(self, learn: lambda_.Function) -> None:
        # `publish` judges what it offers, and makes it live or refuses.
        _allow(learn, "dynamodb:Scan", "dynamodb:DescribeTable", on=self.tables.customers.table_arn)
        self._read_release(learn)
        # Says of products, which lie in the ledger's table, what is looked at together, and comes at no message in it.
        products = {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["product#*"]}}
        _allow(learn, "dynamodb:UpdateItem", on=self.tables.messages.table_arn, conditions=products | ANSWERS_NOTHING)
        _allow(learn, "lambda:InvokeFunction", on=self.functions["publish"].function_arn)

    def _read_release(self, function: lambda_.Function) -> None:
        _allow(function, "dynamodb:GetItem", on=self.tables.config.table_arn)
        _allow(function, "s3:GetObject", on=self.tables.releases.arn_for_objects("*"))

    def _read_connections(self, function: lambda_.Function, which: str) -> None:
        parameters = f"arn:{Aws.PARTITION}:ssm:{Aws.REGION}:{Aws.ACCOUNT_ID}:parameter{connections_prefix(self.stage)}"
        _allow(function, "ssm:GetParameter", on=f"{parameters}{which}")

    def _write_connections(self, function: lambda_.Function, which: str) -> None:
        parameters = f"arn:{Aws.PARTITION}:ssm:{Aws.REGION}:{Aws.ACCOUNT_ID}:parameter{connections_prefix(self.stage)}"
        _allow(function, "ssm:PutParameter", on=f"{parameters}{which}")

    def _list_connections(self, function: lambda_.Function) -> None:
        parameters = f"arn:{Aws.PARTITION}:ssm:{Aws.REGION}:{Aws.ACCOUNT_ID}:parameter{connections_prefix(self.stage)}"
        _allow(function, "ssm:GetParametersByPath", on=f"{parameters}*")

    def _read_identity_secret(self, function: lambda_.Function) -> None:
        _allow(function, "secretsmanager:GetSecretValue", on=self.keys.identity.secret_arn)

    def _use_contacts_key(
        self,
        function: lambda_.Function,
        *services: str,
        actions: tuple[str, ...] = ("kms:Decrypt", "kms:GenerateDataKey"),
    ) -> None:
        # The service uses the key in the caller's name, for reads and writes alike, and for nothing outside itself;
        # which of the two a function may do is said by its DynamoDB and SQS actions.
        region = Stack.of(function).region
        _allow(
            function,
            *actions,
            on=self.keys.contacts.key_arn,
            conditions={
                "StringEquals": {"kms:ViaService": [f"{service}.{region}.amazonaws.com" for service in services]}
            },
        )

    def _arm(self, function: lambda_.Function) -> None:
        group = f"arn:{Aws.PARTITION}:scheduler:{Aws.REGION}:{Aws.ACCOUNT_ID}:schedule/{self.stage.prefix}"
        _allow(function, "scheduler:CreateSchedule", on=f"{group}/*")
        self._pass_on(function, self.schedules.role)

    def _call_walk(self, function: lambda_.Function) -> None:
        group = f"arn:{Aws.PARTITION}:scheduler:{Aws.REGION}:{Aws.ACCOUNT_ID}:schedule/{self.stage.prefix}"
        _allow(function, "scheduler:CreateSchedule", on=f"{group}/walk-*")
        self._pass_on(function, self.schedules.walk_role)

    def _pass_on(self, function: lambda_.Function, role: iam.Role) -> None:
        _allow(
            function,
            "iam:PassRole",
            on=role.role_arn,
            conditions={"StringEquals": {"iam:PassedToService": "scheduler.amazonaws.com"}},
        )

    def _follow(self, function: lambda_.Function, table: dynamodb.TableV2) -> None:
        stream = table.table_stream_arn
        assert stream is not None, "a table without a stream cannot be followed"
        _allow(function, "dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator", on=stream)
        _allow(function, "dynamodb:ListStreams", on="*")

    def _send(self, function: lambda_.Function, *queues: sqs.Queue) -> None:
        _allow(function, "sqs:SendMessage", on=[queue.queue_arn for queue in queues])

    def _consume(self, function: lambda_.Function, *queues: sqs.Queue) -> None:
        actions = ("ReceiveMessage", "DeleteMessage", "ChangeMessageVisibility", "GetQueueAttributes")
        _allow(function, *(f"sqs:{action}" for action in actions), on=[queue.queue_arn for queue in queues])

    def _send_email(self, function: lambda_.Function) -> None:
        # Any identity of the account: the sender is named in brand.yaml, not here, and in the SES sandbox the
        # recipient's own identity is checked as well.
        ses = f"arn:{Aws.PARTITION}:ses:{Aws.REGION}:{Aws.ACCOUNT_ID}"
        resources = [f"{ses}:identity/*", f"{ses}:configuration-set/{self.stage.prefix}"]
        _allow(function, "ses:SendEmail", "ses:SendRawEmail", on=resources)

    def _send_sms(self, function: lambda_.Function) -> None:
        # A telephone number has no ARN, so the grant is for everything but what does have one.
        everything_named = f"arn:{Aws.PARTITION}:sns:*:*:*"
        function.add_to_role_policy(iam.PolicyStatement(actions=["sns:Publish"], not_resources=[everything_named]))

    def _send_push(self, function: lambda_.Function) -> None:
        # The applications are called after the stage by `kairos connect push`; one for each push service.
        sns = f"arn:{Aws.PARTITION}:sns:{Aws.REGION}:{Aws.ACCOUNT_ID}"
        _allow(function, "sns:CreatePlatformEndpoint", on=f"{sns}:app/*/{self.stage.prefix}")
        _allow(function, "sns:Publish", "sns:DeleteEndpoint", on=f"{sns}:endpoint/*/{self.stage.prefix}/*")


def _allow(
    function: lambda_.Function, *actions: str, on: str | list[str], conditions: Mapping[str, Any] | None = None
) -> None:
    resources = [on] if isinstance(on, str) else on
    function.add_to_role_policy(
        iam.PolicyStatement(actions=list(actions), resources=resources, conditions=dict(conditions or {}))
    )
