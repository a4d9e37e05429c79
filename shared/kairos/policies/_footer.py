"""What stands at the end of an advertisement by e-mail, for packs that only ask that it be there."""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import escape
from typing import Any

from kairos.registry import Rendered

_BODY_END = re.compile(r"</body\s*>", re.IGNORECASE)
_LINK = re.compile(r"https?://[^\s\"'<>]+/u/[A-Za-z0-9_-]+")
FOOTER_STYLE = (
    "max-width:560px;margin:8px auto 0;padding:16px 28px;box-sizing:border-box;border-top:1px solid #8a8f98;"
    "font-size:12px;line-height:1.7;text-align:left"
)
LINK_STYLE = "color:inherit"
"""A footer has no colours of its own: it is read on whatever the template made of its page, in light and in dark."""


def sender_of(brand: Mapping[str, Any], key: str) -> str:
    """Return one line of the brand's `sender` (its name falls back to the brand's), or ""."""
    sender = brand.get("sender") or {}
    return str(sender.get(key) or (brand.get("name") if key == "name" else "") or "")


def with_footer(rendered: Rendered, lines: tuple[str, ...], url: str | None) -> Rendered:
    """Return the e-mail with those of `lines` that it does not show, and a link to refuse where it has none."""
    parts = dict(rendered.parts)
    for part in ("text", "html"):
        if part not in parts:
            continue
        shown = escape if part == "html" else str
        missing = [line for line in lines if line and shown(line) not in parts[part]]
        link = url if url and not has_link(parts[part]) else None
        if missing or link:
            parts[part] = _add(parts[part], part, missing, link)
    return Rendered(parts)


def shows(rendered: Rendered, line: str) -> bool:
    """Return whether every body of the e-mail shows the line."""
    bodies = {part: rendered.parts[part] for part in ("text", "html") if part in rendered.parts}
    return bool(line) and all((escape(line) if part == "html" else line) in body for part, body in bodies.items())


def all_have_link(rendered: Rendered) -> bool:
    """Return whether every body of the e-mail has the link to refuse by."""
    return all(has_link(rendered.parts[part]) for part in ("text", "html") if part in rendered.parts)


def has_link(body: str) -> bool:
    """Return whether a body has one of our links to refuse by."""
    return _LINK.search(body) is not None


def _add(body: str, part: str, lines: list[str], link: str | None) -> str:
    if part == "text":
        ending = [*lines, *([f"Unsubscribe: {link}"] if link else [])]
        return f"{body.rstrip()}\n\n" + "\n".join(ending) + "\n"
    ending = [escape(line) for line in lines]
    ending += [f'<a href="{escape(link, quote=True)}" style="{LINK_STYLE}">Unsubscribe</a>'] if link else []
    footer = f'<div style="{FOOTER_STYLE}">{"<br>".join(ending)}</div>'
    ends = list(_BODY_END.finditer(body))
    at = ends[-1].start() if ends else len(body)
    return body[:at] + footer + body[at:]
