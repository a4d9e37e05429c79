"""The models of when: pure, from O(1) state in the customer's item. What many teach is in `kairos.timing.learn`.

Names are loaded when they are first asked for: a function that only counts hours does not wait for the models of gaps.
See docs/timing.md for what each promises, the measures, and the sources.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kairos.timing.channel import ChannelChoice, answer_rate, choose_channel
    from kairos.timing.lag import LagCounts, LagCurve, count_lags, lag_curve
    from kairos.timing.lifecycle import Course, course_of, lifecycle_index
    from kairos.timing.next_order import Forecast, RhythmPrior
    from kairos.timing.occasion import Interval, Months, Weeks
    from kairos.timing.offsets import Around, count_around
    from kairos.timing.recurrence import Recurrence, payday_of, recurrence_of
    from kairos.timing.rhythm import Rhythm, day_of, joined, replay
    from kairos.timing.send_time import Choice, HourPrior, Hours, choose_hour, hour_of_week, week_of
    from kairos.timing.silence import SilencePrior, p_none

__all__ = [
    "Around",
    "ChannelChoice",
    "Choice",
    "Course",
    "Forecast",
    "HourPrior",
    "Hours",
    "Interval",
    "LagCounts",
    "LagCurve",
    "Months",
    "Recurrence",
    "Rhythm",
    "RhythmPrior",
    "SilencePrior",
    "Weeks",
    "answer_rate",
    "choose_channel",
    "choose_hour",
    "count_around",
    "count_lags",
    "course_of",
    "day_of",
    "hour_of_week",
    "joined",
    "lag_curve",
    "lifecycle_index",
    "p_none",
    "payday_of",
    "recurrence_of",
    "replay",
    "week_of",
]

_HOMES = {
    "channel": (
        "ChannelChoice",
        "answer_rate",
        "choose_channel",
    ),
    "lag": (
        "LagCounts",
        "LagCurve",
        "count_lags",
        "lag_curve",
    ),
    "lifecycle": (
        "Course",
        "course_of",
        "lifecycle_index",
    ),
    "offsets": (
        "Around",
        "count_around",
    ),
    "next_order": (
        "Forecast",
        "RhythmPrior",
    ),
    "occasion": (
        "Interval",
        "Months",
        "Weeks",
    ),
    "recurrence": (
        "Recurrence",
        "payday_of",
        "recurrence_of",
    ),
    "rhythm": (
        "Rhythm",
        "day_of",
        "joined",
        "replay",
    ),
    "send_time": (
        "Choice",
        "HourPrior",
        "Hours",
        "choose_hour",
        "hour_of_week",
        "week_of",
    ),
    "silence": (
        "SilencePrior",
        "p_none",
    ),
}
_HOME = {name: module for module, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> Any:
    """Load a public name from its module (PEP 562)."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
