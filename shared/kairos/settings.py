"""What each function must be told by its environment, read once, with everything that is missing named at once.

A field `inbox_url` is the variable KAIROS_INBOX_URL. Nothing else in Kairos reads the environment.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, ClassVar, TypeVar

PREFIX = "KAIROS_"
LOCAL_CLOUD = "KAIROS_LOCAL_CLOUD"

S = TypeVar("S", bound="Settings")


class MissingSettings(Exception):
    """Variables that a function cannot do without are absent or empty. `names` is all of them."""

    def __init__(self, function: str, names: tuple[str, ...]) -> None:
        self.function = function
        self.names = names
        super().__init__(f"{function} needs {', '.join(names)} in its environment")


@dataclass(frozen=True, slots=True)
class Settings:
    """What every function is told."""

    function: ClassVar[str] = ""

    stage: str


@dataclass(frozen=True, slots=True)
class IngestSettings(Settings):
    """Of `ingest`."""

    function: ClassVar[str] = "ingest"

    identities_table: str
    contacts_table: str
    suppressions_table: str
    messages_table: str
    inbox_url: str
    identity_secret_arn: str
    connections_prefix: str
    config_table: str
    releases_bucket: str
    archive_stream: str
    board_table: str
    sync_function: str


@dataclass(frozen=True, slots=True)
class DecideSettings(Settings):
    """Of `decide`."""

    function: ClassVar[str] = "decide"

    customers_table: str
    config_table: str
    releases_bucket: str
    parked_url: str
    archive_stream: str
    consents_table: str


@dataclass(frozen=True, slots=True)
class DispatchSettings(Settings):
    """Of `dispatch`."""

    function: ClassVar[str] = "dispatch"

    inbox_url: str
    inbox_arn: str
    outbox_transactional_url: str
    outbox_marketing_url: str
    announcements_url: str
    effects_dlq_url: str
    schedule_group: str
    schedule_role_arn: str
    schedule_dlq_arn: str


@dataclass(frozen=True, slots=True)
class DeliverSettings(Settings):
    """Of `deliver`."""

    function: ClassVar[str] = "deliver"

    customers_table: str
    contacts_table: str
    suppressions_table: str
    messages_table: str
    board_table: str
    config_table: str
    releases_bucket: str
    outbox_transactional_url: str
    outbox_marketing_url: str
    announcements_url: str
    inbox_url: str
    identity_secret_arn: str
    connections_prefix: str
    configuration_set: str
    push_applications: str
    public_url: str


@dataclass(frozen=True, slots=True)
class PublishSettings(Settings):
    """Of `publish`."""

    function: ClassVar[str] = "publish"

    config_table: str
    releases_bucket: str
    announcements_source: str
    walk_arn: str
    walk_role_arn: str
    schedule_group: str
    schedule_dlq_arn: str
    public_url: str


@dataclass(frozen=True, slots=True)
class SweepSettings(Settings):
    """Of `sweep`."""

    function: ClassVar[str] = "sweep"

    customers_table: str
    config_table: str
    inbox_url: str
    inbox_arn: str
    schedule_group: str
    schedule_role_arn: str
    schedule_dlq_arn: str
    walk_arn: str
    walk_role_arn: str


@dataclass(frozen=True, slots=True)
class SyncSettings(Settings):
    """Of `sync`."""

    function: ClassVar[str] = "sync"

    identities_table: str
    contacts_table: str
    suppressions_table: str
    config_table: str
    inbox_url: str
    identity_secret_arn: str
    connections_prefix: str
    archive_stream: str
    public_url: str


@dataclass(frozen=True, slots=True)
class WalkSettings(Settings):
    """Of `walk`."""

    function: ClassVar[str] = "walk"

    customers_table: str
    config_table: str
    releases_bucket: str
    walk_inbox_url: str
    walk_arn: str
    walk_role_arn: str
    schedule_group: str
    schedule_dlq_arn: str


@dataclass(frozen=True, slots=True)
class PreferencesSettings(Settings):
    """Of `preferences`."""

    function: ClassVar[str] = "preferences"

    customers_table: str
    contacts_table: str
    suppressions_table: str
    config_table: str
    releases_bucket: str
    inbox_url: str
    identity_secret_arn: str


@dataclass(frozen=True, slots=True)
class TallySettings(Settings):
    """Of `tally`."""

    function: ClassVar[str] = "tally"

    archive_bucket: str
    insights_table: str


@dataclass(frozen=True, slots=True)
class LearnSettings(Settings):
    """Of `learn`."""

    function: ClassVar[str] = "learn"

    customers_table: str
    config_table: str
    releases_bucket: str
    messages_table: str
    publish_function: str


FUNCTIONS: tuple[type[Settings], ...] = (
    IngestSettings,
    DecideSettings,
    DispatchSettings,
    DeliverSettings,
    PublishSettings,
    SweepSettings,
    SyncSettings,
    WalkSettings,
    PreferencesSettings,
    TallySettings,
    LearnSettings,
)


def read_settings(kind: type[S], environment: Mapping[str, str]) -> S:
    """Return the settings of one function. Raises MissingSettings naming every variable that is absent or empty."""
    names = variables(kind)
    missing = tuple(name for name in names.values() if not environment.get(name, "").strip())
    if missing:
        raise MissingSettings(kind.function, missing)
    values: dict[str, Any] = {field: environment[name].strip() for field, name in names.items()}
    return kind(**values)


def is_local(environment: Mapping[str, str]) -> bool:
    """Return whether this is the local cloud: it says so to its functions itself, and no template can."""
    return environment.get(LOCAL_CLOUD) == "yes"


def variables(kind: type[Settings]) -> dict[str, str]:
    """Return the environment variable of each field; `infra` gives a function exactly these."""
    return {field.name: PREFIX + field.name.upper() for field in fields(kind)}
