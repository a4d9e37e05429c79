"""Messages on the shop's own pages: a popup, a banner, or a slot in the page, shown by the web tag.

Nothing is sent. A message lies ready for the browsers of its customer until it expires, and a browser that asks gets it
(`kairos.app.ingest.tag`). What it holds is text and nothing else: the tag writes every part as text, and a link or an
image is an address of http or https, or the message does not go.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

from kairos.app.ports import Board, Notice
from kairos.channels._plain import Plain
from kairos.domain.errors import Refused, Throttled, Unavailable
from kairos.registry import Delivery, Rate

FORMS = ("popup", "banner", "slot")
FREQUENCIES = ("once", "daily", "always")
"""How often one browser shows it while nobody has clicked or closed it."""

CHARACTERS_MAX: Mapping[str, int] = {"title": 120, "text": 600, "button": 60, "link": 1_000, "image": 1_000, "slot": 64}
_SLOT = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
_UNSEEN = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")


class Web(Plain):
    """The channel `web`. Its address is the profile itself, so it needs no contact field."""

    name = "web"
    address = ""
    parts: Sequence[str] = ("form", "slot", "frequency", "title", "text", "button", "link", "image")
    required: Sequence[str] = ("text",)
    choices: Mapping[str, Sequence[str]] = {"form": FORMS, "frequency": FREQUENCIES}
    reports_back = True
    rate = Rate(per_second=500)
    """Our own table's: a write and a read each, far below what an on-demand table takes at once."""
    service = "dynamodb"
    # No grants: the board is a table of ours, and granted where the others are (`infra/grants.py`).

    def send(self, delivery: Delivery, client: Board) -> str:
        """Let the message lie ready; the provider's id is the message's own. Raises Refused or Throttled.

        Posting again is the same post, so a call whose answer was lost is repeated and never unknown.
        """
        if delivery.at is None or delivery.expires_at is None:
            raise Refused("web", "a message for a page needs an end")
        notice = Notice(delivery.message, safe_content(delivery.rendered.parts), delivery.expires_at)
        try:
            client.post(delivery.address, notice, delivery.at)
        except Unavailable as error:
            raise Throttled("web", error.reason) from None
        return delivery.message


def safe_content(parts: Mapping[str, str]) -> dict[str, str]:
    """Return what a browser is given, each part trimmed and cut to its length. Raises Refused."""
    content = {part: _cut(part, parts[part]) for part in CHARACTERS_MAX if _cut(part, parts.get(part, ""))}
    content["form"] = parts.get("form", "").strip() or FORMS[0]
    content["frequency"] = parts.get("frequency", "").strip() or FREQUENCIES[0]
    if content["form"] not in FORMS or content["frequency"] not in FREQUENCIES:
        raise Refused("web", f"form is one of {', '.join(FORMS)}, frequency one of {', '.join(FREQUENCIES)}")
    if content["form"] == "slot" and not _SLOT.fullmatch(content.get("slot", "")):
        raise Refused("web", "a slot needs its name, in letters, digits, - and _")
    for part in ("link", "image"):
        if part in content and not is_web_address(content[part]):
            raise Refused("web", f"{part} is no address of http or https")
    return content


def is_web_address(text: str) -> bool:
    """Return whether a browser goes to a server by this address, and nowhere else."""
    try:
        split = urlsplit(text)
        host = split.hostname
    except ValueError:
        return False
    plain = text.isprintable() and not any(sign in text for sign in " \\\"'<>`")
    return plain and split.scheme in ("http", "https") and bool(host) and not split.username and not split.password


def _cut(part: str, text: str) -> str:
    text = _UNSEEN.sub("", text).strip()
    # An address that is cut leads elsewhere; one that is too long is none.
    if part in ("link", "image", "slot"):
        return text if len(text) <= CHARACTERS_MAX[part] else "\x00"
    return text[: CHARACTERS_MAX[part]]


CHANNEL = Web()
