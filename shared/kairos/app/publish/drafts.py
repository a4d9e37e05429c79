"""Drafts as documents, and what is wrong with them beside what they say."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from kairos.app.definitions.compile import compile_journey
from kairos.app.definitions.documents import Definition, Documents, Problem
from kairos.domain.document import ID_FORM
from kairos.domain.errors import BadDefinition
from kairos.domain.localtime import load_zone


def read_drafts(drafts: Mapping[tuple[str, str], Any]) -> Documents:
    """Return drafts as documents; one that is kept under another name than its own is told so."""
    definitions, problems = [], []
    for (kind, id), document in sorted(drafts.items()):
        definition = Definition(kind, id, document, f"{kind}/{id}")
        definitions.append(definition)
        own = document.get("id", id) if isinstance(document, Mapping) else id
        if kind == "brand" and id != "brand":
            problems.append(definition.problem(BadDefinition((), "the brand's item is called brand")))
        elif kind != "brand" and own != id:
            problems.append(definition.problem(BadDefinition(("id",), f"expected {id!r}, as the item is called")))
        elif not ID_FORM.fullmatch(id):
            message = "expected an id of lower-case letters, digits, - and _, at most 64"
            problems.append(definition.problem(BadDefinition(("id",), message)))
    return Documents(tuple(definitions), tuple(problems))


def too_late(wanted: Documents, now: datetime) -> list[Problem]:
    """Return a warning for each date and time of a journey that is over, as it starts nobody. Nothing else is wrong."""
    assert wanted.brand is not None, "checked before"
    zone = load_zone(wanted.brand.document["timezone"])
    found = []
    for definition in wanted.of("journey").values():
        for campaign in compile_journey(definition.document).campaigns:
            if campaign.ends(zone) <= now:
                error = BadDefinition(("trigger",), f"{campaign.subject} is over: it starts nobody")
                found.append(definition.problem(error, warning=True))
    return found
