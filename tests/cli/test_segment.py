"""Who is in a segment: estimated first, read page by page, and gone on with where it broke off."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from kairos.app.walk.census import look
from kairos.app.walk.ports import Page
from kairos.cli.customer import live_release
from kairos.cli.segment import paced
from kairos.domain.condition import Did, parse_condition
from kairos.domain.errors import BadInput
from kairos.domain.ids import digest
from kairos.domain.profile import Counter, Profile
from tests.app.brands import journey, segment, small_drafts
from tests.cli.memory_deployment import NOW, MemoryDeployment, Run

LATELY: Any = {"did": "ordered", "within": "7d"}
SEGMENTS: Any = [
    ("segment", "vips", segment("vips")),
    ("segment", "lately", segment("lately", **LATELY)),
    ("segment", "both", segment("both", all=[{"segment": "vips"}, {"segment": "lately"}])),
]


def person(number: int, **more: Any) -> Profile:
    return Profile(digest("profile", str(number)), NOW, **more)


@pytest.fixture
def deployment() -> MemoryDeployment:
    """Return one with forty customers, of whom the tens have a tier and one became another."""
    deployment = MemoryDeployment()
    deployment.drafts = small_drafts(("journey", "welcome", journey()), *SEGMENTS)
    deployment.command({"command": "publish", "all": True})
    did = parse_condition(LATELY)
    assert isinstance(did, Did)
    for number in range(40):
        ago = NOW - timedelta(days=number)
        traits = {"tier": "gold"} if number % 10 == 0 else {}
        deployment.keep(person(number, traits=traits, counters={did.key: Counter(ago, (ago,))}))
    deployment.keep(person(40, traits={"tier": "gold"}, merged_into=person(0).id))
    return deployment


def test_what_looking_takes_is_told_and_asked_about_first(
    kairos: Run, deployment: MemoryDeployment, answer: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    answer("n\n")
    assert kairos("segment", "count", "vips") == 1
    said = capsys.readouterr()
    assert "everybody, for who is in vips: 41 profiles to look at: less than 0.01 USD, 1 min" in said.err
    assert said.out.strip() == ""


@pytest.mark.parametrize("id,count", [("vips", 4), ("lately", 7), ("both", 1)])
def test_everybody_is_counted_once_and_who_became_another_as_that_other(
    id: str, count: int, kairos: Run, deployment: MemoryDeployment, capsys: pytest.CaptureFixture[str]
) -> None:
    assert kairos("segment", "count", id, "--yes") == 0
    assert capsys.readouterr().out == f"{count} of 40 customers are in {id} ({count / 40:.1%})\n"


def test_the_list_is_of_pseudonymous_ids(
    kairos: Run, deployment: MemoryDeployment, capsys: pytest.CaptureFixture[str]
) -> None:
    assert kairos("segment", "list", "vips", "-y") == 0
    assert sorted(capsys.readouterr().out.split()) == sorted(person(number).id for number in (0, 10, 20, 30))


def test_a_draft_can_be_counted_before_it_is_live(
    kairos: Run, deployment: MemoryDeployment, capsys: pytest.CaptureFixture[str]
) -> None:
    deployment.drafts.put("segment", "new", segment("new", any=[{"segment": "both"}, {"trait": "tier", "eq": "gold"}]))
    assert kairos("segment", "count", "new", "--yes") == 1
    assert "no live segment is called 'new'; there are: both, lately, vips" in capsys.readouterr().err
    assert kairos("segment", "count", "new", "--draft", "--yes") == 0
    assert "4 of 40" in capsys.readouterr().out
    deployment.drafts.put("segment", "new", segment("new", segment="nope"))
    assert kairos("segment", "count", "new", "--draft", "--yes") == 1
    assert "no segment is called 'nope'" in capsys.readouterr().err


def pages(deployment: MemoryDeployment, place: str = "", scan: Any = None) -> list[Any]:
    release = live_release(deployment)
    assert release is not None
    return list(look(scan or deployment.scan, release, "lately", NOW, place))


def test_a_look_goes_on_from_any_place_it_told_and_sees_everybody_exactly_once(deployment: MemoryDeployment) -> None:
    whole = pages(deployment)
    everybody = [profile for page in whole for profile in page.inside]
    assert len(everybody) == len(set(everybody)) == 7
    for number, page in enumerate(whole[:-1], start=1):
        rest = pages(deployment, page.place)
        assert [p.inside for p in rest] == [p.inside for p in whole[number:]]
    assert whole[-1].place is None


@pytest.mark.parametrize("place", ["x", "9.a", "-1.a", "1", "٣.a"])
def test_a_place_that_nobody_told_is_refused(place: str, deployment: MemoryDeployment) -> None:
    with pytest.raises(BadInput):
        pages(deployment, place)


class Broken:
    """A scan that fails on its third page."""

    def __init__(self, scan: Any) -> None:
        self.scan, self.asked = scan, 0

    def page(self, *given: Any, **more: Any) -> Page:
        self.asked += 1
        if self.asked == 3:
            raise KeyboardInterrupt
        page: Page = self.scan.page(*given, **more)
        return page


class BreakingDeployment(MemoryDeployment):
    """One whose table cannot be read to its end."""

    @property
    def scan(self) -> Any:
        return Broken(super().scan)


def test_a_look_that_breaks_off_says_how_to_go_on(capsys: pytest.CaptureFixture[str]) -> None:
    from kairos.cli.segment import Question, list_segment

    deployment = BreakingDeployment()
    deployment.drafts = small_drafts(("journey", "welcome", journey()), *SEGMENTS)
    deployment.command({"command": "publish", "all": True})
    with pytest.raises(KeyboardInterrupt):
        list_segment(deployment, Question("vips", yes=True))
    assert "go on with --after 2." in capsys.readouterr().err


def test_pages_are_read_no_faster_than_the_pace(deployment: MemoryDeployment) -> None:
    slept: list[float] = []
    found: Sequence[Any] = pages(deployment)
    assert list(paced(iter(found), 10, slept.append)) == list(found)
    assert slept == [page.units / 10 for page in found[:-1]]
