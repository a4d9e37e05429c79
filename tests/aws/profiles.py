"""Profiles of every shape, for tests of what stores them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from kairos.domain.hour_counts import COUNT_MAX, HourCounts
from kairos.domain.profile import (
    Consent,
    Counter,
    Enrollment,
    Entry,
    Message,
    Parcel,
    Planned,
    Posted,
    Predicted,
    Profile,
    Written,
)
from kairos.domain.reason import KINDS, Reason
from kairos.domain.seen import NOTHING, Seen, seen_key

instants = st.datetimes(datetime(1970, 1, 1), datetime(2199, 12, 31), timezones=st.just(UTC))
maybe = st.none() | instants
texts = st.text(st.characters(exclude_categories=()), max_size=12)  # lone surrogates, NUL and all
numbers = st.integers(0, 9)
counts = st.integers(0, 9) | st.integers(0, COUNT_MAX)
flags = st.booleans()
values: st.SearchStrategy[Any] = st.recursive(
    st.none() | flags | st.integers() | st.floats(allow_nan=False) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=5,
)
documents = st.dictionaries(texts, values, max_size=3)
tuples = st.lists(texts, max_size=3).map(tuple)
times = st.lists(instants, max_size=3).map(tuple)
keys = st.tuples(texts, texts)

entries = st.builds(Entry, texts, texts, maybe, maybe, documents, instants, cancelled=flags, former=tuples, until=maybe)
planned = st.builds(Planned, instants, st.sampled_from(["planned", "holding", "done", "skipped", "dead"]))
enrollments = st.builds(
    Enrollment,
    id=texts,
    journey=texts,
    version=numbers,
    subject=texts,
    entered_at=instants,
    reached_at=instants,
    properties=documents,
    correlation=texts,
    node=st.none() | texts,
    due=maybe,
    visits=st.dictionaries(texts, numbers, max_size=2),
    holding=st.none() | texts,
    plan=st.dictionaries(texts, planned, max_size=2),
    entry=st.none() | keys,
    anchor_at=maybe,
    goal_until=maybe,
    converted=flags,
    holdout=flags,
    ended_at=maybe,
    entering=flags,
    asked=tuples,
    closed=flags,
)
messages = st.builds(
    Message,
    id=texts,
    enrollment=texts,
    journey=texts,
    version=numbers,
    step=texts,
    subject=texts,
    template=texts,
    channel=texts,
    marketing=flags,
    due=instants,
    expires_at=instants,
    state=st.sampled_from(["held", "asked"]),
    until=maybe,
    check_at=maybe,
    asks=numbers,
    attempt=numbers,
    visit=numbers,
    untried=tuples,
    over_cap=texts,
    reason=texts,
    correlation=texts,
    chosen=maybe,
)
parcels = st.builds(Parcel, texts, texts, texts, maybe, numbers, texts)
reasons = st.builds(
    Reason, instants, texts, st.sampled_from(KINDS), texts, texts, numbers, texts, texts, texts, texts, maybe, texts
)


def filed(records: st.SearchStrategy[Any], key: str) -> st.SearchStrategy[dict[Any, Any]]:
    """Return dictionaries of records under their own key."""
    return st.lists(records, max_size=3).map(lambda found: {getattr(record, key): record for record in found})


def week_of(counts: dict[int, int]) -> HourCounts:
    """Return a week with these counts."""
    return HourCounts.of(counts.items())


def seen_of(ends: dict[str, int]) -> Seen:
    """Return what remembers these events until these minutes."""
    seen = NOTHING
    for event, until in ends.items():
        seen = seen.with_one(seen_key(event), until)
    return seen


profiles = st.builds(
    Profile,
    id=texts,
    created_at=instants,
    version=numbers,
    former=tuples,
    merged_into=st.none() | texts,
    traits=documents,
    trait_times=st.dictionaries(texts, instants, max_size=2),
    reach=st.dictionaries(texts, flags, max_size=2),
    reach_times=st.dictionaries(texts, instants, max_size=2),
    endings=st.dictionaries(texts, st.dictionaries(texts, instants, max_size=2), max_size=2),
    consents=st.dictionaries(keys, st.builds(Consent, flags, instants, texts), max_size=2),
    entries=filed(entries, "key"),
    enrollments=filed(enrollments, "id"),
    messages=filed(messages, "id"),
    handed=filed(messages, "id"),
    counters=st.dictionaries(texts, st.builds(Counter, instants, times), max_size=2),
    entered=st.dictionaries(texts, st.dictionaries(texts, instants, max_size=2), max_size=2),
    sent=st.lists(st.tuples(texts, instants, texts), max_size=3).map(tuple),
    sent_transactional=st.lists(st.tuples(texts, instants, texts), max_size=3).map(tuple),
    seen=st.dictionaries(texts, st.integers(0, 120_000_000), max_size=3).map(seen_of),
    sequences=st.dictionaries(texts, texts, max_size=2),
    alarm=maybe,
    log=st.lists(reasons, max_size=3).map(tuple),
    parcels=filed(parcels, "id"),
    posted=st.dictionaries(texts, st.builds(Posted, texts, numbers, texts, texts, instants, numbers), max_size=2),
    written=st.dictionaries(
        texts,
        st.builds(Written, numbers, texts, instants, st.lists(reasons, max_size=2).map(tuple)),
        max_size=2,
    ),
    rhythm=st.lists(st.lists(st.integers(0, 3_000_000) | st.floats(0, 1e9), max_size=8), max_size=3),
    hours=st.dictionaries(texts, st.dictionaries(st.integers(0, 167), counts).map(week_of), max_size=2),
    predicted=st.dictionaries(texts, st.builds(Predicted, texts, numbers, numbers, numbers), max_size=2),
    recurring=st.dictionaries(texts, st.lists(numbers, max_size=4), max_size=2),
    categories=st.dictionaries(texts, st.lists(st.lists(numbers, max_size=3), max_size=3), max_size=2),
)


def busy_profile(now: datetime, enrollments: int = 2) -> Profile:
    """Return a profile as a shop's customer of some months has it; `enrollments` makes it smaller or larger."""
    profile = Profile(f"{'k3nyq7bxw2':<26}".replace(" ", "a"), now - timedelta(days=90))
    profile.traits = {"timezone": "Asia/Seoul", "tier": "vip", "orders": 7, "last_total": 54_000.0}
    profile.trait_times = {name: now - timedelta(days=2, minutes=7) for name in profile.traits}
    profile.reach = {"email": True, "sms": False}
    profile.consents = {("email", "marketing"): Consent(True, now - timedelta(days=80), "shopify/main")}
    profile.sequences = {"arn:aws:sqs:eu-west-1:123456789012:kairos-prod-inbox.fifo": "18901234567890123456"}
    for number in range(enrollments):
        _enroll(profile, now - timedelta(hours=7 * number), number)
    return profile


def _enroll(profile: Profile, at: datetime, number: int) -> None:
    from kairos.domain.ids import digest, message_id

    cart = f"cart-{number:06}"
    id = digest(profile.id, cart)
    message = message_id(id, "cart-coupon", 0, 0)
    properties = {"total": 54_000 + number, "currency": "KRW", "items": 3, "cart_id": cart}
    profile.enrollments[id] = Enrollment(
        id, "cart-rescue", 3, cart, at, at + timedelta(minutes=30), properties, digest("c", cart), "s2", at, {"s1": 1}
    )
    profile.messages[message] = Message(
        message, id, "cart-rescue", 3, "cart-coupon", cart, "cart-coupon", "email", True, at, at + timedelta(days=1),
        "asked", check_at=at + timedelta(hours=1), asks=1, correlation=digest("c", cart),
    )  # fmt: skip
    profile.entered.setdefault("cart-rescue", {})[digest(cart)] = at
    profile.sent += (("email", at, message),)
    profile.note_seen(digest("event", cart), at + timedelta(hours=4))
    profile.counters[digest("did", cart)] = Counter(at, (at, at + timedelta(minutes=3)))
    profile.log += (
        Reason(at, profile.id, "message", "", "cart-rescue", 3, "cart-coupon", cart, "email", "cart-coupon", at),
    )
