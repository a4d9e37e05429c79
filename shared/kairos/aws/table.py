"""Every key and item shape of the tables, in one place.

customers     one item per profile, written by `decide` alone, as a whole
    profile   S  pk: 26 base32 characters
    version   N  what the next write must find
    schema    N  which code wrote `state`
    state     B  the profile, see `kairos.aws.codec`; the budget of each part is in `kairos.domain.budget`
    effects   B  stamped with `version`; absent when there are none, so that the stream's filter skips the write
    wake      S  "2026-11-22T04#3": UTC hour # shard, pk of the index `wake` (sparse, keys only)
    wake_at   S  "2026-11-22T04:10:00.000000Z#<profile>": sk of the index; the profile makes each place in it one
    ttl       N  seconds since 1970, where the item may go by itself
identities    keyed hash of an identifier → profile
    identity  S  pk: "<key id>#<kind>#<scope>#<hash>"
    profile, kind, scope S; verified BOOL; created_at S
              and a standing for each profile, under "profile#<profile>":
    profile, kind ("profile"), created_at S; known BOOL; revision N; merged_into S once it became another
    holds     SS  its verified ids of a person: "<kind>|<source>|<identity>"
contacts      personal data, under its own KMS key
    profile   S  pk
    ref       S  sk: "profile", "entry#<kind>#<id>", "subject#<value>"
    f#<name>  S  "<instant>|<canonical JSON>": of two texts the larger is the newer value
    ttl       N  where `ref` is not "profile": what a finished booking needed may go
suppressions  stops
    address   S  pk: "<key id>#<hash>"
    scope     S  sk: "<channel>#<purpose>"
    reason, at S
messages      the ledger, and the tokens of a second and a day
    message   S  pk: message id, or "token#<channel>#<second or day>"
    state, claimed_at, claimant, details, provider_id, words, recorded_at S   (a message)
    used      N                                                              (a token row)
              and coupons, see `kairos.aws.coupons`: "offer#<offer>": size, given N; "code#<offer>#<number>": code S;
              "is#<offer>#<code>"; "coupon#<key>#<profile>": offer, code, given_at, ends_at, details S
              and how receivers of announcements do, see `kairos.aws.receiver_states`: "receiver#<connection>": state S
              and products, see `kairos.aws.products`: "product#<id>": facts, also S
    ttl       N
consents      every word that was said of a consent, see `kairos.app.consents`; rows are added and never changed
    person    S  pk: profile id, or once they are erased the keyed hash of the address that refused
    word      S  sk: "<instant>#<event id>"
    id, at, received_at, channel, purpose, basis, wording, proof, source, connection, expires_at S
    given, confirmed BOOL
board         on-site messages that lie ready for the browsers of a profile
    profile   S  pk
    notices   S  JSON: [message, expires at, text by part] of each, see `kairos.app.board`
    revision, ttl N
config        definitions and what stands for one thing only
    kind, id  S  pk, sk: (brand|journey|segment|template, id) drafts: document M, problems L, checked S
                         ("live", "pointer"): release S, paused L, stopped BOOL, moves N
                         ("history", "<moves, 12 digits>"): the pointer that was live before that move
                         ("cursor", "sweep"): hour, armed_through, at, profile, armed_profile S
                         ("walk", "<second>-<hash>"): revision N, walk S (JSON, see `kairos.domain.walk`)
                         ("sync", "<source>/<connection>"): revision N, state S (JSON, see `kairos.app.sync.state`),
                         told B (JSON, zlib: what was told of each entry)
insights      what was counted of the archive, see `kairos.aws.insights`
    insight, slice S  pk, sk: ("journey#<id>", "<brand's day>#<step>"): a counter N under "<kind>|<channel>|<reason>"
                         ("slot#<ten minutes of decisions>", "!head"): pages N, ttl N
                         (the same, "<object>#<page>"): marks B (8 bytes for each decision counted), ttl N
                         ("tally", "newest"): at S, the newest instant whose decision was counted
releases      S3: releases/<sha256>.json.gz
archive       S3: decisions/<yyyy>/<mm>/<dd>/<hh>/<Firehose's own name>.gz, see `kairos.app.archive`
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from kairos.domain.errors import TooLarge
from kairos.domain.instant import require_utc

ITEM_BYTES_MAX = 409_600  # DynamoDB's 400 kB, names included
SHARDS = 8
"""How many ways an hour of the wake index is split: one index partition takes about 1,000 writes a second."""

WAKE_INDEX = "wake"
BATCH_GET_MAX = 100

Item = Mapping[str, Mapping[str, Any]]


def sortable(instant: datetime) -> str:
    """Return the instant as text of one width, so that text sorts as time does."""
    return require_utc(instant).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def from_sortable(text: str) -> datetime:
    """Read what `sortable` wrote."""
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)


def to_ttl(instant: datetime) -> int:
    """Return whole seconds since 1970, rounded up: never earlier than asked."""
    return -int(-require_utc(instant).timestamp() // 1)


def shard(profile: str) -> int:
    """Return which shard of an hour the profile wakes in: always the same."""
    return hashlib.sha256(profile.encode()).digest()[0] % SHARDS


def wake_key(hour: datetime, of_shard: int) -> str:
    """Return the index's partition key for one shard of the UTC hour that contains `hour`."""
    return f"{require_utc(hour):%Y-%m-%dT%H}#{of_shard}"


def wake_attributes(profile: str, wake_at: datetime | None) -> dict[str, dict[str, str]]:
    """Return what makes an item findable by `wake_at`; nothing keeps it out of the sparse index."""
    if wake_at is None:
        return {}
    return {
        "wake": {"S": wake_key(wake_at, shard(profile))},
        "wake_at": {"S": f"{sortable(wake_at)}#{profile}"},
    }


def read_wake(item: Item) -> datetime | None:
    """Return where an item stands in the wake index, None where it is not in it."""
    return from_sortable(item["wake_at"]["S"].partition("#")[0]) if "wake_at" in item else None


def standing_key(profile: str) -> str:
    """Return the key in `identities` of what stands for a profile itself."""
    return f"profile#{profile}"


def release_key(release: str) -> str:
    """Return where a bundle lies in the bucket."""
    return f"releases/{release}.json.gz"


def item_size(item: Item) -> int:
    """Return the bytes DynamoDB counts for an item of texts, numbers, binaries and booleans: names and values."""
    return sum(len(name.encode()) + _value_size(value) for name, value in item.items())


def check_size(what: str, item: Item) -> None:
    """Raise TooLarge for an item that the table would refuse."""
    size = item_size(item)
    if size > ITEM_BYTES_MAX:
        raise TooLarge(what, size, ITEM_BYTES_MAX)


def _value_size(value: Mapping[str, Any]) -> int:
    ((kind, content),) = value.items()
    if kind in ("S", "B"):
        return len(content.encode() if isinstance(content, str) else content)
    if kind == "N":
        return len(content) // 2 + 2
    if kind == "L":
        return 3 + sum(1 + _value_size(item) for item in content)
    if kind == "M":
        return 3 + sum(1 + len(name.encode()) + _value_size(item) for name, item in content.items())
    return 1
