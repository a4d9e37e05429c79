from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from kairos.app.archive import Decided, records
from kairos.app.history import LATE, read_history
from kairos.domain.profile import Written
from kairos.domain.reason import Reason
from kairos.memory import MemoryArchive

NOON = datetime(2026, 3, 2, 12, 30, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def reason(at: datetime, who: str = "u1", **more: str) -> Reason:
    return Reason(at, who, "not_sent", "frequency cap", "cart", 2, "send-1", due=at + MINUTE, **more)


def decide(
    archive: MemoryArchive, at: datetime, who: str = "u1", version: int = 1, *, late: timedelta = MINUTE
) -> None:
    told = (reason(at, who), Reason(at, who, "aimed", "3h 2/3"), reason(at, who, subject="s"))
    written = Written(version=version, release="r" * 12, at=at, reasons=told)
    archive.put(list(records(Decided(who, written), ZoneInfo("UTC"))))
    archive.close(at + late)


def test_what_was_decided_is_read_back_as_it_was_and_in_order_and_nothing_that_is_only_counted() -> None:
    archive = MemoryArchive()
    decide(archive, NOON, version=2)
    decide(archive, NOON - 3 * HOUR)
    found = read_history(archive, ["u1"], NOON - 5 * HOUR, NOON)
    assert found.reasons == tuple(
        told for at in (NOON - 3 * HOUR, NOON) for told in (reason(at), reason(at, subject="s"))
    )
    assert found.objects == 2


def test_only_this_customer_is_read_under_any_of_their_ids() -> None:
    archive = MemoryArchive()
    for who in ("u1", "u2", "u3"):
        decide(archive, NOON, who)
    found = read_history(archive, ["u1", "u3"], NOON - HOUR, NOON)
    assert {told.profile for told in found.reasons} == {"u1", "u3"}


def test_what_came_before_or_after_the_stretch_is_not_told() -> None:
    archive = MemoryArchive()
    for minutes in (-61, -60, 0, 1):
        decide(archive, NOON + minutes * MINUTE)
    found = read_history(archive, ["u1"], NOON - HOUR, NOON)
    assert [told.at for told in found.reasons[::2]] == [NOON - HOUR, NOON]


def test_what_is_archived_twice_or_late_is_told_once() -> None:
    archive = MemoryArchive()
    decide(archive, NOON)
    decide(archive, NOON, late=LATE)
    found = read_history(archive, ["u1"], NOON - HOUR, NOON)
    assert (len(found.reasons), found.objects) == (2, 2)


def test_a_bound_leaves_out_what_is_furthest_and_says_so() -> None:
    archive = MemoryArchive()
    for hours in range(5):
        decide(archive, NOON - hours * HOUR, version=9 - hours)
    found = read_history(archive, ["u1"], NOON - 9 * HOUR, NOON, most=1_000)
    assert found.since > NOON - 9 * HOUR
    assert found.reasons
    assert all(told.at >= found.since for told in found.reasons)
    assert found.reasons[-1].at == NOON


def test_lines_that_are_none_of_a_decision_are_passed_over() -> None:
    archive = MemoryArchive()
    odd: list[dict[str, object]] = [
        {"profile": "u1"},
        {"profile": "u1", "reasons": [{}], "at": "x"},
        {"unaddressed": True, "events": ["u1"]},
    ]
    archive.put([*odd, {"profile": "u1", "at": "2026-03-02T12:30:00Z", "version": 1, "part": 0, "reasons": [7]}])
    archive.close(NOON)
    assert read_history(archive, ["u1"], NOON - HOUR, NOON).reasons == ()
