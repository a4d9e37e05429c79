"""Korea: what 정보통신망법 (Network Act) §50 and its decree ask of advertising sent over a network.

§50① with decree §61① asks for prior consent, or a sale of the same kind of goods within six months. §50③ with decree
§61② forbids the night, 21:00 to 08:00 of the recipient's clock, except for e-mail, unless the customer agreed to it
separately (purpose `night`). §50⑦ has the result of a consent or refusal told within 14 days, §50⑧ a consent confirmed
every two years: both are journeys of the brand's own, which publishing asks for. §50④ with decree §61③ and annex 6
wants the label "(광고)" at the very start, in exactly that form, the sender's name and contact, and at the end a way to
refuse that costs nothing (§50⑥, decree §62); for e-mail the guidance stands in Korean and English. §50⑤ forbids
labels written to escape filters, so a variant at the start is replaced by the label itself.

This is what software can do, and no legal advice.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from typing import Any

from kairos.domain.consent import EXISTING_CUSTOMER, Consent
from kairos.domain.consent import NIGHT as CONSENT_AT_NIGHT
from kairos.domain.localtime import load_zone
from kairos.domain.profile import Profile
from kairos.domain.quiet_hours import Window
from kairos.policies._advertising import advertising_words
from kairos.registry import Night, Rendered

LABEL = "(광고)"
PRIOR_CONSENT = "정보통신망법 §50①"
TRANSACTION = "정보통신망법 시행령 §61①"
LABELLING = "정보통신망법 §50④"
EVASION = "정보통신망법 §50⑤"
RESULT = "정보통신망법 §50⑦"
CONFIRMATION = "정보통신망법 §50⑧"
NIGHT = Night(Window.parse("21:00-08:00"), "정보통신망법 §50③")
TRANSACTION_MONTHS = 6
CONFIRMATION_MONTHS = 24
EXEMPT_AT_NIGHT = frozenset({"email", "web", "webhook"})
"""E-mail by decree; `web` and `webhook` send nothing to a person's device."""
NOT_SENT = frozenset({"web", "webhook"})
"""What a visitor sees on the shop's own pages is not transmitted to them as §50 means it: no label, no footer."""

_INVISIBLE = (
    r"\s\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f"
    r"\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0"
)
_GAP = f"[{_INVISIBLE}.·]*"
_VARIANT = re.compile(
    rf"^[{_INVISIBLE}]*(?:[(\[{{<（［【〔「]{_GAP}광{_GAP}고{_GAP}[)\]}}>）］】〕」])?[{_INVISIBLE}]*"
)
_TEXT_LINK = re.compile(r"수신거부.*https://\S+")
_HTML_LINK = re.compile(r"<a\s[^>]*href=\"https://[^\"]+\"[^>]*>[^<]*수신거부")
_BODY_END = re.compile(r"</body\s*>", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Sender:
    """Who advertises, as the law wants it shown. `opt_out` is the free way to refuse by phone ("080-000-0000")."""

    name: str
    email: str
    contact: str
    opt_out: str

    @classmethod
    def of(cls, brand: Mapping[str, Any]) -> Sender:
        """Read the brand's `sender`; what is not there is empty."""
        sender = brand.get("sender") or {}
        name = sender.get("name") or brand.get("name") or ""
        return cls(str(name), *(str(sender.get(key) or "") for key in ("email", "contact", "opt_out")))

    @property
    def refusal(self) -> str:
        """Return the line that ends a text message, empty where the brand names no number."""
        return f"무료수신거부 {self.opt_out}" if self.opt_out[:1].isdigit() else self.opt_out


class Korea:
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

    def apply(
        self, rendered: Rendered, channel: str, marketing: bool, brand: Mapping[str, Any], unsubscribe_url: str | None
    ) -> Rendered:
        """Return the message with label, sender and free opt-out (annex 6); applying twice adds nothing."""
        if not marketing or channel in NOT_SENT:
            return rendered
        sender = Sender.of(brand)
        if channel == "email":
            return _label_email(rendered, sender, unsubscribe_url)
        return _label_text(rendered, channel, sender, unsubscribe_url)

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
        return [(part, f"{EVASION}: write {LABEL} or leave it to Kairos") for part in texts if _evades(texts[part])]

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

    def _lack(self, rendered: Rendered, channel: str, brand: Mapping[str, Any]) -> str | None:
        sender = Sender.of(brand)
        if not sender.name:
            return "the sender's name (brand.sender.name)"
        if not sender.contact:
            return "the sender's contact (brand.sender.contact)"
        return _email_lacks(rendered, sender) if channel == "email" else _text_lacks(rendered, channel, sender)


POLICY = Korea()


def months_after(instant: datetime, months: int) -> datetime:
    """Return the same clock time in Korea so many calendar months on; a day that the month lacks is its last, the
    earlier of the two readings (29 February → 28 February)."""
    wall = instant.astimezone(load_zone("Asia/Seoul"))
    year, month = divmod(wall.year * 12 + wall.month - 1 + months, 12)
    return wall.replace(year=year, month=month + 1, day=min(wall.day, monthrange(year, month + 1)[1])).astimezone(UTC)


# ---- text messages: sms, push, kakao ---------------------------------------------------------------------------


def _label_text(rendered: Rendered, channel: str, sender: Sender, unsubscribe_url: str | None) -> Rendered:
    parts = dict(rendered.parts)
    body = _VARIANT.sub("", parts.get("text", ""), count=1).strip()
    refusal = sender.refusal
    if not refusal and channel != "sms" and unsubscribe_url:
        refusal = f"무료수신거부 {unsubscribe_url}"
    head = "" if _shows_sender(body, sender) else f"{sender.name} {sender.contact}\n"
    tail = "" if not refusal or body.endswith(refusal) else f"\n{refusal}"
    parts["text"] = f"{LABEL}{head}{body}{tail}"
    for part in ("title", "subject"):
        if parts.get(part):
            parts[part] = _labelled(parts[part])
    return Rendered(parts)


def _text_lacks(rendered: Rendered, channel: str, sender: Sender) -> str | None:
    text = rendered.parts.get("text", "")
    headings = [rendered.parts[part] for part in ("title", "subject") if rendered.parts.get(part)]
    if not all(heading.startswith(LABEL) for heading in (text, *headings)):
        return f"the label {LABEL} at the very start"
    if not _shows_sender(text, sender):
        return "the sender's name and contact"
    end = text.rstrip().splitlines()[-1]
    if sender.refusal and end.endswith(sender.refusal):
        return None
    # A link costs the reader of a text message data, so there only a number that the brand names will do.
    if channel != "sms" and _TEXT_LINK.search(end):
        return None
    return "a free opt-out at the end (brand.sender.opt_out)"


# ---- e-mail ----------------------------------------------------------------------------------------------------


def _label_email(rendered: Rendered, sender: Sender, unsubscribe_url: str | None) -> Rendered:
    parts = dict(rendered.parts)
    parts["subject"] = _labelled(parts.get("subject", ""))
    if unsubscribe_url and "text" in parts and not _text_footed(parts["text"], sender):
        parts["text"] = f"{parts['text'].rstrip()}\n\n{_text_footer(sender, unsubscribe_url)}"
    if unsubscribe_url and "html" in parts and not _html_footed(parts["html"], sender):
        parts["html"] = _before_body_end(parts["html"], _html_footer(sender, unsubscribe_url))
    return Rendered(parts)


def _email_lacks(rendered: Rendered, sender: Sender) -> str | None:
    if not rendered.parts.get("subject", "").startswith(LABEL):
        return f"the label {LABEL} at the start of the subject"
    for part, footed in (("text", _text_footed), ("html", _html_footed)):
        if part in rendered.parts and not footed(rendered.parts[part], sender):
            return f"the sender's name, contact and opt-out link in the {part}"
    return None


def _text_footer(sender: Sender, url: str) -> str:
    who = " | ".join(part for part in (sender.name, sender.email, sender.contact) if part)
    korean = f"수신을 원하지 않으시면 무료로 수신거부하실 수 있습니다: {url}"
    return f"{who}\n{korean}\nTo stop receiving these e-mails, unsubscribe: {url}\n"


def _html_footer(sender: Sender, url: str) -> str:
    who = " | ".join(escape(part) for part in (sender.name, sender.email, sender.contact) if part)
    link = escape(url, quote=True)
    style = "margin-top:32px;padding-top:16px;border-top:1px solid #ccc;font-size:12px;line-height:1.6;color:#555"
    return (
        f'<div style="{style}">'
        f'<p style="margin:0">{who}</p>'
        f'<p style="margin:0">수신을 원하지 않으시면 무료로 <a href="{link}">수신거부</a>하실 수 있습니다.</p>'
        f'<p style="margin:0">To stop receiving these e-mails, <a href="{link}">unsubscribe</a>.</p></div>'
    )


def _text_footed(text: str, sender: Sender) -> bool:
    return bool(_TEXT_LINK.search(text)) and _shows_sender(text, sender)


def _html_footed(html: str, sender: Sender) -> bool:
    shown = Sender(escape(sender.name), escape(sender.email), escape(sender.contact), sender.opt_out)
    return bool(_HTML_LINK.search(html)) and _shows_sender(html, shown)


def _before_body_end(html: str, footer: str) -> str:
    ends = list(_BODY_END.finditer(html))
    at = ends[-1].start() if ends else len(html)
    return html[:at] + footer + html[at:]


# ---- both ------------------------------------------------------------------------------------------------------


def _evades(text: str) -> bool:
    """Return whether a text begins with a label that is not the label: spaced out, in other brackets, hidden."""
    start = _VARIANT.match(text)
    return start is not None and "광" in start.group() and not text.lstrip().startswith(LABEL)


def _labelled(subject: str) -> str:
    return f"{LABEL} {_VARIANT.sub('', subject, count=1).strip()}"


def _shows_sender(text: str, sender: Sender) -> bool:
    return bool(sender.name) and sender.name in text and bool(sender.contact) and sender.contact in text
