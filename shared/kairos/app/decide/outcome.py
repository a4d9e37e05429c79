"""What comes of a decision: the next profile, what to do, why, and when to look again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from kairos.app.decide import alarm, browsing, caps, categories, habits, recurrences, scores
from kairos.app.decide.announcing import announcements
from kairos.app.decide.turn import Turn
from kairos.domain import budget
from kairos.domain.effects import Effect
from kairos.domain.profile import Profile
from kairos.domain.reason import COUNTED_ONLY, FEEDBACK, Reason

UNLOGGED = frozenset((*FEEDBACK, *COUNTED_ONLY))


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one decision. `due` is exact; `wake_at` is the earlier of it and the first check, or earlier still
    (`alarm.place`).

    `lateness` is how late the timer that was due first is seen (zero when none was due).
    """

    profile: Profile
    effects: Sequence[Effect]
    reasons: Sequence[Reason]
    due: datetime | None
    wake_at: datetime | None
    ttl: datetime | None
    lateness: timedelta


def close(turn: Turn, before: Profile | None) -> Outcome:
    """Let go of what nobody asks for any more, set the alarm, and return what came of the turn.

    `before` is the profile as it was, None where there was none.
    """
    profile = turn.profile
    profile.log = (*profile.log, *(reason for reason in turn.reasons if reason.kind not in UNLOGGED))
    caps.forget(turn)
    habits.forget(turn)
    categories.forget(turn)
    recurrences.forget(turn)
    scores.forget(turn)
    browsing.forget(turn)
    budget.evict(profile, turn.release.index.counter_keys, turn.now)
    due = alarm.earliest_due(turn)
    alarm.set_alarm(turn, due)
    check = alarm.earliest_check(profile)
    wake_at = min((at for at in (due, check) if at is not None), default=None)
    profile.wake = alarm.place(turn, wake_at, check)
    return Outcome(
        profile=profile,
        effects=(*turn.effects, *announcements(turn.release.rules.listeners, before, profile, turn.reasons, turn.now)),
        reasons=tuple(turn.reasons),
        due=due,
        wake_at=profile.wake,
        ttl=alarm.time_to_live(profile, wake_at, turn.now),
        lateness=turn.lateness,
    )
