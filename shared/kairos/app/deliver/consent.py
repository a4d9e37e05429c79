"""May marketing go to this customer on this channel, as far as what they agreed to is concerned? `decide` and the gate
just before the provider ask the same function of the item as it is then.

The engine's own minimum comes first: somebody agreed, it has not ended by itself, it was confirmed where the brand asks
for double opt-in, and a mere sale (`existing_customer`) counts only on channels where the brand says so. Then every law
pack may object. The strictest wins, and the reason names the rule. Where a device fetches its messages (`PULLED`), it
has asked its owner itself, and only a refusal said elsewhere counts here. A pause closes every channel until it ends,
but for one that the customer agreed to after they had asked for it.
"""

from __future__ import annotations

from datetime import datetime

from kairos import registry
from kairos.app.publish.release import Release
from kairos.domain.consent import ANY, EXISTING_CUSTOMER, GIVEN, MARKETING, PAUSE, Consent
from kairos.domain.instant import format_instant
from kairos.domain.profile import PULLED, Profile

NO_CONSENT = "no consent"
PAUSED = "the customer wants none until"


def objection(release: Release, profile: Profile, channel: str, now: datetime) -> str | None:
    """Return why marketing may not go, beginning with "no consent" and naming the rule, or None where it may."""
    said = profile.consents.get((channel, MARKETING))
    if paused := _paused(profile.consents.get((ANY, PAUSE)), said, now):
        return because(NO_CONSENT, paused)
    if channel in PULLED:
        return NO_CONSENT if said is not None and said.refuses(now) else None
    consent, flaw = _standing(said, release, channel, now)
    for name in release.rules.policies:
        pack: registry.Policy = registry.load("policies", name)
        if rule := pack.bars(profile, now) or pack.objects(consent, channel, release.brand, now):
            return because(NO_CONSENT, flaw, rule)
    return None if consent is not None else because(NO_CONSENT, flaw)


def consented_at(profile: Profile, channel: str) -> datetime | None:
    """Return when the consent in force was given: it lifts an unsubscription from before it. A sale is no word of the
    customer's own and lifts nothing."""
    consent = profile.consents.get((channel, MARKETING))
    return consent.at if consent is not None and consent.given and consent.basis == GIVEN else None


def because(what: str, *why: str) -> str:
    """Return the reason with what explains it behind: "no consent (expired, 정보통신망법 §50①)"."""
    details = ", ".join(part for part in why if part)
    return f"{what} ({details})" if details else what


def base_of(reason: str) -> str:
    """Return the reason without what explains it."""
    return reason.partition(" (")[0]


def _paused(pause: Consent | None, said: Consent | None, now: datetime) -> str:
    if pause is None or pause.expires_at is None or not pause.refuses(now):
        return ""
    newer = said is not None and said.given and said.affirmed_at > pause.at
    return "" if newer else f"{PAUSED} {format_instant(pause.expires_at)}"


def _standing(said: Consent | None, release: Release, channel: str, now: datetime) -> tuple[Consent | None, str]:
    """Return the consent that counts, or None and what is wrong with the one that does not."""
    if said is None or not said.given:
        return None, ""
    if not said.stands(now):
        return None, "expired"
    if said.basis == EXISTING_CUSTOMER and channel not in _channels(release, "existing_customers"):
        return None, "the brand does not rely on sales here"
    if said.basis == GIVEN and not said.confirmed and channel in _channels(release, "double_opt_in"):
        return None, "not confirmed"
    return said, ""


def _channels(release: Release, key: str) -> tuple[str, ...]:
    return tuple(release.brand.get(key) or ())
