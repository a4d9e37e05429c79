"""Addresses that are to be written to no more: in normal form, once each, as of when it was said."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from kairos.app.ingest.stopping import stop_addresses
from kairos.domain.event import Event
from kairos.memory import MemorySuppressions
from kairos.registry import Parsed, Stop

NOW = datetime(2026, 11, 22, 4, 10, tzinfo=UTC)


def told(*stops: Stop, at: datetime = NOW) -> Parsed:
    return Parsed(Event("", "message_bounced", "", at, NOW), "k", stops=stops)


def rows(*parsed: Parsed) -> tuple[int, dict[tuple[str, str], dict[str, tuple[str, datetime]]]]:
    kept = MemorySuppressions()
    number = stop_addresses(kept, parsed, NOW, "KR")
    return number, kept.rows


def test_an_address_is_stopped_in_normal_form_and_once_however_often_it_is_said() -> None:
    stop = Stop("email", " M@Example.com ", "all", "bounced")
    number, kept = rows(told(stop), told(stop))
    key = ("email", MemorySuppressions().hash_address("m@example.com"))
    assert (number, kept) == (1, {key: {"all": ("bounced", NOW)}})


def test_a_number_is_stopped_by_the_country_and_one_that_is_none_as_it_stands() -> None:
    number, kept = rows(told(Stop("sms", "010-5550-0199", "all", "stop"), Stop("sms", "12345", "all", "stop")))
    hashed = [MemorySuppressions().hash_address(address) for address in ("+821055500199", "12345")]
    assert (number, {address for _, address in kept}) == (2, set(hashed))


def test_what_is_no_e_mail_address_stops_nobody() -> None:
    assert rows(told(Stop("email", "nobody", "all", "bounced"))) == (0, {})


def test_a_hash_of_this_stack_is_taken_as_it_is() -> None:
    assert rows(told(Stop("email", "h", "marketing", "erased", hashed=True))) == (
        1,
        {("email", "h"): {"marketing": ("erased", NOW)}},
    )


def test_a_stop_counts_from_when_it_was_said_and_never_from_the_future() -> None:
    for said, counted in ((-timedelta(days=1), NOW - timedelta(days=1)), (timedelta(days=1), NOW)):
        _, kept = rows(told(Stop("email", "m@example.com", "all", "complained"), at=NOW + said))
        assert [at for stops in kept.values() for _, at in stops.values()] == [counted]
