"""The links of a rendered message, led over an address of ours that counts who follows them.

Only links to the brand's own hosts are: a blank may hold what a stranger wrote, and a brand's address that leads to
anybody's page is a gift to whoever sends false invoices. SES is told to leave ours as they are (`ses:no-track`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from html import escape, unescape
from typing import Any
from urllib.parse import urlsplit

from kairos.app.preferences.tracked import TARGET_BYTES_MAX, Tracked, TrackedLinks
from kairos.registry import Delivery, Rendered

HTML_PARTS = frozenset({"html"})
TEXT_PARTS: Mapping[str, frozenset[str]] = {"email": frozenset({"text"}), "sms": frozenset({"text"})}
LINK_PARTS: Mapping[str, frozenset[str]] = {"push": frozenset({"link"})}
"""Channel → parts that are one link."""

_HREF = re.compile(r"(<a\b[^>]*?)(\shref\s*=\s*)(?:\"([^\"]*)\"|'([^']*)')", re.IGNORECASE)
_URL = re.compile(r"https?://[!-~]+")
_TRAILING = ".,;:!?)]}>'\""

Sign = Callable[[str], str]


class CountedLinks:
    """Leads the links of what is about to be sent over ours."""

    def __init__(self, links: TrackedLinks) -> None:
        self._links = links

    def lead(self, made: Delivery, channel: str, profile: str, brand: Mapping[str, Any]) -> Delivery:
        """Return the delivery with its links counted, as far as the brand wants that."""
        sent_at = made.at
        if sent_at is None or not (hosts := hosts_of(brand)):
            return made
        domain = str(brand["links"].get("domain") or "")

        def sign(target: str) -> str:
            return self._links.url(Tracked(target, profile, made.message, sent_at), domain)

        return replace(made, rendered=count_links(made.rendered, channel, hosts, sign))


def hosts_of(brand: Mapping[str, Any]) -> frozenset[str]:
    """Return the hosts whose links the brand has counted; none where it does not say so."""
    return frozenset(str(host).lower() for host in (brand.get("links") or {}).get("hosts") or ())


def count_links(rendered: Rendered, channel: str, hosts: Collection[str], sign: Sign) -> Rendered:
    """Return the message with each link to one of the hosts replaced by what `sign` makes of it."""
    parts = dict(rendered.parts)
    for name, text in rendered.parts.items():
        if name in HTML_PARTS:
            parts[name] = _HREF.sub(lambda found: _href(found, hosts, sign), text)
        elif name in TEXT_PARTS.get(channel, ()):
            parts[name] = _URL.sub(lambda found: _in_text(found.group(), hosts, sign), text)
        elif name in LINK_PARTS.get(channel, ()) and is_counted(text.strip(), hosts):
            parts[name] = sign(text.strip())
    return Rendered(parts)


def is_counted(url: str, hosts: Collection[str]) -> bool:
    """Return whether a link leads to one of the hosts, and is one that a redirect can give."""
    if not url.isascii() or len(url) > TARGET_BYTES_MAX or re.search(r"[\s\x00-\x1f\x7f\\]", url):
        return False
    try:
        parts = urlsplit(url)
        host, port, who = parts.hostname, parts.port, parts.username
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and host in hosts and port is None and who is None


def _href(found: re.Match[str], hosts: Collection[str], sign: Sign) -> str:
    url = unescape(found[3] if found[3] is not None else found[4]).strip()
    if not is_counted(url, hosts):
        return found.group()
    return f'{found[1]} ses:no-track{found[2]}"{escape(sign(url), quote=True)}"'


def _in_text(url: str, hosts: Collection[str], sign: Sign) -> str:
    bare = url.rstrip(_TRAILING)
    return sign(bare) + url[len(bare) :] if is_counted(bare, hosts) else url
