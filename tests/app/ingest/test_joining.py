"""Joining: whatever many requests state at once, nobody is two people and no merge runs in a circle."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from kairos.app.ingest.standing import Standing
from kairos.app.ports import Identifier
from kairos.domain.errors import Throttled
from kairos.memory import MemoryIdentities

NOW = datetime(2026, 11, 22, 4, 10, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)


def of(kind: str, value: str, source: str = "track/main", *, verified: bool = True) -> Identifier:
    return Identifier(kind, value, "" if kind in ("email", "phone") else source, verified, source)


MEMBER, OTHER, PHONE, MAIL = of("external", "m"), of("external", "n"), of("phone", "+821"), of("email", "m@example.com")
DEVICE, CART = of("anonymous", "d"), of("cart", "c")


class Interrupted(MemoryIdentities):
    """Identities that somebody else uses just before one of our writes."""

    def __init__(self, write: str) -> None:
        super().__init__()
        self.write = write
        self.interrupt: Callable[[], object] | None = None

    def _before(self, write: str) -> None:
        if self.interrupt is not None and write == self.write:
            interrupt, self.interrupt = self.interrupt, None
            interrupt()

    def bind(self, identifier: Identifier, profile: str) -> str:
        self._before("bind")
        return super().bind(identifier, profile)

    def claim(self, profile: str, claims: frozenset[str]) -> bool:
        self._before("claim")
        return super().claim(profile, claims)

    def mark(self, loser: Standing, winner: Standing) -> bool:
        self._before("mark")
        return super().mark(loser, winner)

    def create(self, standing: Standing) -> None:
        self._before("create")
        super().create(standing)


def resolve(identities: MemoryIdentities, *group: Identifier, at: datetime = LATER) -> str:
    [found] = identities.resolve([group], at)
    identities.settle([found], at)
    return root(identities, found.profile)


def root(identities: MemoryIdentities, profile: str) -> str:
    for _ in range(100):
        into = identities.kept[profile].merged_into
        if into is None:
            return profile
        profile = into
    raise AssertionError("merges run in a circle")


@pytest.mark.parametrize("write", ["create", "bind"])
def test_two_requests_that_meet_a_person_at_once_end_at_one_profile(write: str) -> None:
    identities = Interrupted(write)
    others: list[str] = []
    identities.interrupt = lambda: others.append(resolve(identities, MAIL))
    mine = resolve(identities, MEMBER, MAIL, DEVICE)
    assert len({mine, root(identities, others[0]), *(resolve(identities, one) for one in (MEMBER, MAIL, DEVICE))}) == 1


def test_a_profile_that_becomes_another_while_it_is_named_anew_keeps_nothing_of_the_name() -> None:
    identities = Interrupted("claim")
    first = resolve(identities, MEMBER, at=NOW)
    resolve(identities, CART)
    identities.interrupt = lambda: resolve(identities, MEMBER, CART)
    named = resolve(identities, MAIL, CART)
    assert resolve(identities, MEMBER) == resolve(identities, CART) == first
    assert named == resolve(identities, MAIL) != first, "the cart is a member's by then, and speaks for nobody else"


def test_two_that_each_would_become_the_other_become_one() -> None:
    """One request has seen the first profile while it was anonymous, another one since it is known and older."""
    identities = Interrupted("mark")
    resolve(identities, CART, at=NOW)
    resolve(identities, MEMBER)
    identities.interrupt = lambda: [resolve(identities, PHONE, CART), resolve(identities, MEMBER, PHONE)]
    resolve(identities, MEMBER, CART)
    assert len({resolve(identities, one) for one in (MEMBER, PHONE, CART)}) == 1


def test_a_merge_that_became_wrong_meanwhile_is_not_made() -> None:
    """The cart turns out to be another member's before the merge is marked."""
    identities = Interrupted("mark")
    resolve(identities, CART, at=NOW)
    member = resolve(identities, MEMBER)
    identities.interrupt = lambda: resolve(identities, OTHER, CART)
    assert resolve(identities, MEMBER, CART) == member
    assert resolve(identities, OTHER) == resolve(identities, CART) != member


def test_rows_that_never_hold_still_are_left_for_later() -> None:
    class Restless(MemoryIdentities):
        def mark(self, loser: Standing, winner: Standing) -> bool:
            return False

    identities = Restless()
    resolve(identities, CART)
    resolve(identities, MEMBER)
    with pytest.raises(Throttled):
        identities.resolve([[MEMBER, CART]], LATER)


@pytest.mark.parametrize("seed", range(60))
def test_people_stay_apart_and_merges_end_whatever_is_stated(seed: int) -> None:
    draw = random.Random(seed)
    ids = [of("customer", f"{n}", source) for n in range(4) for source in ("shopify/a", "shopify/b")]
    ids += [of("external", f"{n}") for n in range(4)] + [
        of("email", f"{n}@example.com", draw.choice("xy")) for n in range(4)
    ]
    ids += [of("anonymous", f"{n}") for n in range(4)] + [of("cart", f"{n}", verified=n > 0) for n in range(4)]
    ranks = {kind: rank for rank, kind in enumerate(("customer", "external", "email", "anonymous", "cart"))}
    identities = Interrupted("mark")
    for number in range(120):
        group = sorted(draw.sample(ids, draw.randint(1, 4)), key=lambda one: ranks[one.kind])
        if draw.random() < 0.3:
            other = draw.sample(ids, 2)
            identities.interrupt = lambda other=other: identities.resolve([other], NOW)
        [found] = identities.resolve([group], NOW + timedelta(minutes=number))
        if draw.random() < 0.7:
            identities.settle([found], NOW)
    roots = {profile: root(identities, profile) for profile in identities.kept}
    for profile, standing in identities.kept.items():
        winner = identities.kept[roots[profile]]
        assert winner.known or not standing.known
        if standing.known and profile != winner.profile:
            assert standing.holds <= winner.holds
