"""CustomerScan: all customers, in segments that do not overlap, a page at a time."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from kairos.app.walk.ports import Page, Row
from kairos.aws.customer_scan import DynamoCustomerScan
from kairos.aws.customers import DynamoCustomers
from kairos.domain.ids import digest
from kairos.domain.profile import Profile
from kairos.memory import MemoryCustomers, MemoryCustomerScan
from tests.aws.cloud import Cloud

NOW = datetime(2026, 11, 22, 4, 10, tzinfo=UTC)
PEOPLE = [digest("profile", str(number)) for number in range(40)]


class Store:
    """The customers and what scans them; `spoil` makes one item unreadable."""

    def __init__(self, kind: str, cloud: Cloud) -> None:
        self.customers: Any
        self.scan: Any
        self.table = cloud.table("customers") if kind == "aws" else ""
        self.client = cloud.client("dynamodb")
        if kind == "memory":
            self.customers = MemoryCustomers()
            self.scan = MemoryCustomerScan(self.customers)
        else:
            self.customers = DynamoCustomers(self.client, self.table)
            self.scan = DynamoCustomerScan(self.client, self.table)

    def keep(self, profile: str, wake_at: datetime | None = None) -> None:
        self.customers.write(Profile(profile, NOW, traits={"of": profile}), [], wake_at, None)

    def segment(self, number: int, of: int, most: int, **how: Any) -> list[Page]:
        """Return the pages of a segment, from its beginning to its end."""
        pages = [self.scan.page(number, of, "", most, **how)]
        while pages[-1].last is not None:
            pages.append(self.scan.page(number, of, pages[-1].last, most, **how))
        return pages


@pytest.fixture
def store(kind: str, cloud: Cloud) -> Store:
    return Store(kind, cloud)


def ids(pages: list[Page]) -> list[str]:
    return [row.profile for page in pages for row in page.rows]


@pytest.mark.parametrize("most", [1, 7, 500])
def test_everybody_is_in_exactly_one_page_of_one_segment(store: Store, most: int) -> None:
    for profile in PEOPLE:
        store.keep(profile)
    segments = [store.segment(number, 4, most) for number in range(4)]
    assert sorted(id for pages in segments for id in ids(pages)) == sorted(PEOPLE)
    assert sum(page.looked_at for pages in segments for page in pages) == len(PEOPLE)
    assert all(len(page.rows) <= most for pages in segments for page in pages)
    assert all(pages for pages in segments)
    assert max(len(ids(pages)) for pages in segments) < len(PEOPLE), "the segments share the work"


def test_a_row_carries_the_profile_as_it_is(store: Store) -> None:
    store.keep(PEOPLE[0])
    (page,) = store.segment(0, 1, 10)
    assert page.rows == [Row(PEOPLE[0], store.customers.read(PEOPLE[0]))]
    assert page.units > 0


def test_only_those_who_wait_for_something_are_given_when_asked_so_and_all_are_counted(store: Store) -> None:
    for number, profile in enumerate(PEOPLE[:10]):
        store.keep(profile, NOW if number % 2 else None)
    pages = store.segment(0, 1, 3, waking=True)
    assert sorted(ids(pages)) == sorted(PEOPLE[1:10:2])
    assert sum(page.looked_at for page in pages) == 10


def test_a_page_may_be_read_again_and_who_came_before_it_stays_behind_it(store: Store) -> None:
    for profile in PEOPLE[:20]:
        store.keep(profile)
    first = store.scan.page(0, 1, "", 8)
    second = store.scan.page(0, 1, first.last, 8)
    assert store.scan.page(0, 1, first.last, 8).rows == second.rows
    assert not {row.profile for row in first.rows} & {row.profile for row in second.rows}


def test_whoever_was_there_all_the_while_is_found_though_others_come(store: Store) -> None:
    for profile in PEOPLE[:20]:
        store.keep(profile)
    pages = [store.scan.page(0, 1, "", 5)]
    for profile in PEOPLE[20:]:
        store.keep(profile)
    while pages[-1].last is not None:
        pages.append(store.scan.page(0, 1, pages[-1].last, 5))
    found = ids(pages)
    assert set(PEOPLE[:20]) <= set(found)
    assert len(found) == len(set(found))


def test_an_empty_table_is_one_empty_page(store: Store) -> None:
    (page,) = store.segment(2, 8, 10)
    assert (list(page.rows), page.last, page.looked_at) == ([], None, 0)


def test_few_are_counted_exactly(store: Store) -> None:
    assert store.scan.population().profiles == 0
    for profile in PEOPLE[:7]:
        store.keep(profile)
    told = store.scan.population()
    assert (told.profiles, told.exact) == (7, True)
    assert told.size > 0


def test_an_item_that_this_code_cannot_read_is_a_row_without_a_state(cloud: Cloud) -> None:
    store = Store("aws", cloud)
    store.keep(PEOPLE[0])
    store.client.put_item(
        TableName=store.table,
        Item={
            "profile": {"S": PEOPLE[1]},
            "state": {"B": b"not ours"},
            "schema": {"N": "999"},
            "version": {"N": "1"},
        },
    )
    (page,) = store.segment(0, 1, 10)
    assert {row.profile: row.state is None for row in page.rows} == {PEOPLE[0]: False, PEOPLE[1]: True}


def test_a_large_table_is_told_by_its_statistics() -> None:
    class Statistics:
        def describe_table(self, **_: Any) -> Any:
            return {"Table": {"ItemCount": 3_000_000, "TableSizeBytes": 9_000_000_000}}

    told = DynamoCustomerScan(Statistics(), "customers").population()
    assert (told.profiles, told.size, told.exact) == (3_000_000, 9_000_000_000, False)


def test_a_table_that_grew_since_its_statistics_is_told_as_at_least_one_page() -> None:
    class New:
        def describe_table(self, **_: Any) -> Any:
            return {"Table": {"ItemCount": 0, "TableSizeBytes": 0}}

        def scan(self, **_: Any) -> Any:
            more = {"LastEvaluatedKey": {"profile": {"S": "p"}}}
            return {"Count": 250, "ConsumedCapacity": {"CapacityUnits": 128.0}, **more}

    told = DynamoCustomerScan(New(), "customers").population()
    assert (told.profiles, told.size, told.exact) == (250, 1_048_576, False)
