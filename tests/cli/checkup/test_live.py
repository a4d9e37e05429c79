from __future__ import annotations

import pytest

from kairos.cli.checkup.live import published, version
from tests.cli.checkup.patients import OneRelease, bundle, nothing_published, only, patient


def test_nothing_published_is_wrong() -> None:
    one = patient(releases=nothing_published())
    assert "kairos publish --all --stage prod" in only(published(one)).do
    assert only(version(one)).status == "unknown"


def test_a_full_stop_is_wrong_and_a_pause_is_worth_knowing() -> None:
    stopped, paused = published(patient(releases=OneRelease(bundle(), stopped=True, paused=["welcome"])))
    assert (stopped.status, stopped.do) == ("wrong", "kairos start-all --stage prod")
    assert (paused.status, paused.do) == ("warn", "kairos resume welcome --stage prod")


def test_what_runs_is_counted_without_what_is_paused_or_former() -> None:
    *_, last = published(patient(releases=OneRelease(bundle(), paused=["welcome", "former"])))
    assert last.says == "0 of 1 journeys run"


def test_a_release_without_a_live_journey_is_worth_knowing() -> None:
    assert only(published(patient(releases=OneRelease(bundle(journeys={}))))).status == "warn"


def test_a_release_that_cannot_be_read_is_wrong() -> None:
    found = only(published(patient(releases=OneRelease(None))))
    assert (found.status, found.do) == ("wrong", "kairos rollback --stage prod")


@pytest.mark.parametrize(("schema", "status"), [(1, "ok"), (0, "warn"), (None, "warn"), (2, "wrong")])
def test_a_command_older_than_the_release_must_not_touch_it(schema: int | None, status: str) -> None:
    assert only(version(patient(releases=OneRelease(bundle(schema=schema))))).status == status
