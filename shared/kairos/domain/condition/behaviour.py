"""What a customer did, and what happened with their journeys and messages: counted as it happens, never looked up."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from kairos.domain.condition.comparison import Comparison
from kairos.domain.condition.facts import Condition, Facts
from kairos.domain.errors import BadDefinition

TIMES_MAX = 100
JOURNEY_WAS = {
    "entered": "journey_entered",
    "completed": "journey_completed",
    "exited": "journey_exited",
    "converted": "journey_goal",
}
"""What becomes of a passage, and the event that says so."""

MESSAGE_WAS = {was: f"message_{was}" for was in ("sent", "delivered", "opened", "clicked", "bounced", "complained")}


@dataclass(frozen=True, slots=True)
class Did:
    """The customer did something so many times, ever or within a window that ends now.

    The window's far end is outside: what happened exactly `within` ago no longer counts.
    """

    event: str
    times: Comparison
    within: timedelta | None
    where: Condition | None
    key: str
    keep: int

    def holds(self, facts: Facts) -> bool:
        times = self._times(facts)
        if self.within is not None:
            times = [at for at in times if facts.now - at < self.within]
        return self.times.accepts(len(times))

    def changes(self, facts: Facts) -> Iterable[datetime]:
        """Each time that is counted leaves the window once."""
        return (at + self.within for at in self._times(facts)) if self.within is not None else ()

    def children(self) -> Sequence[Condition]:
        return (self.where,) if self.where else ()

    def _times(self, facts: Facts) -> Sequence[datetime]:
        counter = facts.profile.counters.get(self.key)
        return counter.times if counter else ()


def as_behaviour(raw: Mapping[str, Any], path: tuple[str | int, ...] = ()) -> dict[str, Any]:
    """Return what is asked of a journey or message as a `did`: both are counted like what the customer does.

    `{journey: welcome, was: completed}` is a did of journey_completed where the journey is welcome;
    `{message: coupon, was: clicked}` one of message_clicked where the template is coupon and no machine clicked.
    Raises BadDefinition.
    """
    form, words = ("journey", JOURNEY_WAS) if "journey" in raw else ("message", MESSAGE_WAS)
    was = raw.get("was", next(iter(words)))
    if not isinstance(was, str) or was not in words:
        raise BadDefinition((*path, "was"), f"expected one of {', '.join(words)}")
    named: dict[str, Any] = {"field": "journey" if form == "journey" else "template", "eq": raw[form]}
    if form == "message" and was in ("opened", "clicked"):
        named = {"all": [named, {"not": {"field": "machine", "eq": True}}]}
    return {"did": words[was], "where": named} | {k: raw[k] for k in ("times", "within") if k in raw}
