"""Which words of a template go to one customer: by rule, at the moment of sending, from what is true then.

The choice is made by `deliver`, after its last look at the item and under the live release, so a variant can be added,
changed or taken away at any time and no journey knows of it. It looks at what conditions look at (the profile, what
started the journey, its entry, the clock) and never at contacts. The first variant whose rule holds is taken; where
none does, what stands in the template itself.

Language goes before rule: of what is written in the customer's language the first that fits is taken, and only where
nothing is, what is written in the template's own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any

from kairos.domain.canonical import fingerprint
from kairos.domain.condition import Condition, Facts, InSegment, parse_condition
from kairos.domain.document import Document
from kairos.domain.errors import BadDefinition
from kairos.domain.quiet_hours import Window

PHASES = ("before", "on_the_day", "after")
"""Of the moment's date on the customer's calendar."""

TIME_BANDS = {
    "morning": Window(time(5), time(11)),
    "midday": Window(time(11), time(14)),
    "afternoon": Window(time(14), time(18)),
    "evening": Window(time(18), time(22)),
    "night": Window(time(22), time(5)),
}
RULE_KEYS = ("id", "if", "segment", "phase", "time_band")
LANGUAGE_FORM = re.compile(r"[a-z]{2,3}(?:-[a-z0-9]{2,8})*")


@dataclass(frozen=True, slots=True)
class Rule:
    """What must hold for a variant to be taken: all of it. `phases` and `bands` hold where one of them does."""

    condition: Condition | None = None
    segments: tuple[str, ...] = ()
    phases: tuple[str, ...] = ()
    bands: tuple[Window, ...] = ()

    def holds(self, facts: Facts, moment: datetime | None) -> bool:
        """Return whether it holds; `moment` is when the dated thing is that the message stands around, if any."""
        if self.phases and (moment is None or _phase(facts, moment) not in self.phases):
            return False
        if self.bands and not any(band.contains(facts.now, facts.zone) for band in self.bands):
            return False
        if self.segments and not any(InSegment(id).holds(facts) for id in self.segments):
            return False
        return self.condition is None or self.condition.holds(facts)


@dataclass(frozen=True, slots=True)
class Choice:
    """The parts that go, the language they are written in, and the variant they are of ("": the template itself)."""

    parts: Mapping[str, Any]
    language: str
    variant: str = ""

    @property
    def content(self) -> str:
        """Return the name of these words: other words have another, whenever they were written."""
        return fingerprint(dict(self.parts))[:12]


def read_rule(variant: Document) -> Rule:
    """Read what a variant asks for. Raises BadDefinition."""
    if not any(variant.has(key) for key in RULE_KEYS[1:]):
        raise BadDefinition(variant.path, f"expected when it is chosen: one of {', '.join(RULE_KEYS[1:])}")
    return Rule(
        parse_condition(variant.raw["if"], (*variant.path, "if")) if variant.has("if") else None,
        tuple(one.identifier("segment") for one in _listed(variant, "segment")),
        tuple(one.choice("phase", PHASES) for one in _listed(variant, "phase")),
        tuple(one.read("time_band", _band) for one in _listed(variant, "time_band")),
    )


def choose(
    document: Mapping[str, Any], channel: str, wanted: str, written: str, facts: Facts, moment: datetime | None
) -> Choice | None:
    """Return what goes by a channel, or None where the template has no such part.

    `wanted` is the customer's language, `written` the one of a template that does not say its own; both are tags as
    RFC 5646 has them, in any case.
    """
    own = str(document.get("language") or written)
    candidates = [("", document), *_holding(document, facts, moment)]
    candidates = [*candidates[1:], candidates[0]]
    for language in (*_tags(wanted, own), own):
        for variant, texts in candidates:
            spoken = texts if language == own else (texts.get("languages") or {}).get(language) or {}
            if isinstance(parts := spoken.get(channel), Mapping):
                return Choice(parts, language, variant)
    return None


def partials_in(partials: Mapping[str, Mapping[str, Any]], wanted: str, written: str) -> dict[str, Mapping[str, str]]:
    """Return what each partial says to a reader of this language, by id; `written` as in `choose`."""
    found: dict[str, Mapping[str, str]] = {}
    for id, document in partials.items():
        own = str(document.get("language") or written)
        languages = document.get("languages") or {}
        tags = (tag for tag in _tags(wanted, own) if "partial" in (languages.get(tag) or {}))
        found[id] = (languages[tag] if (tag := next(tags, None)) else document)["partial"]
    return found


def _holding(
    document: Mapping[str, Any], facts: Facts, moment: datetime | None
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for raw in document.get("variants") or ():
        variant = Document(raw)
        if read_rule(variant).holds(facts, moment):
            yield variant.identifier("id"), raw


def _tags(wanted: str, own: str) -> Sequence[str]:
    """Return the customer's language from special to general, up to where it is the template's own."""
    parts = wanted.strip().lower().replace("_", "-").split("-")
    tags = ["-".join(parts[:count]) for count in range(len(parts), 0, -1)]
    return tags[: tags.index(own)] if own in tags else tags


def _phase(facts: Facts, moment: datetime) -> str:
    today, day = facts.now.astimezone(facts.zone).date(), moment.astimezone(facts.zone).date()
    return PHASES[1] if today == day else PHASES[0] if today < day else PHASES[2]


def _listed(variant: Document, key: str) -> list[Document]:
    if not variant.has(key):
        return []
    raw = variant.raw[key]
    return [Document({key: one}, variant.path) for one in (raw if isinstance(raw, list | tuple) else [raw])]


def _band(raw: Any) -> Window:
    return TIME_BANDS[raw] if isinstance(raw, str) and raw in TIME_BANDS else Window.parse(raw)
