"""One customer in front of production `decide`: time moves only when a test says so.

Every decision made here is made twice, and the profile it was given is compared with what it was before: so each test
that uses a world also shows that deciding is deterministic and changes nothing but what it returns.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from kairos.app.decide import Outcome, decide
from kairos.app.definitions.documents import Definition, Documents, check_brand_documents, errors_of
from kairos.app.ports import Pointer
from kairos.app.publish.bundle import build_bundle
from kairos.app.publish.release import Release
from kairos.aws.codec import write_state
from kairos.domain.effects import Arm, Effect, Send
from kairos.domain.event import ConsentFact, EntryFact, Event, Input, Wake
from kairos.domain.instant import parse_instant
from kairos.domain.profile import Enrollment, Message, Profile
from kairos.domain.reason import Reason

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)  # a Monday
BOTH = {"email": {"subject": "s", "text": "t"}, "sms": {"text": "t"}}
TEMPLATES: Mapping[str, Mapping[str, Any]] = {
    **dict.fromkeys(("hello", "second", "third", "moved", "sorry"), BOTH),
    "mail": {"email": BOTH["email"]},
}
BRAND = {"name": "Shop", "timezone": "UTC", "country": "KR", "policies": []}


def release_of(
    *journeys: Mapping[str, Any],
    brand: Mapping[str, Any] | None = None,
    segments: Mapping[str, Any] | None = None,
    paused: Iterable[str] = (),
    stopped: bool = False,
    previous: Mapping[str, Any] | None = None,
) -> Release:
    """Return a release of these journeys; a definition that would not pass publish fails the test."""
    definitions = [Definition("brand", "brand", {**BRAND, **(brand or {})}, "brand.yaml")]
    definitions += [Definition("journey", journey["id"], journey, journey["id"]) for journey in journeys]
    definitions += [Definition("template", id, {"id": id, **parts}, id) for id, parts in TEMPLATES.items()]
    definitions += [Definition("segment", id, {"id": id, "where": w}, id) for id, w in (segments or {}).items()]
    documents = Documents(tuple(definitions))
    assert errors_of(check_brand_documents(documents)) == []
    return Release(build_bundle(documents, previous, years=[2026]), Pointer("r", frozenset(paused), stopped))


def make_event(name: str, at: datetime = NOON, **more: Any) -> Event:
    """Return an event of u1 that arrives when it occurs, unless `received_at` says later; `properties` as keyword."""
    facts = {"id": f"{name}@{at.isoformat()}", "received_at": at, **more}
    return Event(name=name, profile="u1", occurred_at=at, **facts)


def booking(
    at: datetime, starts: datetime | str | None, id: str = "b1", *, cancelled: bool = False, **more: Any
) -> Event:
    """Return an event about a booking; what concerns the entry (`replaces`, `moved_to`, `ends_at`) goes there."""
    starts_at = parse_instant(starts) if isinstance(starts, str) else starts
    fact = EntryFact(
        "booking", id, starts_at, **{k: more.pop(k) for k in ("replaces", "moved_to", "ends_at") if k in more}
    )
    name = "entry_cancelled" if cancelled else "entry_updated"
    more.setdefault("id", f"{name}/{id}@{at.isoformat()}/{starts_at}")
    return make_event(name, at, entry=fact, **more)


def cancelled(at: datetime, id: str = "b1", **more: Any) -> Event:
    """Return the bare cancellation of a booking."""
    return booking(at, None, id, cancelled=True, **more)


def consent(at: datetime, channel: str = "email", *, given: bool = True, **more: Any) -> Event:
    """Return a word on marketing by one channel."""
    name = "consent_given" if given else "consent_withdrawn"
    more.setdefault("id", f"{name}/{channel}@{at.isoformat()}")
    return make_event(name, at, consent=ConsentFact(channel, "marketing"), **more)


class World:
    """u1, reachable by e-mail and SMS. `reporting`: every message asked for is reported sent at once."""

    def __init__(
        self,
        *journeys: Mapping[str, Any],
        now: datetime = NOON,
        reporting: bool = True,
        consents: bool = True,
        **release: Any,
    ) -> None:
        self.release = release_of(*journeys, **release)
        self.now = now
        self.reporting = reporting
        self.profile: Profile | None = None
        self.reasons: list[Reason] = []
        self.effects: list[Effect] = []
        self.outcome: Outcome | None = None
        before = now - timedelta(days=1)
        events = [make_event("profile_updated", before, reach={"email": True, "sms": True})]
        events += [consent(before, channel) for channel in ("email", "sms")] if consents else []
        self.decide(events, before)

    def decide(self, inputs: Sequence[Input], now: datetime) -> Outcome | None:
        """Decide and store, as the inbox would; then report what was asked for, if this world does."""
        before = write_state(self.profile) if self.profile else None
        outcome = decide(self.profile, self.release, inputs, now)
        assert decide(self.profile, self.release, inputs, now) == outcome
        assert (write_state(self.profile) if self.profile else None) == before
        self.outcome = outcome
        if outcome is None:
            return None
        self.profile = replace(outcome.profile, version=outcome.profile.version + 1)
        self.reasons += outcome.reasons
        self.effects += outcome.effects
        sends = [effect for effect in outcome.effects if isinstance(effect, Send)]
        if self.reporting and sends:
            self.decide([self.report(send.message, "message_sent", now, id=f"{send}") for send in sends], now)
            assert self.outcome is not None
            self.outcome = replace(self.outcome, effects=outcome.effects, reasons=outcome.reasons)
        return self.outcome

    def hear(self, *events: Event, at: datetime | None = None) -> Outcome | None:
        """Let timers ring until the events arrive, then decide them together."""
        now = at or max(event.received_at for event in events)
        self.live_until(now, inclusive=False)
        return self.decide(events, now)

    def live_until(self, until: datetime, *, inclusive: bool = True) -> None:
        """Let every timer ring at its exact due time."""
        while self.due is not None and (self.due <= until if inclusive else self.due < until):
            self.now = max(self.due, self.now)
            self.decide([Wake("u1")], self.now)
        self.now = max(self.now, until)

    def wake(self, at: datetime) -> Outcome | None:
        """Ring once at `at`, however late that is."""
        self.now = at
        return self.decide([Wake("u1")], at)

    def edit(self, *journeys: Mapping[str, Any], **release: Any) -> None:
        """Publish these journeys over those that are live: who is in one walks on in the version they entered."""
        self.release = release_of(*journeys, previous=self.release.bundle, **release)

    def report(self, message: str, name: str, at: datetime | None = None, **more: Any) -> Event:
        """Return a report about a message."""
        at = at or self.now
        known = self.known.messages.get(message)
        properties = {"channel": known.channel, "marketing": known.marketing} if known else {}
        properties |= more.pop("properties", {})
        more.setdefault("id", f"{name}/{message}@{at.isoformat()}")
        return make_event(name, at, message=message, properties=properties, **more)

    @property
    def due(self) -> datetime | None:
        """Return the exact time of the next timer."""
        return self.outcome.due if self.outcome else None

    @property
    def known(self) -> Profile:
        """Return the profile, which is there."""
        assert self.profile is not None
        return self.profile

    @property
    def messages(self) -> list[tuple[datetime, str, str]]:
        """Return (when, template, channel) of all that went out."""
        return [(reason.at, reason.template, reason.channel) for reason in self.reasons if reason.kind == "message"]

    @property
    def sent(self) -> list[str]:
        """Return the templates of all that went out."""
        return [template for _, template, _ in self.messages]

    def said(self, kind: str) -> list[str]:
        """Return the reasons of one kind, in order."""
        return [reason.reason for reason in self.reasons if reason.kind == kind]

    def only_message(self) -> Message:
        """Return the one message that is not settled."""
        (message,) = self.known.messages.values()
        return message

    def only_enrollment(self) -> Enrollment:
        """Return the one passage."""
        (enrollment,) = self.known.enrollments.values()
        return enrollment

    def arms(self) -> list[datetime]:
        """Return every alarm that was asked for."""
        return [effect.at for effect in self.effects if isinstance(effect, Arm)]
