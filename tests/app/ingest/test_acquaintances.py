"""Whom a container met a moment ago: what spares a look into identities, and what never may."""

from __future__ import annotations

from datetime import timedelta

import pytest

from kairos.app.ingest.acquaintances import FRESH, Acquaintances
from kairos.app.ports import Identifier
from tests.app.intake import NOW, PROFILE, Station

MINA = (Identifier("external", "mina", "track/main", True, "track/main"),)
SECOND = timedelta(seconds=1)


@pytest.fixture
def station() -> Station:
    return Station(acquaintances=Acquaintances())


def page(who: str, id: str, **more: object) -> dict[str, object]:
    return {"type": "page", "userId": who, "messageId": id, **more}


def test_a_group_is_recalled_until_it_is_no_longer_fresh() -> None:
    met = Acquaintances()
    met.meet(MINA, PROFILE, NOW)
    assert met.recall(MINA, NOW) == met.recall(MINA, NOW + FRESH - SECOND) == PROFILE
    assert met.recall(MINA, NOW + FRESH) is None


def test_a_clock_that_goes_back_recalls_nobody() -> None:
    met = Acquaintances()
    met.meet(MINA, PROFILE, NOW)
    assert met.recall(MINA, NOW - SECOND) is None


@pytest.mark.parametrize(
    "other",
    [
        (Identifier("external", "mina", "track/second", True, "track/main"),),
        (Identifier("customer", "mina", "track/main", True, "track/main"),),
        (Identifier("external", "mina", "track/main", False, "track/main"),),
        (Identifier("external", "mina", "track/main", True, "shopify/main"),),
        (*MINA, Identifier("anonymous", "d-1", "track/main", True, "track/main")),
    ],
    ids=["another shop's", "another kind", "unproven", "another source's", "with a device"],
)
def test_whoever_is_named_otherwise_is_somebody_to_be_looked_up(other: tuple[Identifier, ...]) -> None:
    met = Acquaintances()
    met.meet(MINA, PROFILE, NOW)
    assert met.recall(other, NOW) is None


def test_no_more_are_remembered_than_there_is_room_for_and_the_longest_known_goes_first() -> None:
    met = Acquaintances(most=2)
    groups = [(Identifier("external", name, "track/main", True),) for name in ("a", "b", "c")]
    met.meet(groups[0], PROFILE, NOW)
    met.meet(groups[1], PROFILE, NOW)
    met.meet(groups[0], PROFILE, NOW)  # met again: now it is b who was met first
    met.meet(groups[2], PROFILE, NOW)
    assert [met.recall(group, NOW) for group in groups] == [PROFILE, None, PROFILE]


def test_who_was_met_a_moment_ago_is_queued_without_a_look(station: Station) -> None:
    assert station.track(page("mina", "1")).status == station.track(page("mina", "2")).status == 202
    assert station.journal.calls == ["identities", "inbox", "inbox"]
    assert len({event.profile for event in station.events()}) == 1


def test_without_acquaintances_identities_are_read_for_every_request() -> None:
    station = Station()
    station.track(page("mina", "1"))
    station.track(page("mina", "2"))
    assert station.journal.calls == ["identities", "inbox"] * 2


def test_who_is_named_beside_somebody_new_is_looked_up(station: Station) -> None:
    station.track(page("mina", "1"))
    station.track({"batch": [page("mina", "2"), page("juno", "3")]}, "/v1/batch")
    assert station.journal.calls == ["identities", "inbox"] * 2


def test_contacts_are_only_written_of_somebody_who_was_just_looked_up(station: Station) -> None:
    told = page("mina", "1", context={"traits": {"firstName": "Mina"}})
    station.track(page("mina", "0"))
    station.track(told)
    assert station.journal.calls == ["identities", "inbox", "identities", "contacts", "inbox"]


def test_whom_a_shop_asks_to_forget_is_looked_up(station: Station) -> None:
    station.shopify("customers-redact")
    first = len(station.journal.calls)
    station.shopify("customers-redact")
    assert station.journal.calls[first:].count("identities") == 1


def test_a_group_that_makes_one_of_two_is_looked_up_again(station: Station) -> None:
    device = {"anonymousId": "d-1"}
    station.track({"type": "page", "messageId": "0", **device})
    station.track(page("mina", "1"))
    station.track(page("mina", "2", **device))  # the device is hers: two become one
    station.track(page("mina", "3", **device))
    station.track(page("mina", "4", **device))
    assert station.journal.calls.count("identities") == 4
    names = [event.name for event in station.events()]
    assert names.count("profile_merging") == 1


def test_nothing_is_remembered_of_a_request_whose_identities_could_not_be_read(station: Station) -> None:
    station.journal.failing = "identities"
    assert station.track(page("mina", "1")).status == 503
    station.journal.failing = ""
    assert station.track(page("mina", "1")).status == 202
    assert station.journal.calls == ["identities", "identities", "inbox"]
