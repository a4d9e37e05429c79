"""The channel that is answered most, drawn towards what is usual, and a share of chance whose probability is told."""

from __future__ import annotations

import pytest

from kairos.timing.channel import ChannelChoice, answer_rate, choose_channel


def test_a_rate_begins_at_what_is_usual_and_goes_to_what_the_customer_does() -> None:
    assert answer_rate(0, 0) == 0.25
    assert answer_rate(0, 0, 0.1) == pytest.approx(0.1)
    assert answer_rate(400, 200, 0.1) == pytest.approx(0.5, abs=0.01)
    assert answer_rate(1, 3) == answer_rate(1, 1) < 1, "an answer whose send is not told yet is no second one"


def test_the_propensities_of_all_draws_are_their_frequencies() -> None:
    rates = {"email": 0.2, "sms": 0.5, "push": 0.1}
    draws = 30_000
    seen: dict[str, list[float]] = {name: [] for name in rates}
    for number in range(draws):
        choice = choose_channel(rates, (number + 0.5) / draws, 0.3)
        seen[choice.channel].append(choice.propensity)
    for found in seen.values():
        assert {round(each, 9) for each in found} == {round(found[0], 9)}
        assert len(found) / draws == pytest.approx(found[0], abs=1e-3)


def test_without_exploring_the_best_is_certain_and_the_first_of_equals() -> None:
    assert choose_channel({"sms": 0.3, "email": 0.3}, 0.0, 0.0) == ChannelChoice("sms", 1.0, False)
    with pytest.raises(ValueError, match="no channel"):
        choose_channel({}, 0.5)
