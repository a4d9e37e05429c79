"""What becomes of a body changes on purpose only: each normalised form is kept beside its body."""

from __future__ import annotations

import json

import pytest

from tests.sources import bodies
from tests.sources.normalised import golden, normalised

ALL = bodies.all_names()


@pytest.mark.parametrize(("source", "name"), ALL)
def test_a_body_becomes_what_its_golden_file_keeps(source: str, name: str) -> None:
    assert normalised(source, name) == json.loads(golden(source, name).read_text())


def test_no_golden_file_has_outlived_its_body() -> None:
    assert set(bodies.FOLDER.glob("*/normalised/*.json")) == {golden(source, name) for source, name in ALL}
