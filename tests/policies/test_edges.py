"""The edges of every pack's night by the recipient's clock: one second before it, its first, its last, one after."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from kairos.app.deliver.quiet import open_at, why_quiet
from kairos.app.publish.release import Release
from kairos.domain.consent import Consent
from kairos.domain.localtime import load_zone
from kairos.domain.profile import Profile
from tests.app.decide.world import release_of
from tests.domain.clock_changes import all_zones

SECOND = timedelta(seconds=1)
DAYS = (date(2026, 3, 3), date(2026, 11, 24))
"""Two Tuesdays, of summer and of winter time in either hemisphere."""
SAMPLE = ("Asia/Seoul", "UTC", "America/New_York", "Asia/Kathmandu", "Pacific/Chatham", "Pacific/Kiritimati")
SENDER = {"name": "Shop", "email": "a@example.com", "contact": "02-000-0000"}

NIGHTS = [
    ("kr", {}, time(21), time(8), "정보통신망법 §50③"),
    ("us", {"region": "CA"}, time(21), time(8), "47 CFR 64.1200(c)(1)"),
    ("us", {"region": "US-FL"}, time(20), time(8), "Fla. Stat. 501.616(6)"),
    ("us", {"region": "CT"}, time(20), time(9), "Conn. Gen. Stat. 42-288a"),
    ("us", {"region": "TX"}, time(21), time(9), "Tex. Bus. & Com. Code 301.051"),
]


def check_edges(zone: ZoneInfo, release: Release, traits: dict[str, str], night: tuple[time, time], rule: str) -> None:
    customer = Profile("u1", datetime(2026, 1, 1, tzinfo=UTC), traits={**traits, "timezone": zone.key})
    for day in DAYS:
        closes = datetime.combine(day, night[0], zone).astimezone(UTC)
        opens = datetime.combine(day + timedelta(days=1), night[1], zone).astimezone(UTC)
        assert open_at(release, customer, "sms", closes - SECOND) == closes - SECOND
        assert open_at(release, customer, "sms", closes) == opens
        assert open_at(release, customer, "sms", opens - SECOND) == opens
        assert open_at(release, customer, "sms", opens) == opens
        for held in (closes, opens - SECOND):
            assert rule in why_quiet(release, customer, "sms", held, True)
        assert why_quiet(release, customer, "sms", opens, True) == "quiet hours"
        assert open_at(release, customer, "sms", closes, False) == closes, "transactional messages have no night"
        assert open_at(release, customer, "email", closes) == closes, "nor has e-mail"


def release_with(*packs: str) -> Release:
    return release_of(brand={"policies": list(packs), "sender": SENDER})


@pytest.mark.parametrize(("pack", "traits", "start", "end", "rule"), NIGHTS)
@pytest.mark.parametrize("zone", SAMPLE)
def test_the_night_holds_from_its_first_second_to_its_last(
    zone: str, pack: str, traits: dict[str, str], start: time, end: time, rule: str
) -> None:
    check_edges(load_zone(zone), release_with(pack), traits, (start, end), rule)


@pytest.mark.parametrize(("pack", "traits", "start", "end", "rule"), NIGHTS[:2])
def test_the_night_holds_at_every_distance_from_utc(
    pack: str, traits: dict[str, str], start: time, end: time, rule: str
) -> None:
    """Zones that are equally far from UTC on both days differ in nothing but their names."""
    release = release_with(pack)
    alike = {tuple(datetime.combine(day, start, zone).utcoffset() for day in DAYS): zone for zone in all_zones()}
    assert len(alike) > 40
    for zone in alike.values():
        check_edges(zone, release, traits, (start, end), rule)


@pytest.mark.nightly
@pytest.mark.parametrize(("pack", "traits", "start", "end", "rule"), NIGHTS)
def test_the_night_holds_in_every_zone(pack: str, traits: dict[str, str], start: time, end: time, rule: str) -> None:
    release = release_with(pack)
    for zone in all_zones():
        check_edges(zone, release, traits, (start, end), rule)


@pytest.mark.parametrize("pack", ["eu", "mailbox"])
@pytest.mark.parametrize("clock", ["20:59:59", "21:00:00", "07:59:59", "08:00:00"])
@pytest.mark.parametrize("zone", SAMPLE)
def test_a_pack_without_a_night_closes_no_hour(zone: str, clock: str, pack: str) -> None:
    release, customer = release_with(pack), Profile("u1", DAY_BEFORE, traits={"timezone": zone})
    at = datetime.combine(DAYS[0], time.fromisoformat(clock), load_zone(zone)).astimezone(UTC)
    assert all(open_at(release, customer, channel, at) == at for channel in ("email", "sms", "push", "kakao"))


def test_47_cfr_64_1200_no_consent_waives_the_hours() -> None:
    agreed = Consent(True, DAY_BEFORE)
    traits = {"timezone": "America/Chicago", "region": "IL"}
    customer = Profile(
        "u1", DAY_BEFORE, traits=traits, consents={("sms", "night"): agreed, ("sms", "marketing"): agreed}
    )
    late = datetime(2026, 11, 24, 21, tzinfo=ZoneInfo("America/Chicago")).astimezone(UTC)
    assert open_at(release_with("us"), customer, "sms", late) == late + timedelta(hours=11)


def test_of_several_packs_the_strictest_night_holds_and_each_rule_is_named() -> None:
    release = release_with("kr", "eu", "us")
    customer = Profile("u1", DAY_BEFORE, traits={"timezone": "America/New_York", "region": "CT"})
    evening = datetime(2026, 11, 24, 20, tzinfo=ZoneInfo("America/New_York")).astimezone(UTC)
    assert open_at(release, customer, "sms", evening) == evening + 13 * timedelta(hours=1)
    assert why_quiet(release, customer, "sms", evening, True) == "quiet hours (Conn. Gen. Stat. 42-288a)"
    later = evening + timedelta(hours=1)
    assert why_quiet(release, customer, "sms", later, True) == (
        "quiet hours (정보통신망법 §50③, 47 CFR 64.1200(c)(1), Conn. Gen. Stat. 42-288a)"
    )


DAY_BEFORE = datetime(2026, 11, 23, tzinfo=UTC)
