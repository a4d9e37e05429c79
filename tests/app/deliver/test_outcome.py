"""What the log learns of a message that could not be worked on: our own words, and no other error's."""

from __future__ import annotations

from kairos.app.deliver.outcome import failure
from kairos.domain.errors import Unavailable


def test_an_error_of_ours_says_what_it_says_and_any_other_only_its_kind() -> None:
    ours = failure(Unavailable("contacts", "ThrottlingException"))
    assert (ours.kind, ours.code) == ("failed", "Unavailable")
    assert "ThrottlingException" in ours.detail
    strange = failure(ValueError("no address: ann@example.com"))
    assert (strange.kind, strange.code, strange.detail) == ("failed", "ValueError", "")
