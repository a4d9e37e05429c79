"""How an advertisement is marked in Korea (decree §61③, annex 6): the label, who sends it, and the free way to refuse.

The label "(광고)" stands at the very start, in exactly that form; any other form of it there is replaced, since labels
written to escape filters are forbidden (§50⑤). A text message ends with a number that costs nothing, an e-mail with a
link, in Korean and English.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from typing import Any

from kairos.policies._footer import FOOTER_STYLE, LINK_STYLE
from kairos.registry import Rendered

LABEL = "(광고)"

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


# ---- text messages: sms, push, kakao ---------------------------------------------------------------------------


def label_text(rendered: Rendered, channel: str, sender: Sender, unsubscribe_url: str | None) -> Rendered:
    """Return a text message, push message or the like with label, sender and refusal; applying twice adds nothing."""
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


def text_lacks(rendered: Rendered, channel: str, sender: Sender) -> str | None:
    """Return what such a message does not show, or None."""
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


def label_email(rendered: Rendered, sender: Sender, unsubscribe_url: str | None) -> Rendered:
    """Return an e-mail with the label in its subject and a footer in both its bodies; applying twice adds nothing."""
    parts = dict(rendered.parts)
    parts["subject"] = _labelled(parts.get("subject", ""))
    if unsubscribe_url and "text" in parts and not _text_footed(parts["text"], sender):
        parts["text"] = f"{parts['text'].rstrip()}\n\n{_text_footer(sender, unsubscribe_url)}"
    if unsubscribe_url and "html" in parts and not _html_footed(parts["html"], sender):
        parts["html"] = _before_body_end(parts["html"], _html_footer(sender, unsubscribe_url))
    return Rendered(parts)


def email_lacks(rendered: Rendered, sender: Sender) -> str | None:
    """Return what an e-mail does not show, or None."""
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
    link = f'<a href="{escape(url, quote=True)}" style="{LINK_STYLE}">'
    return (
        f'<div style="{FOOTER_STYLE};word-break:keep-all">'
        f'<p style="margin:0">{who}</p>'
        f'<p style="margin:0">수신을 원하지 않으시면 무료로 {link}수신거부</a>하실 수 있습니다.</p>'
        f'<p style="margin:0">To stop receiving these e-mails, {link}unsubscribe</a>.</p>'
        "</div>"
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


def evades(text: str) -> bool:
    """Return whether a text begins with a label that is not the label: spaced out, in other brackets, hidden."""
    start = _VARIANT.match(text)
    return start is not None and "광" in start.group() and not text.lstrip().startswith(LABEL)


def _labelled(subject: str) -> str:
    return f"{LABEL} {_VARIANT.sub('', subject, count=1).strip()}"


def _shows_sender(text: str, sender: Sender) -> bool:
    return bool(sender.name) and sender.name in text and bool(sender.contact) and sender.contact in text
