"""Traces: what is kept of some people is listed whole and deleted whole, and of nobody else."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from kairos.app.erase import STANDING
from kairos.app.ports import Identifier, Notice
from kairos.aws.board import DynamoBoard
from kairos.aws.contacts import DynamoContacts
from kairos.aws.identities import DynamoIdentities
from kairos.aws.ledger import DynamoLedger
from kairos.aws.secret import Keyring
from kairos.aws.traces import FILTERED_MAX, DynamoTraces
from kairos.memory import MemoryBoard, MemoryContacts, MemoryIdentities, MemoryLedger, MemoryTraces
from tests.aws.cloud import Cloud

NOW = datetime(2026, 11, 22, 4, 10, tzinfo=UTC)
MINA = Identifier("email", "mina@example.com", verified=True, source="shopify/main")
CART = Identifier("cart", "c-1", "shopify/main", verified=True)
JUNO = Identifier("email", "juno@example.com", verified=True, source="shopify/main")


class Kept:
    """Two people: Mina, who came as a cart first, and Juno."""

    def __init__(self, identities: Any, contacts: Any, ledger: Any, board: Any, traces: Any) -> None:
        self.traces, self.board = traces, board
        (cart,) = identities.resolve([[CART]], NOW)
        (mina,) = identities.resolve([[MINA]], NOW)
        (joined,) = identities.resolve([[MINA, CART]], NOW)
        (juno,) = identities.resolve([[JUNO]], NOW)
        assert joined.profile == mina.profile
        self.mina, self.cart, self.juno = mina.profile, cart.profile, juno.profile
        for profile in (self.mina, self.juno):
            contacts.put(profile, "profile", {"first_name": "미나", "email": "x@example.com"}, NOW)
            contacts.put(profile, "entry#booking#b1", {"note": 1}, NOW)
            board.post(profile, Notice("m", {"text": "hi"}, NOW + timedelta(hours=1)), NOW)
            ledger.claim(f"m-{profile}", {"profile": profile, "channel": "email"}, NOW)
        ledger.record("m-nobody", "sent", NOW)


@pytest.fixture
def kept(kind: str, cloud: Cloud) -> Kept:
    if kind == "memory":
        identities, contacts, ledger, board = MemoryIdentities(), MemoryContacts(), MemoryLedger(), MemoryBoard()
        return Kept(identities, contacts, ledger, board, MemoryTraces(identities, contacts, ledger, board))
    client = cloud.client("dynamodb")
    names = [cloud.table(name) for name in ("identities", "contacts", "messages", "board")]
    keyring = Keyring("1", {"1": b"1" * 32})
    return Kept(
        DynamoIdentities(client, names[0], lambda: keyring),
        DynamoContacts(client, names[1]),
        DynamoLedger(client, names[2], lambda: "me"),
        DynamoBoard(client, names[3]),
        DynamoTraces(client, *names),
    )


def kinds(kept: Kept, *profiles: str) -> list[tuple[str, str]]:
    return sorted((row.kind, row.profile) for row in kept.traces.identities(profiles))


def test_rows_of_a_profile_are_listed_with_the_standings_of_those_that_became_it(kept: Kept) -> None:
    assert kinds(kept, kept.mina) == sorted([("email", kept.mina), (STANDING, kept.mina), (STANDING, kept.cart)])
    (lost,) = [row for row in kept.traces.identities([kept.cart]) if row.kind == STANDING]
    assert lost.merged_into == kept.mina
    assert ("cart", kept.cart) in kinds(kept, kept.cart)


def test_more_ids_than_a_filter_holds_are_told_apart_all_the_same(kept: Kept) -> None:
    strangers = [f"{number:026d}" for number in range(FILTERED_MAX)]
    assert kinds(kept, *strangers) == []
    assert kinds(kept, kept.juno, *strangers) == kinds(kept, kept.juno)
    assert [row["message"] for row in kept.traces.messages([kept.juno, *strangers])] == [f"m-{kept.juno}"]


def test_contacts_are_listed_under_every_reference(kept: Kept) -> None:
    found = kept.traces.contacts(kept.mina)
    assert found == {"profile": {"first_name": "미나", "email": "x@example.com"}, "entry#booking#b1": {"note": 1}}
    assert kept.traces.contacts("z" * 26) == {}


def test_the_ledgers_rows_are_those_of_the_profile(kept: Kept) -> None:
    (row,) = kept.traces.messages([kept.mina])
    assert (row["message"], row["state"], row["details"]["profile"]) == (f"m-{kept.mina}", "claimed", kept.mina)


def test_what_is_forgotten_is_gone_and_nobody_else_is_and_again_is_no_error(kept: Kept) -> None:
    for _ in range(2):
        kept.traces.forget_identities([row.identity for row in kept.traces.identities([kept.mina, kept.cart])])
        kept.traces.forget_contacts(kept.mina, ["profile", "entry#booking#b1"])
        kept.traces.forget_messages([f"m-{kept.mina}"])
        kept.traces.forget_board(kept.mina)
    assert kinds(kept, kept.mina, kept.cart) == []
    assert kept.traces.contacts(kept.mina) == {}
    assert list(kept.traces.messages([kept.mina])) == []
    assert kept.board.read(kept.mina, NOW) == []
    assert len(kept.board.read(kept.juno, NOW)) == 1
    assert kinds(kept, kept.juno) == [("email", kept.juno), (STANDING, kept.juno)]
    assert len(kept.traces.contacts(kept.juno)) == 2
    assert len(list(kept.traces.messages([kept.juno]))) == 1
