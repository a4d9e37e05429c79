"""One e-mail as the bytes of RFC 5322: both bodies, encoded headers, and the one-click opt-out of RFC 8058.

SES adds the Message-ID. Nothing here is random: the same delivery always gives the same bytes.
"""

from __future__ import annotations

import re
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, EmailPolicy
from email.utils import format_datetime
from html import escape

from kairos.channels._invite import invitation
from kairos.domain.errors import Refused
from kairos.registry import Delivery

ADDRESS_CHARACTERS_MAX = 320
_ADDRESS = re.compile(r"[!-~]+@[^\s@<>,;:\"()\[\]\\]+\.[^\s@<>,;:\"()\[\]\\]+")
_SPECIALS = re.compile(r"[<>,;:\"()\[\]\\]")
_BODY_START = re.compile(r"<body\b[^>]*>", re.IGNORECASE)


class _Verbatim(EmailPolicy):
    """SMTP's policy, but a header with a long URL stays on one line: folded, the library would encode it as words,
    which no mail provider reads as a link."""

    def fold(self, name: str, value: str) -> str:
        return f"{name}: {value}{self.linesep}" if name in _LINKS else super().fold(name, value)

    def fold_binary(self, name: str, value: str) -> bytes:
        return self.fold(name, value).encode("ascii") if name in _LINKS else super().fold_binary(name, value)


_LINKS = ("List-Unsubscribe",)
_POLICY = _Verbatim(linesep=SMTP.linesep, cte_type="7bit")


def build_email(delivery: Delivery) -> bytes:
    """Return the message as bytes. Raises Refused where an address or a header cannot be written."""
    parts = delivery.rendered.parts
    message = EmailMessage(policy=_POLICY)
    try:
        message["From"] = Address(delivery.sender.get("name", ""), addr_spec=ascii_address(delivery.sender["email"]))
        message["To"] = Address(addr_spec=ascii_address(delivery.address))
        message["Subject"] = parts["subject"]
        if delivery.at is not None:
            message["Date"] = format_datetime(delivery.at)
        if delivery.marketing and delivery.unsubscribe_url:
            _offer_one_click(message, delivery.unsubscribe_url)
        _fill(message, delivery)
        return message.as_bytes()
    except (ValueError, KeyError, IndexError) as error:
        # The text of these errors may quote the address or the subject.
        raise Refused("email", f"the message cannot be written ({type(error).__name__})") from None


def ascii_address(address: str) -> str:
    """Return the address with its domain in ASCII (IDNA). Raises ValueError for what SES cannot send to.

    SES wants an ASCII local part, and one address: a list in this place would be read by strangers.
    """
    if len(address) > ADDRESS_CHARACTERS_MAX or not _ADDRESS.fullmatch(address):
        raise ValueError("no single e-mail address with an ASCII local part")
    local, _, domain = address.rpartition("@")
    if _SPECIALS.search(local):
        raise ValueError("no plain local part")
    return f"{local}@{domain.encode('idna').decode('ascii')}"


def _offer_one_click(message: EmailMessage, url: str) -> None:
    if not url.startswith("https://") or not url.isascii() or re.search(r"[\s<>]", url):
        raise ValueError("RFC 8058 wants an https URI")
    message["List-Unsubscribe"] = f"<{url}>"
    message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"


def _fill(message: EmailMessage, delivery: Delivery) -> None:
    parts = delivery.rendered.parts
    message.set_content(parts["text"], charset="utf-8")
    if parts.get("html"):
        message.add_alternative(_with_preheader(parts["html"], parts.get("preheader", "")), subtype="html")
    if invited := invitation(delivery):
        _invite(message, *invited)
    nested = (part for part in message.walk() if part.is_multipart())
    for number, part in enumerate(nested):
        # No "=_" can stand in quoted-printable or base64, so the boundary is in no body.
        part.set_boundary(f"=_{delivery.message}{f'_{number}' if number else ''}")


def _invite(message: EmailMessage, calendar: str, method: str) -> None:
    """Say the event beside the words, as mail programs that know calendars want it, and attach it for the others."""
    message.add_alternative(calendar, subtype="calendar", charset="utf-8", params={"method": method})
    raw = calendar.encode()
    message.add_attachment(raw, maintype="application", subtype="ics", filename="invite.ics")


def _with_preheader(html: str, preheader: str) -> str:
    """Put the line that an inbox shows after the subject first in the body, where no reader of the mail sees it."""
    if not preheader:
        return html
    hidden = f'<div style="display:none;max-height:0;overflow:hidden">{escape(preheader, quote=False)}</div>'
    start = _BODY_START.search(html)
    at = start.end() if start else 0
    return html[:at] + hidden + html[at:]
