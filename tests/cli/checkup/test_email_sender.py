from __future__ import annotations

from typing import Any

import pytest

from kairos.cli.checkup.email_sender import sender_aligned, sender_signed, sender_verified
from kairos.cli.checkup.finding import Finding
from kairos.cli.checkup.patient import Patient
from tests.cli.checkup.patients import OneRelease, brand, bundle, identities, identity, nothing_published, only, patient

ADDRESS = "hello_at_shop_example_com"


def knowing(**known: dict[str, Any]) -> Patient:
    return patient({("sesv2", "GetEmailIdentity"): identities(**known)})


def test_a_domain_above_vouches_for_the_sender() -> None:
    assert "example.com is verified" in only(sender_verified(knowing(example_com=identity()))).says


@pytest.mark.parametrize("known", [{}, {"shop_example_com": identity(VerifiedForSendingStatus=False)}])
def test_a_sender_whom_nobody_verified_is_wrong(known: dict[str, Any]) -> None:
    found = only(sender_verified(knowing(**known)))
    assert found.status == "wrong"
    assert "email_identity: shop.example.com" in found.do


def test_an_address_alone_sends_and_signs_nothing() -> None:
    one = knowing(**{ADDRESS: identity(IdentityType="EMAIL_ADDRESS")})
    assert only(sender_verified(one)).status == "ok"
    assert only(sender_signed(one)).status == "wrong"
    assert only(sender_aligned(one)).status == "unknown"


def signed(**dkim: Any) -> Finding:
    return only(sender_signed(knowing(shop_example_com=identity(DkimAttributes=dkim))))


def test_dns_records_that_lack_are_written_out() -> None:
    found = signed(Status="PENDING", SigningEnabled=True, Tokens=["t1"])
    assert found.status == "wrong"
    assert "t1._domainkey.shop.example.com CNAME t1.dkim.amazonses.com" in found.do
    hosted = signed(Status="FAILED", Tokens=["t1"], SigningHostedZone="x.dkim.amazonses.com")
    assert "CNAME t1.x.dkim.amazonses.com" in hosted.do


def test_signing_that_is_switched_off_is_wrong() -> None:
    assert "--signing-enabled" in signed(Status="SUCCESS", SigningEnabled=False).do


def test_the_nearest_domain_signs() -> None:
    unsigned = identity(DkimAttributes={"Status": "NOT_STARTED"})
    assert only(sender_signed(knowing(shop_example_com=unsigned, example_com=identity()))).status == "wrong"


@pytest.mark.parametrize(
    ("mail_from", "status"),
    [
        ({}, "warn"),
        ({"MailFromDomain": "b.example.com", "MailFromDomainStatus": "PENDING"}, "warn"),
        (
            {
                "MailFromDomain": "b.example.com",
                "MailFromDomainStatus": "FAILED",
                "BehaviorOnMxFailure": "REJECT_MESSAGE",
            },
            "wrong",
        ),
        ({"MailFromDomain": "b.example.com", "MailFromDomainStatus": "SUCCESS"}, "ok"),
    ],
)
def test_mail_from_is_aligned_or_its_records_are_told(mail_from: dict[str, str], status: str) -> None:
    found = only(sender_aligned(knowing(example_com=identity(MailFromAttributes=mail_from))))
    assert found.status == status
    if "MailFromDomain" in mail_from and status != "ok":
        assert "b.example.com MX 10 feedback-smtp.ap-northeast-2.amazonses.com" in found.do


def test_a_brand_that_sends_no_mail_needs_no_sender() -> None:
    quiet = bundle(brand={"name": "x", "timezone": "UTC"}, templates={"hello": {"sms": {}}})
    one = patient({("sesv2", "GetEmailIdentity"): identities()}, OneRelease(quiet))
    assert [only(check(one)).status for check in (sender_verified, sender_signed, sender_aligned)] == ["ok"] * 3


def test_mail_templates_without_a_sender_are_wrong() -> None:
    assert only(sender_verified(patient(releases=brand(sender=None)))).status == "wrong"


def test_before_the_first_publish_no_sender_is_known() -> None:
    assert only(sender_verified(patient(releases=nothing_published()))).status == "unknown"


def test_the_local_cloud_says_nothing_of_the_real_sender() -> None:
    assert (
        only(sender_verified(patient({("sesv2", "GetEmailIdentity"): identities()}, stage="local"))).status == "unknown"
    )
