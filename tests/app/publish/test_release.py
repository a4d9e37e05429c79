from __future__ import annotations

from kairos.app.ports import Pointer
from kairos.domain.localtime import load_zone
from tests.app.decide.world import release_of
from tests.app.publish.written import journey


def test_a_paused_journey_halts_alone_and_a_stop_halts_all() -> None:
    paused = release_of(journey("a"), journey("b"), paused=["a"])
    assert (paused.halted("a"), paused.halted("b")) == (True, False)
    assert release_of(journey("a"), stopped=True).halted("a")


def test_a_newer_pointer_changes_how_a_release_stands_and_nothing_that_was_read_of_it() -> None:
    caps = {"caps": [{"channel": "any", "max": 2, "per": "7d"}]}
    release = release_of(journey("a"), brand=caps, segments={"s": {"did": "viewed"}})
    read = (release.rules.caps, release.segments["s"], release.index.counted("viewed"))
    stopped = release.standing(Pointer("r", stopped=True))
    assert (release.halted("a"), stopped.halted("a")) == (False, True)
    found = (stopped.rules.caps, stopped.segments["s"], stopped.index.counted("viewed"))
    assert all(one is other for one, other in zip(found, read, strict=True))


def test_an_unknown_zone_is_the_brands() -> None:
    release = release_of(brand={"timezone": "Asia/Seoul"})
    seoul = load_zone("Asia/Seoul")
    assert release.zone(None) is release.zone("Nowhere/Land") is seoul
    assert release.zone("Europe/London") is load_zone("Europe/London")


def test_a_templates_channels_stand_in_order_of_preference() -> None:
    assert list(release_of().template("hello") or {}) == ["email", "sms"]
    assert release_of().template("unheard-of") is None
