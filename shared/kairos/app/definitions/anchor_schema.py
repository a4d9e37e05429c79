"""The JSON Schema of anchors, and of the calendar in brand.yaml that they may name: one form for each key.

Patterns keep to what ECMA-262 and Python read alike, as all of `schema.py` does.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kairos.app.definitions.calendar import DAYS_MAX, LUNAR_FORM, NAME_MAX, YEARLY_FORM
from kairos.domain.anchor_form import (
    CHANCE_FORM,
    COUNTRY_FORM,
    NTH_MAX,
    PREDICTIONS,
    REPEATING,
    RULE_CHARACTERS_MAX,
    RULE_FORM,
    SHIFTS,
    SUBDIVISION_FORM,
)
from kairos.domain.category import CATEGORY_CHARACTERS_MAX
from kairos.domain.localtime import WEEKDAYS

Schema = dict[str, Any]

_END = r"$(?!\n)"
_COUNTRY: Schema = {"type": "string", "pattern": f"^{COUNTRY_FORM.pattern}{_END}"}
_YEARS = "(?:19[7-9][0-9]|2[01][0-9]{2})"
_DATE: Schema = {"type": "string", "format": "date", "pattern": f"^{_YEARS}-[0-9]{{2}}-[0-9]{{2}}{_END}"}
_DAY: Schema = {"anyOf": [_DATE, {"type": "string", "pattern": f"^{YEARLY_FORM.pattern}{_END}"}]}
_LUNAR: Schema = {"type": "string", "pattern": f"^{LUNAR_FORM.pattern}{_END}"}
_NAME: Schema = {"type": "string", "maxLength": NAME_MAX, "pattern": rf"^[^;\s](?:[^;]*[^;\s])?{_END}"}


def _object(properties: Mapping[str, Any], *required: str) -> Schema:
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": dict(properties),
        **({"required": list(required)} if required else {}),
    }


def _ref(name: str) -> Schema:
    return {"$ref": f"#/$defs/{name}"}


def _or_last(most: int) -> Schema:
    return {"anyOf": [{"type": "integer", "minimum": 1, "maximum": most}, {"const": "last"}]}


_CHANCE: Schema = {"type": "string", "pattern": f"^{CHANCE_FORM.pattern}{_END}"}
_CATEGORY: Schema = {"type": "string", "maxLength": CATEGORY_CHARACTERS_MAX, "pattern": r"\S"}
_SHIFT: Schema = {"enum": list(SHIFTS)}
_PAYDAY: Schema = {
    "anyOf": [
        _object({"day": _or_last(31), "shift": _SHIFT}, "day"),
        _object({"weekday": {"enum": list(WEEKDAYS)}, "nth": _or_last(NTH_MAX), "shift": _SHIFT}, "weekday"),
    ]
}
_RULE: Schema = {
    "type": "string",
    "maxLength": RULE_CHARACTERS_MAX + len("RRULE:"),
    "pattern": f"^(?:RRULE:)?(?:{RULE_FORM.pattern}){_END}",
}

ANCHOR_SCHEMA: Schema = {
    "oneOf": [
        _object({"entry": _ref("name"), "at": {"enum": ["starts_at", "ends_at"]}}, "entry"),
        _object(
            {
                "anniversary": _ref("name"),
                "calendar": {"enum": ["solar", "lunar"]},
                "feb29": {"enum": ["feb28", "mar1"]},
                "every": {"enum": ["year", "month"]},
            },
            "anniversary",
        ),
        _object(
            {
                "holiday": {"type": "string", "pattern": r"\S"},
                "country": _COUNTRY,
                "subdivision": {"type": "string", "pattern": f"^{SUBDIVISION_FORM.pattern}{_END}"},
            },
            "holiday",
        )
        | {"dependentRequired": {"subdivision": ["country"]}},
        _object({"season": _ref("id"), "at": {"enum": ["start", "end"]}}, "season"),
        _object({"payday": _PAYDAY}, "payday"),
        _object({"rrule": _RULE, "start": _DATE, "shift": _SHIFT}, "rrule"),
        _object({"predicted": {"enum": list(PREDICTIONS)}, "chance": _CHANCE, "category": _CATEGORY}, "predicted"),
        _object({"predicted": {"enum": list(REPEATING)}}, "predicted"),
        _object({"predicted": {"const": "event"}, "event": _ref("name")}, "predicted", "event"),
    ],
}

_SPAN: Schema = {
    "anyOf": [_DAY, _object({"from": _DAY, "to": _DAY}, "from", "to"), _object({"lunar": _LUNAR}, "lunar")]
}
CALENDAR_SCHEMA: Schema = {
    "type": "object",
    "propertyNames": _ref("id"),
    "additionalProperties": {"type": "array", "minItems": 1, "maxItems": DAYS_MAX, "items": _SPAN},
}


def _rows(properties: Mapping[str, Any], *required: str) -> Schema:
    row = _object({**properties, "country": _COUNTRY}, *required)
    return {"type": "array", "maxItems": DAYS_MAX, "items": row}


OVERRIDES_SCHEMA: Schema = _object(
    {
        "add": _rows({"date": _DATE, "name": _NAME}, "date", "name"),
        "move": _rows({"name": _NAME, "from": _DATE, "to": _DATE}, "name", "from", "to"),
        "remove": _rows({"date": _DATE, "name": _NAME}, "date"),
    }
)
