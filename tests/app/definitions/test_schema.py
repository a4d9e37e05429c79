"""The published schema and the readers say the same of the same documents."""

from __future__ import annotations

import copy
import random
import re
from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest

from kairos import registry
from kairos.app.definitions.documents import Definition, Documents, check_brand_documents, check_definition
from kairos.app.definitions.schema import KINDS, build_schema
from tests.app.brands import segment, template
from tests.app.definitions.refused import BAD
from tests.app.definitions.refused_journeys import BAD_JOURNEYS
from tests.app.definitions.taken import GOOD

FORMATS = jsonschema.FormatChecker(["date"])


@pytest.fixture(scope="module")
def validators() -> dict[str, jsonschema.Draft202012Validator]:
    return {kind: jsonschema.Draft202012Validator(build_schema(kind), format_checker=FORMATS) for kind in KINDS}


@pytest.mark.parametrize("kind", [None, *KINDS])
def test_the_schema_is_one(kind: str | None) -> None:
    jsonschema.Draft202012Validator.check_schema(build_schema(kind))


@pytest.mark.parametrize(("kind", "document"), GOOD)
def test_what_the_reader_takes_the_schema_takes(
    kind: str, document: Any, validators: dict[str, jsonschema.Draft202012Validator]
) -> None:
    assert [str(error) for error in check_definition(Definition(kind, "x", document, "x"))] == []
    validators[kind].validate(document)


@pytest.mark.parametrize(("kind", "document"), [*BAD, *BAD_JOURNEYS])
def test_what_the_reader_refuses_the_schema_refuses(
    kind: str, document: Any, validators: dict[str, jsonschema.Draft202012Validator]
) -> None:
    assert check_definition(Definition(kind, "x", document, "x")) != []
    assert not validators[kind].is_valid(document)


ODD: tuple[Any, ...] = (
    *(5, -1, 1.5, 10**30, True, "", "x", "hello", "5%", "1d", "09:00", "2026-02-30", "x" * 500),
    *([], {}, [1], {"a": 1}, {"event": "x"}, {"send": "hello"}, [{"send": "hello"}]),
)
# What a schema cannot say: `validate` does.
BEYOND = re.compile(
    r"IANA time zone|once, best first|no hour to send in|adds? up|which is never|a date stands alone"
    r"|stands beside each|lasts at most|no channel is called|to take the place of|another variant"
    r"|has no offer|at most 730d|MJML|<mj|in a circle"
    r"|no holiday of|no season of|the holidays of|is no rule|not before `from`|of which country"
)


def places(node: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    children = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, child in children:
        yield (*path, key)
        yield from places(child, (*path, key))


def spoilt(document: Any, chance: random.Random) -> Any:
    """Return the document with one value replaced, one key taken out, or one put in."""
    document = copy.deepcopy(document)
    *path, last = chance.choice(list(places(document)))
    node = document
    for key in path:
        node = node[key]
    way = chance.random()
    if way < 0.7:
        node[last] = copy.deepcopy(chance.choice(ODD))
    elif way < 0.85 or not isinstance(node, dict):
        del node[last]
    else:
        node[chance.choice(["foo", "id", "at", "send", "where", "eq", "if"])] = copy.deepcopy(chance.choice(ODD))
    return document


def test_reader_and_schema_agree_on_documents_spoilt_at_random(
    validators: dict[str, jsonschema.Draft202012Validator],
) -> None:
    chance = random.Random(20261122)
    for _ in range(600):
        kind, document = chance.choice(GOOD)
        wrong = spoilt(document, chance)
        found = Documents((Definition(kind, "x", wrong, "x"), Definition("template", "hello", template(), "y")))
        told = [problem for problem in check_brand_documents(found) if problem.file == "x"]
        own = [
            problem for problem in told if not re.search(r"no (template|segment|journey) is called", problem.message)
        ]
        if not any(BEYOND.search(problem.message) for problem in own):
            assert validators[kind].is_valid(wrong) is (own == []), (kind, wrong, own)


def test_every_step_has_a_good_example_here() -> None:
    written = str([document for kind, document in GOOD if kind == "journey"])
    assert [name for name in registry.names("steps") if f"'{name}'" not in written] == []


def test_a_schema_of_no_kind_is_refused() -> None:
    with pytest.raises(KeyError):
        build_schema("flow")
    jsonschema.Draft202012Validator(build_schema()).validate(segment("x"))
