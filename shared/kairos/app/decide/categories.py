"""The days on which each kind of thing was bought, where the release asks for it: coffee runs out, a machine does not.

Each category that an order names has a rhythm of its own, as all orders together have (`habits`): a day counts once,
and late orders may come in any order. Those that a live journey asks for are remembered, or with `keep: [categories]`
all; how many at most, and which go first, says the budget.
"""

from __future__ import annotations

from kairos.app.decide.turn import Turn
from kairos.domain.anchor import RHYTHM
from kairos.domain.budget import evict_categories
from kairos.domain.category import categories_in
from kairos.domain.event import Event
from kairos.domain.profile import Profile
from kairos.timing.rhythm import Rhythm, day_of, joined


def take(turn: Turn, event: Event) -> None:
    """Remember what was bought, if it is an order."""
    timing = turn.release.timing
    if event.name != timing.order or not (timing.categories or timing.keeps_all_categories):
        return
    for category in sorted(_kept(turn, categories_in(event.properties, timing.category))):
        known = rhythm_in(turn.profile, category)
        bought = timing.rhythm_in(category).with_day(known, day_of(event.occurred_at, turn.zone))
        if bought != known:
            turn.profile.categories[category] = bought.to_state()
            turn.heard_of(event, f"{RHYTHM} {category}")
    evict_categories(turn.profile, timing.categories)


def rhythm_in(profile: Profile, category: str) -> Rhythm:
    """Return when the customer bought one kind of thing, as far as it is kept."""
    state = profile.categories.get(category)
    return Rhythm.from_state(state) if state else Rhythm()


def fold(turn: Turn, loser: Profile) -> None:
    """Add what another profile of the same customer bought."""
    timing, profile = turn.release.timing, turn.profile
    for category in sorted(loser.categories):
        prior = timing.rhythm_in(category)
        ours, theirs = rhythm_in(profile, category), rhythm_in(loser, category)
        profile.categories[category] = joined(ours, theirs, prior.lognormal.keep, prior.gamma.keep).to_state()
    evict_categories(profile, timing.categories)


def forget(turn: Turn) -> None:
    """Keep nothing that neither a live journey nor the brand asks for."""
    profile = turn.profile
    if profile.categories:
        live = _kept(turn, frozenset(profile.categories))
        if len(live) < len(profile.categories):
            profile.categories = {category: row for category, row in profile.categories.items() if category in live}


def _kept(turn: Turn, categories: frozenset[str]) -> frozenset[str]:
    timing = turn.release.timing
    return categories if timing.keeps_all_categories else categories & timing.categories
