"""The JSON Schema of every definition, for editors: made from the steps, channels and law packs that are there.

It says what the readers say, as far as a schema can: that an id exists, that segments do not turn in a circle or that
shares add up is `validate`'s to tell. On one thing it is stricter: a key that is left empty counts as absent when read,
and an editor marks it.

JSON Schema 2020-12; patterns keep to what ECMA-262 and Python read alike.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from kairos import registry
from kairos.app.definitions.anchor_schema import ANCHOR_SCHEMA, CALENDAR_SCHEMA, OVERRIDES_SCHEMA
from kairos.app.definitions.brand import CURRENCY_FORM, HOST_FORM, LANGUAGES, LINK_HOSTS_MAX, ZONES_MAX
from kairos.app.definitions.compile import ENTRIES_MAX, IF_PAST
from kairos.app.definitions.limits import CAPS_MAX, CHANNELS, DOES, RESTS_MAX, SENT_MAX, TRANSACTIONAL
from kairos.app.definitions.listening import WEBHOOKS_SCHEMA
from kairos.app.definitions.sender import EMAIL_FORM, LAWFUL, SENDER_KEYS, TEXT_MAX, UNCONFIRMED
from kairos.app.definitions.sending import PRICE_MAX, SEED_CHARACTERS_MAX, SEEDS_MAX, SPEND_MAX, SPENDING, WALK_RATE_MAX
from kairos.app.definitions.source_schema import source_schema
from kairos.app.definitions.template import (
    LANGUAGES_MAX,
    NAME,
    NAMES_MAX,
    PART_CHARACTERS_MAX,
    PARTIAL,
    PARTIAL_PARTS,
    VARIANTS_MAX,
    authored_parts,
    bodies_of,
)
from kairos.app.definitions.timing import EVENTS_MAX, KEPT, RECURRING_MAX
from kairos.app.definitions.triggers import AT_FORM, BROADCAST, FOLLOW_ON, TRIGGERS_MAX
from kairos.app.render.choose import LANGUAGE_FORM, PHASES, TIME_BANDS
from kairos.app.render.mjml import MJML
from kairos.domain.cap import CALENDARS, CLASSES
from kairos.domain.condition import IN_MAX, JOURNEY_WAS, MESSAGE_WAS, OPERATORS, STAGES, STATUSES, TIMES_MAX
from kairos.domain.condition.score import ADDS_MAX, SIGNALS_MAX
from kairos.domain.document import ID_FORM
from kairos.domain.journey import PRIORITY_MAX
from kairos.domain.localtime import WEEKDAYS
from kairos.domain.membership import ON
from kairos.domain.offer import CODE_CHARACTERS_MAX, EACH, OFFERS_MAX
from kairos.domain.open_hours import ALL_DAY, CLOSED, HOLIDAYS
from kairos.steps.send import SEND_SCHEMA

DIALECT = "https://json-schema.org/draft/2020-12/schema"
KINDS = ("brand", "journey", "segment", "template", "source")

Schema = dict[str, Any]

_DAY = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
_SPAN = "[+-](?=[0-9])" + "".join(f"(?:[0-9]{{1,9}}{unit})?" for unit in "wdhms")

_END = r"$(?!\n)"  # Python's $ stands before a last line break too
_CLOCK = r"(?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9])?"
_TEXT: Schema = {"type": "string", "pattern": r"\S"}
_LINE: Schema = {"type": "string", "maxLength": TEXT_MAX, "pattern": rf"^[^\n\r]*\S[^\n\r]*{_END}"}


def build_schema(kind: str | None = None) -> Schema:
    """Return the schema of one kind of definition, or of any. Raises KeyError for a kind that there is not."""
    forms = {"brand": _brand, "journey": _journey, "segment": _segment, "template": _template, "source": source_schema}
    wanted = {"$ref": f"#/$defs/{kind}"} if kind else {"anyOf": [{"$ref": f"#/$defs/{name}"} for name in KINDS]}
    if kind is not None and kind not in forms:
        raise KeyError(kind)
    whole = {name: form() for name, form in forms.items()}
    return {"$schema": DIALECT, "title": f"Kairos {kind or 'definition'}", **wanted, "$defs": whole | _parts()}


def _parts() -> Schema:
    return {
        "id": {"type": "string", "pattern": f"^[a-z0-9][a-z0-9_-]{{0,63}}{_END}"},
        "name": {"type": "string", "pattern": f"^[A-Za-z][A-Za-z0-9_ .:/-]{{0,99}}{_END}"},
        "channel": {"enum": list(registry.names("channels"))},
        "language": {"type": "string", "pattern": _whole(LANGUAGE_FORM)},
        "class": {"enum": ["marketing", "transactional"]},
        "anchor": ANCHOR_SCHEMA,
        "share": {"type": "string", "pattern": rf"^[0-9]{{1,3}}(\.[0-9]{{1,4}})?\s*%{_END}"},
        "duration": {"type": "string", "pattern": f"^(?=[0-9]){_units('wdhms')}{_END}"},
        "offset": {"type": "string", "pattern": _offset()},
        "priority": {"type": "integer", "minimum": 0, "maximum": PRIORITY_MAX},
        "clock": {"type": "string", "pattern": f"^{_CLOCK}{_END}"},
        "weekdays": {"type": "array", "minItems": 1, "items": {"enum": list(WEEKDAYS)}},
        "matcher": _event({"where": _ref("condition")}),
        "trigger": {"anyOf": _triggers()},
        "matchers": {"anyOf": [_ref("matcher"), {"type": "array", "items": _ref("matcher")}]},
        "message": _object(SEND_SCHEMA, "send"),
        "steps": {"type": "array", "items": {"oneOf": [_step(name) for name in registry.names("steps")]}},
        "condition": {"oneOf": _conditions("condition", everything=True)},
        "field_condition": {"oneOf": _conditions("field_condition", everything=False)},
    }


def _journey() -> Schema:
    timed = {"anyOf": [{"required": ["anchor"]}, {"required": ["timeline"]}]}
    return {"type": "object", "if": timed, "then": _timed(), "else": _stepped()}


def _triggers() -> list[Schema]:
    """Return the forms of a trigger, in the order of `triggers.FORMS`."""
    where, subject = {"where": _ref("condition")}, {"subject": _ref("name")}
    at = {
        "at": {"type": "string", "pattern": f"^{AT_FORM}{_END}", "examples": ["2026-12-24 10:00"]},
        "zone": {"enum": ["brand", "customer"]},
        "segment": _ref("id"),
        "if_past": {"enum": ["skip", "send_now"]},
    }
    return [
        _ref("matcher"),
        _object(at | where, "at") | {"not": {"required": ["segment", "where"]}},
        _object({"journey": _ref("id"), "on": {"enum": list(FOLLOW_ON)}}, "journey", "on"),
        _object({"api": {"const": True}} | where | subject, "api"),
    ]


def _stepped() -> Schema:
    entries = {"max": {"type": "integer", "minimum": 1, "maximum": ENTRIES_MAX}, "per": _ref("duration")}
    own = {
        "trigger": {
            "anyOf": [
                _ref("trigger"),
                {"type": "array", "minItems": 1, "maxItems": TRIGGERS_MAX, "items": _ref("trigger")},
                {"const": BROADCAST},
            ]
        },
        "subject": _ref("name"),
        "restart": {"type": "boolean"},
        "entries": _object(entries, "max", "per"),
        "steps": {"allOf": [_ref("steps"), {"minItems": 1}]},
    }
    return _object(_common() | own, "id", "class", "trigger", "steps")


def _timed() -> Schema:
    step = SEND_SCHEMA | {
        "id": _ref("id"),
        "at": _ref("offset"),
        "class": _ref("class"),
        "if_past": {"enum": list(IF_PAST)},
        "best_within": _ref("duration"),
    }
    own = {
        "anchor": _ref("anchor"),
        "timeline": {"type": "array", "minItems": 1, "items": _object(step, "at", "send")},
        "on_move": _ref("message"),
        "on_cancel": _ref("message"),
    }
    return _object(_common() | own, "id", "class", "anchor", "timeline")


def _common() -> Schema:
    after = _object({"after": _ref("duration")}, "after")
    goal = _event({"where": _ref("condition"), "within": _ref("duration")})
    return _remarks() | {
        "id": _ref("id"),
        "class": _ref("class"),
        "priority": _ref("priority"),
        "holdout": _ref("share"),
        "goal": {"anyOf": [goal, {"type": "array", "minItems": 1, "items": goal}]},
        "exit": _ref("matchers"),
        "fresh_for": _ref("duration"),
        "reenter": {"anyOf": [{"enum": ["never", "always"]}, after]},
    }


def _event(beside: Schema) -> Schema:
    """Return the two forms of an event: by name, or as the change of a segment."""
    change = {"segment": _ref("id"), "on": {"enum": list(ON)}}
    named = {"event": _ref("name"), "subject": _ref("name")}
    return {"oneOf": [_object(named | beside, "event"), _object(change | beside, *change)]}


def _step(name: str) -> Schema:
    step = registry.load("steps", name)
    return _object({"id": _ref("id"), **step.schema}, step.keyword)


def _segment() -> Schema:
    own = {"id": _ref("id"), "where": _ref("condition"), "track": {"type": "boolean"}}
    own |= {"learns": _object({"event": _ref("name"), "within": _ref("duration")}, "event")}
    return _object(_remarks() | own, "id", "where")


def _template() -> Schema:
    return {"if": {"required": [PARTIAL]}, "then": _called(), "else": _sendable()}


def _sendable() -> Schema:
    """A template of messages: what goes by each channel, in other languages, and where a variant's rule holds."""
    known = registry.names("channels")
    order = {"type": "array", "uniqueItems": True, "items": _ref("channel")}
    channels = {name: _channel(name) for name in known}
    own = {"id": _ref("id"), "channels": order, "advertising": {"type": "boolean"}, "language": _ref("language")}
    own |= {"offer": _ref("id")}
    languages = {"languages": _languages(_object(channels))}
    variants = {"type": "array", "maxItems": VARIANTS_MAX, "items": _variant(channels | languages)}
    everything = _remarks() | own | channels | languages | {"variants": variants}
    return _object(everything) | {"anyOf": [{"required": [name]} for name in known]}


def _variant(content: Schema) -> Schema:
    rule = {
        "if": _ref("condition"),
        "segment": _one_or_more(_ref("id")),
        "phase": _one_or_more({"enum": list(PHASES)}),
        "time_band": _one_or_more({"anyOf": [{"enum": list(TIME_BANDS)}, _window()]}),
    }
    return _object({"id": _ref("id")} | rule | content, "id") | {"anyOf": [{"required": [key]} for key in rule]}


def _called() -> Schema:
    """A partial."""
    texts = dict.fromkeys(PARTIAL_PARTS, _TEXT | {"maxLength": PART_CHARACTERS_MAX})
    partial = {PARTIAL: _object(texts) | {"anyOf": [{"required": [part]} for part in PARTIAL_PARTS]}}
    own = {"id": _ref("id"), "language": _ref("language"), "languages": _languages(_object(partial))}
    return _object(_remarks() | own | partial, PARTIAL)


def _languages(content: Schema) -> Schema:
    form = {"additionalProperties": False, "patternProperties": {_whole(LANGUAGE_FORM): content}}
    return {"type": "object", "maxProperties": LANGUAGES_MAX, **form}


def _one_or_more(one: Schema) -> Schema:
    return {"anyOf": [one, {"type": "array", "items": one}]}


def _channel(name: str) -> Schema:
    channel = registry.load("channels", name)
    text = _TEXT | {"maxLength": PART_CHARACTERS_MAX}
    bodies = [{"required": [body]} for body in bodies_of(channel)]
    both = {"not": {"required": ["html", MJML]}} if MJML in (parts := authored_parts(channel)) else {}
    own = dict.fromkeys(parts, text) | {part: _texts(text, names) for part, names in channel.mappings.items()}
    return _object(own, *channel.required) | {"anyOf": bodies} | both


def _texts(text: Schema, names: Sequence[str]) -> Schema:
    if names:
        return _object(dict.fromkeys(names, text))
    form = {"pattern": f"^(?:{NAME.pattern}){_END}"}
    return {"type": "object", "maxProperties": NAMES_MAX, "propertyNames": form, "additionalProperties": text}


def _brand() -> Schema:
    zone: Schema = {"type": "string", "description": "IANA time zone", "examples": ["Asia/Seoul"]}
    window = _window()
    cap = {
        "channel": {"enum": ["any", *CHANNELS]},
        "max": {"type": "integer", "minimum": 1, "maximum": SENT_MAX},
        "per": {"anyOf": [{"enum": list(CALENDARS)}, _ref("duration")]},
        "class": {"enum": list(CLASSES)},
    }
    span: Schema = {"anyOf": [window, {"const": ALL_DAY}]}
    spans: Schema = {"anyOf": [span, {"const": CLOSED}, {"type": "array", "minItems": 1, "items": span}]}
    days = "|".join(WEEKDAYS)
    week = {
        "type": "object",
        "additionalProperties": False,
        "patternProperties": {f"^(?:{HOLIDAYS}|(?:{days})(?:-(?:{days}))?){_END}": spans},
    }
    rest = {
        "after": _object({"event": _ref("name"), "where": _ref("field_condition")}, "event"),
        "for": _ref("duration"),
        "channels": {"type": "array", "items": {"enum": list(CHANNELS)}},
        "do": {"enum": list(DOES)},
    }
    rate = {
        "per_second": {"type": "number", "minimum": 0.01, "maximum": 10_000},
        "per_day": {"type": "integer", "minimum": 1, "maximum": 1_000_000_000},
    }
    host = {"type": "string", "pattern": _whole(HOST_FORM)}
    own = {
        "id": _LINE,
        "name": _LINE,
        "description": _LINE,
        "language": {"enum": list(LANGUAGES)},
        "timezone": zone,
        "country": {"type": "string", "pattern": f"^[A-Z]{{2}}{_END}"},
        "currency": {"type": "string", "pattern": _whole(CURRENCY_FORM)},
        "zones": {"type": "array", "minItems": 1, "maxItems": ZONES_MAX, "items": zone},
        "sender": _object(
            dict.fromkeys(SENDER_KEYS, _LINE)
            | {"email": _LINE | {"pattern": _whole(EMAIL_FORM)}, LAWFUL: {"type": "boolean"}}
        ),
        "policies": {"type": "array", "items": {"enum": list(registry.names("policies"))}},
        "existing_customers": {"type": "array", "items": {"enum": list(CHANNELS)}},
        "double_opt_in": {"type": "array", "items": {"enum": list(CHANNELS)}},
        "unconfirmed_consent": {"enum": list(UNCONFIRMED)},
        "links": _object(
            {"hosts": {"type": "array", "minItems": 1, "maxItems": LINK_HOSTS_MAX, "items": host}, "domain": host},
            "hosts",
        ),
        "quiet_hours": _by_class(window),
        "allowed": _by_class({"anyOf": [spans, week]}),
        "spread": _ref("duration"),
        "caps": {"type": "array", "maxItems": CAPS_MAX, "items": _object(cap, "channel", "max", "per")},
        "week_starts": {"enum": list(WEEKDAYS)},
        "rest": {"type": "array", "maxItems": RESTS_MAX, "items": _object(rest, "after", "for")},
        "prices": _object(dict.fromkeys(CHANNELS, _upto(PRICE_MAX))),
        "limits": _object(dict.fromkeys(SPENDING, _upto(SPEND_MAX))),
        "seeds": {"type": "array", "maxItems": SEEDS_MAX, "items": _LINE | {"maxLength": SEED_CHARACTERS_MAX}},
        "warm_up": _object({"from": {"type": "string", "format": "date", "pattern": f"^{_DAY}{_END}"}}, "from"),
        "rates": _object(dict.fromkeys(CHANNELS, _object(rate, "per_second"))),
        "holdout": _ref("share"),
        "timing": _object(
            {
                "keep": {"type": "array", "items": {"enum": list(KEPT)}},
                "order": _ref("name"),
                "active": {"type": "array", "minItems": 1, "maxItems": EVENTS_MAX, "items": _ref("name")},
                "explore": _ref("share"),
                "category": _ref("name"),
                "recurring": {"type": "array", "minItems": 1, "maxItems": RECURRING_MAX, "items": _ref("name")},
                "stages": _object(dict.fromkeys(("at_risk", "lapsed"), _ref("share"))),
            }
        ),
        "calendar": CALENDAR_SCHEMA,
        "holidays": OVERRIDES_SCHEMA,
        "offers": {
            "type": "object",
            "maxProperties": OFFERS_MAX,
            "additionalProperties": False,
            "patternProperties": {_whole(ID_FORM): _object(_offer())},
        },
        "webhooks": WEBHOOKS_SCHEMA,
        "walks": _object({"per_second": {"type": "number", "minimum": 1, "maximum": WALK_RATE_MAX}}, "per_second"),
    }
    return _object(own, "timezone")


def _offer() -> Schema:
    code = {"type": "string", "pattern": rf"^\s*[^\s#]+\s*{_END}", "maxLength": CODE_CHARACTERS_MAX}
    day = {"type": "string", "format": "date", "pattern": f"^{_DAY}{_END}"}
    return {"valid_for": _ref("duration"), "until": day, "fallback": code, "each": {"enum": list(EACH)}}


def _window() -> Schema:
    return {"type": "string", "pattern": rf"^\s*{_CLOCK}\s*-\s*{_CLOCK}\s*{_END}"}


def _upto(most: int) -> Schema:
    return {"type": "number", "minimum": 0, "maximum": most}


def _by_class(form: Schema) -> Schema:
    """Per channel: for marketing at once, for the other class under its name."""
    channels = dict.fromkeys(CHANNELS, form)
    return _object(channels | {TRANSACTIONAL: _object(channels)})


def _conditions(itself: str, *, everything: bool) -> list[Schema]:
    """Return the forms of a condition; of an event's own fields only, unless `everything` may be asked."""
    parts = {"type": "array", "items": _ref(itself)}
    forms = [
        _object({"all": parts}, "all"),
        _object({"any": parts}, "any"),
        _object({"not": _ref(itself)}, "not"),
        _compared("field"),
    ]
    if not everything:
        return forms
    times = {"type": "integer", "minimum": 0, "maximum": TIMES_MAX}
    counted = _object(dict.fromkeys(("eq", "ne", "gt", "gte", "lt", "lte"), times)) | _exactly(1)
    window = {"times": counted, "within": _ref("duration")}
    odds = {"type": "number", "minimum": -ADDS_MAX, "maximum": ADDS_MAX}
    signal = _object({"if": _ref(itself), "adds": odds, "because": _TEXT}, "if", "adds", "because")
    signals = {"type": "array", "minItems": 1, "maxItems": SIGNALS_MAX, "items": signal}
    stage: Schema = {"enum": list(STAGES)}
    of_entry = {"entry": _ref("name"), "where": _ref("field_condition"), "status": {"enum": list(STATUSES)}}
    return [
        *forms,
        _compared("trait"),
        _compared("entry", "field"),
        _object(of_entry | {"times": counted}, "entry"),
        _object({"segment": _ref("id")}, "segment"),
        _object({"score": signals, "base": odds, "gte": _ref("share")}, "score", "base", "gte"),
        _object({"stage": {"anyOf": [stage, {"type": "array", "minItems": 1, "items": stage}]}}, "stage"),
        _object({"did": _ref("name"), "where": _ref("field_condition")} | window, "did"),
        _object({"journey": _ref("id"), "was": {"enum": list(JOURNEY_WAS)}} | window, "journey"),
        _object({"message": _ref("id"), "was": {"enum": list(MESSAGE_WAS)}} | window, "message"),
    ]


def _compared(*names: str) -> Schema:
    ordered = {"type": ["number", "string"]}
    values: Schema = dict.fromkeys(OPERATORS, True) | dict.fromkeys(("gt", "gte", "lt", "lte"), ordered)
    values |= {"in": {"type": "array", "maxItems": IN_MAX}, "exists": {"type": "boolean"}}
    moment = {"type": "string", "pattern": f"^(?:now|{_SPAN}|{_DAY}[Tt ].+){_END}"}
    bound = {"anyOf": [moment, {"type": "string", "format": "date", "pattern": f"^{_DAY}{_END}"}]}
    values |= {"after": bound, "before": bound, "within": {"type": "string", "pattern": f"^{_SPAN}{_END}"}}
    one = _exactly(len(names) + 1)
    between = _exactly(len(names) + 2) | {"required": [*names, "after", "before"]}
    return _object(dict.fromkeys(names, _ref("name")) | values, *names) | {"anyOf": [one, between]}


def _exactly(count: int) -> Schema:
    return {"minProperties": count, "maxProperties": count}


def _remarks() -> Schema:
    return {"name": {"type": "string"}, "description": {"type": "string"}}


def _object(properties: Mapping[str, Any], *required: str) -> Schema:
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": dict(properties),
        **({"required": list(required)} if required else {}),
    }


def _ref(name: str) -> Schema:
    return {"$ref": f"#/$defs/{name}"}


def _whole(form: re.Pattern[str]) -> str:
    return f"^(?:{form.pattern}){_END}"


def _units(units: str, digit: str = "[0-9]") -> str:
    return "".join(f"(?:{digit}{{1,9}}{unit})?" for unit in units)


def _offset() -> str:
    """Local days with or without a clock, or elapsed time; only a zero stands without a sign."""
    signed, zero = r"[+-](?=[0-9])", "(?=0)"
    days = f"(?:{signed}{_units('wd')}|{zero}{_units('wd', '0')})(?: {_CLOCK})?"
    elapsed = f"{signed}{_units('hms')}|{zero}{_units('hms', '0')}"
    return f"^(?:{days}|{elapsed}){_END}"
