"""The JSON Schema of a declared source: the part of `schema.py` that is about bodies of others."""

from __future__ import annotations

from typing import Any

from kairos.sources import _declared, _declared_rule, _declared_values

Schema = dict[str, Any]

_END = r"$(?!\n)"
_PATH: Schema = {"type": "string", "pattern": f"^{_declared_values.PATH_FORM.pattern}{_END}"}
_HEADER: Schema = {"type": "string", "pattern": f"^{_declared_values.HEADER_FORM.pattern}{_END}"}
_SCALAR: Schema = {"type": ["string", "number", "boolean"]}
_ID: Schema = {"$ref": "#/$defs/id"}
_ONE_PLACE = {"oneOf": [{"required": ["path"]}, {"required": ["header"]}]}


def source_schema() -> Schema:
    """Return the schema of `sources/<id>.yaml`."""
    text: Schema = {"type": ["string", "null"]}
    own = {
        "id": _ID,
        "name": text,
        "description": text,
        "verify": {"oneOf": _schemes()},
        "key": _place(("id",)),
        "timezone": {"type": "string", "pattern": r"\S"},
        "retry_for": {"$ref": "#/$defs/duration"},
        "identity": _identity(),
        "events": {"type": "array", "minItems": 1, "maxItems": _declared.RULES_MAX, "items": _rule()},
    }
    keyed = {"properties": {"verify": {"properties": {"scheme": {"const": _declared.SCHEMES[0]}}}}}
    return _object(own, "id", "verify", "events") | {"anyOf": [keyed, {"required": ["key"]}]}


def _schemes() -> list[Schema]:
    standard, plain, stamped = ({"const": scheme} for scheme in _declared.SCHEMES)
    prefix = {"type": "string", "pattern": r"\S"}
    encoding = {"enum": list(_declared.ENCODINGS)}
    return [
        _object({"scheme": standard, "family": {"enum": list(_declared.FAMILIES)}}, "scheme"),
        _object({"scheme": plain, "header": _HEADER, "encoding": encoding, "prefix": prefix}, "scheme", "header"),
        _object({"scheme": stamped, "header": _HEADER}, "scheme", "header"),
    ]


def _rule() -> Schema:
    texts, values = _places(("text",)), _places(_declared_values.TYPES)
    consent = _object({"channel": _ID, "purpose": _ID}, "channel")
    own = {
        "when": _when(),
        "each": _place(("list",)),
        "event": {"$ref": "#/$defs/name"},
        "entry": _entry(),
        "occurred_at": _place(_declared_values.TIMES),
        "identity": _identity(),
        "properties": values,
        "traits": values,
        "contact": texts,
        "consent": consent,
        "subject": _place(("id",)),
        "details": texts,
    }
    return _object(own, "when") | {"oneOf": [{"required": ["event"]}, {"required": ["entry"]}]}


def _entry() -> Schema:
    times = _place(_declared_values.TIMES)
    own = {"kind": _ID, "id": _place(("id",)), "starts_at": times, "ends_at": times}
    return _object(own | {"cancelled": _when(), "replaces": _place(("id",))}, "kind", "id", "starts_at")


def _identity() -> Schema:
    place = _place(("id",))
    place["anyOf"][1]["properties"]["verified"] = {"type": "boolean"}
    return _object(dict.fromkeys(_declared_rule.KINDS, place))


def _when() -> Schema:
    tests = [
        _object({"path": _PATH, "header": _HEADER, key: value}, key) | _ONE_PLACE
        for key, value in (
            ("eq", _SCALAR),
            ("in", {"type": "array", "minItems": 1, "items": _SCALAR}),
            ("exists", {"type": "boolean"}),
        )
    ]
    one = {"oneOf": tests}
    return {"anyOf": [one, {"type": "array", "minItems": 1, "items": one}]}


def _places(types: tuple[str, ...]) -> Schema:
    return {"type": "object", "propertyNames": {"$ref": "#/$defs/name"}, "additionalProperties": _place(types)}


def _place(types: tuple[str, ...]) -> Schema:
    mapping = _object({"path": _PATH, "header": _HEADER, "type": {"enum": list(types)}}) | _ONE_PLACE
    return {"anyOf": [_PATH, mapping]}


def _object(properties: Schema, *required: str) -> Schema:
    whole: Schema = {"type": "object", "additionalProperties": False, "properties": properties}
    return whole | {"required": list(required)} if required else whole
