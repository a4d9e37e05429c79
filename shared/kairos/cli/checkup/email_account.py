"""SES, as far as it is the account's: may it send, to whom, and how much."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from kairos.cli.checkup.finding import Finding, ok, unknown, warn, wrong
from kairos.cli.checkup.patient import Patient

NEARLY = 0.9
UNLIMITED = -1
"""What `Max24HourSend` says where there is no quota."""


def production_access(patient: Patient) -> Iterator[Finding]:
    """Ask whether the account has left the sandbox, in which SES sends to verified addresses only."""
    account = patient.ask("sesv2", "GetAccount")
    if account["ProductionAccessEnabled"]:
        yield ok("the account has production access")
        return
    quota = account["SendQuota"]
    says = (
        f"the account is in the SES sandbox: {quota['Max24HourSend']:,.0f} messages a day, and only to verified "
        "addresses"
    )
    if _review(account) == "PENDING":
        yield warn(f"{says}; production access is asked for, and AWS has not answered yet")
    else:
        page = patient.console("ses/home#/account")
        do = f"Request production access, type Marketing: {page}"
        yield wrong(says, do) if patient.is_prod else warn(says, do)


def _review(account: Mapping[str, Any]) -> str:
    return str(account.get("Details", {}).get("ReviewDetails", {}).get("Status", ""))


def sending_enabled(patient: Patient) -> Iterator[Finding]:
    """Ask whether AWS, or its owner, has paused the account."""
    account = patient.ask("sesv2", "GetAccount")
    page = patient.console("ses/home#/reputation")
    if not account["SendingEnabled"]:
        yield wrong(
            "sending is paused for the whole account",
            f"see why: {page}; then {patient.aws('sesv2 put-account-sending-attributes --sending-enabled')}",
        )
    elif account.get("EnforcementStatus", "HEALTHY") != "HEALTHY":
        yield wrong(
            f"AWS reviews the account ({account['EnforcementStatus']}), for its bounces or complaints",
            f"read and answer its case: {page}",
        )
    else:
        yield ok("the account may send")


def sending_rates(patient: Patient) -> Iterator[Finding]:
    """Ask whether `deliver`, which paces itself by the brand's `rates`, keeps within what SES grants."""
    quota = patient.ask("sesv2", "GetAccount")["SendQuota"]
    rate, day, sent = quota["MaxSendRate"], quota["Max24HourSend"], quota["SentLast24Hours"]
    if patient.bundle is None:
        yield unknown("nothing is published, so no rate is stated yet", patient.kairos("publish --all"))
        return
    per_second, per_day = _stated(patient.brand)
    granted = f"SES grants {rate:g} a second and {_day(day)}"
    too_fast = per_second > rate
    too_many = day != UNLIMITED and per_day is not None and per_day > day
    if too_fast or too_many:
        stated = f"{per_second:g} a second" + (f" and {per_day:,} a day" if per_day is not None else "")
        fitting = f"rates: {{email: {{per_second: {rate:g}, per_day: {day:.0f}}}}}"
        yield wrong(
            f"e-mail is paced at {stated}; {granted}",
            f"in brand.yaml `{fitting}`, then `{patient.kairos('push FOLDER')}`, `{patient.kairos('publish brand')}`",
        )
    elif day != UNLIMITED and sent >= NEARLY * day:
        page = patient.console("servicequotas/home/services/ses/quotas")
        yield warn(f"{sent:,.0f} messages went out in 24 hours; {granted}", f"ask for a higher quota: {page}")
    elif day != UNLIMITED and per_day is None:
        yield warn(
            f"the brand states no e-mail `per_day`; {granted}: beyond it SES refuses, transactional too",
            f"in brand.yaml `rates: {{email: {{per_second: {per_second:g}, per_day: {day:.0f}}}}}`",
        )
    else:
        yield ok(f"{granted}; {sent:,.0f} went out in 24 hours")


def _stated(brand: Mapping[str, Any]) -> tuple[float, int | None]:
    """Return what the brand's `rates` say of e-mail, or the channel's own figures, as `deliver` does."""
    from kairos import registry

    standard = registry.load("channels", "email").rate
    stated = (brand.get("rates") or {}).get("email") or {}
    per_day = stated.get("per_day", standard.per_day)
    return float(stated.get("per_second", standard.per_second)), None if per_day is None else int(per_day)


def _day(quota: float) -> str:
    return "as many a day as you like" if quota == UNLIMITED else f"{quota:,.0f} in 24 hours"
