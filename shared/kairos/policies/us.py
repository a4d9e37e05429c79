"""The United States: CAN-SPAM (15 USC 7704) for e-mail, the TCPA (47 CFR 64.1200) for text messages.

CAN-SPAM wants the sender's postal address and a working way out in every commercial e-mail, and no consent; Kairos asks
for one all the same. The TCPA wants prior express written consent to advertising by text message, which a sale is not
((a)(2), (f)(9)), and forbids it before 8 and from 21 o'clock where the recipient is ((c)(1)). Several states are
stricter; whose state nobody knows (trait `region`: "FL" or "US-FL") is held to the strictest of them. Whether consent
waives the hours is before the FCC: taken as not. Public holidays, which a few states close, are not in the table.

The states' hours were taken from published compliance tables and not from the statutes themselves.
This is what software can do, and no legal advice.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from kairos.domain.consent import EXISTING_CUSTOMER, Consent
from kairos.domain.open_hours import OpenHours
from kairos.domain.profile import Profile
from kairos.policies._advertising import advertising_words
from kairos.policies._footer import all_have_link, sender_of, shows, with_footer
from kairos.policies._pack import LawPack
from kairos.registry import Night, Rendered

HOURS = "47 CFR 64.1200(c)(1)"
WRITTEN_CONSENT = "47 CFR 64.1200(a)(2)"
REVOCATION = "47 CFR 64.1200(a)(10)"
ADDRESS = "15 USC 7704(a)(5)(A)(iii)"
OPT_OUT = "15 USC 7704(a)(3)"
PURPOSE = "16 CFR 316.3"
STOP_LINE = "Reply STOP to opt out"

FEDERAL = Night(OpenHours.parse("08:00-21:00"), HOURS)
_NO_SUNDAY = {"mon-sat": "08:00-20:00"}
STATES: Mapping[str, Night] = {
    "AL": Night(OpenHours.parse(_NO_SUNDAY), "Ala. Code 8-19A"),
    "CT": Night(OpenHours.parse("09:00-20:00"), "Conn. Gen. Stat. 42-288a"),
    "FL": Night(OpenHours.parse("08:00-20:00"), "Fla. Stat. 501.616(6)"),
    "KY": Night(OpenHours.parse("10:00-21:00"), "KRS 367.46955"),
    "LA": Night(OpenHours.parse(_NO_SUNDAY), "La. R.S. 45:844.31"),
    "MA": Night(OpenHours.parse("08:00-20:00"), "Mass. Gen. Laws 159C, 3"),
    "MD": Night(OpenHours.parse("08:00-20:00"), "Md. Code, Com. Law 14-3201"),
    "MN": Night(OpenHours.parse("09:00-21:00"), "Minn. Stat. 325E.30"),
    "MS": Night(OpenHours.parse(_NO_SUNDAY), "Miss. Code 77-3-701"),
    "OK": Night(OpenHours.parse("08:00-20:00"), "15 Okla. Stat. 775C.4"),
    "RI": Night(OpenHours.parse({"mon-fri": "09:00-18:00", "sat": "10:00-17:00"}), "R.I. Gen. Laws 5-61-3.6"),
    "TX": Night(OpenHours.parse({"mon-sat": "09:00-21:00", "sun": "12:00-21:00"}), "Tex. Bus. & Com. Code 301.051"),
    "WA": Night(OpenHours.parse("08:00-20:00"), "RCW 80.36.390"),
}
"""States whose hours are narrower than the federal ones."""

_REGION = re.compile(r"(?:US-)?([A-Z]{2})")
_STOP = re.compile(r"\bSTOP\b")


class UnitedStates(LawPack):
    """The law pack of the United States."""

    name = "us"

    def nights(self, profile: Profile, channel: str) -> Sequence[Night]:
        """Return the federal hours and the state's for text messages; every state's where it is not known."""
        country = profile.traits.get("country")
        if channel != "sms" or (isinstance(country, str) and country.upper() != "US"):
            return ()
        state = _state(profile.traits.get("region"))
        if state is None:
            return (FEDERAL, *STATES.values())
        return (FEDERAL, STATES[state]) if state in STATES else (FEDERAL,)

    def objects(self, consent: Consent | None, channel: str, brand: Mapping[str, Any], now: datetime) -> str | None:
        """Return the rule where a text message has no express consent. CAN-SPAM asks for none by e-mail."""
        if channel != "sms":
            return None
        return WRITTEN_CONSENT if consent is None or consent.basis == EXISTING_CUSTOMER else None

    def apply(
        self, rendered: Rendered, channel: str, marketing: bool, brand: Mapping[str, Any], unsubscribe_url: str | None
    ) -> Rendered:
        """Return the e-mail with postal address and link, the text message with the way to stop it."""
        if not marketing:
            return rendered
        if channel == "email":
            lines = (sender_of(brand, "name"), sender_of(brand, "postal"))
            return with_footer(rendered, lines, unsubscribe_url)
        text = rendered.parts.get("text", "")
        if channel != "sms" or _STOP.search(text):
            return rendered
        return Rendered({**rendered.parts, "text": f"{text}\n{STOP_LINE}"})

    def lacks(self, rendered: Rendered, channel: str, marketing: bool, brand: Mapping[str, Any]) -> str | None:
        """Return what 7704(a) and 64.1200 ask for and the message does not show."""
        if not marketing:
            return None
        if channel == "sms":
            return None if _STOP.search(rendered.parts.get("text", "")) else f"{REVOCATION}: a way to stop"
        if channel != "email":
            return None
        postal = sender_of(brand, "postal")
        if not postal:
            return f"{ADDRESS}: the sender's postal address (brand.sender.postal)"
        if not shows(rendered, postal):
            return f"{ADDRESS}: the sender's postal address"
        return None if all_have_link(rendered) else f"{OPT_OUT}: a link to unsubscribe"

    def lint(self, texts: Mapping[str, str], channel: str, marketing: bool) -> Sequence[tuple[str, str]]:
        """Return advertising in a transactional template: its primary purpose may be commercial."""
        found = () if marketing else advertising_words(texts)
        return [(part, f"{PURPOSE}: {word!r} is advertising, and the message is transactional") for part, word in found]


POLICY = UnitedStates()


def _state(region: object) -> str | None:
    found = _REGION.fullmatch(region.strip().upper()) if isinstance(region, str) else None
    return found[1] if found else None
