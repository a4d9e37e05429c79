"""The stack: each group of stations made once, in the order in which they need each other."""

from typing import Any

from aws_cdk import CfnElement, CfnOutput, Stack
from constructs import Construct

from infra.alarms import make_alarms
from infra.api import add_routes, make_api
from infra.archive import make_archive
from infra.dashboard import make_dashboard
from infra.environment import environment
from infra.functions import make_functions
from infra.grants import Grants
from infra.keys import make_keys
from infra.link_domain import make_link_domain, public_url
from infra.mail import make_mail, return_feedback
from infra.queues import make_queues
from infra.schedules import learn_daily, make_schedules, renew_daily, sweep_regularly, sync_regularly
from infra.sources import connect
from infra.stage import Options, Stage
from infra.tables import make_tables

# The names whose values the `kairos` command needs; each is an output in CamelCase.
OUTPUTS = (
    "CUSTOMERS_TABLE",
    "IDENTITIES_TABLE",
    "CONTACTS_TABLE",
    "SUPPRESSIONS_TABLE",
    "MESSAGES_TABLE",
    "CONFIG_TABLE",
    "RELEASES_BUCKET",
    "ARCHIVE_BUCKET",
    "INSIGHTS_TABLE",
    "BOARD_TABLE",
    "CONSENTS_TABLE",
    "TALLY_URL",
    "INBOX_URL",
    "WALK_INBOX_URL",
    "PARKED_URL",
    "OUTBOX_TRANSACTIONAL_URL",
    "OUTBOX_MARKETING_URL",
    "ANNOUNCEMENTS_URL",
    "EFFECTS_DLQ_URL",
    "SCHEDULE_GROUP",
    "SCHEDULE_ROLE_ARN",
    "SCHEDULE_DLQ_ARN",
    "WALK_ARN",
    "WALK_ROLE_ARN",
    "INBOX_ARN",
    "IDENTITY_SECRET_ARN",
    "CONNECTIONS_PREFIX",
    "CONFIGURATION_SET",
    "PUSH_APPLICATIONS",
    "PUBLIC_URL",
)


class KairosStack(Stack):
    """One deployment of Kairos: one brand, one stage."""

    def __init__(self, scope: Construct, stage: Stage, options: Options, **kwargs: Any) -> None:
        super().__init__(
            scope,
            stage.stack_name,
            description=f"Kairos ({stage.name}): schedule-based marketing",
            termination_protection=stage.keeps_data,
            **kwargs,
        )
        self.stage = stage
        keys = make_keys(self, stage)
        tables = make_tables(self, stage, keys.contacts)
        queues = make_queues(self, stage, keys.contacts)
        schedules = make_schedules(self, stage, queues)
        make_mail(self, stage, options.email_identity)
        api = make_api(self, stage, options)
        archive = make_archive(self, stage, queues)
        values = environment(stage, tables, queues, keys, schedules, archive, public_url(options, api))

        functions = make_functions(self, stage, values, traces=options.traces)
        Grants(functions, stage, tables, queues, keys, schedules, archive).make()
        connect(functions, stage, queues, tables)
        make_link_domain(self, options, api, add_routes(self, stage, api, functions))
        sweep_regularly(self, functions["sweep"])
        renew_daily(self, functions["publish"])
        sync_regularly(self, functions["sync"])
        learn_daily(self, functions["learn"])
        return_feedback(self, stage, functions["ingest"], queues)

        alarms = make_alarms(self, stage, options, functions, queues, archive, api)
        make_dashboard(self, stage, functions, queues, api, alarms)
        self._outputs(
            {name: values[name] for name in OUTPUTS}
            | {"PUBLISH_FUNCTION": functions["publish"].function_name, "CONTACTS_KEY_ARN": keys.contacts.key_arn}
        )

    def _outputs(self, values: dict[str, str]) -> None:
        for name, value in values.items():
            output = "".join(word.capitalize() for word in name.split("_"))
            CfnOutput(self, f"{output}Output", value=value).override_logical_id(output)

    def _allocate_logical_id(self, element: CfnElement) -> str:
        """Name a resource by its path alone, so that a template reads like the code and a rename shows in a diff.

        The CDK appends a hash because two paths may read the same without it; were that to happen here, synthesis
        would fail and say so.
        """
        own_path = element.node.path.removeprefix(f"{self.node.path}/")
        words = [word for word in own_path.split("/") if word not in ("Resource", "Default")]
        # A rule's permission is called after its target's path, stack included, which differs between stages.
        words = ["Permission" if word.startswith("AllowEventRule") else word for word in words]
        return "".join(character for word in words for character in word if character.isalnum())
