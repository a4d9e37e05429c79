"""One turn: the profile being decided, with what has come of it so far. Only the chapters of `decide` see it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from kairos.app.publish.release import Release
from kairos.domain.condition import Condition, Facts, look_up
from kairos.domain.effects import Effect
from kairos.domain.event import WEBHOOK, Event
from kairos.domain.ids import call_id
from kairos.domain.journey import Journey
from kairos.domain.profile import Enrollment, Message, Profile
from kairos.domain.reason import Reason
from kairos.domain.trigger import FollowOn


@dataclass(frozen=True, slots=True)
class Passed:
    """What a passage went through, that other journeys may follow. `at` None: when what caused it happened."""

    enrollment: Enrollment
    on: FollowOn
    at: datetime | None = None


if TYPE_CHECKING:
    from kairos.app.decide.arbitration import Contender


@dataclass(slots=True)
class Turn:
    """The working state of one decision. `profile` is a copy that may change; its parts are replaced, not edited."""

    profile: Profile
    release: Release
    now: datetime
    effects: list[Effect] = field(default_factory=list)
    reasons: list[Reason] = field(default_factory=list)
    lateness: timedelta = timedelta()
    passed: list[Passed] = field(default_factory=list)
    touched: set[str] = field(default_factory=set)  # what changed that a segment may look at: "trait tier", "entry …"
    arrived: dict[str, list[str]] = field(default_factory=dict)  # sender → parcels of a merge that it may let go of
    yielding: frozenset[str] = frozenset()  # messages that wait for what outranks them: see `arbitration`
    contest: list[Contender] = field(default_factory=list)  # who got a place under the caps in this turn, and who not
    freed: bool = False  # a place under the caps was given back
    traits_set: set[str] = field(default_factory=set)  # which traits are others than before: dates may be among them
    heard: dict[str, Event] = field(default_factory=dict)  # days became known, by series: see `heard_of`
    zone_moved: bool = False  # a step set another time zone: local plans are made anew before anything else is done

    @property
    def zone(self) -> ZoneInfo:
        """Return the customer's zone, else the brand's."""
        return self.release.zone(self.profile.zone)

    def heard_of(self, event: Event, series: str) -> None:
        """Note that a day of a series (`Prediction.series`) became known: what is predicted from it may move."""
        self.heard[series] = max(event, self.heard.get(series, event), key=lambda each: each.occurred_at)

    def keep(self, enrollment: Enrollment) -> Enrollment:
        """Put an enrollment's new state into the profile."""
        self.profile.enrollments[enrollment.id] = enrollment
        return enrollment

    def journey_of(self, enrollment: Enrollment) -> Journey | None:
        """Return the version this passage walks, or None when it is no longer carried by the release."""
        return self.release.journey(enrollment.journey, enrollment.version)

    def holds(
        self, condition: Condition | None, properties: Mapping[str, Any], entry: tuple[str, str] | None = None
    ) -> bool:
        """Return whether a condition (None: always) holds of the profile and these properties."""
        if condition is None:
            return True
        return condition.holds(self.facts(properties, entry))

    def facts(self, properties: Mapping[str, Any], entry: tuple[str, str] | None = None) -> Facts:
        """Return what conditions look at."""
        return Facts(self.profile, properties, self.now, self.release.segments, entry, self.zone)

    def say(self, kind: str, passage: Enrollment | Message, reason: str = "", **more: Any) -> None:
        """Note why something happened to a passage or message."""
        said: dict[str, Any] = {"step": "", "subject": passage.subject}
        if isinstance(passage, Message):
            said |= {
                "step": passage.step,
                "channel": passage.channel,
                "template": passage.template,
                "due": passage.due,
                "message": passage.id,
            }
        said |= more
        self.reasons.append(
            Reason(
                at=self.now,
                profile=self.profile.id,
                kind=kind,
                reason=reason,
                journey=passage.journey,
                version=passage.version,
                **said,
            )
        )


SUBJECT_CHARACTERS_MAX = 200


def subject_of(event: Event, subject_field: str | None) -> str | None:
    """Return the subject that an event carries, or None."""
    value = look_up(event.properties, subject_field) if subject_field is not None else None
    return None if value is None or value == "" else str(value)[:SUBJECT_CHARACTERS_MAX]


def concerns(event: Event, enrollment: Enrollment, subject_field: str | None) -> bool:
    """Return whether an event speaks of this passage: its own messages and calls, its subject, its entry.

    An event that carries no such word speaks of the customer, and so of every passage; one about some message of
    theirs, of every passage that asked for any.
    """
    if event.source == WEBHOOK:
        return event.properties.get("call") == call_id(enrollment.id, enrollment.node or "")
    if event.message is not None:
        return event.message in enrollment.asked
    if event.name.startswith("message_"):
        return bool(enrollment.asked)
    subject = subject_of(event, subject_field)
    if subject is not None:
        return subject == enrollment.subject
    if event.entry is not None and enrollment.entry is not None and event.entry.kind == enrollment.entry[0]:
        return event.entry.id == enrollment.entry[1]
    return True
