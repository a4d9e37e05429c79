"""The inbox: batches, groups that fail alone, poison, redelivery, and writers that meet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from kairos.app.consents import Word
from kairos.app.inbox import HandleInbox
from kairos.app.ports import InboxMessage, Pointer, Received
from kairos.app.publish.live import LiveRelease
from kairos.domain.effects import Effect, Send
from kairos.domain.erasure import erase_request
from kairos.domain.errors import TooLarge, Unavailable, VersionConflict
from kairos.domain.event import ConsentFact, Event
from kairos.domain.profile import Profile
from kairos.memory import MemoryArchive, MemoryClock, MemoryConsents, MemoryCustomers, MemoryParking, MemoryReleases
from tests.app.decide.world import NOON, booking, make_event, release_of

JOURNEY = {
    "id": "j",
    "class": "transactional",
    "trigger": {"event": "go"},
    "subject": "n",
    "steps": [{"wait": "30m"}, {"send": "hello"}],
}


class Customers(MemoryCustomers):
    """Customers that can be made to fail: `unavailable` names profiles, `conflicts` counts writes that come second."""

    def __init__(self) -> None:
        super().__init__(stream=self._note)
        self.unavailable: set[str] = set()
        self.conflicts = 0
        self.too_large = ""
        self.reads = self.writes = 0
        self.effects: list[Effect] = []

    def _note(self, profile: str, version: int, effects: tuple[Effect, ...]) -> None:
        self.effects += effects

    def read(self, profile: str) -> Profile | None:
        self.reads += 1
        if profile in self.unavailable:
            raise Unavailable("customers", "down")
        return super().read(profile)

    def write(self, profile: Profile, effects: Sequence[Effect], wake_at: Any, ttl: Any) -> None:
        if self.conflicts:
            self.conflicts -= 1
            raise VersionConflict(profile.id)
        if self.too_large and self.too_large in profile.traits:
            raise TooLarge("profile", 500_000, 400_000)
        self.writes += 1
        super().write(profile, effects, wake_at, ttl)


class Station:
    """A decide function with everything around it in memory; its queue numbers messages as SQS does."""

    def __init__(self, *journeys: Mapping[str, Any]) -> None:
        self.customers, self.parking = Customers(), MemoryParking()
        self.clock, self.releases = MemoryClock(NOON), MemoryReleases()
        self.archive, self.consents = MemoryArchive(), MemoryConsents()
        if journeys:
            bundle = release_of(*journeys).bundle
            self.releases.point(Pointer(self.releases.put_bundle(bundle)), None)
        self.inbox = self.over(self.archive)
        self._sequence = 10**18

    def over(self, archive: MemoryArchive, releases: MemoryReleases | None = None) -> HandleInbox:
        """Return the use case over another archive or other releases."""
        ports = (self.customers, releases or self.releases, self.parking, self.clock)
        return HandleInbox(*ports, archive, self.consents)

    def deliver(self, *events: Event, profile: str = "u1", wake: str | None = None, queue: str = "q") -> Received:
        """Return one delivery of a queue message."""
        self._sequence += 1
        message = InboxMessage(profile, tuple(replace(event, profile=profile) for event in events), wake)
        return Received(f"m{self._sequence}", message, queue, str(self._sequence))


def go(n: int, at: datetime = NOON, **more: Any) -> Event:
    return make_event("go", at, id=f"go{n}", properties={"n": str(n)}, **more)


class Poison(dict[str, Any]):
    """Properties that nobody can read: what a bug in our own code would do with one odd event."""

    def __bool__(self) -> bool:
        return True

    def __contains__(self, key: object) -> bool:
        raise RuntimeError("poison")


def poison(n: int) -> Event:
    return make_event("go", NOON, id=f"poison{n}", properties=Poison())


def test_a_batch_of_one_profile_costs_one_read_and_one_write() -> None:
    station = Station(JOURNEY)
    applied = station.inbox.apply([station.deliver(go(n)) for n in range(10)])
    assert (station.customers.reads, station.customers.writes, applied.failed) == (1, 1, [])
    assert len(station.customers.profiles["u1"].enrollments) == 10


def test_a_redelivery_after_the_write_repeats_nothing() -> None:
    station = Station(JOURNEY)
    batch = [station.deliver(go(n)) for n in range(3)]
    station.inbox.apply(batch)
    stored, effects = station.customers.profiles["u1"], list(station.customers.effects)
    station.clock.advance(timedelta(minutes=45))
    again = station.inbox.apply(batch)
    assert again.reasons == []
    assert station.customers.profiles["u1"] is stored
    assert station.customers.effects == effects


def test_a_redelivery_beside_new_messages_applies_only_those() -> None:
    station = Station(JOURNEY)
    old = station.deliver(go(1))
    station.inbox.apply([old])
    station.inbox.apply([old, station.deliver(go(2))])
    assert sorted(e.subject for e in station.customers.profiles["u1"].enrollments.values()) == ["1", "2"]


def test_an_event_sent_again_under_a_new_number_is_told_by_its_id() -> None:
    station = Station(JOURNEY)
    station.inbox.apply([station.deliver(go(1))])
    station.inbox.apply([station.deliver(go(1))])
    assert len(station.customers.profiles["u1"].enrollments) == 1


def test_sequence_numbers_are_compared_as_numbers_and_each_queue_counts_for_itself() -> None:
    station = Station(JOURNEY)
    short = Received("a", InboxMessage("u1", (go(1),)), "q", "99")
    long = Received("b", InboxMessage("u1", (go(2),)), "q", "100")
    other = Received("c", InboxMessage("u1", (go(3),)), "walks", "5")
    for received in (short, long, other):
        station.inbox.apply([received])
    profile = station.customers.profiles["u1"]
    assert profile.sequences == {"q": "100", "walks": "5"}
    assert len(profile.enrollments) == 3


def test_groups_fail_alone() -> None:
    station = Station(JOURNEY)
    station.customers.unavailable = {"u2"}
    batch = [station.deliver(go(1)), station.deliver(go(2), profile="u2"), station.deliver(go(3), profile="u2")]
    applied = station.inbox.apply(batch)
    assert applied.failed == [batch[1].id, batch[2].id]
    assert [type(error) for error in applied.errors] == [Unavailable]
    assert "u1" in station.customers.profiles


def test_a_group_that_fails_in_a_way_nobody_thought_of_fails_alone_too() -> None:
    station = Station(JOURNEY)
    station.inbox.apply([station.deliver(go(1))])
    broken = station.customers.profiles["u1"]
    broken.messages["m"] = object()  # type: ignore[assignment]
    batch = [station.deliver(go(2)), station.deliver(go(3), profile="u2")]
    applied = station.inbox.apply(batch)
    assert applied.failed == [batch[0].id]
    assert "u2" in station.customers.profiles


@pytest.mark.parametrize("place", range(10))
def test_a_poison_event_in_a_batch_of_ten_is_parked_and_nothing_else_suffers(place: int) -> None:
    station = Station(JOURNEY)
    events = [go(n) for n in range(10)]
    events[place] = poison(place)
    applied = station.inbox.apply([station.deliver(event) for event in events])
    assert (applied.failed, applied.parked) == ([], 1)
    ((group, what, reason),) = station.parking.parked
    assert (group, what["id"], reason) == ("u1", f"poison{place}", "RuntimeError: poison")
    assert len(station.customers.profiles["u1"].enrollments) == 9
    assert not station.customers.profiles["u1"].has_seen(f"poison{place}")


def test_poison_in_one_queue_message_with_others_is_parked_alone() -> None:
    station = Station(JOURNEY)
    station.inbox.apply([station.deliver(go(1), poison(2), go(3))])
    assert len(station.parking.parked) == 1
    assert len(station.customers.profiles["u1"].enrollments) == 2


def test_half_a_surrogate_which_json_can_carry_spoils_nothing() -> None:
    station = Station(JOURNEY)
    odd = "\ud800"
    event = make_event("go", id=odd, properties={"n": odd, odd: odd}, traits={odd: odd})
    applied = station.inbox.apply([station.deliver(event), station.deliver(booking(NOON, NOON, odd))])
    assert (applied.failed, applied.parked) == ([], 0)
    assert len(station.customers.profiles["u1"].enrollments) == 1


def test_an_event_without_room_is_parked_with_that_reason() -> None:
    station = Station()
    station.inbox.apply([station.deliver(*(booking(NOON, NOON, f"b{n}") for n in range(201)))])
    ((_, what, reason),) = station.parking.parked
    assert (what["entry"]["id"], reason) == ("b200", "no room left for entries")


def test_a_message_that_outgrows_the_item_is_parked_and_the_others_are_applied() -> None:
    station = Station(JOURNEY)
    station.customers.too_large = "huge"
    large = make_event("profile_updated", traits={"huge": 1})
    batch = [station.deliver(go(1)), station.deliver(large), station.deliver(go(2))]
    applied = station.inbox.apply(batch)
    assert (applied.failed, applied.parked) == ([], 1)
    assert [what["id"] for _, what, _ in station.parking.parked] == [large.id]
    assert len(station.customers.profiles["u1"].enrollments) == 2


def test_a_version_conflict_is_read_again_and_decided_again() -> None:
    station = Station(JOURNEY)
    station.customers.conflicts = 3
    applied = station.inbox.apply([station.deliver(go(1))])
    assert (applied.failed, applied.conflicts, station.customers.reads) == ([], 3, 4)
    assert len(station.customers.profiles["u1"].enrollments) == 1


def test_after_five_conflicts_the_group_goes_back_to_the_queue() -> None:
    station = Station(JOURNEY)
    station.customers.conflicts = 5
    batch = [station.deliver(go(1))]
    applied = station.inbox.apply(batch)
    assert applied.failed == [batch[0].id]
    assert station.inbox.apply(batch).failed == []


def test_a_wake_up_does_what_is_due_and_one_for_nobody_writes_nothing() -> None:
    station = Station(JOURNEY)
    station.inbox.apply([station.deliver(go(1, reach={"email": True}))])
    station.clock.advance(timedelta(minutes=31))
    applied = station.inbox.apply([station.deliver(wake="schedule"), station.deliver(wake="schedule", profile="u9")])
    assert [effect for effect in station.customers.effects if isinstance(effect, Send)]
    assert applied.lateness == timedelta(minutes=1)
    assert "u9" not in station.customers.profiles


def test_before_the_first_publish_events_still_change_profiles() -> None:
    station = Station()
    station.inbox.apply([station.deliver(make_event("profile_updated", traits={"tier": "vip"}))])
    assert station.customers.profiles["u1"].traits == {"tier": "vip"}


class DeafReleases(MemoryReleases):
    def pointer(self) -> Pointer | None:
        raise Unavailable("config", "down")


def test_a_pointer_that_cannot_be_read_fails_the_batch() -> None:
    station = Station(JOURNEY)
    inbox = station.over(station.archive, DeafReleases())
    with pytest.raises(Unavailable):
        inbox.apply([station.deliver(go(1))])


def test_the_pointer_is_read_before_each_batch_and_the_bundle_kept_while_it_stays() -> None:
    station = Station(JOURNEY)
    live = LiveRelease(station.releases)
    first = live.read()
    assert live.read() is first
    pointer = station.releases.pointer()
    assert pointer is not None
    station.releases.point(Pointer(pointer.release, frozenset({"j"})), pointer)
    assert live.read().halted("j")
    assert live.read().bundle is first.bundle


def test_a_pause_between_two_batches_is_heeded() -> None:
    station = Station(JOURNEY)
    station.inbox.apply([station.deliver(go(1, reach={"email": True}))])
    pointer = station.releases.pointer()
    assert pointer is not None
    station.releases.point(Pointer(pointer.release, stopped=True), pointer)
    station.clock.advance(timedelta(hours=1))
    station.inbox.apply([station.deliver(wake="schedule")])
    assert not [effect for effect in station.customers.effects if isinstance(effect, Send)]


# ---- the archive -----------------------------------------------------------------------------------------------


class Archive(MemoryArchive):
    """An archive that can be made to fail `broken` times."""

    def __init__(self) -> None:
        super().__init__()
        self.broken = self.calls = 0

    def put(self, records: Sequence[Mapping[str, Any]]) -> None:
        self.calls += 1
        if self.broken:
            self.broken -= 1
            raise Unavailable("archive", "down")
        super().put(records)


def archiving(*journeys: Mapping[str, Any]) -> tuple[Station, Archive]:
    station, archive = Station(*journeys), Archive()
    station.inbox = station.over(archive)
    return station, archive


def said(archive: Archive) -> list[tuple[str, int, list[str]]]:
    return [(r["profile"], r["version"], [each["kind"] for each in r.get("reasons", ())]) for r in archive.records]


def test_a_batch_is_archived_in_one_call_with_its_events_and_reasons() -> None:
    station, archive = archiving(JOURNEY)
    batch = [station.deliver(go(1)), station.deliver(go(2), profile="u2"), station.deliver(go(3))]
    station.inbox.apply(batch)
    assert archive.calls == 1
    assert said(archive) == [("u1", 1, ["entered", "entered"]), ("u2", 1, ["entered"])]
    assert [event["id"] for event in archive.records[0]["events"]] == ["go1", "go3"]
    assert archive.records[0]["day"] == "2026-03-02"


def test_an_archive_that_fails_fails_the_batch_and_a_redelivery_archives_what_was_decided() -> None:
    station, archive = archiving(JOURNEY)
    archive.broken = 1
    batch = [station.deliver(go(1)), station.deliver(go(2), profile="u2")]
    assert station.inbox.apply(batch).failed == [message.id for message in batch]
    station.clock.advance(timedelta(minutes=5))
    again = station.inbox.apply(batch)
    assert (again.failed, again.reasons) == ([], [])
    assert said(archive) == [("u1", 1, ["entered"]), ("u2", 1, ["entered"])]
    assert {record["at"] for record in archive.records} == {"2026-03-02T12:00:00Z"}, "the instant of the write"


def test_what_was_decided_before_a_crash_is_archived_before_the_next_write_forgets_it() -> None:
    station, archive = archiving(JOURNEY)
    archive.broken = 1
    old = station.deliver(go(1))
    station.inbox.apply([old])
    archive.broken, new = 0, station.deliver(go(2))
    archive.calls = 0
    station.inbox.apply([old, new])
    assert archive.calls == 2
    assert said(archive) == [("u1", 1, ["entered"]), ("u1", 2, ["entered"])]
    archive.records.clear()
    archive.broken = 1
    newest = station.deliver(go(3))
    station.inbox.apply([new, newest])
    assert "3" not in {e.subject for e in station.customers.profiles["u1"].enrollments.values()}, (
        "wrote before it archived"
    )


def test_another_queue_does_not_make_the_item_forget_what_is_not_archived() -> None:
    station, archive = archiving(JOURNEY)
    archive.broken = 1
    event = station.deliver(go(1))
    station.inbox.apply([event])
    station.inbox.apply([station.deliver(go(2), queue="walks")])
    station.inbox.apply([event])
    assert said(archive) == [("u1", 2, ["entered"]), ("u1", 1, ["entered"])]


def test_messages_applied_one_by_one_are_archived_one_by_one() -> None:
    station, archive = archiving(JOURNEY)
    station.customers.too_large = "huge"
    large = make_event("profile_updated", traits={"huge": 1})
    batch = [station.deliver(go(1)), station.deliver(large), station.deliver(go(2))]
    archive.broken = 1
    applied = station.inbox.apply(batch)
    assert applied.failed == [message.id for message in batch]
    assert [e.subject for e in station.customers.profiles["u1"].enrollments.values()] == ["1"]
    assert station.inbox.apply(batch).failed == []
    assert {(version, *kinds) for _, version, kinds in said(archive)} == {(1, "entered"), (2, "entered")}


def test_a_parked_event_and_a_wake_up_for_nothing_leave_no_trace_in_the_archive() -> None:
    station, archive = archiving(JOURNEY)
    station.inbox.apply([station.deliver(poison(1)), station.deliver(wake="schedule", profile="u9")])
    station.inbox.apply([station.deliver(wake="schedule")])
    assert archive.records == []


# ---- the ledger of consents ---------------------------------------------------------------------------------------


def agreed(number: int = 1, name: str = "consent_given") -> Event:
    fact = ConsentFact("email", "marketing", wording="v2", proof="form-8812")
    return replace(go(number), id=f"{name}-{number}", name=name, consent=fact)


def test_what_was_said_of_a_consent_is_in_the_ledger_with_its_wording_and_proof() -> None:
    station = Station(JOURNEY)
    station.inbox.apply([station.deliver(agreed(), go(2), agreed(3, "consent_withdrawn"))])
    first, second = station.consents.of(["u1"])
    assert (first.given, first.channel, first.purpose, first.wording, first.proof) == (
        *(True, "email", "marketing"),
        *("v2", "form-8812"),
    )
    assert (second.given, second.id) == (False, "consent_withdrawn-3")


def test_a_word_whose_ledger_is_down_comes_again_and_is_noted_once() -> None:
    station = Station(JOURNEY)
    heard = station.deliver(agreed())

    class Down(MemoryConsents):
        def note(self, words: Sequence[Word]) -> None:
            raise Unavailable("consents")

    kept, station.consents = station.consents, Down()
    assert station.over(station.archive).apply([heard]).failed == [heard.id], "it was applied, and is not acknowledged"
    station.consents = kept
    for _ in range(2):
        assert station.over(station.archive).apply([heard]).failed == []
    assert [word.id for word in kept.of(["u1"])] == ["consent_given-1"]


def test_whoever_reports_spam_refused_and_the_message_is_the_proof() -> None:
    station = Station(JOURNEY)
    complaint = replace(go(1), name="message_complained", message="m-1", properties={"channel": "email"})
    station.inbox.apply([station.deliver(complaint)])
    (word,) = station.consents.of(["u1"])
    assert (word.given, word.channel, word.proof) == (False, "email", "m-1")


def test_of_who_was_erased_nothing_more_is_noted() -> None:
    station = Station(JOURNEY)
    station.inbox.apply([station.deliver(erase_request("u1", NOON))])
    station.inbox.apply([station.deliver(agreed())])
    assert station.consents.of(["u1"]) == []
