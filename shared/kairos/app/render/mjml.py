"""From MJML to the HTML that mail programs show: compiled when a template is published, never while a message waits.

MJML (https://documentation.mjml.io) is a language of rows, columns, buttons and images for e-mail; `mrml` writes the
tables and comments that Outlook, Gmail and telephones need. The compiler knows nothing of Liquid, so each blank and tag
is set aside under a mark of its own and put back where the mark came out. A blank that did not come out, or a tag that
did in another order, is a mistake that the author hears of: a `{% for %}` around rows belongs into `<mj-raw>`.

`mrml` is a compiled library that only `publish` and the command line carry; nesting is bounded before it is asked,
because it descends with the stack of its caller.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import escape
from typing import Any

from kairos.domain.canonical import fingerprint

MJML = "mjml"
DEPTH_MAX = 30
ELEMENTS_MAX = 2_000

_HEAD = ("all", "attributes", "breakpoint", "class", "font", "head", "preview", "style", "title", "html-attributes")
_BODY = (
    *("body", "wrapper", "section", "group", "column", "text", "button", "image", "divider", "spacer", "table"),
    *("raw", "hero", "social", "social-element", "navbar", "navbar-link", "accordion", "accordion-element"),
    *("accordion-title", "accordion-text", "carousel", "carousel-image"),
)
ELEMENTS = frozenset({"mjml", *(f"mj-{name}" for name in (*_HEAD, *_BODY))})

_LIQUID = re.compile(r"\{%-?\s*raw\s*-?%\}.*?\{%-?\s*endraw\s*-?%\}|\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
_MARK = re.compile(r"KAIROS([0-9]+)BLANK")
_TAG = re.compile(r"<!--.*?-->|<(/?)([A-Za-z][\w-]*)((?:[^<>\"']|\"[^\"]*\"|'[^']*')*?)(/?)>", re.DOTALL)
_VOID = frozenset(("br", "hr", "img", "input", "meta", "link", "area", "col", "wbr"))


class CannotCompile(Exception):
    """MJML that gives no HTML; its text says why."""


def html_key(source: str) -> str:
    """Return under which name a release keeps what a source was compiled to."""
    return fingerprint(source)[:32]


def with_html(parts: Mapping[str, Any], compiled: Mapping[str, str] | None = None) -> Mapping[str, Any]:
    """Return the parts with HTML in the place of MJML: as it was compiled, else compiled now. Raises CannotCompile."""
    source = parts.get(MJML)
    if not isinstance(source, str):
        return parts
    html = compile_mjml(source) if compiled is None else compiled[html_key(source)]
    return {**{part: text for part, text in parts.items() if part != MJML}, "html": html}


def check_mjml(source: str) -> str | None:
    """Return what is wrong with the source, or None."""
    try:
        compile_mjml(source)
    except CannotCompile as error:
        return str(error)
    return None


def compile_mjml(source: str) -> str:
    """Return the HTML, its Liquid untouched. Raises CannotCompile."""
    if _MARK.search(source):
        raise CannotCompile("KAIROS…BLANK is a mark of the compiler's own: write something else")
    blanks: list[str] = []

    def set_aside(found: re.Match[str]) -> str:
        blanks.append(found[0])
        return f"KAIROS{len(blanks) - 1}BLANK"

    marked = _LIQUID.sub(set_aside, source)
    _check_elements(marked)
    html = _compile(marked)
    _check_blanks(blanks, [int(number) for number in _MARK.findall(html)], source)
    return _MARK.sub(lambda found: blanks[int(found[1])], html)


def _compile(marked: str) -> str:
    try:
        from mrml import to_html
    except ImportError:
        raise CannotCompile("mjml is compiled by the package mrml: pip install 'kairos[mjml]'") from None
    try:
        return str(to_html(marked).content)
    except OSError as error:
        raise CannotCompile(f"no sound MJML: {error}") from None


def _check_elements(marked: str) -> None:
    """Refuse what the compiler would descend into without end, or hand through to the reader as it stands."""
    depth = count = 0
    for found in _TAG.finditer(marked):
        closes, name, closed = found[1], (found[2] or "").lower(), found[4]
        if not name:
            continue
        if name.startswith("mj") and name not in ELEMENTS:
            line = marked.count("\n", 0, found.start()) + 1
            raise CannotCompile(f"line {line} of the text: there is no <{name}>")
        count += 1
        depth += -1 if closes else 0 if closed or name in _VOID else 1
        if depth > DEPTH_MAX or count > ELEMENTS_MAX * 2:
            raise CannotCompile(f"nests more than {DEPTH_MAX} deep, or has more than {ELEMENTS_MAX} elements")


def _check_blanks(blanks: list[str], came_out: list[int], source: str) -> None:
    lost = next((n for n in range(len(blanks)) if n not in set(came_out)), None)
    if lost is not None:
        raise CannotCompile(f"{_where(blanks, lost, source)} is lost between elements: put it into a text or <mj-raw>")
    tags = [n for n in came_out if blanks[n].startswith("{%")]
    if tags != sorted(set(tags)):
        moved = next(n for n, after in zip(tags, [*tags[1:], -1], strict=True) if after <= n)
        raise CannotCompile(f"{_where(blanks, moved, source)} would move or repeat: put it into a text or <mj-raw>")


def _where(blanks: list[str], number: int, source: str) -> str:
    place = [found.start() for found in _LIQUID.finditer(source)][number]
    return f"line {source.count(chr(10), 0, place) + 1} of the text: {escape(blanks[number][:60], quote=False)}"
