"""The large mailbox providers: what Gmail, Yahoo and Outlook ask of whoever sends 5,000 e-mails a day to one of them.

Promotional mail has a visible link to unsubscribe and the one-click headers of RFC 8058, which need an https address
(support.google.com/a/answer/81126); the channel writes them for every marketing e-mail. The From domain must be the
sender's own, or SPF, DKIM and DMARC cannot align with it: mail "from" gmail.com through SES is filed as spam at best.
Alignment in DNS, and the complaint rate (below 0.1 %, never 0.3 %), are looked at by `kairos doctor`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from kairos.domain.consent import Consent
from kairos.policies._footer import all_have_link, sender_of, with_footer
from kairos.policies._pack import LawPack
from kairos.registry import Rendered

ONE_CLICK = "RFC 8058"
ALIGNMENT = "RFC 7489 (DMARC)"
UNWANTED = "Gmail sender guidelines"

OTHERS_DOMAINS = frozenset(
    {
        *("gmail.com", "googlemail.com", "yahoo.com", "ymail.com", "aol.com", "outlook.com", "hotmail.com", "live.com"),
        *(
            "msn.com",
            "icloud.com",
            "me.com",
            "mac.com",
            "naver.com",
            "hanmail.net",
            "daum.net",
            "kakao.com",
            "nate.com",
        ),
    }
)
"""Mailboxes of the public: nobody else's mail can align with them."""


class Mailbox(LawPack):
    """The pack of the large mailbox providers."""

    name = "mailbox"

    def objects(self, consent: Consent | None, channel: str, brand: Mapping[str, Any], now: datetime) -> str | None:
        """Return the guideline where nobody agreed: mail that was not asked for is reported as spam."""
        return UNWANTED if channel == "email" and consent is None else None

    def apply(
        self, rendered: Rendered, channel: str, marketing: bool, brand: Mapping[str, Any], unsubscribe_url: str | None
    ) -> Rendered:
        """Return the e-mail with a visible link to unsubscribe."""
        return with_footer(rendered, (), unsubscribe_url) if marketing and channel == "email" else rendered

    def lacks(self, rendered: Rendered, channel: str, marketing: bool, brand: Mapping[str, Any]) -> str | None:
        """Return what keeps the e-mail from its reader: a From that cannot align, no way out."""
        if channel != "email":
            return None
        domain = sender_of(brand, "email").rpartition("@")[2].lower()
        if domain in OTHERS_DOMAINS:
            return f"{ALIGNMENT}: a sender address at a domain of your own (brand.sender.email is at {domain})"
        return f"{ONE_CLICK}: a link to unsubscribe" if marketing and not all_have_link(rendered) else None


POLICY = Mailbox()
