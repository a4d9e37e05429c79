"""Choosing: what one statement joins, and what it leaves apart."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from kairos.app.ingest.choosing import Choice, choose
from kairos.app.ingest.standing import Standing, claim_of
from kairos.app.ports import Identifier

NOW = datetime(2026, 11, 22, 4, 10, tzinfo=UTC)
SHOP, TRACK = "shopify/main", "track/main"
CUSTOMER, TWIN = Identifier("customer", "42", SHOP, True, SHOP), Identifier("customer", "43", SHOP, True, SHOP)
MAIL = Identifier("email", "m@example.com", "", True, SHOP)
TYPED = Identifier("email", "m@example.com", "", False, SHOP)
DEVICE = Identifier("anonymous", "d", TRACK, True, TRACK)


def standing(profile: str, *held: Identifier, known: bool = True, days: int = 0) -> Standing:
    return Standing(profile, NOW + timedelta(days=days), known, frozenset(_claims(held).values()))


def _claims(identifiers: Sequence[Identifier]) -> dict[Identifier, str]:
    found = {one: claim_of(one, f"row of {one.value}") for one in identifiers}
    return {one: claim for one, claim in found.items() if claim is not None}


def chosen(group: Sequence[Identifier], rows: dict[Identifier, Standing]) -> Choice:
    led = {one: where.profile for one, where in rows.items()}
    return choose(group, led, {where.profile: where for where in rows.values()}, _claims(group))


def test_who_is_named_by_nothing_known_is_somebody_new() -> None:
    assert chosen([CUSTOMER, MAIL], {}) == Choice(None)


def test_a_new_id_beside_a_known_one_is_that_persons() -> None:
    assert chosen([CUSTOMER, MAIL], {MAIL: standing("mina", MAIL)}) == Choice("mina")


def test_another_customer_with_the_same_e_mail_is_another_person() -> None:
    assert chosen([TWIN, MAIL], {MAIL: standing("mina", CUSTOMER, MAIL)}) == Choice(None)


def test_an_anonymous_profile_becomes_the_persons_whose_device_it_is() -> None:
    mina, stranger = standing("mina", CUSTOMER, days=1), standing("stranger", known=False)
    assert chosen([CUSTOMER, DEVICE], {CUSTOMER: mina, DEVICE: stranger}) == Choice("mina", (stranger, mina))


def test_a_device_of_somebody_else_glues_nobody() -> None:
    mina, juno = standing("mina", CUSTOMER), standing("juno", TWIN)
    assert chosen([CUSTOMER, DEVICE], {CUSTOMER: mina, DEVICE: juno}) == Choice("mina")


def test_two_known_people_named_by_verified_ids_are_one_and_the_older_stays() -> None:
    older, younger = standing("older", CUSTOMER), standing("younger", MAIL, days=1)
    assert chosen([CUSTOMER, MAIL], {CUSTOMER: older, MAIL: younger}) == Choice("older", (younger, older))


@pytest.mark.parametrize("mail", [MAIL, TYPED], ids=["another customer's", "unproven"])
def test_two_known_people_stay_two_where_the_ids_differ_or_nothing_vouches(mail: Identifier) -> None:
    held = (TWIN, MAIL) if mail is MAIL else (MAIL,)
    rows = {CUSTOMER: standing("mina", CUSTOMER), mail: standing("juno", *held)}
    assert chosen([CUSTOMER, mail], rows) == Choice("mina")
