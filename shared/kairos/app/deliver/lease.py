"""Which requests of a batch may go now: the provider's rate and quota are tokens, shared by all who send.

A request without one goes back to its queue as it was, before anything is claimed for it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from kairos.app.deliver import warm_up
from kairos.app.deliver.outcome import Delivered, Outcome, Request, failure, held, not_sent
from kairos.app.ports import OutboxMessage, SendTokens
from kairos.app.publish.release import Release
from kairos.domain.ids import fraction
from kairos.registry import Channel

WAIT_SECONDS = {True: (20, 300), False: (1, 15)}
"""Marketing → after how many seconds a request without a token comes back, spread so that they do not come together."""


DELAY_SECONDS_MAX = 900
"""For how long SQS keeps a message back."""


def lease(
    batch: Sequence[Request], release: Release, channels: Mapping[str, Channel], tokens: SendTokens, now: datetime
) -> tuple[list[Request], list[Delivered]]:
    """Return the requests that may go, transactional ones first, and what becomes of the others."""
    by_channel: dict[str, list[Request]] = {}
    for request in sorted(batch, key=lambda request: request.message.marketing):
        by_channel.setdefault(request.message.channel, []).append(request)
    going: list[Request] = []
    others: list[Delivered] = []
    for name, requests in by_channel.items():
        if name not in channels:
            nowhere = not_sent("no channel", f"no channel is called {name}")
            others += [Delivered(one, replace(nowhere, profile=one.message.profile)) for one in requests]
            continue
        try:
            granted = _granted(channels[name], len(requests), release, tokens, now)
            may_go, waiting = _warmed_up(name, requests[:granted], release, tokens, now)
        except Exception as error:  # noqa: BLE001 - one channel's rate must not stop the others
            others += [Delivered(one, failure(error)) for one in requests]
            continue
        going += may_go
        others += waiting
        others += [Delivered(one, later(one.message, "no token", now)) for one in requests[granted:]]
    return going, others


def _warmed_up(
    channel: str, requests: list[Request], release: Release, tokens: SendTokens, now: datetime
) -> tuple[list[Request], list[Delivered]]:
    if channel != warm_up.CHANNEL:
        return requests, []
    going, waiting = warm_up.admitted(requests, release.brand, tokens, now)
    tomorrow = held("warm-up", warm_up.tomorrow(now))
    return going, [Delivered(one, replace(tomorrow, profile=one.message.profile)) for one in waiting]


def later(message: OutboxMessage, code: str, now: datetime) -> Outcome:
    """Return that the request waits: each for a time of its own, another every time, so that no backlog comes back
    in one second."""
    low, high = WAIT_SECONDS[message.marketing]
    share = fraction(message.message, code, now.isoformat())
    return Outcome("waiting", code, delay_seconds=low + int(share * (high - low)))


def again(message: OutboxMessage, due: datetime, now: datetime, detail: str) -> Outcome:
    """Return that a receiver who gave no answer is asked again: each time after as long as it has been waited for, a
    quarter of an hour at most. It knows the message by its id."""
    waits = later(message, "no answer", now)
    waited = int((now - due).total_seconds())
    return replace(waits, detail=detail, delay_seconds=min(DELAY_SECONDS_MAX, max(waits.delay_seconds, waited)))


def _granted(channel: Channel, wanted: int, release: Release, tokens: SendTokens, now: datetime) -> int:
    rate = (release.brand.get("rates") or {}).get(channel.name) or {}
    per_second = rate.get("per_second", channel.rate.per_second)
    per_day = rate.get("per_day", channel.rate.per_day)
    return tokens.lease(channel.name, wanted, per_second, per_day, now)
