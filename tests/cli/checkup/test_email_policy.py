"""DMARC as receivers read it: whose record counts, and what aligns with the visible sender."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from kairos.cli.checkup.email_policy import sender_policy
from kairos.cli.checkup.finding import Finding
from kairos.domain.errors import Unavailable
from tests.cli.checkup.patients import identities, identity, only, patient

Records = Mapping[str, Sequence[str]]


def judged(dns: Records, **known: dict[str, object]) -> Finding:
    """Return what is said of hello@shop.example.com, of which SES knows these domains."""
    answers = {("sesv2", "GetEmailIdentity"): identities(**(known or {"example_com": identity()}))}
    return only(sender_policy(patient(answers, dns=dns)))


def test_the_record_of_a_domain_above_counts() -> None:
    found = judged({"_dmarc.example.com": ["v=DMARC1; p=reject"]})
    assert (found.status, "p=reject" in found.says) == ("ok", True)


def test_the_nearest_record_counts() -> None:
    found = judged({"_dmarc.shop.example.com": ["v=DMARC1;p=quarantine"], "_dmarc.example.com": ["v=DMARC1; p=reject"]})
    assert "p=quarantine" in found.says


@pytest.mark.parametrize("records", [{}, {"_dmarc.example.com": ["v=spf1 -all", ""]}, {"_dmarc.com": ["v=DMARC1"]}])
def test_without_a_record_the_one_to_make_is_written_out(records: Records) -> None:
    found = judged(records)
    assert found.status == "warn"
    assert '_dmarc.shop.example.com TXT "v=DMARC1; p=none; rua=mailto:hello@shop.example.com"' in found.do


@pytest.mark.parametrize(
    ("tags", "known", "status"),
    [
        ("", {"example_com": identity()}, "ok"),
        ("; adkim=s", {"example_com": identity()}, "ok"),
        ("; adkim=s; aspf=s", {"example_com": identity()}, "warn"),
        ("; adkim=s; aspf=s", {"shop_example_com": identity()}, "ok"),
        ("; adkim=s", {"example_com": identity(MailFromAttributes={})}, "warn"),
        ("; adkim=s; aspf=s", {"hello_at_shop_example_com": identity(IdentityType="EMAIL_ADDRESS")}, "ok"),
    ],
)
def test_strict_alignment_asks_for_the_very_domain(tags: str, known: dict[str, dict[str, object]], status: str) -> None:
    """The last is signed by nobody's domain at all, which another check says."""
    assert judged({"_dmarc.example.com": [f"v=DMARC1; p=none{tags}"]}, **known).status == status


def test_where_dns_does_not_answer_nothing_is_claimed() -> None:
    ill = patient()

    def silent(name: str) -> Sequence[str]:
        raise Unavailable("DNS", "no answer")

    ill.text_records = silent
    assert only(sender_policy(ill)).status == "unknown"
