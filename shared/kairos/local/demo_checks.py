"""What must be true of the demo's month, asked of what really left: the demo fails where one is not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime, time, timedelta

from kairos.local.cloud import LocalCloud
from kairos.local.demo_diary import Diary, Sent
from kairos.local.demo_month import CANCELLED_AT, CANCELLED_BY
from kairos.local.demo_people import BY_HANDLE
from kairos.local.demo_shop import SEOUL

QUIET_FROM, QUIET_TO = time(21), time(9)
CAP, CAP_PER = 3, timedelta(days=7)

Outcome = tuple[str, list[str]]
"""What is promised, and every breach of it."""


def check(cloud: LocalCloud, diary: Diary, refused_at: Mapping[str, datetime], answers: list[str]) -> Iterator[Outcome]:
    """Yield each promise with what breaks it. `refused_at` is when each address was told that it is off the list."""
    sent = diary.sent()
    yield "every request got the answer it should", answers
    yield "nothing after a refusal, a complaint or a bounce", list(_after_stop(sent, refused_at))
    yield "no advertising by text in quiet hours", [_told(one) for one in sent if _is_quiet(one)]
    yield "nothing about a class after it was cancelled", list(_after_cancel(sent))
    yield "nothing twice", list(_twice(sent))
    yield "no more advertising than the caps allow", list(_over_cap(sent))
    yield "every advertisement is labelled and can be refused", list(_unlabelled(cloud, sent))
    yield "nothing to who is held out", list(_held_out(diary, sent))
    yield "every message sent has its reason stored", [_told(one) for one in sent if one.reason is None]
    yield "no function failed, nothing is parked, no queue is left full", list(_left_over(cloud))


def _after_stop(sent: list[Sent], refused_at: Mapping[str, datetime]) -> Iterator[str]:
    for one in sent:
        stopped = refused_at.get(one.address)
        if stopped is not None and one.advertising and one.at > stopped:
            yield _told(one)


def _is_quiet(one: Sent) -> bool:
    clock = one.at.astimezone(SEOUL).time()
    return one.advertising and one.channel == "sms" and (clock >= QUIET_FROM or clock < QUIET_TO)


def _after_cancel(sent: list[Sent]) -> Iterator[str]:
    person = BY_HANDLE[CANCELLED_BY]
    for one in sent:
        step = one.reason.step if one.reason and one.reason.journey == "class-care" else ""
        if one.address in (person.address, person.phone) and one.at > CANCELLED_AT and step not in ("", "on_cancel"):
            yield _told(one)


def _twice(sent: list[Sent]) -> Iterator[str]:
    ids = Counter(one.message for one in sent)
    yield from (f"{message or 'a message without an id'} ×{count}" for message, count in ids.items() if count > 1)


def _over_cap(sent: list[Sent]) -> Iterator[str]:
    for one in sent:
        near = [
            other
            for other in sent
            if (other.address, other.channel, other.advertising) == (one.address, one.channel, True)
            and one.at - CAP_PER < other.at <= one.at
        ]
        if one.channel == "email" and len(near) > CAP:
            yield _told(one)


def _unlabelled(cloud: LocalCloud, sent: list[Sent]) -> Iterator[str]:
    yield from (_told(one) for one in sent if one.advertising and not one.text.startswith("(광고)"))
    for email in cloud.emails:
        if email.header("List-Unsubscribe-Post") and "수신거부" not in email.text:
            yield email.subject


def _held_out(diary: Diary, sent: list[Sent]) -> Iterator[str]:
    out = {(reason.profile, reason.journey) for reason in diary.told() if reason.kind == "holdout"}
    yield from (_told(one) for one in sent if one.reason and (one.reason.profile, one.reason.journey) in out)


def _left_over(cloud: LocalCloud) -> Iterator[str]:
    yield from (f"{name} failed {count} times" for name, count in cloud.parts.lambdas.errors.items())
    yield from (f"{name} was given up" for name, _ in cloud.dropped)
    yield from (f"{len(queue)} left in {name}" for name, queue in cloud.queues.items() if len(queue))


def _told(one: Sent) -> str:
    return f"{one.at.astimezone(SEOUL):%d %b %H:%M} {one.channel} {one.address} {one.text[:40]}"
