"""What must never happen, checked at the instant it would, and what must have happened, checked at the end.

The letters are those of the reliability notes: I1 accepted events are never lost, I2 one effect per event, I3 at most
one message, I4 nothing of a cancelled booking, I5 no advertising without consent, in quiet hours or after a refusal,
I6 no timer lost, I7 none early, I12 every message that did not go out has a stored reason.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from kairos.app.consents import Word
from kairos.app.decide.parcels import unpack_state
from kairos.app.deliver.quiet import open_at
from kairos.app.ports import Pointer
from kairos.app.publish.release import Release
from kairos.domain.ids import call_id, digest
from kairos.domain.profile import Message, Profile
from kairos.domain.seen import seen_key
from tests.simulation.provider import Call
from tests.simulation.world import World

AMBIGUOUS = frozenset({"crash after", "answer lost", "crash before", "unreachable"})
LATE_AFTER_HEALING = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Decided:
    """When a message took its place under the caps, and by which profile, with those that had become it by then."""

    at: datetime
    by: str
    people: frozenset[str]


@dataclass
class Checker:
    """Watches one world. `calls` and `messages` remain for tests to look at."""

    world: World
    calls: list[Call] = field(default_factory=list)
    messages: dict[str, Message] = field(default_factory=dict)
    explained: set[str] = field(default_factory=set)
    owner: dict[str, str] = field(default_factory=dict)
    applied: set[bytes] = field(default_factory=set)
    shipped: dict[str, tuple[str, frozenset[bytes]]] = field(default_factory=dict)
    refused: dict[tuple[str, str], datetime] = field(default_factory=dict)
    decided: dict[str, Decided] = field(default_factory=dict)

    def __post_init__(self) -> None:
        pointer = self.world.releases.pointer() or Pointer("none")
        self._release = Release(self.world.releases.bundle(pointer.release), pointer)
        self.world.on_call = self._on_call
        self.world.on_write = self._on_write
        self.world.on_refusal = self.refuse
        self.world.on_hook = self._on_hook

    def refuse(self, call: Call) -> None:
        """Note that a refusal of this call's address was acknowledged now."""
        self.refused.setdefault((call.channel, call.address), self.world.clock.at)

    # ---- at every instant --------------------------------------------------------------------------------------

    def _on_write(self, profile: Profile) -> None:
        for _, at, id in profile.sent:
            if id not in self.decided or self.decided[id].at < at:
                self.decided[id] = Decided(at, profile.id, frozenset((profile.id, *profile.former)))
        for reason in (reason for written in profile.written.values() for reason in written.reasons):
            if reason.kind == "not_sent" and reason.message:
                self.explained.add(reason.message)
        self.messages.update(profile.messages)
        self.owner.update(dict.fromkeys(profile.messages, profile.id))
        self.applied.update(profile.seen)
        self._note_shipped(profile)

    def _note_shipped(self, profile: Profile) -> None:
        """Note what a profile had applied before it became another: once its state arrives, it may be too old to be
        kept there."""
        for id, parcel in profile.parcels.items():
            if parcel.kind == "state" and id not in self.shipped:
                state = unpack_state(parcel.content)
                self.shipped[id] = (state.id, frozenset(state.seen))
        for origin, seen in self.shipped.values():
            if origin in profile.former:
                self.applied |= seen

    def _on_call(self, call: Call) -> None:
        message = self.messages[call.message]
        profile = self._profile_of(call)
        assert call.at >= message.due, f"I7: {message.step} early by {message.due - call.at}"
        assert call.at < message.expires_at, f"expired {message.step} was sent"
        enrollment = profile.enrollments[message.enrollment]
        entry = profile.entries.get(enrollment.entry) if enrollment.entry else None
        if entry is not None and entry.cancelled:
            assert message.step == "on_cancel", f"I4: {message.step} of a cancelled booking"
        if call.marketing:
            self._check_advertising(call, profile)
        self._check_once(call, message)
        self.calls.append(call)

    def _on_hook(self, id: str) -> None:
        """A receiver is called for a passage that stands at that step, and for no other."""
        passages = (e for profile in self.world.customers.profiles.values() for e in profile.enrollments.values())
        waiting = any(e.active and call_id(e.id, e.node or "") == id for e in passages)
        assert waiting, f"I4: {id} was called for, and nobody waits for it"

    def _check_advertising(self, call: Call, profile: Profile) -> None:
        consent = profile.consents.get((call.channel, "marketing"))
        assert consent is not None, "I5: never asked for consent"
        assert consent.given, "I5: no consent"
        assert open_at(self._release, profile, call.channel, call.at) == call.at, "I5: quiet hours"
        assert (call.channel, call.address) not in self.refused, "I5: after a refusal was acknowledged"

    def _check_once(self, call: Call, message: Message) -> None:
        """Marketing: one call that may have been accepted per step and visit. Transactional: none after a known one."""
        same = (message.enrollment, message.step, message.visit)
        for earlier in self.calls:
            former = self.messages[earlier.message]
            if (former.enrollment, former.step, former.visit) != same:
                continue
            if call.marketing:
                assert earlier.told in ("throttled", "refused"), f"I3: {message.step} may go out twice"
            elif earlier.accepted:
                assert earlier.told in AMBIGUOUS, f"I3: {message.step} repeated although it was known to be out"

    def _profile_of(self, call: Call) -> Profile:
        return self.world.customers.profiles[self.owner[call.message]]

    # ---- at the end --------------------------------------------------------------------------------------------

    def check_end(self) -> None:
        """Everything that was promised has come about."""
        now = self.world.clock.at
        for id in self.world.accepted:
            self._check_applied(id)
        parked = {what.get("id") for _, what, _ in self.world.parking.parked}
        assert parked >= set(self.world.poison), "poison was neither applied nor parked"
        for profile in self.world.customers.profiles.values():
            self._check_settled(profile, now)
            self._check_noted(profile)
        for id, message in self.messages.items():
            self._check_explained(id, message)
        self._check_caps()
        self.world.counting.check(self.calls)
        self._check_people()

    def _check_applied(self, id: str) -> None:
        event = digest("track", "main", f"track:{id}")
        parked = any(what.get("id") == event for _, what, _ in self.world.parking.parked)
        assert seen_key(event) in self.applied or parked, f"I1: accepted event {id} was lost"

    def _check_settled(self, profile: Profile, now: datetime) -> None:
        for enrollment in profile.enrollments.values():
            dues = [enrollment.due] if enrollment.due else []
            dues += [planned.due for planned in enrollment.plan.values() if planned.state == "planned"]
            late = [due for due in dues if due < now - LATE_AFTER_HEALING and enrollment.active]
            assert not late, f"I6: {enrollment.journey} stands still since {late}"
        stuck = [m for m in profile.messages.values() if m.state == "held" and m.until and m.until < now]
        assert not stuck, f"I6: held messages were forgotten: {stuck}"
        asked = [m for m in profile.messages.values() if m.state == "asked" and now - m.due > timedelta(hours=80)]
        assert not asked, f"never settled: {asked}"

    def _check_noted(self, profile: Profile) -> None:
        """What holds of a consent was said, and is in the ledger, once."""
        said = [(word.channel, word.purpose, word.at) for word in self._ledger([profile.id, *profile.former])]
        for (channel, purpose), consent in profile.consents.items():
            assert (channel, purpose, consent.at) in said, f"consent to {channel} {purpose} is not in the ledger"

    def _ledger(self, persons: list[str]) -> list[Word]:
        return self.world.consents.of(persons)

    def _check_explained(self, id: str, message: Message) -> None:
        out = any(call.message == id and call.accepted for call in self.calls)
        open_ = any(id in profile.messages for profile in self.world.customers.profiles.values())
        assert out or open_ or id in self.explained, f"I12: {message.step}: no reason"

    def _check_caps(self) -> None:
        """No message was decided that came on top of as many as a cap allows, whoever of the customer's profiles had
        decided those. What two profiles had sent before they became one may be more."""
        out = [call for call in self.calls if call.marketing and call.accepted]
        for call in out:
            last = self.decided[call.message]
            ours = [other for other in out if self.decided[other.message].by in last.people]
            for cap in self._release.rules.caps:
                counting = [self.decided[other.message].at for other in ours if cap.channel in (other.channel, "any")]
                assert isinstance(cap.per, timedelta), "the shop's caps roll"
                within = sum(1 for at in counting if last.at - cap.per < at <= last.at)
                assert within <= cap.most + _in_flight(ours), f"cap {cap} exceeded"

    def _check_people(self) -> None:
        """Nobody is left between two profiles, nobody is two people, and no message went to somebody else."""
        for profile in self.world.customers.profiles.values():
            assert not profile.parcels, f"{profile.id} still owes {len(profile.parcels)} parcels"
        known = self.world.identities.known
        people = {value: self._now(id) for (kind, _, value), id in known.items() if kind == "external"}
        assert len(set(people.values())) == len(people), f"two people were glued together: {people}"
        addresses = {value: self._now(id) for (kind, _, value), id in known.items() if kind in ("email", "phone")}
        for call in self.calls:
            owner = self._now(self.owner[call.message])
            assert addresses[call.address] == owner, f"{call.message} of {owner} went to {call.address}"

    def check_joined(self, pairs: list[tuple[tuple[str, str], str]]) -> None:
        """Every identifier that was said to be a customer's leads to them."""
        known = self.world.identities.known
        for (kind, value), who in pairs:
            theirs = self._now(known[kind, "track/main", value])
            assert theirs == self._now(known["external", "track/main", who]), f"{value} did not become {who}"

    def _now(self, id: str) -> str:
        """Return which profile this one is now."""
        profiles = self.world.customers.profiles
        while id in profiles and (into := profiles[id].merged_into):
            id = into
        return id


def _in_flight(calls: list[Call]) -> int:
    """A message counts from its decision; one that lay in a queue goes out later than it counted."""
    return sum(1 for call in calls if call.told != "accepted")
