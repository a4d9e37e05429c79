from __future__ import annotations

import pytest

from kairos.app.definitions.country import resolve_holidays
from kairos.domain.errors import BadDefinition


def test_holidays_are_those_of_the_years_asked_in_english() -> None:
    found = resolve_holidays("KR", [2026])
    assert found["2026-09-25"] == "Chuseok"
    assert found["2026-03-02"] == "Alternative holiday for Independence Movement Day"
    assert list(found) == sorted(found)
    assert {day[:4] for day in found} == {"2026"}


def test_holidays_that_fall_together_are_joined() -> None:
    assert resolve_holidays("KR", [2025])["2025-05-05"] == "Buddha's Birthday; Children's Day"


def test_an_unknown_country_is_refused_where_it_is_written() -> None:
    with pytest.raises(BadDefinition) as refused:
        resolve_holidays("XX", [2026])
    assert refused.value.path == ("country",)
