"""What the index of a release answers: what an event starts, ends and counts, and what stands around which day.

`index.py` writes it; `decide` asks it for every event, so what was read once of a bundle is kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any, TypeVar

from kairos.app.publish.index import GUARDED_FROM
from kairos.app.publish.journeys import Journeys
from kairos.domain.anchor import Prediction, SharedAnchor
from kairos.domain.condition import Condition, Guarded, guards_of, parse_condition
from kairos.domain.journey import Journey
from kairos.domain.moment import Moment

Asked = TypeVar("Asked", "Counted", "Ending")


@dataclass(frozen=True, slots=True)
class Counted:
    """One predicate that live conditions count: matching events are remembered, the last `keep` of them."""

    key: str
    where: Condition | None
    keep: int


@dataclass(frozen=True, slots=True)
class Ending:
    """One goal or exit of live journeys: what is asked, where the event names its subject, and under which key it is
    remembered (`Matcher.ending_key`)."""

    key: str
    where: Condition | None
    subject: str | None


class Index:
    """The index of one bundle, which finds journeys and predicates without looking through them."""

    def __init__(self, bundle: Mapping[str, Any], journeys: Journeys) -> None:
        self._bundle = bundle
        self._journeys = journeys
        self._counted: dict[str, Sequence[Counted]] = {}
        self._ended: dict[str, Sequence[Ending]] = {}
        self._guarded: dict[tuple[str, str], Guarded] = {}
        self._days: dict[str, Sequence[Moment]] = {}

    @cached_property
    def _rows(self) -> Mapping[str, Any]:
        rows: Mapping[str, Any] = self._bundle["index"]
        return rows

    def triggered_by(self, event: str, properties: Mapping[str, Any] | None = None) -> list[Journey]:
        """Return the live journeys that an event of this name may start; with its properties, none that they rule
        out."""
        ids: Sequence[str] = self._rows["triggers"].get(event, ())
        guards = self._rows.get("guards", {}).get(event)
        if guards is not None and properties is not None:
            if ("triggers", event) not in self._guarded:
                self._guarded["triggers", event] = Guarded(guards)
            ids = [ids[position] for position in self._guarded["triggers", event].passing(properties)]
        return self._journeys.live(ids)

    def anchored_to(self, entry_kind: str) -> list[Journey]:
        """Return the live journeys whose timeline stands around entries of this kind."""
        return self._journeys.live(self._rows["anchors"].get(entry_kind, ()))

    def returning_with(self, trait: str) -> list[Journey]:
        """Return the live journeys whose timeline stands around the anniversaries of this trait."""
        return self._journeys.live(self._rows.get("anniversaries", {}).get(trait, ()))

    @cached_property
    def returning(self) -> tuple[str, ...]:
        """Return the traits whose anniversaries any live journey stands around."""
        return tuple(self._rows.get("anniversaries", ()))

    @cached_property
    def shared(self) -> tuple[str, ...]:
        """Return the live journeys that stand around days which all customers share."""
        return tuple(id for ids in self._rows.get("shared", {}).values() for id in ids)

    @cached_property
    def predicting(self) -> tuple[str, ...]:
        """Return the live journeys that stand around a prediction."""
        return tuple(self._rows.get("predicted", ()))

    def days_of(self, anchor: SharedAnchor | Prediction) -> Sequence[Moment]:
        """Return the days of an anchor that all share, in order; none for what is predicted of each."""
        if anchor.key not in self._days:
            days = self._bundle.get("moments", {}).get(anchor.key, {}).get("days", {})
            found = (Moment(key, date.fromisoformat(day)) for key, day in days.items())
            self._days[anchor.key] = tuple(sorted(found, key=lambda moment: (moment.day, moment.key)))
        return self._days[anchor.key]

    def following(self, journey: str) -> list[Journey]:
        """Return the live journeys that passages of this one may start."""
        return self._journeys.live(self._rows.get("follows", {}).get(journey, ()))

    def campaigns(self) -> list[Journey]:
        """Return the live journeys that start at a date and time."""
        return self._journeys.live(self._rows.get("campaigns", ()))

    def ended_by(self, event: str, properties: Mapping[str, Any] | None = None) -> Sequence[Ending]:
        """Return what an event of this name may end live journeys as, each once; with its properties, nothing that
        they rule out."""
        endings = self._endings(event)
        return endings if properties is None else self._passing("endings", event, endings, properties)

    def _endings(self, event: str) -> Sequence[Ending]:
        if event not in self._ended:
            if "ends" in self._rows:
                rows = self._rows["ends"].get(event, ())
                ends = (Ending(raw["key"], _parsed(raw.get("where")), raw.get("subject")) for raw in rows)
                self._ended[event] = tuple(ends)
            else:  # published before they were written out
                self._ended[event] = self._ended_by_journeys(self._rows["endings"].get(event, ()), event)
        return self._ended[event]

    def _ended_by_journeys(self, ids: Iterable[str], event: str) -> tuple[Ending, ...]:
        endings = (
            Ending(matcher.ending_key(journey.subject), matcher.where, matcher.subject or journey.subject)
            for journey in self._journeys.live(ids)
            for matcher in (*journey.exits, *(journey.goal.matchers if journey.goal else ()))
            if matcher.event == event
        )
        return tuple({ending.key: ending for ending in endings}.values())

    def counting(self, event: str, properties: Mapping[str, Any]) -> Sequence[Counted]:
        """Return those of `counted` that an event with these properties may satisfy."""
        return self._passing("counters", event, self.counted(event), properties)

    def _passing(self, part: str, event: str, asked: Sequence[Asked], properties: Mapping[str, Any]) -> Sequence[Asked]:
        if len(asked) < GUARDED_FROM:
            return asked
        if (part, event) not in self._guarded:
            self._guarded[part, event] = Guarded(guards_of(each.where) for each in asked)
        return [asked[position] for position in self._guarded[part, event].passing(properties)]

    def counted(self, event: str) -> Sequence[Counted]:
        """Return the predicates over events of this name that live conditions count."""
        if event not in self._counted:
            rows = self._rows["counters"].get(event, ())
            self._counted[event] = tuple(Counted(raw["key"], _parsed(raw.get("where")), raw["keep"]) for raw in rows)
        return self._counted[event]

    @cached_property
    def counter_keys(self) -> frozenset[str]:
        """Return the keys of all live counters; others may go from an item."""
        return frozenset(raw["key"] for group in self._rows["counters"].values() for raw in group)


def _parsed(where: Any) -> Condition | None:
    return parse_condition(where) if where else None
