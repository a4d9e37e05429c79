"""`kairos learn`: from customers' items, or a file of orders, to priors that are live."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

pytest.importorskip("scipy")

from kairos.app.learn.sample import Sample, read_sample
from kairos.app.publish.release import Release
from kairos.domain.hour_counts import HourCounts
from kairos.domain.profile import Profile
from kairos.timing import replay
from tests.app.brands import journey, small_drafts
from tests.cli.memory_deployment import NOW, MemoryDeployment, Run
from tests.timing.conftest import make_shop

SHOP = make_shop(200, 500, seed=8)
LATEST = max(days[-1] for days in SHOP.values())


def live(deployment: MemoryDeployment) -> Release:
    pointer = deployment.releases.pointer()
    assert pointer is not None
    return Release(deployment.releases.bundle(pointer.release), pointer)


@pytest.fixture
def deployment() -> MemoryDeployment:
    deployment = MemoryDeployment()
    deployment.drafts = small_drafts(("journey", "welcome", journey()))
    assert deployment.command({"command": "publish", "all": True})["ok"]
    return deployment


def keep_shop(deployment: MemoryDeployment) -> None:
    ahead = NOW.date().toordinal() - LATEST
    for customer, days in SHOP.items():
        rhythm = replay(day + ahead for day in days)
        deployment.keep(Profile(customer, NOW, rhythm=rhythm.to_state(), hours={"active": HourCounts.of([(9, 2)])}))


def test_priors_are_learned_from_the_items_and_go_live(
    kairos: Run, deployment: MemoryDeployment, capsys: pytest.CaptureFixture[str]
) -> None:
    keep_shop(deployment)
    assert kairos("learn", "--dry-run") == 0
    assert "timing" not in live(deployment).bundle
    assert kairos("learn") == 0
    told = capsys.readouterr().out
    assert "200 customers read; 200 with orders" in told
    assert "hours email: 400 observations" in told
    assert live(deployment).timing.rhythm.fitted_on > 300
    assert kairos("learn") == 0
    assert "rhythm" in capsys.readouterr().out.split("no better; what is live stays")[0]


def test_a_file_of_orders_teaches_a_shop_that_has_just_begun(
    kairos: Run, deployment: MemoryDeployment, tmp_path: Path
) -> None:
    rows = [f"{customer},{date.fromordinal(day)}" for customer, days in SHOP.items() for day in days]
    orders = tmp_path / "orders.csv"
    orders.write_text("customer,at\n" + "\n".join(rows), "utf-8")
    assert kairos("learn", "--orders", str(orders)) == 0
    assert live(deployment).timing.rhythm.fitted_on > 300


def test_a_small_shop_keeps_what_it_has_and_is_told_so(
    kairos: Run, deployment: MemoryDeployment, capsys: pytest.CaptureFixture[str]
) -> None:
    before = deployment.releases.pointer()
    assert kairos("learn") == 0
    assert "rhythm: 0 observations are not enough yet; what is live stays" in capsys.readouterr().out
    assert deployment.releases.pointer() == before


def test_the_sample_bounds_what_is_read(deployment: MemoryDeployment) -> None:
    keep_shop(deployment)
    few = read_sample(deployment.scan, 20)
    assert isinstance(few, Sample)
    assert 1 <= few.looked_at <= 40
    assert set(few.days) <= set(SHOP)
