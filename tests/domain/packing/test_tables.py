"""Every attribute of every record has a key of its own, and only defaults are left out."""

from __future__ import annotations

from dataclasses import MISSING, fields
from typing import Any

import pytest

from kairos.domain import profile as records
from kairos.domain.packing import parts
from kairos.domain.packing.profile import PROFILE
from kairos.domain.packing.rows import NEVER, Table
from kairos.domain.profile import Consent, Profile

TABLES: list[Table[Any]] = [PROFILE, *(each for each in vars(parts).values() if isinstance(each, Table))]
BESIDE = {Profile: {"version", "wake"}, Consent: {"given", "at", "source"}}
"""Attributes of the item, and what every consent has."""


def kind_of(value: Any) -> str:
    return str(getattr(getattr(value, "kind", value), "__name__", ""))


def test_every_record_that_a_profile_is_made_of_has_a_table() -> None:
    kinds = {value for value in vars(records).values() if isinstance(value, type) and hasattr(value, "__slots__")}
    stored = {kind for kind in kinds if kind.__module__.startswith("kairos.domain") and hasattr(kind, "__match_args__")}
    assert {kind.__name__ for kind in stored} - {"HourCounts", "Seen"} == {kind_of(table) for table in TABLES}


@pytest.mark.parametrize("table", TABLES, ids=kind_of)
def test_every_attribute_is_stored_under_a_key_of_its_own(table: Table[Any]) -> None:
    kind: Any = table.kind
    assert {row[0] for row in table.rows} == {field.name for field in fields(kind)} - BESIDE.get(kind, set())
    assert len({row[1] for row in table.rows}) == len(table.rows)


@pytest.mark.parametrize("table", TABLES, ids=kind_of)
def test_what_is_left_out_is_the_attributes_own_default(table: Table[Any]) -> None:
    kind: Any = table.kind
    defaults = {f.name: f.default if f.default_factory is MISSING else f.default_factory() for f in fields(kind)}
    for name, _, _, _, left_out in table.rows:
        if left_out is not NEVER:
            assert defaults[name] == left_out, name
