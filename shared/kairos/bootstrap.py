"""Builds what each function runs, once per container and only when it is first asked for.

Each builder imports what its own function needs and nothing else: what is not imported costs no cold start. This is
the one module that holds state; nothing is read and nothing made when it is imported.
"""

from __future__ import annotations

import os
from functools import cache, partial
from typing import TYPE_CHECKING, Any

from kairos.settings import S, read_settings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kairos.app.deliver.announcements import Announcements
    from kairos.app.deliver.deliver import Deliver
    from kairos.app.deliver.outboxes import Outboxes
    from kairos.app.deliver.receivers import Post
    from kairos.app.deliver.webhooks import Webhooks
    from kairos.app.dispatch import Dispatch
    from kairos.app.inbox import HandleInbox
    from kairos.app.ingest.ingest import Ingest
    from kairos.app.learn.nightly import LearnNightly
    from kairos.app.ports import Alarms, Board, Clock, Connections, Inbox, Outbox, Parking, Releases
    from kairos.app.preferences.addresses import KnownAddresses
    from kairos.app.preferences.centre import PreferenceCentre
    from kairos.app.preferences.clicks import Clicks
    from kairos.app.preferences.coupon import CouponPages
    from kairos.app.preferences.front import Front
    from kairos.app.preferences.preferences import Preferences
    from kairos.app.preferences.standing import LiveProfiles
    from kairos.app.publish.live import LiveRelease
    from kairos.app.publish.publish import Publish
    from kairos.app.publish.release import Release
    from kairos.app.sweep import Sweep
    from kairos.app.sync.sync import Sync
    from kairos.app.tally import Tally
    from kairos.app.walk.ports import Rounds
    from kairos.app.walk.walk import WalkOn
    from kairos.aws.clients import Clients
    from kairos.aws.report import Report
    from kairos.aws.secret import IdentitySecret
    from kairos.registry import Channel
    from kairos.settings import DeliverSettings, DispatchSettings, PublishSettings, SweepSettings, WalkSettings
    from kairos.sources._pulling import Fetch


@cache
def clock() -> Clock:
    """Return the clock of this container."""
    from kairos.clock import SystemClock

    return SystemClock()


@cache
def report(function: str) -> Report:
    """Return what a function writes its log lines and metrics with."""
    from kairos.aws.report import Report

    return Report(function)


@cache
def ingest() -> Ingest:
    """Return what verifies and takes in webhooks, calls and feedback."""
    from kairos.app.ingest.acquaintances import Acquaintances
    from kairos.app.ingest.browsers import Browsers
    from kairos.app.ingest.declared import DeclaredSources
    from kairos.app.ingest.evidence import Evidence
    from kairos.app.ingest.ingest import Ingest
    from kairos.app.ingest.listening import Listening
    from kairos.aws.archive import FirehoseArchive
    from kairos.aws.complaints import DynamoComplaints
    from kairos.aws.connections import SsmConnections
    from kairos.aws.contacts import DynamoContacts
    from kairos.aws.heard_of import DynamoHeardOf
    from kairos.aws.hints import LambdaHints
    from kairos.aws.identities import DynamoIdentities
    from kairos.aws.suppressions import DynamoSuppressions
    from kairos.settings import IngestSettings

    settings = _settings(IngestSettings)
    dynamodb = _client("dynamodb")
    keys = _keys(settings.identity_secret_arn)
    return Ingest(
        DynamoIdentities(dynamodb, settings.identities_table, keys),
        DynamoContacts(dynamodb, settings.contacts_table),
        DynamoSuppressions(dynamodb, settings.suppressions_table, keys),
        _inbox(settings.inbox_url),
        SsmConnections(_client("ssm"), settings.connections_prefix, clock()),
        FirehoseArchive(partial(_client, "firehose"), settings.archive_stream),
        declared=DeclaredSources(lambda: _releases(settings.config_table, settings.releases_bucket), clock()),
        browsers=Browsers(lambda: _board(dynamodb, settings.board_table), keys),
        complaints=DynamoComplaints(dynamodb, settings.messages_table),
        hints=LambdaHints(partial(_client, "lambda"), settings.sync_function),
        acquaintances=Acquaintances(),
        listening=Listening(DynamoHeardOf(dynamodb, settings.config_table)),
        evidence=Evidence(_fetch_evidence),
    )


@cache
def _fetch_evidence() -> Fetch:
    # SNS waits fifteen seconds and this function ten: a certificate and a confirmation must both fit.
    from kairos.channels._fetch import HttpsFetch
    from kairos.settings import is_local

    return HttpsFetch(local=is_local(os.environ), seconds=3.5, redirects=0)


@cache
def decide() -> tuple[HandleInbox, Parking]:
    """Return what applies batches of the inbox, and where a record that says nothing readable is parked."""
    from kairos.app.inbox import HandleInbox
    from kairos.aws.archive import FirehoseArchive
    from kairos.aws.consents import DynamoConsents
    from kairos.aws.customers import DynamoCustomers
    from kairos.aws.parking import SqsParking
    from kairos.settings import DecideSettings

    settings = _settings(DecideSettings)
    parking = SqsParking(_client("sqs"), settings.parked_url)
    customers = DynamoCustomers(_client("dynamodb"), settings.customers_table)
    releases = _releases(settings.config_table, settings.releases_bucket)
    archive = FirehoseArchive(partial(_client, "firehose"), settings.archive_stream)
    consents = DynamoConsents(_client("dynamodb"), settings.consents_table)
    return HandleInbox(customers, releases, parking, clock(), archive, consents), parking


@cache
def dispatch() -> tuple[Dispatch, Parking]:
    """Return what performs effects, and where a record whose effects are unreadable is parked."""
    from kairos.app.dispatch import Dispatch
    from kairos.aws.parking import SqsParking
    from kairos.settings import DispatchSettings

    settings = _settings(DispatchSettings)
    parking = SqsParking(_client("sqs"), settings.effects_dlq_url)
    return Dispatch(_inbox(settings.inbox_url), _outbox(settings), _alarms(settings), parking, clock()), parking


@cache
def deliver() -> Outboxes:
    """Return what works through the outboxes."""
    from kairos.app.deliver.outboxes import Outboxes
    from kairos.settings import DeliverSettings

    _settings(DeliverSettings)  # what is missing is missing from the first batch on, whatever is in it
    return Outboxes(messages, webhooks, announcements)


@cache
def messages() -> Deliver:
    """Return what takes messages through their gates to their providers."""
    import secrets

    from kairos.app.deliver.breaker import Breaker
    from kairos.app.deliver.deliver import Deliver
    from kairos.app.deliver.gates import Gates
    from kairos.app.deliver.links import CountedLinks
    from kairos.app.preferences.coupon import CouponLinks
    from kairos.app.preferences.tracked import TrackedLinks
    from kairos.app.preferences.unsubscribe import UnsubscribeLinks
    from kairos.app.publish.live import LiveRelease
    from kairos.aws.complaints import DynamoComplaints
    from kairos.aws.contacts import DynamoContactReader
    from kairos.aws.coupons import DynamoCoupons
    from kairos.aws.customers import DynamoCustomers
    from kairos.aws.ledger import DynamoLedger
    from kairos.aws.products import DynamoProducts
    from kairos.aws.suppressions import DynamoSuppressions
    from kairos.aws.tokens import DynamoSendTokens
    from kairos.registry import load, names
    from kairos.settings import DeliverSettings

    settings = _settings(DeliverSettings)
    dynamodb = _client("dynamodb")
    keys = _keys(settings.identity_secret_arn)
    suppressions = DynamoSuppressions(dynamodb, settings.suppressions_table, keys)
    live = LiveRelease(_releases(settings.config_table, settings.releases_bucket))
    channels = {name: load("channels", name) for name in names("channels")}
    gates = Gates(
        DynamoCustomers(dynamodb, settings.customers_table),
        DynamoContactReader(dynamodb, settings.contacts_table),
        suppressions,
        live.read,
        channels,
        UnsubscribeLinks(keys, settings.public_url),
        suppressions.hash_address,
        clock(),
        DynamoCoupons(dynamodb, settings.messages_table),
        DynamoProducts(dynamodb, settings.messages_table, clock()),
        CountedLinks(TrackedLinks(keys, settings.public_url)),
        CouponLinks(keys, settings.public_url),
    )
    return Deliver(
        gates,
        live.read,
        DynamoLedger(dynamodb, settings.messages_table, lambda: secrets.token_hex(8)),
        DynamoSendTokens(dynamodb, settings.messages_table),
        _outbox(settings),
        _inbox(settings.inbox_url),
        channels,
        _ChannelClients(channels, settings),
        clock(),
        Breaker(DynamoComplaints(dynamodb, settings.messages_table)),
    )


@cache
def webhooks() -> Webhooks:
    """Return what makes the calls of webhook steps."""
    from kairos.app.deliver.webhooks import Webhooks
    from kairos.app.publish.live import LiveRelease
    from kairos.aws.customers import DynamoCustomers
    from kairos.aws.tokens import DynamoSendTokens
    from kairos.settings import DeliverSettings

    settings = _settings(DeliverSettings)
    dynamodb = _client("dynamodb")
    return Webhooks(
        DynamoCustomers(dynamodb, settings.customers_table),
        LiveRelease(_releases(settings.config_table, settings.releases_bucket)).read,
        _connections(settings),
        DynamoSendTokens(dynamodb, settings.messages_table),
        _outbox(settings),
        _inbox(settings.inbox_url),
        _post(),
        clock(),
    )


@cache
def announcements() -> Announcements:
    """Return what posts engine events to systems of the brand's own."""
    from kairos.app.deliver.announcements import Announcements
    from kairos.app.publish.live import LiveRelease
    from kairos.aws.receiver_states import DynamoReceiverStates
    from kairos.settings import DeliverSettings

    settings = _settings(DeliverSettings)
    return Announcements(
        LiveRelease(_releases(settings.config_table, settings.releases_bucket)).read,
        _connections(settings),
        DynamoReceiverStates(_client("dynamodb"), settings.messages_table),
        _outbox(settings),
        _post(),
        clock(),
    )


@cache
def publish() -> Publish:
    """Return what validates drafts and makes them live."""
    from kairos.app.publish.publish import Publish
    from kairos.app.walk.start import StartWalks
    from kairos.aws.announcement_source import LambdaAnnouncementSource
    from kairos.aws.drafts import DynamoDrafts
    from kairos.aws.walks import DynamoWalks
    from kairos.settings import PublishSettings

    settings = _settings(PublishSettings)
    drafts = DynamoDrafts(_client("dynamodb"), settings.config_table)
    walks = StartWalks(DynamoWalks(_client("dynamodb"), settings.config_table), _rounds(settings))
    releases = _releases(settings.config_table, settings.releases_bucket)
    source = LambdaAnnouncementSource(partial(_client, "lambda"), settings.announcements_source)
    return Publish(drafts, releases, walks, settings.public_url, source)


@cache
def sweep() -> Sweep:
    """Return what wakes the missed and arms what comes near."""
    from kairos.app.sweep import Sweep
    from kairos.app.walk.watch import WalkWatch
    from kairos.aws.cursor import DynamoCursor
    from kairos.aws.customers import DynamoWakeIndex
    from kairos.aws.walks import DynamoWalks
    from kairos.settings import SweepSettings

    settings = _settings(SweepSettings)
    dynamodb = _client("dynamodb")
    return Sweep(
        DynamoWakeIndex(dynamodb, settings.customers_table),
        _inbox(settings.inbox_url),
        _alarms(settings),
        DynamoCursor(dynamodb, settings.config_table),
        clock(),
        watch=WalkWatch(DynamoWalks(dynamodb, settings.config_table), _rounds(settings)),
    )


@cache
def sync() -> Sync:
    """Return what reads connections."""
    from kairos.app.ingest.ingest import Ingest
    from kairos.app.sync.sync import Sync
    from kairos.aws.archive import FirehoseArchive
    from kairos.aws.connections import SsmConnections
    from kairos.aws.contacts import DynamoContacts
    from kairos.aws.heard_of import DynamoHeardOf
    from kairos.aws.identities import DynamoIdentities
    from kairos.aws.suppressions import DynamoSuppressions
    from kairos.aws.sync_states import DynamoSyncStates
    from kairos.channels._fetch import HttpsFetch
    from kairos.settings import SyncSettings, is_local

    settings = _settings(SyncSettings)
    dynamodb = _client("dynamodb")
    keys = _keys(settings.identity_secret_arn)
    connections = SsmConnections(_client("ssm"), settings.connections_prefix, clock())
    ingest = Ingest(
        DynamoIdentities(dynamodb, settings.identities_table, keys),
        DynamoContacts(dynamodb, settings.contacts_table),
        DynamoSuppressions(dynamodb, settings.suppressions_table, keys),
        _inbox(settings.inbox_url),
        connections,
        FirehoseArchive(partial(_client, "firehose"), settings.archive_stream),
    )
    states = DynamoSyncStates(dynamodb, settings.config_table)
    fetch = HttpsFetch(local=is_local(os.environ))
    heard = DynamoHeardOf(dynamodb, settings.config_table)
    return Sync(ingest, connections, states, fetch, clock(), public_url=settings.public_url, heard=heard)


@cache
def walk() -> WalkOn:
    """Return what works on walks."""
    from kairos.app.publish.live import LiveRelease
    from kairos.app.walk.walk import WalkOn
    from kairos.aws.customer_scan import DynamoCustomerScan
    from kairos.aws.walks import DynamoWalks
    from kairos.settings import WalkSettings

    settings = _settings(WalkSettings)
    dynamodb = _client("dynamodb")
    return WalkOn(
        DynamoWalks(dynamodb, settings.config_table),
        DynamoCustomerScan(dynamodb, settings.customers_table),
        _inbox(settings.walk_inbox_url),
        _rounds(settings),
        LiveRelease(_releases(settings.config_table, settings.releases_bucket)).read,
        clock(),
    )


@cache
def preferences() -> Front:
    """Return what answers the links that messages carry."""
    from kairos.app.preferences.front import Front
    from kairos.settings import PreferencesSettings

    _settings(PreferencesSettings)  # what is missing is missing from the first request on, whichever page it asks for
    return Front(one_click, centre, clicks, coupon_pages)


@cache
def one_click() -> Preferences:
    """Return what answers opt-out and confirmation links."""
    from kairos.app.preferences.preferences import Preferences
    from kairos.app.preferences.unsubscribe import UnsubscribeLinks
    from kairos.aws.suppressions import DynamoSuppressions
    from kairos.settings import PreferencesSettings

    settings = _settings(PreferencesSettings)
    keys = _keys(settings.identity_secret_arn)
    return Preferences(
        DynamoSuppressions(_client("dynamodb"), settings.suppressions_table, keys),
        _inbox(settings.inbox_url),
        UnsubscribeLinks(keys),
        lambda: str(_live_brand()["name"]),
        clock(),
        _live_profiles(settings.customers_table),
        _known_addresses(),
    )


@cache
def clicks() -> Clicks:
    """Return what leads on who follows a counted link."""
    from kairos.app.preferences.clicks import Clicks
    from kairos.app.preferences.tracked import TrackedLinks
    from kairos.settings import PreferencesSettings

    settings = _settings(PreferencesSettings)
    links = TrackedLinks(_keys(settings.identity_secret_arn))
    inbox, profiles = _inbox(settings.inbox_url), _live_profiles(settings.customers_table)
    return Clicks(inbox, profiles, links, lambda: str(_live_brand()["name"]), clock())


@cache
def coupon_pages() -> CouponPages:
    """Return what shows coupons."""
    from kairos.app.preferences.coupon import CouponLinks, CouponPages
    from kairos.settings import PreferencesSettings

    settings = _settings(PreferencesSettings)
    links = CouponLinks(_keys(settings.identity_secret_arn))
    profiles = _live_profiles(settings.customers_table)
    return CouponPages(links, profiles, _inbox(settings.inbox_url), _live_brand, clock())


@cache
def centre() -> PreferenceCentre:
    """Return what answers for the preference centre."""
    from kairos.app.preferences.centre import PreferenceCentre
    from kairos.app.preferences.unsubscribe import UnsubscribeLinks
    from kairos.aws.suppressions import DynamoSuppressions
    from kairos.settings import PreferencesSettings

    settings = _settings(PreferencesSettings)
    keys = _keys(settings.identity_secret_arn)
    return PreferenceCentre(
        _live_profiles(settings.customers_table),
        _known_addresses(),
        DynamoSuppressions(_client("dynamodb"), settings.suppressions_table, keys),
        _inbox(settings.inbox_url),
        UnsubscribeLinks(keys),
        _live_for_pages,
        clock(),
    )


@cache
def tally() -> Tally:
    """Return what counts objects of the archive."""
    from kairos.app.tally import Tally
    from kairos.aws.archive import S3ArchiveReader
    from kairos.aws.insights import DynamoInsights
    from kairos.settings import TallySettings

    settings = _settings(TallySettings)
    archive = S3ArchiveReader(_client("s3"), settings.archive_bucket)
    return Tally(archive, DynamoInsights(_client("dynamodb"), settings.insights_table), clock())


@cache
def learn() -> LearnNightly:
    """Return what learns from a sample of customers, once a day."""
    from kairos.app.learn.nightly import LearnNightly
    from kairos.app.publish.live import LiveRelease
    from kairos.aws.customer_scan import DynamoCustomerScan
    from kairos.aws.products import DynamoProducts
    from kairos.aws.publishing import LambdaPublish
    from kairos.settings import LearnSettings

    settings = _settings(LearnSettings)
    return LearnNightly(
        DynamoCustomerScan(_client("dynamodb"), settings.customers_table),
        LiveRelease(_releases(settings.config_table, settings.releases_bucket)).read,
        LambdaPublish(_client("lambda"), settings.publish_function),
        DynamoProducts(_client("dynamodb"), settings.messages_table, clock()),
        clock(),
    )


class _ChannelClients(dict[str, Any]):
    """What each channel's `send` is given, made when its first message goes: most brands use one channel."""

    def __init__(self, channels: Mapping[str, Channel], settings: DeliverSettings) -> None:
        super().__init__()
        self._channels = channels
        self._settings = settings

    def __missing__(self, name: str) -> Any:
        channel = self._channels[name]
        client = _client(channel.service, **channel.client_config) if channel.service else None
        self[name] = self._wrapped(name, client)
        return self[name]

    def _wrapped(self, name: str, client: Any) -> Any:
        settings = self._settings
        if name == "email":
            from kairos.channels.email import Ses

            return Ses(client, settings.configuration_set)
        if name == "push":
            from kairos.channels.push import Endpoints

            return Endpoints(client, settings.push_applications)
        if name == "kakao":
            from kairos.channels._solapi import Solapi

            return Solapi(_connections(settings), _post())
        if name == "webhook":
            from kairos.channels.webhook import Receivers

            return Receivers(_connections(settings), _post())
        return _board(client, settings.board_table) if name == "web" else client


def _live_brand() -> Mapping[str, Any]:
    return _live_for_pages().brand


def _live_for_pages() -> Release:
    from kairos.settings import PreferencesSettings

    settings = _settings(PreferencesSettings)
    return _live_release(settings.config_table, settings.releases_bucket).read()


def _known_addresses() -> KnownAddresses:
    from kairos.app.preferences.addresses import KnownAddresses
    from kairos.aws.contacts import DynamoContactReader
    from kairos.aws.suppressions import DynamoSuppressions
    from kairos.settings import PreferencesSettings

    settings, dynamodb = _settings(PreferencesSettings), _client("dynamodb")
    suppressions = DynamoSuppressions(dynamodb, settings.suppressions_table, _keys(settings.identity_secret_arn))
    return KnownAddresses(DynamoContactReader(dynamodb, settings.contacts_table), suppressions, _live_brand)


@cache
def _live_release(table: str, bucket: str) -> LiveRelease:
    from kairos.app.publish.live import LiveRelease

    return LiveRelease(_releases(table, bucket))


@cache
def _live_profiles(table: str) -> LiveProfiles:
    from kairos.app.preferences.standing import LiveProfiles
    from kairos.aws.customers import DynamoCustomers

    return LiveProfiles(DynamoCustomers(_client("dynamodb"), table).read)


@cache
def _clients() -> Clients:
    from kairos.aws.clients import Clients

    return Clients(environment=os.environ)


def _client(service: str, **overrides: Any) -> Any:
    return _clients().get(service, **overrides)


def _settings(kind: type[S]) -> S:
    return read_settings(kind, os.environ)


def _keys(arn: str) -> IdentitySecret:
    from kairos.aws.secret import IdentitySecret

    return IdentitySecret(_client("secretsmanager"), arn, clock())


def _board(client: Any, table: str) -> Board:
    from kairos.aws.board import DynamoBoard

    return DynamoBoard(client, table)


def _connections(settings: DeliverSettings) -> Connections:
    from kairos.aws.connections import SsmConnections

    return SsmConnections(_client("ssm"), settings.connections_prefix, clock())


def _outbox(settings: DeliverSettings | DispatchSettings) -> Outbox:
    from kairos.aws.outbox import SqsOutbox

    urls = settings.outbox_transactional_url, settings.outbox_marketing_url, settings.announcements_url
    return SqsOutbox(_client("sqs"), *urls)


def _post() -> Post:
    from kairos.channels._https import HttpsPost
    from kairos.settings import is_local

    return HttpsPost(local=is_local(os.environ))


def _inbox(url: str) -> Inbox:
    from kairos.aws.inbox import SqsInbox

    return SqsInbox(_client("sqs"), url, clock())


def _releases(table: str, bucket: str) -> Releases:
    from kairos.aws.releases import AwsReleases

    return AwsReleases(_client("dynamodb"), _client("s3"), table, bucket)


def _alarms(settings: DispatchSettings | SweepSettings) -> Alarms:
    from kairos.aws.alarms import SchedulerAlarms, Target

    target = Target(settings.schedule_group, settings.inbox_arn, settings.schedule_role_arn, settings.schedule_dlq_arn)
    return SchedulerAlarms(_client("scheduler"), target)


def _rounds(settings: PublishSettings | SweepSettings | WalkSettings) -> Rounds:
    from kairos.aws.rounds import SchedulerRounds, WalkTarget

    target = WalkTarget(settings.schedule_group, settings.walk_arn, settings.walk_role_arn, settings.schedule_dlq_arn)
    return SchedulerRounds(_client("scheduler"), target)
