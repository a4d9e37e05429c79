"""Each function's size and what it is told, in one table.

Memory is also processor: 1,769 MB is one core. A function that waits for AWS costs less with less of it, up to where
its start and its JSON become the wait. Where somebody waits for the answer it is 512 MB, since a cold start is mostly
imports; behind the queues, where nobody does and the functions themselves mostly wait, it is half. There they hold
80 MB with a thousand journeys.
Timeouts are short where somebody waits (a webhook's sender gives up after 5 to 10 s and calls again) and otherwise
several times the slowest batch seen, because a batch that is cut off is tried again whole.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Station:
    """One function: `functions/<name>.py`, and the `KAIROS_…` names it reads besides `KAIROS_STAGE`.

    One that `computes` has numpy and scipy in its layer, which nobody else waits for at a cold start; one that
    `compiles` has MJML's compiler in a layer more.
    """

    name: str
    purpose: str
    memory_mb: int
    timeout_seconds: int
    reads: tuple[str, ...]
    computes: bool = False
    compiles: bool = False

    @property
    def handler(self) -> str:
        return f"functions.{self.name}.handler"


_RELEASE = ("CONFIG_TABLE", "RELEASES_BUCKET")
_ALARM_CLOCK = ("INBOX_URL", "INBOX_ARN", "SCHEDULE_GROUP", "SCHEDULE_ROLE_ARN", "SCHEDULE_DLQ_ARN")
_ROUNDS = ("WALK_ARN", "WALK_ROLE_ARN", "SCHEDULE_GROUP", "SCHEDULE_DLQ_ARN")
_OUTBOXES = ("OUTBOX_TRANSACTIONAL_URL", "OUTBOX_MARKETING_URL", "ANNOUNCEMENTS_URL")

_ALL = (
    Station(
        "ingest",
        "Verifies what shops, calendars, sites and SES report, and puts it into the inbox",
        memory_mb=512,
        timeout_seconds=10,
        reads=(
            "IDENTITIES_TABLE",
            "CONTACTS_TABLE",
            "SUPPRESSIONS_TABLE",
            "MESSAGES_TABLE",
            "INBOX_URL",
            "IDENTITY_SECRET_ARN",
            "CONNECTIONS_PREFIX",
            "CONFIG_TABLE",
            "RELEASES_BUCKET",
            "ARCHIVE_STREAM",
            "BOARD_TABLE",
            "SYNC_FUNCTION",
        ),
    ),
    Station(
        "decide",
        "Applies events and timers to a customer, one read and one conditional write",
        memory_mb=256,
        timeout_seconds=30,
        reads=("CUSTOMERS_TABLE", *_RELEASE, "PARKED_URL", "ARCHIVE_STREAM", "CONSENTS_TABLE"),
    ),
    Station(
        "dispatch",
        "Performs the effects that a customer's write carries: arms alarm clocks, fills outboxes",
        memory_mb=256,
        timeout_seconds=30,
        reads=(*_ALARM_CLOCK, *_OUTBOXES, "EFFECTS_DLQ_URL"),
    ),
    Station(
        "deliver",
        "Reads every gate again, renders, and calls the provider",
        memory_mb=256,
        timeout_seconds=60,
        reads=(
            "CUSTOMERS_TABLE",
            "CONTACTS_TABLE",
            "SUPPRESSIONS_TABLE",
            "MESSAGES_TABLE",
            "BOARD_TABLE",
            *_RELEASE,
            *_OUTBOXES,
            "INBOX_URL",
            "IDENTITY_SECRET_ARN",
            "CONNECTIONS_PREFIX",
            "CONFIGURATION_SET",
            "PUSH_APPLICATIONS",
            "PUBLIC_URL",
        ),
    ),
    # Reads and unpacks a page of states at a time, and asks of each whether the walk concerns it.
    Station(
        "walk",
        "Works on a walk for a minute: reads customers in segments and wakes who is concerned",
        memory_mb=512,
        timeout_seconds=60,
        reads=("CUSTOMERS_TABLE", *_RELEASE, "WALK_INBOX_URL", *_ROUNDS),
    ),
    # Compiling resolves years of holidays for every journey: the one function that is bound by the processor.
    Station(
        "publish",
        "Validates drafts and compiles them into a release",
        memory_mb=1024,
        timeout_seconds=120,
        reads=(*_RELEASE, *_ROUNDS, "PUBLIC_URL", "ANNOUNCEMENTS_SOURCE"),
        compiles=True,
    ),
    # Ends before the next one starts, five minutes later.
    Station(
        "sweep",
        "Wakes what was missed and arms what enters the horizon",
        memory_mb=256,
        timeout_seconds=240,
        reads=("CUSTOMERS_TABLE", "CONFIG_TABLE", *_ALARM_CLOCK, "WALK_ARN", "WALK_ROLE_ARN"),
    ),
    # Follows the recurrence rules of whole calendars; ends before the next one starts, five minutes later.
    Station(
        "sync",
        "Reads calendars and shops that do not tell us everything themselves",
        memory_mb=512,
        timeout_seconds=270,
        reads=(
            "IDENTITIES_TABLE",
            "CONTACTS_TABLE",
            "SUPPRESSIONS_TABLE",
            "CONFIG_TABLE",
            "INBOX_URL",
            "IDENTITY_SECRET_ARN",
            "CONNECTIONS_PREFIX",
            "ARCHIVE_STREAM",
            "PUBLIC_URL",
        ),
    ),
    Station(
        "preferences",
        "Answers the links of messages: one-click unsubscription, preference centre",
        memory_mb=512,
        timeout_seconds=10,
        reads=(
            "CUSTOMERS_TABLE",
            "CONTACTS_TABLE",
            "SUPPRESSIONS_TABLE",
            "INBOX_URL",
            "IDENTITY_SECRET_ARN",
            *_RELEASE,
        ),
    ),
    # Holds an object of 5 MB and the marks of ten minutes.
    Station(
        "tally",
        "Counts what the archive's objects hold, each decision once",
        memory_mb=512,
        timeout_seconds=60,
        reads=("ARCHIVE_BUCKET", "INSIGHTS_TABLE"),
    ),
    # Once a day; a sample of 20,000 customers at most and the matrices of a fit, whatever the size of the table.
    Station(
        "learn",
        "Learns from a sample of customers when people buy and answer, and offers publish what foretells better",
        memory_mb=1769,
        timeout_seconds=900,
        reads=("CUSTOMERS_TABLE", *_RELEASE, "MESSAGES_TABLE", "PUBLISH_FUNCTION"),
        computes=True,
    ),
)

STATIONS: dict[str, Station] = {station.name: station for station in _ALL}
