"""The plain text of an HTML e-mail whose author wrote no other: every e-mail carries both bodies."""

from __future__ import annotations

import re
from html.parser import HTMLParser

_BLOCKS = (
    "address article aside blockquote div dl dt dd fieldset figure footer form h1 h2 h3 h4 h5 h6 header hr li main nav "
    "ol p pre section table tr ul"
)
BLOCKS = frozenset(_BLOCKS.split())
UNSEEN = frozenset(("head", "script", "style", "title", "template"))


def plain_text(html: str) -> str:
    """Return what a reader sees of `html`: blocks on lines of their own, links with their address behind them."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    lines = [" ".join(line.split()) for line in "".join(reader.out).split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip() + "\n"


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.out: list[str] = []
        self._unseen = 0
        self._links: list[tuple[str, int]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag in UNSEEN:
            self._unseen += 1
        elif tag in BLOCKS:
            self.out.append("\n- " if tag == "li" else "\n")
        elif tag == "br":
            self.out.append("\n")
        elif tag == "td":
            self.out.append(" ")
        elif tag == "img" and (alt := given.get("alt")) and not self._unseen:
            self.out.append(alt)
        elif tag == "a":
            self._links.append((given.get("href") or "", len(self.out)))

    def handle_endtag(self, tag: str) -> None:
        if tag in UNSEEN:
            self._unseen = max(0, self._unseen - 1)
        elif tag in BLOCKS:
            self.out.append("\n\n" if tag == "p" or tag[:1] == "h" else "\n")
        elif tag == "a" and self._links:
            address, start = self._links.pop()
            shown = "".join(self.out[start:]).strip()
            if address and not address.startswith("#") and address != shown:
                self.out.append(f" ({address})" if shown else address)

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            self.out.append(re.sub(r"\s+", " ", data))
