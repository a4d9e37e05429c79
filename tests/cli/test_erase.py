from __future__ import annotations

import json

import pytest

from kairos.app.decide import decide
from kairos.app.ports import Identifier
from kairos.cli.erase import Wish, erase_people
from kairos.cli.failure import CannotDo
from kairos.domain.erasure import erase_request
from kairos.domain.profile import Profile
from tests.app.decide.world import release_of
from tests.cli.memory_deployment import NOW, PROFILE, MemoryDeployment, Run

EMAIL = Identifier("email", "anna@example.com")


@pytest.fixture
def known(deployment: MemoryDeployment) -> MemoryDeployment:
    deployment.keep(Profile(PROFILE, NOW, traits={"tier": "vip"}), EMAIL)
    deployment.contacts.put(PROFILE, "profile", {"email": EMAIL.value}, NOW)
    return deployment


def work(deployment: MemoryDeployment) -> None:
    for received in deployment.inbox.receive(100):
        id = received.message.profile
        outcome = decide(deployment.read_profile(id), release_of(), received.message.events, NOW)
        if outcome is not None:
            deployment.customers.write(outcome.profile, (), outcome.wake_at, outcome.ttl)
        deployment.inbox.delete([received.id])


def erase(deployment: MemoryDeployment, wish: Wish) -> int:
    return erase_people(deployment, wish, lambda _: work(deployment))


def test_a_person_is_erased_and_what_came_of_it_is_said(
    known: MemoryDeployment, capsys: pytest.CaptureFixture[str]
) -> None:
    assert erase(known, Wish(("Anna@Example.com",), yes=True, as_json=True)) == 0
    told = capsys.readouterr()
    report = json.loads(told.out)
    assert (report["profiles"], report["contacts"], report["identities"]) == ([PROFILE], 1, {"email": 1})
    assert f"kairos erase {PROFILE}" in told.err
    assert known.identities.known == {}
    assert known.suppressions.suppressed("email", EMAIL.value) == {"marketing"}


def test_the_push_services_forget_every_phone_that_the_person_ever_had(known: MemoryDeployment) -> None:
    phones = {"push_token": "fcm:new", "push_token_0a": "fcm:new", "push_token_0b": "apns:old"}
    known.contacts.put(PROFILE, "profile", phones, NOW)
    assert erase(known, Wish(("Anna@Example.com",), yes=True)) == 0
    assert known.devices.forgotten == ["apns:old", "fcm:new"]


def test_whoever_is_not_known_is_said_to_be_so_which_is_how_it_is_after_an_erasure(
    known: MemoryDeployment, capsys: pytest.CaptureFixture[str]
) -> None:
    for _ in range(2):
        assert erase(known, Wish((EMAIL.value,), yes=True)) == 0
    assert "nobody is known by anna@example.com" in capsys.readouterr().err
    assert known.suppressions.suppressed("email", "stranger@example.com") == frozenset()


def test_who_was_asked_for_by_a_source_is_found_and_finished_once(known: MemoryDeployment) -> None:
    outcome = decide(known.read_profile(PROFILE), release_of(), [erase_request(PROFILE, NOW)], NOW)
    assert outcome is not None
    known.customers.write(outcome.profile, (), None, None)
    assert erase(known, Wish(requested=True, yes=True)) == 0
    work(known)
    assert known.contacts.of(PROFILE) == {}
    marked = known.read_profile(PROFILE)
    assert marked is not None
    assert marked.erased_everywhere
    waiting = known.inbox.waiting()
    assert erase(known, Wish(requested=True, yes=True)) == 0
    assert known.inbox.waiting() == waiting


def test_nothing_is_erased_unasked(known: MemoryDeployment, kairos: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert kairos("erase", EMAIL.value) == 1
    assert "say --yes" in capsys.readouterr().err
    assert kairos("erase") == 2
    assert known.inbox.waiting() == []
    with pytest.raises(CannotDo, match="say whom"):
        erase(known, Wish((" ",), yes=True))
