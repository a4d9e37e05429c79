"""`kairos consents`: what was agreed to, on which ground, and what keeps marketing away now."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from kairos.app.consents import Word
from kairos.cli.consents import describe_consents
from kairos.domain.consent import EXISTING_CUSTOMER, Consent
from kairos.domain.profile import Profile
from tests.app.decide.world import release_of
from tests.cli.memory_deployment import NOW, PROFILE, MemoryDeployment, Run, runner

DAY = timedelta(days=1)


def customer() -> Profile:
    return Profile(
        PROFILE,
        NOW - 9 * DAY,
        consents={
            ("email", "marketing"): Consent(True, NOW - DAY, "shop", wording="v2", refused_at=NOW - 2 * DAY),
            ("sms", "marketing"): Consent(True, NOW - DAY, "shop", EXISTING_CUSTOMER),
            ("push", "marketing"): Consent(False, NOW, "preferences"),
        },
    )


def test_each_consent_says_which_rule_keeps_marketing_away() -> None:
    release = release_of(brand={"policies": ["kr"]})
    found = {said["channel"]: said for said in describe_consents(customer(), release, NOW)}
    assert found["email"]["marketing_now"] == "may go"
    assert found["sms"]["marketing_now"] == ("no consent (the brand does not rely on sales here, 정보통신망법 §50①)")
    assert found["push"] == {
        "channel": "push",
        "purpose": "marketing",
        "state": "withdrawn",
        "source": "preferences",
        "at": found["push"]["at"],
        "marketing_now": "no consent (정보통신망법 §50①)",
    }


def test_the_command_shows_the_ground_and_the_last_refusal(capsys: pytest.CaptureFixture[str]) -> None:
    deployment = MemoryDeployment()
    deployment.keep(customer())
    kairos: Run = runner(deployment)
    assert kairos("consents", PROFILE, "--json") == 0
    shown = json.loads(capsys.readouterr().out)
    email = next(said for said in shown["consents"] if said["channel"] == "email")
    assert (email["basis"], email["wording"]) == ("consent", "v2")
    assert email["refused_at"] < email["at"]
    assert kairos("consents", PROFILE) == 0
    told = capsys.readouterr().out
    for text in ("sms marketing", "existing_customer", "wording", "withdrawn"):
        assert text in told


def test_the_ledger_is_shown_word_by_word_under_all_ids(capsys: pytest.CaptureFixture[str]) -> None:
    deployment = MemoryDeployment()
    deployment.keep(replace(customer(), former=("b" * 26,)))
    form = Word(
        "b" * 26, "e1", NOW - 3 * DAY, NOW, "email", "marketing", True, wording="v1", proof="form-1", source="shop"
    )
    refusal = Word(
        PROFILE, "e2", NOW - 2 * DAY, NOW, "email", "marketing", given=False, proof="m-1", source="preferences"
    )
    deployment.consents.note([refusal, form, Word("c" * 26, "e3", NOW, NOW, "sms", "marketing", True)])
    kairos: Run = runner(deployment)
    assert kairos("consents", PROFILE, "--json") == 0
    history = json.loads(capsys.readouterr().out)["history"]
    assert [(word["id"], word["given"], word["proof"]) for word in history] == [
        ("e1", True, "form-1"),
        ("e2", False, "m-1"),
    ]
    assert kairos("consents", PROFILE) == 0
    told = capsys.readouterr().out
    assert "wording v1, proof form-1, source shop" in told
    assert "withdrawn  email marketing  proof m-1" in told


def test_who_never_said_anything_is_shown_too(capsys: pytest.CaptureFixture[str]) -> None:
    deployment = MemoryDeployment()
    deployment.keep(Profile(PROFILE, NOW))
    assert runner(deployment)("consents", PROFILE) == 0
    assert "nothing was ever said of consent" in capsys.readouterr().out
