"""The European Union: the GDPR and the ePrivacy Directive 2002/58, art. 13.

Art. 13(1) wants prior consent to advertising by e-mail, text message and the like. Art. 13(2) allows it to the sender's
own customers for similar goods (the soft opt-in) by electronic mail, which is e-mail and text messages alike (art.
2(h)): the basis `existing_customer`. Art. 13(4) with GDPR art. 7(3) and 21(2-3) wants the sender named and a way out in
every message, as easy as the way in. There is no night in it; a member state's goes into the brand's `quiet_hours`.

This is what software can do, and no legal advice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from kairos.domain.consent import EXISTING_CUSTOMER, Consent
from kairos.policies._advertising import advertising_words
from kairos.policies._footer import all_have_link, sender_of, shows, with_footer
from kairos.policies._pack import LawPack
from kairos.registry import Rendered

OPT_IN = "ePrivacy Directive art. 13(1)"
SOFT_OPT_IN = "ePrivacy Directive art. 13(2)"
IDENTITY = "ePrivacy Directive art. 13(4)"
OBJECTION = "GDPR art. 21(2)"
ELECTRONIC_MAIL = frozenset({"email", "sms"})


class EuropeanUnion(LawPack):
    """The law pack of the European Union."""

    name = "eu"

    def objects(self, consent: Consent | None, channel: str, brand: Mapping[str, Any], now: datetime) -> str | None:
        """Return art. 13(1) where nobody agreed, 13(2) where a sale is relied on by other than electronic mail."""
        if consent is None:
            return OPT_IN
        return SOFT_OPT_IN if consent.basis == EXISTING_CUSTOMER and channel not in ELECTRONIC_MAIL else None

    def apply(
        self, rendered: Rendered, channel: str, marketing: bool, brand: Mapping[str, Any], unsubscribe_url: str | None
    ) -> Rendered:
        """Return the message with sender and way out: an e-mail's footer, a text message's last line."""
        if not marketing or channel not in ELECTRONIC_MAIL:
            return rendered
        if channel == "email":
            return with_footer(rendered, (sender_of(brand, "name"), sender_of(brand, "contact")), unsubscribe_url)
        text, way = rendered.parts.get("text", ""), _way_out(brand) or unsubscribe_url
        return Rendered({**rendered.parts, "text": f"{text}\n{way}"}) if way and way not in text else rendered

    def lacks(self, rendered: Rendered, channel: str, marketing: bool, brand: Mapping[str, Any]) -> str | None:
        """Return what art. 13(4) and GDPR art. 21 ask for and the message does not show."""
        if not marketing or channel not in ELECTRONIC_MAIL:
            return None
        if not sender_of(brand, "name"):
            return f"{IDENTITY}: the sender's name (brand.sender.name)"
        if not sender_of(brand, "contact"):
            return f"{IDENTITY}: the sender's contact (brand.sender.contact)"
        if channel == "email":
            if not all(shows(rendered, sender_of(brand, key)) for key in ("name", "contact")):
                return f"{IDENTITY}: the sender's name and contact"
            return None if all_have_link(rendered) else f"{OBJECTION}: a link to unsubscribe"
        text, way = rendered.parts.get("text", ""), _way_out(brand)
        return None if (way and way in text) or "https://" in text else f"{OBJECTION}: a way to refuse"

    def lint(self, texts: Mapping[str, str], channel: str, marketing: bool) -> Sequence[tuple[str, str]]:
        """Return advertising in a transactional template: it needs the consent that advertising needs."""
        found = () if marketing else advertising_words(texts)
        return [(part, f"{OPT_IN}: {word!r} is advertising, and the message is transactional") for part, word in found]


POLICY = EuropeanUnion()


def _way_out(brand: Mapping[str, Any]) -> str:
    return sender_of(brand, "opt_out")
