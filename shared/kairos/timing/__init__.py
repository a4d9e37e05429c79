"""The models of when: pure, from O(1) state in the customer's item. What many teach is in `kairos.timing.learn`.

See docs/timing.md for what each promises, the measures, and the sources.
"""

from kairos.timing.lag import LagCounts, LagCurve, count_lags, lag_curve
from kairos.timing.next_order import Forecast, RhythmPrior
from kairos.timing.rhythm import Rhythm, day_of, joined, replay
from kairos.timing.send_time import Choice, HourPrior, Hours, choose_hour, hour_of_week, week_of
from kairos.timing.silence import SilencePrior, p_none

__all__ = [
    "Choice",
    "Forecast",
    "HourPrior",
    "Hours",
    "LagCounts",
    "LagCurve",
    "Rhythm",
    "RhythmPrior",
    "SilencePrior",
    "choose_hour",
    "count_lags",
    "day_of",
    "hour_of_week",
    "joined",
    "lag_curve",
    "p_none",
    "replay",
    "week_of",
]
