from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from kairos.domain.decision import Go, Park
from kairos.domain.errors import BadDefinition
from tests.steps.stage import NOON, read, scene


def test_it_parks_for_the_duration_from_when_the_step_was_reached() -> None:
    step, args = read({"wait": "90m"})
    assert step.enter(args, scene()) == Park(NOON + timedelta(minutes=90))
    assert step.wake(args, scene()) == Go()


def test_a_day_is_twenty_four_hours_across_a_change_of_the_clocks() -> None:
    step, args = read({"wait": "1d"})
    before = datetime(2026, 3, 7, 17, tzinfo=UTC)
    assert step.enter(args, scene(before, "America/New_York")) == Park(before + timedelta(hours=24))


@pytest.mark.parametrize("wrong", [None, 30, "", "soon", "-5m", ["1d"], "30"])
def test_anything_but_a_duration_is_refused_where_it_stands(wrong: object) -> None:
    with pytest.raises(BadDefinition) as error:
        read({"wait": wrong})
    assert error.value.path == ("wait",)
