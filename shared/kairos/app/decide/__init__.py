"""Deciding, pure: `decide(profile, release, inputs, now)` gives the next profile, what to do, and why.

It imports no AWS, clock, environment or randomness; the same function runs in the Lambda, in `kairos simulate` and in
`explain`. The files below are its chapters, in the order in which an input meets them: facts, passages, timelines,
messages, and at last the alarm clock.
"""

from kairos.app.decide.engine import decide
from kairos.app.decide.outcome import Outcome

__all__ = ["Outcome", "decide"]
