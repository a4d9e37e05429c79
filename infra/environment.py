"""The value behind each `KAIROS_…` name, in one place: functions read a part of it, outputs another."""

from aws_cdk import Aws, Fn

from infra.archive import Archive
from infra.keys import Keys
from infra.queues import Queues
from infra.schedules import Schedules, publish_name, sync_name, walk_arn
from infra.sources import ANNOUNCEMENTS
from infra.stage import Stage
from infra.tables import Tables


def environment(
    stage: Stage,
    tables: Tables,
    queues: Queues,
    keys: Keys,
    schedules: Schedules,
    archive: Archive,
    public_url: str,
) -> dict[str, str]:
    """Return every name, without its prefix `KAIROS_`, and what it resolves to once deployed."""
    return {
        "CUSTOMERS_TABLE": tables.customers.table_name,
        "IDENTITIES_TABLE": tables.identities.table_name,
        "CONTACTS_TABLE": tables.contacts.table_name,
        "SUPPRESSIONS_TABLE": tables.suppressions.table_name,
        "MESSAGES_TABLE": tables.messages.table_name,
        "CONFIG_TABLE": tables.config.table_name,
        "RELEASES_BUCKET": tables.releases.bucket_name,
        "INSIGHTS_TABLE": tables.insights.table_name,
        "BOARD_TABLE": tables.board.table_name,
        "CONSENTS_TABLE": tables.consents.table_name,
        "ARCHIVE_BUCKET": archive.bucket.bucket_name,
        "ARCHIVE_STREAM": archive.stream_name,
        "TALLY_URL": queues.tally.queue_url,
        "INBOX_URL": queues.inbox.queue_url,
        "INBOX_ARN": queues.inbox.queue_arn,
        "WALK_INBOX_URL": queues.walk_inbox.queue_url,
        "PARKED_URL": queues.parked.queue_url,
        "OUTBOX_TRANSACTIONAL_URL": queues.outbox_transactional.queue_url,
        "OUTBOX_MARKETING_URL": queues.outbox_marketing.queue_url,
        "ANNOUNCEMENTS_URL": queues.announcements.queue_url,
        "ANNOUNCEMENTS_SOURCE": announcements_source(),
        "EFFECTS_DLQ_URL": queues.effects_dlq.queue_url,
        "SCHEDULE_GROUP": stage.prefix,
        "SCHEDULE_ROLE_ARN": schedules.role.role_arn,
        "SCHEDULE_DLQ_ARN": queues.schedule_dlq.queue_arn,
        "WALK_ARN": walk_arn(stage),
        "WALK_ROLE_ARN": schedules.walk_role.role_arn,
        "PUBLISH_FUNCTION": publish_name(stage),
        "SYNC_FUNCTION": sync_name(stage),
        "IDENTITY_SECRET_ARN": keys.identity.secret_arn,
        "CONNECTIONS_PREFIX": connections_prefix(stage),
        "CONFIGURATION_SET": stage.prefix,
        "PUSH_APPLICATIONS": push_applications(stage),
        "PUBLIC_URL": public_url,
    }


def announcements_source() -> str:
    """Return the id of the event source mapping that `publish` wakes: functions are told it before it is made."""
    return Fn.ref(ANNOUNCEMENTS)


def connections_prefix(stage: Stage) -> str:
    """Return the path under which `kairos connect` keeps the secrets of sources."""
    return f"/kairos/{stage.name}/connections/"


def push_applications(stage: Stage) -> str:
    """Return the ARN of what `kairos connect push` makes at SNS, with `{platform}` for APNS, APNS_SANDBOX or GCM."""
    return f"arn:{Aws.PARTITION}:sns:{Aws.REGION}:{Aws.ACCOUNT_ID}:app/{{platform}}/{stage.prefix}"
