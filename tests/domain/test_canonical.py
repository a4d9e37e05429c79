"""Equal values have one text and one fingerprint."""

from __future__ import annotations

import pytest

from kairos.domain.canonical import canonical, fingerprint


def test_the_order_of_keys_does_not_matter_and_that_of_lists_does() -> None:
    assert fingerprint({"a": 1, "b": [1, 2]}) == fingerprint({"b": [1, 2], "a": 1})
    assert fingerprint([1, 2]) != fingerprint([2, 1])


def test_the_text_is_ascii_whatever_is_in_it() -> None:
    assert canonical({"이름": "\ud800"}) == '{"\\uc774\\ub984":"\\ud800"}'
    assert len(fingerprint("\ud800")) == 64


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_what_is_no_json_has_no_text(value: float) -> None:
    with pytest.raises(ValueError):
        canonical(value)
