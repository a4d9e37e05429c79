"""What goes into the inbox of one request: its events, one message per profile, and what they make necessary before."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from kairos.app.ingest.facts import Fact
from kairos.app.ports import InboxMessage, Resolved
from kairos.domain import erasure
from kairos.domain.event import Event
from kairos.domain.merge import merge_request


def events_by_profile(facts: Sequence[Fact], correlation: str) -> list[InboxMessage]:
    """Return one message per profile, its events in order; one fact said twice in one request is one event."""
    groups: dict[str, dict[str, Event]] = {}
    for fact in facts:
        groups.setdefault(fact.profile, {}).setdefault(fact.event.id, fact.event)
    return [
        InboxMessage(profile, tuple(events.values()), correlation=correlation) for profile, events in groups.items()
    ]


def merges(joined: Sequence[Resolved], now: datetime, correlation: str) -> list[InboxMessage]:
    """Return what tells the losers of merges whom they become."""
    asked = dict.fromkeys(merge for one in joined for merge in one.merges)
    return [
        InboxMessage(merge.loser, (merge_request(merge, now, correlation),), correlation=correlation) for merge in asked
    ]


def erasures(facts: Sequence[Fact], now: datetime, correlation: str) -> list[InboxMessage]:
    """Return the requests to forget whom a signed source says is to be forgotten. Nobody else can make one: what this
    asks for is told by its source, which no connection has."""
    asked = dict.fromkeys(fact.profile for fact in facts if fact.event.name == erasure.ASKED_FOR)
    return [
        InboxMessage(profile, (erasure.erase_request(profile, now, correlation),), correlation=correlation)
        for profile in asked
    ]


def owners(facts: Sequence[Fact]) -> dict[str, tuple[str, ...]]:
    """Return whom each entry was told of, by its id."""
    out: dict[str, tuple[str, ...]] = {}
    for fact in facts:
        if fact.event.entry is not None and fact.event.name == "entry_updated":
            out[fact.event.entry.id] = (*out.get(fact.event.entry.id, ()), fact.profile)
    return out


def counts(names: Iterable[str]) -> dict[str, int]:
    """Return how often each name comes."""
    out: dict[str, int] = {}
    for name in names:
        out[name] = out.get(name, 0) + 1
    return out
