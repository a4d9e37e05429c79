"""Advertising by e-mail goes live on prod only where SES and the sender's domain are ready for it."""

from __future__ import annotations

from typing import Any

import pytest

from kairos.cli.promotion import may_promote, promotes
from tests.app.brands import brand, journey, small_drafts, template
from tests.cli.checkup.patients import DMARC, account, identities, identity, patient, refusal
from tests.cli.memory_deployment import MemoryDeployment

SANDBOX = {("sesv2", "GetAccount"): account(ProductionAccessEnabled=False)}
ADVERT: dict[str, Any] = {"class": "marketing"}
EMAIL = template(email={"subject": "s", "text": "t"})


def promoted(changes: Any, stage: str = "prod", dns: Any = DMARC, **journey_says: Any) -> bool:
    deployment = MemoryDeployment()
    made = journey(**(ADVERT | journey_says))
    deployment.drafts = small_drafts(("journey", "welcome", made), ("template", "hello", EMAIL))
    deployment.drafts.put("brand", "brand", brand(sender={"email": "hello@shop.example.com"}))
    deployment.patient = patient(changes, stage=stage, dns=dns)
    return may_promote(deployment, {"command": "publish", "ids": ["welcome"]})


def test_where_all_is_well_advertising_goes_live_and_nothing_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert promoted({})
    assert capsys.readouterr().err == ""


def test_in_the_sandbox_it_does_not(capsys: pytest.CaptureFixture[str]) -> None:
    assert not promoted(SANDBOX)
    told = capsys.readouterr().err
    assert "sandbox" in told
    assert "does not go live" in told


def test_nor_while_aws_has_not_answered_yet(capsys: pytest.CaptureFixture[str]) -> None:
    asked = account(ProductionAccessEnabled=False, Details={"ReviewDetails": {"Status": "PENDING"}})
    assert not promoted({("sesv2", "GetAccount"): asked})
    assert "AWS has not answered yet" in capsys.readouterr().err


def test_a_domain_that_signs_nothing_stops_it() -> None:
    unsigned = identity(DkimAttributes={"Status": "PENDING", "SigningEnabled": True, "Tokens": ["t"]})
    assert not promoted({("sesv2", "GetEmailIdentity"): identities(example_com=unsigned)})


def test_what_only_weakens_the_domain_is_told_and_stops_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    bare = identities(example_com=identity(MailFromAttributes={}))
    assert promoted({("sesv2", "GetEmailIdentity"): bare}, dns={})
    told = capsys.readouterr().err
    assert "no MAIL FROM domain" in told
    assert "no DMARC record" in told


def test_what_the_operator_may_not_ask_is_told_too(capsys: pytest.CaptureFixture[str]) -> None:
    assert promoted({("sesv2", "GetAccount"): refusal("AccessDeniedException")})
    assert "ses:GetAccount" in capsys.readouterr().err


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
