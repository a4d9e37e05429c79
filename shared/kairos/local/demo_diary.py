"""What the demo tells, gathered from where the system itself keeps it: reasons in the customers' items, mail at SES.

Nothing here is known from the script: an item says why, the post office and SNS say what really went out. A stored log
is short (`kairos.domain.budget`), so the diary looks at every customer once a day.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from kairos.aws.codec import read_state
from kairos.domain.profile import Enrollment, Profile
from kairos.domain.reason import Reason
from kairos.local.cloud import LocalCloud
from kairos.local.demo_people import BY_ADDRESS, Person


@dataclass(frozen=True, slots=True)
class Sent:
    """One message that left. `text` is what the recipient reads first; `reason` is why, as the item says it."""

    at: datetime
    channel: str
    address: str
    text: str
    message: str
    reason: Reason | None
    advertising: bool


@dataclass
class Diary:
    """Everything that was decided and sent, so far.

    `triggers` says what starts a journey, in words; `passages` is the newest state of each enrollment seen; `joined`
    are profiles, of carts and browsers mostly, that turned out to be somebody known.
    """

    cloud: LocalCloud
    triggers: Mapping[str, str] = field(default_factory=dict)
    reasons: dict[tuple[object, ...], Reason] = field(default_factory=dict)
    passages: dict[tuple[str, str, str], Enrollment] = field(default_factory=dict)
    names: dict[str, Person] = field(default_factory=dict)
    joined: set[str] = field(default_factory=set)

    def look(self) -> None:
        """Read every customer's item and take in what is new there."""
        for row in self.cloud.tables["contacts"]:
            if row["ref"] == "profile":
                self._meet(str(row["profile"]), {name: value for name, value in row.items() if name.startswith("f#")})
        for row in self.cloud.tables["customers"]:
            self._read(read_state(row["state"], int(row["schema"]), int(row["version"])))

    def told(self) -> list[Reason]:
        """Return every decision in the order in which it was made."""
        return sorted(self.reasons.values(), key=lambda reason: reason.at)

    def sent(self) -> list[Sent]:
        """Return every message that went out, in order."""
        why = {reason.message: reason for reason in self.told() if reason.kind == "message"}
        of_provider = {str(row.get("provider_id")): str(row["message"]) for row in self.cloud.tables["messages"]}
        out = []
        for email in self.cloud.emails:
            message = email.tags["kairos_message"]
            marketing = email.header("List-Unsubscribe-Post") is not None
            out.append(Sent(email.at, "email", email.to[0], email.subject, message, why.get(message), marketing))
        for sms in self.cloud.sms:
            message = of_provider.get(sms.message_id, "")
            marketing = sms.attributes.get("AWS.SNS.SMS.SMSType") == "Promotional"
            text = " / ".join(sms.text.splitlines())
            out.append(Sent(sms.at, "sms", sms.to, text, message, why.get(message), marketing))
        return sorted(out, key=lambda sent: sent.at)

    def who(self, profile: str) -> Person | None:
        """Return whose profile it is, or None for a visitor who never said."""
        return self.names.get(profile)

    def why(self, reason: Reason) -> str:
        """Say in a few words what made a message due: how long after entering, or how far from the moment."""
        if reason.step in ("on_move", "on_cancel"):
            return "it was moved" if reason.step == "on_move" else "it was cancelled"
        due = reason.due or reason.at
        passage = self.passages.get((reason.profile, reason.journey, reason.subject))
        if passage is not None and passage.anchor_at is not None and passage.entry is not None:
            distance = due - passage.anchor_at
            return f"{span(abs(distance))} {'before' if distance < timedelta() else 'after'} the {passage.entry[0]}"
        entered = self._entered(reason)
        if entered is not None and due == entered:
            return "at once"
        return f"{span(due - entered)} after {self.triggers.get(reason.journey, 'entering')}" if entered else ""

    def lateness(self) -> list[float]:
        """Return how late each turn saw its timers, in seconds, as `decide` measured it."""
        found = []
        for line in self.cloud.logs:
            if line.function == "decide" and '"TimerLateness"' in line.text:
                said = json.loads(line.text).get("TimerLateness", 0)
                found += [value / 1000 for value in (said if isinstance(said, list) else [said])]
        return sorted(found)

    def _entered(self, reason: Reason) -> datetime | None:
        """Return when the passage began that a decision belongs to."""
        same = (reason.profile, reason.journey, reason.subject)
        began = [
            said.at
            for said in self.reasons.values()
            if said.kind == "entered" and (said.profile, said.journey, said.subject) == same and said.at <= reason.at
        ]
        return max(began, default=None)

    def _meet(self, profile: str, fields: dict[str, str]) -> None:
        for name in ("f#email", "f#phone"):
            address = json.loads(fields[name].partition("|")[2]) if name in fields else None
            if address in BY_ADDRESS:
                self.names[profile] = BY_ADDRESS[address]

    def _read(self, profile: Profile) -> None:
        if profile.merged_into:
            self.joined.add(profile.id)
        for said in profile.log:
            key = (said.profile, said.at, said.kind, said.journey, said.step, said.subject, said.message, said.reason)
            self.reasons[key] = said
        for passage in profile.enrollments.values():
            self.passages[profile.id, passage.journey, passage.subject] = passage


def span(length: timedelta) -> str:
    """Return a length of time as people say it: 30 min, 2 h, 3 days."""
    minutes = round(length.total_seconds() / 60)
    if minutes < 90:
        return f"{minutes} min"
    hours = round(minutes / 60)
    return f"{hours} h" if hours < 72 else f"{round(hours / 24)} days"
