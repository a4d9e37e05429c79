"""Advertising by e-mail goes live on prod only where SES and the sender's domain are ready for it."""

from __future__ import annotations

from typing import Any

import pytest

from kairos.cli.promotion import may_promote, promotes
from tests.app.brands import brand, journey, small_drafts, template
from tests.cli.checkup.patients import account, patient
from tests.cli.memory_deployment import MemoryDeployment

SANDBOX = {("sesv2", "GetAccount"): account(ProductionAccessEnabled=False)}
ADVERT: dict[str, Any] = {"class": "marketing"}
EMAIL = template(email={"subject": "s", "text": "t"})


def promoted(changes: Any, stage: str = "prod", **journey_says: Any) -> bool:
    deployment = MemoryDeployment()
    made = journey(**(ADVERT | journey_says))
    deployment.drafts = small_drafts(("journey", "welcome", made), ("template", "hello", EMAIL))
    deployment.drafts.put("brand", "brand", brand(sender={"email": "hello@shop.example.com"}))
    deployment.patient = patient(changes, stage=stage)
    return may_promote(deployment, {"command": "publish", "ids": ["welcome"]})


def test_where_all_is_well_advertising_goes_live() -> None:
    assert promoted({})


def test_in_the_sandbox_it_does_not(capsys: pytest.CaptureFixture[str]) -> None:
    assert not promoted(SANDBOX)
    told = capsys.readouterr().err
    assert "sandbox" in told
    assert "does not go live" in told


def test_a_receipt_does_and_so_does_advertising_that_is_not_for_customers_yet() -> None:
    assert promoted(SANDBOX, **{"class": "transactional"})
    assert promoted(SANDBOX, stage="dev")


def test_a_sender_that_nobody_verified_is_found_in_the_draft_before_it_is_live() -> None:
    deployment = MemoryDeployment()
    deployment.drafts = small_drafts(("journey", "welcome", journey(**ADVERT)), ("template", "hello", EMAIL))
    deployment.drafts.put("brand", "brand", brand(sender={"email": "hello@other.example.org"}))
    deployment.patient = patient({})
    known = {("sesv2", "GetEmailIdentity"): _unknown}
    deployment.patient = patient(known)
    assert not may_promote(deployment, {"command": "publish", "all": True})


def _unknown(**_: Any) -> Any:
    from tests.cli.checkup.patients import refusal

    raise refusal("NotFoundException")


def test_nothing_else_is_asked_of_ses() -> None:
    deployment = MemoryDeployment()
    deployment.patient = patient(SANDBOX)
    assert may_promote(deployment, {"command": "pause", "id": "welcome"})


@pytest.mark.parametrize(
    ("drafts", "ids", "said"),
    [
        ({("journey", "w"): journey(**ADVERT), ("template", "hello"): EMAIL}, None, True),
        ({("journey", "w"): journey(**ADVERT), ("template", "hello"): EMAIL}, ["journey/w"], True),
        ({("journey", "w"): journey(**ADVERT), ("template", "hello"): EMAIL}, ["other"], False),
        ({("journey", "w"): journey(**ADVERT), ("template", "hello"): {"sms": {"text": "x"}}}, None, False),
        ({("journey", "w"): {"class": "marketing", "steps": "?"}, ("template", "hello"): 5}, None, False),
        ({("journey", "w"): 5}, None, False),
    ],
)
def test_what_sends_advertising_by_e_mail_is_known_by_its_steps(drafts: Any, ids: Any, said: bool) -> None:
    assert promotes(drafts, ids) is said
