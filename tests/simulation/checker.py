"""What must never happen, checked at the instant it would, and what must have happened, checked at the end.

The letters are those of the reliability notes: I1 accepted events are never lost, I2 one effect per event, I3 at most
one message, I4 nothing of a cancelled booking, I5 no advertising without consent, in quiet hours or after a refusal,
I6 no timer lost, I7 none early, I12 every message that did not go out has a stored reason.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from kairos.app.ports import Pointer
from kairos.app.quiet import open_at
from kairos.app.release import Release
from kairos.domain.ids import digest
from kairos.domain.profile import Message, Profile
from kairos.domain.reason import Reason
from tests.simulation.provider import Call
from tests.simulation.world import World

AMBIGUOUS = frozenset({"crash after", "answer lost", "crash before", "unreachable"})
LATE_AFTER_HEALING = timedelta(minutes=15)


@dataclass
class Checker:
    """Watches one world. `calls` and `messages` remain for tests to look at."""

    world: World
    calls: list[Call] = field(default_factory=list)
    messages: dict[str, Message] = field(default_factory=dict)
    reasons: dict[str, list[str]] = field(default_factory=dict)
    owner: dict[str, str] = field(default_factory=dict)
    applied: set[str] = field(default_factory=set)
    refused: dict[tuple[str, str], datetime] = field(default_factory=dict)

    def __post_init__(self) -> None:
        pointer = self.world.releases.pointer() or Pointer("none")
        self._release = Release(self.world.releases.bundle(pointer.release), pointer)
        self.world.on_call = self._on_call
        self.world.on_write = self._on_write
        self.world.on_reasons = self._on_reasons

    def refuse(self, call: Call) -> None:
        """Note that a refusal of this call's address was acknowledged now."""
        self.refused.setdefault((call.channel, call.address), self.world.clock.at)

    # ---- at every instant --------------------------------------------------------------------------------------

    def _on_write(self, profile: Profile) -> None:
        self.messages.update(profile.messages)
        self.owner.update(dict.fromkeys(profile.messages, profile.id))
        self.applied.update(profile.seen)

    def _on_reasons(self, reasons: list[Reason]) -> None:
        for reason in reasons:
            if reason.kind == "not_sent" and reason.message:
                self.reasons.setdefault(reason.message, []).append(reason.reason)

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
        for profile in self.world.customers.profiles.values():
            self._check_settled(profile, now)
        for id, message in self.messages.items():
            self._check_explained(id, message)
        self._check_caps()

    def _check_applied(self, id: str) -> None:
        event = digest("track", "main", f"track:{id}")
        parked = any(what.get("id") == event for _, what, _ in self.world.parking.parked)
        assert event in self.applied or parked, f"I1: accepted event {id} was lost"

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

    def _check_explained(self, id: str, message: Message) -> None:
        out = any(call.message == id and call.accepted for call in self.calls)
        open_ = any(id in profile.messages for profile in self.world.customers.profiles.values())
        assert out or open_ or self.reasons.get(id) or self._superseded(message), f"I12: {message.step}: no reason"

    def _superseded(self, message: Message) -> bool:
        """A message whose reason fell out with a crashed answer is still in the profile's own log."""
        return any(
            reason.message == message.id and reason.kind == "not_sent"
            for profile in self.world.customers.profiles.values()
            for reason in profile.log
        )

    def _check_caps(self) -> None:
        """No customer has more accepted marketing calls in any window than its caps allow."""
        by_person: dict[str, list[Call]] = {}
        for call in self.calls:
            if call.marketing and call.accepted:
                by_person.setdefault(self._profile_of(call).id, []).append(call)
        for calls in by_person.values():
            for cap in self._release.caps:
                counting = [call.at for call in calls if cap.channel in (call.channel, "any")]
                worst = Counter(sum(1 for at in counting if end - cap.per < at <= end) for end in counting)
                assert max(worst, default=0) <= cap.most + _in_flight(calls), f"cap {cap} exceeded"


def _in_flight(calls: list[Call]) -> int:
    """A message counts from its decision; one that lay in a queue goes out later than it counted."""
    return sum(1 for call in calls if call.told != "accepted")
