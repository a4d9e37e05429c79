"""Small brands as documents: what tests of publishing, compiling and validating start from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from kairos.app.definitions.documents import Definition, Documents
from kairos.memory import MemoryDrafts


def brand(**other: Any) -> dict[str, Any]:
    """Return a brand that may send anything."""
    sender = {"name": "Spring", "email": "hello@example.com", "contact": "02-000-0000", "opt_out": "080-000-0000"}
    return {"name": "Spring", "timezone": "Asia/Seoul", "country": "KR", "sender": sender, "policies": []} | other


def journey(id: str = "welcome", **other: Any) -> dict[str, Any]:
    """Return a journey that greets by e-mail."""
    document = {"id": id, "class": "marketing", "trigger": {"event": "signed_up"}, "steps": [{"send": "hello"}]}
    return document | other


def template(**other: Any) -> dict[str, Any]:
    """Return a template for e-mail and text messages."""
    return {"email": {"subject": "Hello", "text": "Hello"}, "sms": {"text": "Hello"}} | other


def segment(id: str, **where: Any) -> dict[str, Any]:
    """Return a segment; without a condition, of those with a tier."""
    return {"id": id, "where": where or {"trait": "tier", "exists": True}}


def documents(*found: tuple[str, str, Any]) -> Documents:
    """Return definitions as (kind, id, document)."""
    return Documents(tuple(Definition(kind, id, document, f"{kind}/{id}") for kind, id, document in found))


def small_brand(*found: tuple[str, str, Any]) -> Documents:
    """Return a brand with one template, `hello`, and what is given."""
    return documents(("brand", "brand", brand()), ("template", "hello", template()), *found)


def small_drafts(*found: tuple[str, str, Any]) -> MemoryDrafts:
    """Return the same as drafts."""
    drafts = MemoryDrafts()
    for definition in small_brand(*found).definitions:
        drafts.put(definition.kind, definition.id, definition.document)
    return drafts


def write_brand(folder: Path, files: dict[str, Any]) -> Path:
    """Write files by name (texts as they are, anything else as YAML) and return the folder."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        text = content if isinstance(content, str) else yaml.safe_dump(content, allow_unicode=True, sort_keys=False)
        path.write_text(text, encoding="utf-8")
    return folder
