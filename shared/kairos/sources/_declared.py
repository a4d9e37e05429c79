"""A source of the owner's own, declared in configuration: how it proves itself, and what becomes of its bodies.

The document lives in the release (`sources/<id>.yaml`); `publish` compiles it to find what is wrong, `ingest` to read
bodies by it. There is no code in it, and nothing of it can reach beyond one body.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import TypeVar
from zoneinfo import ZoneInfo

from kairos.domain.document import Document, Path
from kairos.domain.errors import BadDefinition, BadInput
from kairos.domain.localtime import UnknownZone, load_zone
from kairos.registry import Parsed, Request, names
from kairos.sources._declared_rule import Rule, Who, read_identity, read_rule
from kairos.sources._declared_values import Place, read_header, read_id, read_place
from kairos.sources._shape import load_body
from kairos.sources._signature import require_body_hmac, require_stamped_hmac, require_webhook

SOURCE_KEYS = ("id", "name", "description", "verify", "key", "timezone", "retry_for", "identity", "events")
SCHEMES = ("standard-webhooks", "hmac", "stamped-hmac")
FAMILIES = ("webhook", "svix")
ENCODINGS = ("hex", "base64")
RULES_MAX = 100
RETRY_FOR = timedelta(days=3)
RETRY_FOR_MAX = timedelta(days=7)

T = TypeVar("T")
Verify = Callable[[Request], None]


@dataclass(slots=True)
class Declared:
    """See `kairos.registry.Source`. A connection's settings: `secrets`."""

    name: str
    retry_horizon: timedelta
    topic_at: tuple[str, str]
    properties: Mapping[str, Sequence[str]]
    proof: Verify
    key: Place
    rules: tuple[Rule, ...]

    def verify(self, request: Request) -> bool:
        """Check the proof that the definition names."""
        self.proof(request)
        return True

    def parse(self, request: Request, *, trusted: bool, refused: list[BadInput] | None = None) -> Sequence[Parsed]:
        """Translate by every rule that is about the body; a body that no rule is about returns nothing."""
        body = load_body(request.body)
        # Only a simulated body comes without its key; the body is then what makes it the same one.
        key = read_id(self.key, body, request) or hashlib.sha256(request.body).hexdigest()
        return [fact for index, rule in enumerate(self.rules) for fact in rule.read(body, request, f"{key}:{index}")]


def compile_source(raw: object) -> Declared:
    """Return the source that a definition declares. Raises the first BadDefinition; `check_source` gives them all."""
    found = _Found()
    source = _compile(raw, found)
    if source is None:
        raise found.problems[0]
    return source


def check_source(raw: object) -> list[BadDefinition]:
    """Return every problem of a source's definition."""
    found = _Found()
    _compile(raw, found)
    return found.problems


class _Found:
    """What is wrong with one document, in the order found."""

    def __init__(self) -> None:
        self.problems: list[BadDefinition] = []

    def gather(self, read: Callable[[], T]) -> T | None:
        """Return what `read` gives, or note its problem."""
        try:
            return read()
        except BadDefinition as error:
            self.problems.append(error)
            return None


def _compile(raw: object, found: _Found) -> Declared | None:
    document = found.gather(lambda: Document(raw))
    if document is None:
        return None
    found.gather(lambda: document.only(*SOURCE_KEYS))
    name = found.gather(lambda: _read_id(document))
    proof = found.gather(lambda: _read_proof(document.inner("verify")))
    zone = found.gather(lambda: _read_zone(document))
    retry_for = found.gather(lambda: _read_retry(document))
    identity = found.gather(lambda: read_identity(document.inner("identity")) if document.has("identity") else ())
    # Where it must be named depends on the scheme: without one, nothing is known to be missing.
    key = found.gather(lambda: _read_key(document)) if proof or document.has("key") else None
    rules = _read_rules(document, identity or (), zone, found)
    if found.problems or name is None or proof is None or key is None or retry_for is None:
        return None
    return Declared(name, retry_for, _topic_at(rules), _listed(rules), proof, key, tuple(rules))


def _read_id(document: Document) -> str:
    id = document.identifier("id")
    if id in (*names("sources"), *names("channels")):  # a channel may have connections of its own: webhook/main
        raise BadDefinition(("id",), f"expected a name of your own: Kairos has a source or channel {id!r} already")
    return id


def _read_proof(document: Document) -> Verify:
    scheme = document.choice("scheme", SCHEMES)
    if scheme == "standard-webhooks":
        document.only("scheme", "family")
        family = document.choice("family", FAMILIES, FAMILIES[0])
        return lambda request: require_webhook(request, family)
    document.only("scheme", "header", *(("encoding", "prefix") if scheme == "hmac" else ()))
    header = read_header(document)
    if scheme == "stamped-hmac":
        return lambda request: require_stamped_hmac(request, header)
    encoding, prefix = document.choice("encoding", ENCODINGS, ENCODINGS[0]), document.text("prefix", "")
    return lambda request: require_body_hmac(request, header, encoding=encoding, prefix=prefix)


def _read_key(document: Document) -> Place:
    if document.has("key"):
        return read_place(document.raw["key"], ("key",), ("id",))
    verify = document.raw.get("verify")
    if isinstance(verify, Mapping) and verify.get("scheme") == SCHEMES[0]:
        return Place(header=f"{verify.get('family', FAMILIES[0])}-id", type="id")
    raise BadDefinition(("key",), "is missing: where each delivery has an id of its own, such as id")


def _read_zone(document: Document) -> ZoneInfo | None:
    if not document.has("timezone"):
        return None
    try:
        return load_zone(document.text("timezone"))
    except UnknownZone:
        raise BadDefinition(("timezone",), "expected an IANA time zone, such as Asia/Seoul") from None


def _read_retry(document: Document) -> timedelta:
    found = document.duration("retry_for", RETRY_FOR)
    if found > RETRY_FOR_MAX:
        raise BadDefinition(("retry_for",), f"expected at most {RETRY_FOR_MAX.days}d")
    return found


def _read_rules(document: Document, identity: tuple[Who, ...], zone: ZoneInfo | None, found: _Found) -> list[Rule]:
    written = found.gather(lambda: document.items("events")) or []
    if not 1 <= len(written) <= RULES_MAX and not any(one.path[:1] == ("events",) for one in found.problems):
        found.problems.append(BadDefinition(("events",), f"expected 1 to {RULES_MAX} rules"))
    read = [found.gather(partial(_read_rule, raw, path, identity, zone)) for raw, path in written]
    return [rule for rule in read if rule is not None]


def _read_rule(raw: object, path: Path, identity: tuple[Who, ...], zone: ZoneInfo | None) -> Rule:
    return read_rule(Document(raw, path), identity, zone)


def _listed(rules: Sequence[Rule]) -> dict[str, tuple[str, ...]]:
    listed: dict[str, tuple[str, ...]] = {}
    for rule in rules:
        for event, properties in rule.listed().items():
            listed[event] = tuple(dict.fromkeys((*listed.get(event, ()), *properties)))
    return listed


def _topic_at(rules: Sequence[Rule]) -> tuple[str, str]:
    """Return where a raw line of a simulation says what it is about: what the first rule asks for."""
    place = rules[0].when[0].place if rules else Place(("type",))
    if place.header:
        return "header", place.header
    return "body", place.keys[0] if len(place.keys) == 1 else "type"
