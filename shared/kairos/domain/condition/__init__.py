"""Conditions: what a trigger, branch or segment asks of a profile. One grammar, read once, evaluated in O(its size).

Behaviour (`did`) is answered from bounded counters kept under the hash of their predicate, never from history. A value
that is missing satisfies nothing but `ne` and `exists: false`.

What looks at the clock does so in one way: a state holds *at* the instant at which it begins, and no longer at the one
at which it ends. So the instant of the next change is exact, and a timer set for it finds what it came for.
"""

from kairos.domain.condition.behaviour import JOURNEY_WAS, MESSAGE_WAS, TIMES_MAX, Did, as_behaviour
from kairos.domain.condition.comparison import IN_MAX, OPERATORS, Comparison, look_up
from kairos.domain.condition.entries import STATUSES, EntryIs
from kairos.domain.condition.facts import Condition, Facts, next_change, walk
from kairos.domain.condition.forms import DEPTH_MAX, parse_condition
from kairos.domain.condition.guard import Guarded, any_of, guards_of
from kairos.domain.condition.plain import AllOf, AnyOf, FieldIs, InSegment, Not, TraitIs
from kairos.domain.condition.relative import RELATIVE, Relative
from kairos.domain.condition.score import SIGNALS_MAX, Score, Signal
from kairos.domain.condition.stage import STAGES, StageIs, stage_of

__all__ = [
    "DEPTH_MAX",
    "IN_MAX",
    "JOURNEY_WAS",
    "MESSAGE_WAS",
    "OPERATORS",
    "RELATIVE",
    "SIGNALS_MAX",
    "STAGES",
    "STATUSES",
    "TIMES_MAX",
    "AllOf",
    "AnyOf",
    "Comparison",
    "Condition",
    "Did",
    "EntryIs",
    "Facts",
    "FieldIs",
    "Guarded",
    "InSegment",
    "Not",
    "Relative",
    "Score",
    "Signal",
    "StageIs",
    "TraitIs",
    "any_of",
    "as_behaviour",
    "guards_of",
    "look_up",
    "next_change",
    "parse_condition",
    "stage_of",
    "walk",
]
