"""Segment's HTTP API (segment.com/docs, "Spec"), and Kairos' own facts for a shop without an adapter.

The write key is the user name of HTTP Basic, or `writeKey` in the body (a browser's beacon sets no headers). Public
keys stand in web pages: whoever has one may add listed behaviour to an anonymous id and nothing else. The secret key
may everything: identify, consent, orders, entries, with the same fields as lines of `kairos simulate`
(`event`, `profile`, `at`, `id`, `traits`, `entry`, `channel`, `purpose`).

A device's clock is often wrong, so the time is corrected by what its own sending time was off:
occurred = received − (sentAt − timestamp).
"""

from __future__ import annotations

import hashlib
import json
from base64 import b64decode
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from kairos.domain.errors import BadInput, BadSignature
from kairos.domain.event import Event
from kairos.registry import Named, Parsed, Request
from kairos.sources import _person
from kairos.sources._shape import ID_CHARS_MAX, Object, load_body
from kairos.sources._signature import is_one_of, keys
from kairos.sources._track_facts import with_person, withdrawals
from kairos.sources._track_names import ANY, BEHAVIOUR, TRUSTED, event_name
from kairos.sources._track_values import listed_properties, more_properties

CALLS_MAX = 1_000
EVENT_NAME_CHARS_MAX = 64
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_CALLS = ("track", "identify", "page", "screen", "alias", "group")


class Track:
    """See `kairos.registry.Source`.

    A connection's settings: `secrets`, `public_keys`, and what the owner lists besides: `properties` (event name or
    "*" → names), `behaviour` (event names for the public key) and `traits`.
    """

    name = "track"
    retry_horizon = timedelta(days=3)
    topic_at = ("body", "type")
    properties: Mapping[str, Sequence[str]] = {**BEHAVIOUR, **TRUSTED, "*": ANY}

    def connection_of(self, request: Request) -> str:
        """Return the connection that a write key belongs to: what stands before its first dot, else "main"."""
        name, dot, _ = write_key(request).partition(".")
        return name if dot else "main"

    def verify(self, request: Request) -> bool:
        """Return True for a secret key, False for a public one; anything else proves nothing."""
        key = write_key(request)
        if is_one_of(key, keys(request, "secrets")):
            return True
        if is_one_of(key, keys(request, "public_keys")):
            return False
        raise BadSignature("the write key is not one of this connection's")

    def parse(self, request: Request, *, trusted: bool, refused: list[BadInput] | None = None) -> Sequence[Parsed]:
        """Translate a call or a batch. In a batch `refused` collects wrong calls, and the others go on."""
        return self.read(load_body(request.body), request, trusted=trusted, refused=refused)

    def read(
        self, body: Object, request: Request, *, trusted: bool, refused: list[BadInput] | None = None
    ) -> Sequence[Parsed]:
        """Translate a body that was read."""
        out: list[Parsed] = []
        for call, otherwise in _calls(body, request):
            try:
                parsed = _read(call, _type_of(call, otherwise), body, request, trusted)
            except BadInput as error:
                if refused is None or call is body:
                    raise
                refused.append(error)
                continue
            if parsed:
                out.append(parsed)
                out += withdrawals(parsed, call) if trusted else ()
        return out


def write_key(request: Request) -> str:
    """Return the write key a request shows. Raises BadSignature when it shows none, or one that cannot be read."""
    named = _user_of(request.headers.get("authorization", ""))
    key = _key_in_body(request) if named is None else named
    if not key:
        raise BadSignature("no write key: send it as the user name of HTTP Basic")
    return key


@lru_cache(maxsize=256)
def _user_of(header: str) -> str | None:
    """Return the user name in an Authorization header, which is the same in each of a sender's requests; None where
    there is none to be read."""
    scheme, _, encoded = header.strip().partition(" ")
    if header and scheme.lower() != "basic":
        raise BadSignature("the Authorization header is not Basic")
    try:
        return b64decode(encoded, validate=True).decode().partition(":")[0] if encoded else None
    except ValueError:
        raise BadSignature("the Authorization header cannot be read") from None


def _key_in_body(request: Request) -> str:
    try:
        return load_body(request.body).text("writeKey", ID_CHARS_MAX) or ""
    except BadInput:
        raise BadSignature("no write key: send it as the user name of HTTP Basic") from None


def _calls(body: Object, request: Request) -> Iterator[tuple[Object, str]]:
    path = request.path.rstrip("/").rpartition("/")[2]
    if path == "batch" or (path not in _CALLS and body.has("batch")):
        for index, value in enumerate(body.items("batch", CALLS_MAX)):
            # A call that is no object must spoil itself only, so it becomes one that is refused when it is read.
            yield (
                Object(
                    value if isinstance(value, Mapping) else {"type": value},
                    f"batch[{index}]",
                ),
                "",
            )
    else:
        yield body, path if path in _CALLS else ""


def _type_of(call: Object, otherwise: str) -> str:
    kind = call.text("type", 32) or call.text("action", 32) or otherwise
    if not kind:
        kind = "track" if call.has("event") else "identify" if call.has("traits") else ""
    if kind not in _CALLS:
        call.fail("type", f"one of {', '.join(_CALLS)}")
    return kind


def _read(call: Object, kind: str, body: Object, request: Request, trusted: bool) -> Parsed | None:
    name = _name(call, kind)
    if not trusted and not _is_behaviour(name, request):
        return None
    who = _who(call, kind) if trusted else _anonymous(call)
    event = Event(
        id="",
        name=name,
        profile="",
        occurred_at=_occurred(call, body, request.received_at),
        received_at=request.received_at,
        properties=listed_properties(call, kind, name, more_properties(request, name)),
    )
    key = _either(call, "messageId", "message_id", "id") or _content_key(call)
    if not trusted:
        return Parsed(event, f"{kind}:{key}", who)
    return with_person(event, f"{kind}:{key}", who, call, kind, request)


def _is_behaviour(name: str, request: Request) -> bool:
    # An owner may list more, but never what moves money, consent or a calendar.
    return name in BEHAVIOUR or (name in keys(request, "behaviour") and name not in TRUSTED)


def _name(call: Object, kind: str) -> str:
    if kind == "track":
        name = event_name(call.text("event", 256) or "")
        return name[:EVENT_NAME_CHARS_MAX] or call.fail("event", "the event's name, in letters and digits")
    return {
        "page": "page_viewed",
        "screen": "screen_viewed",
        "identify": "profile_updated",
        "alias": "profile_aliased",
        "group": "group_joined",
    }[kind]


def _who(call: Object, kind: str) -> list[Named]:
    external = _either(call, "userId", "user_id", "profile")
    anonymous = _either(call, "anonymousId", "anonymous_id")
    if kind == "alias":
        anonymous = _either(call, "previousId", "previous_id") or anonymous
    return _person.names(True, external=external, anonymous=anonymous)


def _anonymous(call: Object) -> list[Named]:
    return _person.names(False, anonymous=_either(call, "anonymousId", "anonymous_id"))


def _occurred(call: Object, body: Object, received_at: datetime) -> datetime:
    stamp = call.instant("timestamp") or call.instant("at")
    if stamp is None:
        return received_at
    sent = call.instant("sentAt") or call.instant("sent_at") or body.instant("sentAt") or body.instant("sent_at")
    corrected = received_at - (sent - stamp) if sent else stamp
    return corrected if corrected >= _EPOCH else received_at


def _content_key(call: Object) -> str:
    # Without a messageId the call itself is what makes a repeat the same; the time of sending differs between tries.
    told = {key: value for key, value in call.raw.items() if key not in ("sentAt", "sent_at", "receivedAt", "writeKey")}
    try:
        text = json.dumps(told, sort_keys=True, ensure_ascii=True)
    except RecursionError:
        raise BadInput(call.path or "body", "JSON that is not nested this deep") from None
    return hashlib.sha256(text.encode()).hexdigest()


def _either(call: Object, *names: str) -> str | None:
    return next((value for name in names if (value := call.ident(name))), None)


SOURCE = Track()
