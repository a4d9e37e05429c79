"""Several profiles in front of production `decide`, and the words that they tell each other.

A word waits in `words` until a test lets it arrive: once, twice, late, never, or in another order.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from kairos.app.decide import decide
from kairos.aws.codec import read_effects, read_state, write_effects, write_state
from kairos.domain.effects import Send, Tell
from kairos.domain.event import Event, Wake
from kairos.domain.merge import Merge, merge_request
from kairos.domain.profile import SCHEMA, Profile
from kairos.domain.reason import Reason
from tests.app.decide.world import NOON, consent, make_event, release_of

REACHABLE = {"email": True, "sms": True}


class Company:
    """Profiles by id. Everything is stored as bytes between decisions, effects too."""

    def __init__(self, *journeys: Mapping[str, Any], now: datetime = NOON, **release: Any) -> None:
        self.release = release_of(*journeys, **release)
        self.now = now
        self.items: dict[str, bytes] = {}
        self.versions: dict[str, int] = {}
        self.wake_at: dict[str, datetime | None] = {}
        self.words: list[Tell] = []
        self.sends: list[Send] = []
        self.reasons: list[Reason] = []

    def __getitem__(self, id: str) -> Profile:
        return read_state(self.items[id], SCHEMA, self.versions[id])

    def hear(self, id: str, *events: Event, at: datetime | None = None) -> None:
        """Let a profile decide on events, addressed to it."""
        self.now = max(self.now, at or self.now)
        self._decide(id, [replace(event, profile=id) for event in events])

    def wake(self, id: str, at: datetime) -> None:
        self.now = max(self.now, at)
        self._decide(id, [Wake(id)])

    def _decide(self, id: str, inputs: list[Any]) -> None:
        outcome = decide(self[id] if id in self.items else None, self.release, inputs, self.now)
        if outcome is None:
            return
        self.versions[id] = self.versions.get(id, 0) + 1
        self.items[id] = write_state(outcome.profile)
        self.wake_at[id] = outcome.wake_at
        _, effects = read_effects(write_effects(outcome.effects, 1))
        self.words += [effect for effect in effects if isinstance(effect, Tell)]
        self.sends += [effect for effect in effects if isinstance(effect, Send)]
        self.reasons += outcome.reasons

    def introduce(self, *ids: str, consents: bool = True) -> None:
        """Make profiles that can be reached."""
        before = self.now - timedelta(days=1)
        for id in ids:
            known = [make_event("profile_updated", before, id=f"hello-{id}", reach=REACHABLE)]
            known += [consent(before, channel, id=f"yes-{id}-{channel}") for channel in REACHABLE] if consents else []
            self.hear(id, *known)

    def merge(self, loser: str, winner: str, *, arrive: bool = True) -> None:
        """Ask the loser to become the winner, and let everything arrive if so."""
        self.hear(loser, merge_request(Merge(loser, winner), self.now))
        if arrive:
            self.arrive()

    def arrive(self, most: int = 1_000) -> int:
        """Let words arrive until nobody says anything, or `most` have arrived; return how many did."""
        for count in range(most):
            if not self.words:
                return count
            self.arrives(self.words.pop(0))
        assert most < 1_000, "they never stop talking"
        return most

    def arrives(self, word: Tell) -> None:
        self.hear(word.profile, *word.events)

    def report(self, id: str, message: str, name: str = "message_sent") -> None:
        """Let a report on a message reach the profile that asked for it."""
        said = {"channel": "email", "marketing": True}
        self.hear(id, make_event(name, self.now, id=f"{name}/{message}/{self.now}", message=message, properties=said))

    def live_until(self, until: datetime, *, reporting: bool = True) -> None:
        """Let every profile wake whenever it wants to; what is asked for is reported sent, and words arrive."""
        for _ in range(1_000):
            self._report(reporting)
            self.arrive()
            if reporting and self.sends:
                continue
            due = [(at, id) for id, at in self.wake_at.items() if at is not None and at <= until]
            if not due:
                self.now = max(self.now, until)
                return
            at, id = min(due)
            self.wake(id, at)
        raise AssertionError("somebody wakes and wakes, and nothing comes of it")

    def _report(self, reporting: bool) -> None:
        for send in [self.sends.pop(0) for _ in range(len(self.sends))] if reporting else ():
            self.report(send.profile, send.message)

    @property
    def messages(self) -> list[tuple[str, datetime]]:
        """Return (template, when) of everything that was asked for, each message once."""
        asked = {reason.message: (reason.template, reason.at) for reason in self.reasons if reason.kind == "message"}
        return list(asked.values())

    def said(self, id: str, kind: str) -> list[str]:
        return [reason.reason for reason in self.reasons if (reason.profile, reason.kind) == (id, kind)]
