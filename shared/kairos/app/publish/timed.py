"""What a release says of timing: what each item must remember for it, from which events, and what all customers teach.

The index says what live definitions ask for (`index.timing`), `brand.timing` what is kept besides; the priors that were
learned are the bundle's `timing`, and where there are none the product's own speak:

    {"rhythm": {…}, "categories": {"coffee": {…}}, "silence": {…}, "hours": {"email": {…}},
     "learned": {"until": "2026-10-01", …}}
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from kairos.app.definitions.references import find_mappings
from kairos.app.definitions.timing import ACTIVE, AT_RISK, EXPLORE, LAPSED, ORDER, STAGE
from kairos.domain.anchor import ORDERS, RHYTHM, VISITS, Prediction, series_of_event
from kairos.domain.anchor_form import read_anchor
from kairos.domain.category import CATEGORY
from kairos.domain.document import Document, parse_share
from kairos.domain.errors import BadDefinition

if TYPE_CHECKING:
    from kairos.timing.next_order import RhythmPrior
    from kairos.timing.send_time import HourPrior
    from kairos.timing.silence import SilencePrior


class Timing:
    """What one release asks of the models of when."""

    def __init__(self, bundle: Mapping[str, Any]) -> None:
        self._own: Mapping[str, Any] = bundle["brand"].get("timing") or {}
        self._learned: Mapping[str, Any] = bundle.get("timing") or {}
        index = bundle.get("index", {})
        kept = {*index.get("timing", ()), *self._own.get("keep", ())}
        self.categories = frozenset(index.get("categories", ()))
        self.keeps_all_categories = "categories" in kept
        self.category: str = self._own.get("category", CATEGORY)
        self.asked_series = frozenset(index.get("recurring", ()))
        own = (VISITS, ORDERS, *map(series_of_event, self._own.get("recurring", ()))) if "recurrence" in kept else ()
        self.live_series = self.asked_series.union(own)
        self.keeps_stage = STAGE in kept
        self.keeps_rhythm = "rhythm" in kept or self.keeps_stage
        self.keeps_hours = "hours" in kept
        self.order: str = self._own.get("order", ORDER)
        self.active = frozenset(self._own.get("active", ACTIVE))
        self.explore = parse_share(self._own["explore"]) if "explore" in self._own else EXPLORE
        stages = self._own.get("stages") or {}
        self.at_risk = parse_share(stages["at_risk"]) if "at_risk" in stages else AT_RISK
        self.lapsed = parse_share(stages["lapsed"]) if "lapsed" in stages else LAPSED
        self._hours: dict[str, HourPrior] = {}
        self._rhythms: dict[str, RhythmPrior] = {}
        self._usual: dict[str, float] = {}
        self._series: dict[str, tuple[str, ...]] = {}

    def series_of(self, event: str) -> tuple[str, ...]:
        """Return in which series an event counts (`kairos.domain.anchor`)."""
        if not self.live_series:
            return ()
        if event not in self._series:
            named = ((VISITS, event in self.active), (ORDERS, event == self.order), (series_of_event(event), True))
            self._series[event] = tuple(series for series, so in named if so and series in self.live_series)
        return self._series[event]

    @property
    def learns(self) -> bool:
        """Return whether items remember anything that all customers together teach."""
        return self.keeps_rhythm or self.keeps_hours or bool(self.categories)

    @cached_property
    def rhythm(self) -> RhythmPrior:
        """Return what the shop's customers buy like, as far as it was learned."""
        from kairos.timing.builtin import RHYTHM  # here: without a prediction no function waits for it at its start

        raw = self._learned.get("rhythm")
        return _read_rhythm(raw) if raw else RHYTHM

    def rhythm_in(self, category: str) -> RhythmPrior:
        """Return what the shop's customers buy one kind of thing like, or anything ("", and until more was learned)."""
        if category not in self._rhythms:
            raw = self._learned.get("categories", {}).get(category)
            self._rhythms[category] = _read_rhythm(raw) if raw else self.rhythm
        return self._rhythms[category]

    @cached_property
    def silence(self) -> SilencePrior:
        """Return how far the forecast is trusted about silence, as far as it was learned."""
        from kairos.timing.silence import SilencePrior

        raw = self._learned.get("silence")
        return SilencePrior.from_document(raw) if raw else SilencePrior()

    def hours(self, channel: str) -> HourPrior:
        """Return the shop's week on a channel, as far as it was learned."""
        from kairos.timing.builtin import HOURS
        from kairos.timing.send_time import HourPrior

        if channel not in self._hours:
            raw = self._learned.get("hours", {}).get(channel)
            self._hours[channel] = HourPrior.from_document(raw) if raw else HOURS
        return self._hours[channel]

    def usual_rate(self, channel: str) -> float:
        """Return the share of messages on a channel that the shop's customers answer, as far as it was learned."""
        from kairos.timing.channel import USUAL_RATE

        if channel not in self._usual:
            learned = self.hours(channel).usual_rate()
            self._usual[channel] = USUAL_RATE if learned is None else learned
        return self._usual[channel]


def _read_rhythm(raw: Mapping[str, Any]) -> RhythmPrior:
    from kairos.timing.next_order import RhythmPrior

    return RhythmPrior.from_document(raw)


def asked_of_items(documents: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return what of timing these journeys and segments ask every item to remember."""
    listed = list(documents)
    rhythm = any(prediction.series == RHYTHM for prediction in predictions_in(listed))
    hours = any(next(find_mappings(document, "best_within"), None) for document in listed)
    hours = hours or any(isinstance(f["best"], list | tuple) for d in listed for _, f in find_mappings(d, "best"))
    stage = any(isinstance(found["stage"], str | list | tuple) for each in listed for found in _stages(each))
    return [name for name, asked in (("rhythm", rhythm), ("hours", hours), (STAGE, stage)) if asked]


def categories_asked(documents: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return the kinds of things whose next order these journeys ask for."""
    return sorted({prediction.category for prediction in predictions_in(documents)} - {""})


def series_asked(documents: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return of what else these journeys ask when it comes again."""
    return sorted({each.series for each in predictions_in(documents) if not each.series.startswith(RHYTHM)})


def predictions_in(documents: Iterable[Mapping[str, Any]]) -> Iterator[Prediction]:
    """Yield every prediction that valid documents name, as an anchor or as a moment that is waited for."""
    for document in documents:
        for _, found in find_mappings(document, "predicted"):
            try:
                anchor = read_anchor(Document(found))
            except BadDefinition:
                continue  # in a document that was kept, and would not pass today
            if isinstance(anchor, Prediction):
                yield anchor


def _stages(document: Mapping[str, Any]) -> Iterable[Mapping[str, Any]]:
    """Return the conditions on stages: mappings of that one key."""
    return (found for _, found in find_mappings(document, "stage") if len(found) == 1)
