from __future__ import annotations

import json
from typing import Any

import pytest

from kairos.app.definitions.documents import Documents, check_brand_documents
from kairos.app.ports import Pointer
from kairos.app.publish.bundle import VERSIONS_MAX, build_bundle, documents_of
from kairos.app.publish.release import Release
from kairos.domain.canonical import canonical
from kairos.domain.errors import BadDefinition
from tests.app.brands import brand, documents, journey, segment, small_brand, template

BUSINESS_DAY = [{"wait_until": {"time": "09:00", "business_day": True}}, {"send": "hello"}]


def stored(bundle: dict[str, Any]) -> Release:
    """Return the release as it comes back from where bundles are kept."""
    return Release(json.loads(canonical(bundle)), Pointer("r"))


def with_journey(**other: Any) -> Documents:
    return small_brand(("journey", "welcome", journey(**other)))


def test_a_release_reads_what_the_bundle_says() -> None:
    steps = [{"branch": [{"if": {"did": "viewed", "times": {"gte": 3}}, "steps": [{"send": "hello"}]}]}]
    care: dict[str, Any] = {"id": "care", "class": "transactional", "anchor": {"entry": "booking"}}
    care["timeline"] = [{"at": "-2h", "send": "hello"}]
    found = small_brand(
        ("journey", "welcome", journey(steps=steps)),
        ("journey", "care", care),
        ("segment", "vip", segment("vip", did="ordered")),
    )
    release = stored(build_bundle(found))
    assert [found.id for found in release.index.triggered_by("signed_up")] == ["welcome"]
    assert [found.id for found in release.index.anchored_to("booking")] == ["care"]
    assert [counted.keep for counted in release.index.counted("viewed")] == [4]
    assert release.index.counted("ordered")
    assert set(release.segments) == {"vip"}


def test_the_same_documents_give_the_same_bundle() -> None:
    found = with_journey()
    assert canonical(build_bundle(found)) == canonical(build_bundle(Documents(found.definitions[::-1])))


def test_a_version_rises_only_with_its_document() -> None:
    one = build_bundle(with_journey())
    same = build_bundle(with_journey(), one)
    two = build_bundle(with_journey(holdout="5%"), same)
    assert [bundle["journeys"]["welcome"]["live"] for bundle in (one, same, two)] == [1, 1, 2]
    assert set(two["journeys"]["welcome"]["versions"]) == {"1", "2"}


def test_going_back_to_a_former_document_is_going_back_to_its_version() -> None:
    two = build_bundle(with_journey(holdout="5%"), build_bundle(with_journey()))
    back = build_bundle(with_journey(), two)
    third = build_bundle(with_journey(holdout="7%"), back)
    assert [bundle["journeys"]["welcome"]["live"] for bundle in (back, third)] == [1, 3]


def test_the_newest_versions_are_kept_and_the_live_one_always() -> None:
    bundle = build_bundle(with_journey())
    for share in range(1, VERSIONS_MAX + 11):
        bundle = build_bundle(with_journey(holdout=f"{share / 10}%"), bundle)
    entry = bundle["journeys"]["welcome"]
    assert entry["live"] == VERSIONS_MAX + 11
    assert sorted(map(int, entry["versions"])) == list(range(12, VERSIONS_MAX + 12))
    back = build_bundle(with_journey(holdout="1.2%"), bundle)["journeys"]["welcome"]
    assert back["live"] == 13
    assert "13" in back["versions"]


def test_a_journey_that_went_keeps_its_versions_for_those_in_it() -> None:
    bundle = build_bundle(small_brand(), build_bundle(with_journey()))
    release = stored(bundle)
    assert release.journey("welcome") is None
    assert release.journey("welcome", 1) is not None
    assert release.index.triggered_by("signed_up") == []


def test_what_a_kept_version_counts_is_counted_on() -> None:
    steps = [{"branch": [{"if": {"did": "viewed"}, "steps": [{"send": "hello"}]}]}]
    bundle = build_bundle(with_journey(), build_bundle(with_journey(steps=steps)))
    assert stored(bundle).index.counted("viewed")


def test_templates_keep_their_order_of_preference_through_storage() -> None:
    sms_first = {"sms": {"text": "x"}, "email": {"subject": "x", "text": "x"}}
    stated = template(channels=["sms", "email"])
    release = stored(build_bundle(small_brand(("template", "as-written", sms_first), ("template", "stated", stated))))
    for id in ("as-written", "stated"):
        found = release.template(id)
        assert found is not None
        assert list(found) == ["sms", "email"]
    plain = release.template("hello")
    assert plain is not None
    assert list(plain) == ["email", "sms"]


def test_remarks_of_a_template_are_no_channels() -> None:
    release = stored(build_bundle(small_brand(("template", "noted", template(id="noted", name="N", description="D")))))
    found = release.template("noted")
    assert found is not None
    assert set(found) == {"email", "sms"}


def test_holidays_come_with_the_first_journey_that_asks_for_business_days() -> None:
    assert build_bundle(with_journey())["holidays"] == {}
    release = stored(build_bundle(with_journey(steps=BUSINESS_DAY), years=[2026]))
    holidays = release.bundle["holidays"]["KR"]
    assert holidays["2026-09-25"] == "Chuseok"
    assert {day[:4] for day in holidays} == {"2026"}


def test_without_a_country_nothing_is_resolved() -> None:
    bare = {key: value for key, value in brand().items() if key != "country"}
    found = documents(
        ("brand", "brand", bare), ("template", "hello", template()), ("journey", "w", journey("w", steps=BUSINESS_DAY))
    )
    assert build_bundle(found)["holidays"] == {}


def test_an_unknown_country_is_told() -> None:
    found = documents(("brand", "brand", brand(country="XX")), ("journey", "w", journey("w", steps=BUSINESS_DAY)))
    with pytest.raises(BadDefinition) as refused:
        build_bundle(found)
    assert refused.value.path == ("country",)


def test_a_bundle_gives_its_documents_back() -> None:
    found = small_brand(("journey", "welcome", journey()), ("segment", "vip", segment("vip")))
    bundle = json.loads(canonical(build_bundle(found)))
    again = documents_of(bundle)
    assert check_brand_documents(again) == []
    assert canonical(build_bundle(again, bundle)) == canonical(bundle)
