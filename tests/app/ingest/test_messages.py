"""What one request puts into the inbox: a message for each profile, its events once and in order."""

from __future__ import annotations

from datetime import UTC, datetime

from kairos.app.ingest.facts import Fact
from kairos.app.ingest.messages import counts, erasures, events_by_profile, merges, owners
from kairos.app.ports import Resolved
from kairos.domain import erasure
from kairos.domain.event import EntryFact, Event
from kairos.domain.merge import Merge

NOW = datetime(2026, 11, 22, 4, 10, tzinfo=UTC)


def fact(id: str, profile: str, name: str = "page_viewed", entry: str = "") -> Fact:
    of = EntryFact("booking", entry, NOW) if entry else None
    return Fact(Event(id, name, profile, NOW, NOW, entry=of), (), profile, ())


def test_each_profile_has_one_message_with_its_events_in_order_and_each_event_once() -> None:
    said = [fact("1", "mina"), fact("2", "juno"), fact("3", "mina"), fact("1", "mina")]
    found = [(one.profile, [event.id for event in one.events], one.correlation) for one in events_by_profile(said, "c")]
    assert found == [("mina", ["1", "3"], "c"), ("juno", ["2"], "c")]


def test_a_merge_that_two_events_prove_is_asked_for_once_in_the_losers_group() -> None:
    merge = Merge("loser", "winner")
    (asked,) = merges([Resolved("winner", (merge,)), Resolved("winner", (merge,))], NOW, "c")
    assert (asked.profile, [event.name for event in asked.events]) == ("loser", ["profile_merging"])


def test_who_is_to_be_forgotten_is_asked_for_once_whatever_else_is_said() -> None:
    said = [fact("1", "mina", erasure.ASKED_FOR), fact("2", "mina", erasure.ASKED_FOR), fact("3", "juno")]
    (asked,) = erasures(said, NOW, "c")
    assert (asked.profile, [event.name for event in asked.events]) == ("mina", [erasure.ERASED])


def test_an_entrys_owners_are_all_who_were_told_that_it_is_there() -> None:
    said = [
        fact("1", "mina", "entry_updated", "b-1"),
        fact("2", "juno", "entry_updated", "b-1"),
        fact("3", "moran", "entry_cancelled", "b-1"),
    ]
    assert owners(said) == {"b-1": ("mina", "juno")}


def test_names_are_counted() -> None:
    assert counts(["a", "b", "a"]) == {"a": 2, "b": 1}
