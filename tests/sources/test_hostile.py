"""Whatever bytes a sender manages to sign, a source answers with facts or with a Rejected that names the field."""

from __future__ import annotations

import contextlib
import copy
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kairos.app.ingest.listed import cut, listed
from kairos.domain.errors import BadInput, Rejected, TooLarge
from kairos.domain.event import EVENT_BYTES_MAX, event_from_json, event_size, event_to_json
from kairos.registry import Parsed, Request, load
from kairos.sources._person import is_impersonal
from kairos.sources._shape import Object
from tests.sources import bodies
from tests.sources.test_bodies import FOREIGN_FOLDERS, sent_as

ALL = bodies.all_names()
SOURCES = sorted({source for source, _ in ALL})
FIRST = {source: next(name for one, name in ALL if one == source) for source in SOURCES}

ADDRESS = re.compile(r"\S@\S+\.\S")

Place = tuple[str | int, ...]

junk: st.SearchStrategy[Any] = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(min_value=10**18, max_value=10**39),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=30),
    st.sampled_from(["", "\ud800", "\x00", "0000-00-00", "1e5", "-1", "2026-02-30T25:61:00Z", "9999-12-31T23:59:59Z"]),
    st.sampled_from(["0001-01-01T00:00:00+14:00", "https://[", "a" * 3000]),
    st.just([]),
    st.just({}),
    st.just([[]]),
    st.just([{}]),
    st.just([None, 1, "x"]),
    st.just({"id": {}, "value": [None]}),
)


def paths(value: Any, at: Place = ()) -> Iterator[Place]:
    """Yield the path of every value inside."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield (*at, key)
        yield from paths(inner, (*at, key))


def mutate(body: Any, path: Place, how: str, filler: Any) -> None:
    """Spoil the value at a path, in place; a path that an earlier change took away is left alone."""
    try:
        *parents, last = path
        for key in parents:
            body = body[key]
        old = body[last]
    except (KeyError, IndexError, TypeError):
        return
    if how == "drop":
        del body[last]
    elif how == "nest":
        body[last] = filler if old is None else [old] if isinstance(filler, list) else {"value": old}
    elif how == "enlarge":
        body[last] = old * 300 if isinstance(old, str | list) else 10**30 if isinstance(old, int) else old
    else:
        body[last] = filler if how == "retype" else None


@st.composite
def spoilt(draw: st.DrawFn) -> tuple[str, str, Any]:
    """Draw a recorded body with one to four of its values dropped, nulled, retyped, nested or enlarged."""
    source, name = draw(st.sampled_from(ALL))
    body = copy.deepcopy(bodies.body(source, name))
    every = list(paths(body))
    kinds = ["drop", "null", "retype", "nest"]
    for number in range(draw(st.integers(1, 4))):
        # Enlarged once at most: what is enlarged twice is beyond a megabyte, which another test covers.
        how = draw(st.sampled_from([*kinds, "enlarge"] if number == 0 else kinds))
        mutate(body, draw(st.sampled_from(every)), how, draw(junk))
    return source, name, body


def parse_raw(source: str, raw: bytes, name: str = "", trusted: bool = True) -> Sequence[Parsed]:
    plugin = load("sources", source)
    headers = bodies.topic_headers(source, name or FIRST[source])
    parsed: Sequence[Parsed] = plugin.parse(Request(headers, raw, bodies.NOW, "main"), trusted=trusted)
    return parsed


def facts_or_problem(source: str, body: Any, name: str) -> Sequence[Parsed]:
    """Return the facts of a body; none where it is refused, which must name the field."""
    problem: Rejected | None = None
    try:
        return parse_raw(source, json.dumps(body).encode(), name)
    except BadInput as error:
        problem = error
        named = error.field and error.expected
    except TooLarge as error:
        problem, named = error, error.what
    assert named, problem
    return ()


@given(spoilt())
@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
def test_a_spoilt_body_gives_facts_without_personal_data_or_names_the_field(one: tuple[str, str, Any]) -> None:
    source, name, body = one
    plugin = load("sources", source)
    for fact in facts_or_problem(source, body, name):
        event = cut(listed(plugin, replace(fact.event, id="e", profile="p", source=source), {}).clamped())
        text = json.dumps(event_to_json(event), ensure_ascii=False).lower()
        assert [mark for mark in bodies.MARKS if mark in text] == []
        assert event_size(event) <= EVENT_BYTES_MAX
        assert event_from_json(json.loads(text)).occurred_at == event.occurred_at
        assert fact.key.encode()


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\xff\xfe{}",
        b'{"a": "\xc3\x28"}',
        b"null",
        b"[]",
        b'"text"',
        b"1",
        b"{",
        b'{"a":NaN}',
        b'{"a":Infinity}',
        b'{"a":-Infinity}',
        b'{"a":1e999}',
        b'{"a":' + b"9" * 5000 + b"}",
        b"[" * 200_000,
        b'{"a":' * 100_000,
        b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b"webhook_id=12",
        b"{}" + b"\x00" * 10,
    ],
)
def test_bytes_that_are_no_json_object_are_refused(source: str, raw: bytes) -> None:
    if (source, raw) == ("solapi", b"[]"):  # its reports come in lists, and an empty one says nothing
        assert parse_raw(source, raw) == []
        return
    with pytest.raises(BadInput) as caught:
        parse_raw(source, raw)
    assert caught.value.field == "body"


@pytest.mark.parametrize("source", SOURCES)
def test_more_than_a_megabyte_is_too_large(source: str) -> None:
    with pytest.raises(TooLarge):
        parse_raw(source, b'{"a":"' + b"x" * 1_048_576 + b'"}')


@given(raw=st.binary(max_size=300), trusted=st.booleans())
@pytest.mark.parametrize("source", SOURCES)
def test_random_bytes_are_refused_or_say_nothing(source: str, raw: bytes, trusted: bool) -> None:
    with contextlib.suppress(Rejected):
        assert not parse_raw(source, raw, trusted=trusted), "bytes at random can be JSON, and never a fact"


@pytest.mark.parametrize(("source", "name"), ALL)
def test_every_value_of_a_body_may_be_missing_null_or_of_another_kind(source: str, name: str) -> None:
    original = bodies.body(source, name)
    for path in paths(original):
        for how, filler in (("drop", None), ("null", None), ("retype", {}), ("retype", []), ("retype", 1)):
            body = copy.deepcopy(original)
            mutate(body, path, how, filler)
            facts = facts_or_problem(source, body, name)
            assert not any(mark in bodies.event_text(fact) for fact in facts for mark in bodies.MARKS)


def test_a_deep_value_in_a_field_that_nobody_reads_is_harmless() -> None:
    body = {**bodies.body("shopify", "carts-update"), "note": json.loads("[" * 900 + "]" * 900)}
    assert bodies.parse("shopify", "carts-update", body)


def test_a_deep_call_without_an_id_has_a_key_or_is_refused() -> None:
    for depth in (50, 500, 900, 990):
        raw = b'{"type":"track","event":"x","deep":' + b"[" * depth + b"]" * depth + b"}"
        with contextlib.suppress(BadInput):
            assert len(parse_raw("track", raw)) == 1


@given(st.data())
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
def test_a_spoilt_body_of_a_real_sender_is_taken_or_refused(
    foreign: list[tuple[str, Request]], data: st.DataObject
) -> None:
    source, request = data.draw(st.sampled_from(foreign))
    body = json.loads(request.body)
    every = list(paths(body))
    for _ in range(data.draw(st.integers(1, 5))):
        how = data.draw(st.sampled_from(["drop", "null", "retype", "nest"]))
        mutate(body, data.draw(st.sampled_from(every)), how, data.draw(junk))
    spoilt_request = replace(request, body=json.dumps(body).encode())
    plugin = load("sources", source)
    with contextlib.suppress(Rejected):
        first, again = (plugin.parse(spoilt_request, trusted=True) for _ in range(2))
        assert [fact.key.encode() for fact in first] == [fact.key.encode() for fact in again]
        for fact in first:
            event = cut(listed(plugin, replace(fact.event, id="e", profile="p", source=source), {}).clamped())
            assert not ADDRESS.search(json.dumps(event_to_json(event), ensure_ascii=False))


@pytest.mark.parametrize("source", SOURCES)
def test_a_key_that_is_written_twice_counts_once(source: str) -> None:
    """RFC 8259 leaves open which of them counts; the last one does, for the proof covers the bytes and not the keys."""
    body = json.dumps(bodies.body(source, FIRST[source]))
    twice = ("{" + ",".join([body[1:-1], body[1:-1]]) + "}").encode()
    told, again = parse_raw(source, body.encode()), parse_raw(source, twice)
    assert [(fact.event.name, fact.event.entry) for fact in told] == [
        (fact.event.name, fact.event.entry) for fact in again
    ]


@pytest.mark.parametrize("source", ["shopify", "cafe24", "woocommerce"])
def test_headers_with_half_of_a_surrogate_pair_make_a_key_that_can_be_written(source: str) -> None:
    request = bodies.request(source, FIRST[source])
    headers = {name: "\udcff" + value if name.endswith("-id") else value for name, value in request.headers.items()}
    headers["x-trace-id"] = "\udcff"
    for fact in load("sources", source).parse(replace(request, headers=headers), trusted=True):
        assert fact.key.encode()


def test_an_address_is_known_for_one_though_it_is_cut_off() -> None:
    one = Object({"origin": "a planted.person@example.com"}, "", lenient=True)
    for most in range(1, 40):
        text = one.text("origin", most) or ""
        assert "@" not in text or not is_impersonal(text)


def test_an_entry_whose_id_is_an_address_is_not_kept() -> None:
    body = bodies.body("stripe", "customer.subscription.created")
    body["data"]["object"]["id"] = "planted@example.com"
    entries = [fact for fact in bodies.parse("stripe", "customer.subscription.created", body) if fact.event.entry]
    assert entries
    assert [listed(load("sources", "stripe"), fact.event, {}).entry for fact in entries] == [None]


@pytest.fixture(scope="module")
def foreign(shared_data: Path) -> list[tuple[str, Request]]:
    """Bodies of real senders, each as it would arrive."""
    sources = {name: name for name in FOREIGN_FOLDERS} | {"segment": "track"}
    return [
        (sources[folder], sent)
        for folder in FOREIGN_FOLDERS
        for file in sorted((shared_data / "payloads" / folder).glob("*.json"))
        for sent in [sent_as(folder, file)]
        if list(paths(json.loads(sent.body)))
    ]


@pytest.mark.parametrize("source", SOURCES)
def test_a_fact_that_comes_again_later_is_the_same_fact_whatever_its_body_lacks(source: str) -> None:
    """A repetition arrives hours later: a time of ours must never be what tells it apart."""
    plugin = load("sources", source)
    for name in bodies.names(source):
        whole = bodies.body(source, name)
        for place in (one for one in _places(whole) if len(one) <= 3):
            first = bodies.request(source, name, _without(whole, place))
            again = replace(first, received_at=first.received_at + timedelta(hours=1))
            assert _keys_of(plugin, first) == _keys_of(plugin, again), (name, place)


def _places(value: Any, at: Place = ()) -> Iterator[Place]:
    """Yield where something stands in a body; of lists, in their first item."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value[:1]) if isinstance(value, list) else ()
    for key, inner in pairs:
        yield (*at, key)
        yield from _places(inner, (*at, key))


def _without(whole: Any, place: Place) -> Any:
    spoilt = inner = copy.deepcopy(whole)
    for key in place[:-1]:
        inner = inner[key]
    del inner[place[-1]]
    return spoilt


def _keys_of(plugin: Any, request: Request) -> list[str] | None:
    try:
        return [one.key for one in plugin.parse(request, trusted=True)]
    except Rejected:
        return None
