"""Korea: what 정보통신망법 (Network Act) §50 and its decree ask of advertising sent over a network.

§50① with decree §61① asks for prior consent, or a sale of the same kind of goods within six months. §50③ with decree
§61② forbids the night, 21:00 to 08:00 of the recipient's clock, except for e-mail, unless the customer agreed to it
separately (purpose `night`). §50⑦ has the result of a consent or refusal told within 14 days, §50⑧ a consent confirmed
every two years: both are journeys of the brand's own, which publishing asks for. §50④ with decree §61③ and annex 6
wants the label "(광고)" at the very start, in exactly that form, the sender's name and contact, and at the end a way to
refuse that costs nothing (§50⑥, decree §62); how, is in `_korean_label`. §50의8 forbids advertising goods that are
illegal to sell, which only the sender knows, and since July 2026 bulk text messages go through a relay that holds a
certificate (전송자격인증): both are declared in the brand's `sender`. 개인정보 보호법 §22의2 asks a guardian for
whoever is under 14.

This is what software can do, and no legal advice.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from kairos.domain.consent import EXISTING_CUSTOMER, Consent
from kairos.domain.consent import NIGHT as CONSENT_AT_NIGHT
from kairos.domain.localtime import load_zone
from kairos.domain.moment import read_date
from kairos.domain.profile import Profile
from kairos.domain.quiet_hours import Window
from kairos.policies._advertising import advertising_words
from kairos.policies._korean_label import LABEL, Sender, email_lacks, evades, label_email, label_text, text_lacks
from kairos.policies._pack import LawPack
from kairos.registry import Night, Rendered

PRIOR_CONSENT = "정보통신망법 §50①"
TRANSACTION = "정보통신망법 시행령 §61①"
LABELLING = "정보통신망법 §50④"
EVASION = "정보통신망법 §50⑤"
RESULT = "정보통신망법 §50⑦"
CONFIRMATION = "정보통신망법 §50⑧"
NIGHT = Night(Window.parse("21:00-08:00"), "정보통신망법 §50③")
ILLEGAL_GOODS = "정보통신망법 §50의8"
CERTIFIED_RELAY = "전송자격인증제"
GUARDIAN = "개인정보 보호법 §22의2"
GUARDIAN_TO = 14
"""Years of age from which a person agrees by themselves."""

TRANSACTION_MONTHS = 6
CONFIRMATION_MONTHS = 24
EXEMPT_AT_NIGHT = frozenset({"email", "web", "webhook"})
"""E-mail by decree; `web` and `webhook` send nothing to a person's device."""
NOT_SENT = frozenset({"web", "webhook"})
"""What a visitor sees on the shop's own pages is not transmitted to them as §50 means it: no label, no footer."""


class Korea(LawPack):
    """The law pack of the Republic of Korea."""

    name = "kr"

    def nights(self, profile: Profile, channel: str) -> Sequence[Night]:
        """Return the night of §50③, unless the decree exempts the channel or the customer agreed to it separately."""
        agreed = profile.consents.get((channel, CONSENT_AT_NIGHT))
        if channel in EXEMPT_AT_NIGHT or (agreed is not None and agreed.given and agreed.expires_at is None):
            return ()
        return (NIGHT,)

    def objects(self, consent: Consent | None, channel: str, brand: Mapping[str, Any], now: datetime) -> str | None:
        """Return §50① where nobody agreed, decree §61① where a sale is too long ago; §50⑧ where nobody confirmed a
        consent for two years and the brand takes silence for a no (`unconfirmed_consent: stop`)."""
        if consent is None:
            return PRIOR_CONSENT
        if consent.basis == EXISTING_CUSTOMER:
            return TRANSACTION if months_after(consent.at, TRANSACTION_MONTHS) <= now else None
        stops = brand.get("unconfirmed_consent") == "stop"
        return CONFIRMATION if stops and months_after(consent.affirmed_at, CONFIRMATION_MONTHS) <= now else None

    def bars(self, profile: Profile, now: datetime) -> str | None:
        """Return PIPA §22의2 for whoever is under 14 by their `birthday`, or said to be (`under_14`), unless their
        guardian agreed (`guardian_consent`)."""
        if profile.traits.get("guardian_consent") is True:
            return None
        young = profile.traits.get("under_14") is True or _age(profile.traits.get("birthday"), now) < GUARDIAN_TO
        return GUARDIAN if young else None

    def apply(
        self, rendered: Rendered, channel: str, marketing: bool, brand: Mapping[str, Any], unsubscribe_url: str | None
    ) -> Rendered:
        """Return the message with label, sender and free opt-out (annex 6); applying twice adds nothing."""
        if not marketing or channel in NOT_SENT:
            return rendered
        sender = Sender.of(brand)
        if channel == "email":
            return label_email(rendered, sender, unsubscribe_url)
        return label_text(rendered, channel, sender, unsubscribe_url)

    def lacks(self, rendered: Rendered, channel: str, marketing: bool, brand: Mapping[str, Any]) -> str | None:
        """Return what annex 6 asks for and this message does not show; advertising without it is not sent."""
        lack = self._lack(rendered, channel, brand) if marketing and channel not in NOT_SENT else None
        return f"{LABELLING}: {lack}" if lack else None

    def lint(self, texts: Mapping[str, str], channel: str, marketing: bool) -> Sequence[tuple[str, str]]:
        """Return labels written to escape filters (§50⑤), and advertising in a transactional template (§50①, ④)."""
        if not marketing:
            found = [*advertising_words(texts), *((part, LABEL) for part in texts if texts[part].startswith(LABEL))]
            return [
                (part, f"{PRIOR_CONSENT}: {word!r} is advertising in a transactional message") for part, word in found
            ]
        return [(part, f"{EVASION}: write {LABEL} or leave it to Kairos") for part in texts if evades(texts[part])]

    def untold(self, answered: Collection[str], confirmable: bool) -> Sequence[str]:
        """Return §50⑦ where nobody is told the result of a consent or a refusal, §50⑧ where nobody is asked again."""
        words = {"consent_given": "a consent", "consent_withdrawn": "a refusal"}
        untold = [
            f"{RESULT}: no transactional journey on {event} tells the result of {word}, which is due within 14 days"
            for event, word in words.items()
            if event not in answered
        ]
        unasked = f"{CONFIRMATION}: no transactional message asks for the confirmation of every two years (confirm_url)"
        return untold if confirmable else [*untold, unasked]

    def undeclared(self, brand: Mapping[str, Any], channels: Collection[str]) -> Sequence[str]:
        """Return what only the sender can say: that the goods may be sold, and whose certificate text messages use."""
        sender = brand.get("sender") or {}
        missing = []
        if sender.get("lawful_goods") is not True:
            missing.append(
                f"{ILLEGAL_GOODS}: nobody declared that what is advertised may be sold (sender.lawful_goods)"
            )
        if "sms" in channels and not sender.get("relay"):
            missing.append(f"{CERTIFIED_RELAY}: the certificate number of the text messages' relay (sender.relay)")
        return missing

    def _lack(self, rendered: Rendered, channel: str, brand: Mapping[str, Any]) -> str | None:
        sender = Sender.of(brand)
        if not sender.name:
            return "the sender's name (brand.sender.name)"
        if not sender.contact:
            return "the sender's contact (brand.sender.contact)"
        return email_lacks(rendered, sender) if channel == "email" else text_lacks(rendered, channel, sender)


POLICY = Korea()


def months_after(instant: datetime, months: int) -> datetime:
    """Return the same clock time in Korea so many calendar months on; a day that the month lacks is its last, the
    earlier of the two readings (29 February → 28 February)."""
    wall = instant.astimezone(load_zone("Asia/Seoul"))
    year, month = divmod(wall.year * 12 + wall.month - 1 + months, 12)
    return wall.replace(year=year, month=month + 1, day=min(wall.day, monthrange(year, month + 1)[1])).astimezone(UTC)


def _age(birthday: object, now: datetime) -> int:
    """Return the years completed in Korea; whose birthday nobody knows is grown up."""
    korea = load_zone("Asia/Seoul")
    try:
        born = read_date(birthday, korea)
    except ValueError:
        return GUARDIAN_TO
    today = now.astimezone(korea).date()
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))
