"""The brand's sender as mailbox providers see it: verified, signed (DKIM), and aligned (SPF by MAIL FROM).

DMARC passes where one of the two carries the sender's own domain: https://www.rfc-editor.org/rfc/rfc7489#section-3.1.
One-click unsubscription counts only under a DKIM signature: https://www.rfc-editor.org/rfc/rfc8058#section-4.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from kairos.cli.checkup.finding import Finding, ok, unknown, warn, wrong
from kairos.cli.checkup.patient import Absent, Patient

Identities = Mapping[str, Mapping[str, Any]]


def sender_verified(patient: Patient) -> Iterator[Finding]:
    """Ask whether SES takes the sender of brand.yaml: as an address, its domain, or a domain above."""
    yield from with_sender(patient, _verified)


def _verified(patient: Patient, sender: str) -> Iterator[Finding]:
    verified = [
        name for name, identity in identities_of(patient, sender).items() if identity["VerifiedForSendingStatus"]
    ]
    if verified:
        yield ok(f"{sender} may send: {verified[0]} is verified")
    else:
        yield wrong(f"SES has not verified {sender}, nor its domain: every e-mail is refused", _verify(patient, sender))


def sender_signed(patient: Patient) -> Iterator[Finding]:
    """Ask whether messages carry a DKIM signature of the sender's domain."""
    yield from with_sender(patient, _signed)


def _signed(patient: Patient, sender: str) -> Iterator[Finding]:
    domains = {name: found for name, found in identities_of(patient, sender).items() if "@" not in name}
    if not domains:
        yield wrong(
            f"only the address {sender} is known to SES, not its domain: messages carry no DKIM signature of it, "
            "and providers refuse bulk mail without one",
            _verify(patient, sender),
        )
        return
    name, identity = next(iter(domains.items()))
    dkim = identity.get("DkimAttributes", {})
    if dkim.get("Status") == "SUCCESS" and dkim.get("SigningEnabled"):
        yield ok(f"messages are signed by {name}")
    elif dkim.get("Status") == "SUCCESS":
        command = patient.aws(f"sesv2 put-email-identity-dkim-attributes --email-identity {name} --signing-enabled")
        yield wrong(f"DKIM of {name} is verified, and signing is switched off", command)
    else:
        yield wrong(f"DKIM of {name} is {dkim.get('Status', 'NOT_STARTED')}", _dns(patient, name, dkim))


def _dns(patient: Patient, name: str, dkim: Mapping[str, Any]) -> str:
    page = patient.console(f"ses/home#/identities/{name}")
    tokens = dkim.get("Tokens") or []
    if not tokens:
        return f"start DKIM: {page}"
    zone = dkim.get("SigningHostedZone") or "dkim.amazonses.com"
    records = "; ".join(f"{token}._domainkey.{name} CNAME {token}.{zone}" for token in tokens)
    return f"create these DNS records and wait for an hour: {records}"


def sender_aligned(patient: Patient) -> Iterator[Finding]:
    """Ask whether SPF passes for the sender's own domain, too: a MAIL FROM domain below it."""
    yield from with_sender(patient, _aligned)


def _aligned(patient: Patient, sender: str) -> Iterator[Finding]:
    domains = {name: found for name, found in identities_of(patient, sender).items() if "@" not in name}
    if not domains:
        yield unknown("the sender's domain is not known to SES", _verify(patient, sender))
        return
    name, identity = next(iter(domains.items()))
    mail_from = identity.get("MailFromAttributes", {})
    domain, status = mail_from.get("MailFromDomain"), mail_from.get("MailFromDomainStatus")
    if not domain:
        command = f"sesv2 put-email-identity-mail-from-attributes --email-identity {name}"
        yield warn(
            f"{name} has no MAIL FROM domain: SPF passes for amazonses.com only, so DMARC rests on DKIM alone",
            f"{patient.aws(f'{command} --mail-from-domain bounce.{name}')}; then doctor says which DNS records",
        )
    elif status != "SUCCESS":
        region, page = patient.region, patient.console(f"ses/home#/identities/{name}")
        refused = mail_from.get("BehaviorOnMxFailure") == "REJECT_MESSAGE"
        finding = wrong if refused else warn
        yield finding(
            f"the MAIL FROM domain {domain} is {status}" + (", and messages are refused meanwhile" if refused else ""),
            f"{domain} MX 10 feedback-smtp.{region}.amazonses.com; {domain} TXT "
            f'"v=spf1 include:amazonses.com ~all"; then {page}',
        )
    else:
        yield ok(f"SPF passes for {domain}, below {name}")


def with_sender(patient: Patient, look: Callable[[Patient, str], Iterator[Finding]]) -> Iterator[Finding]:
    """Look at the live brand's sender; without one, say what there is to say instead."""
    sender, skipped = _sender(patient)
    yield from (skipped,) if sender is None else look(patient, sender)


def _sender(patient: Patient) -> tuple[str | None, Finding]:
    """Return the live brand's sender; without one, what to say instead."""
    if patient.is_local:
        return None, unknown("the local cloud takes every sender, and looks into no DNS")
    if patient.bundle is None:
        return None, unknown("nothing is published, so no sender is known", patient.kairos("publish --all"))
    address = str((patient.brand.get("sender") or {}).get("email", ""))
    if address:
        return address, ok(address)
    if patient.sends("email"):
        do = f"in brand.yaml `sender: {{email: …}}`, then `{patient.kairos('publish brand')}`"
        return None, wrong("templates have an e-mail part, and the brand has no sender e-mail", do)
    return None, ok("the brand sends no e-mail")


def identities_of(patient: Patient, sender: str) -> Identities:
    """Return what SES knows of the address, its domain and the domains above, the nearest first."""
    found = {}
    for name in _candidates(sender):
        try:
            found[name] = patient.ask("sesv2", "GetEmailIdentity", EmailIdentity=name)
        except Absent:
            continue
    return found


def _candidates(sender: str) -> list[str]:
    domain = sender.rpartition("@")[2].lower()
    labels = domain.split(".")
    return [sender, *(".".join(labels[start:]) for start in range(max(1, len(labels) - 1)))]


def _verify(patient: Patient, sender: str) -> str:
    domain = sender.rpartition("@")[2]
    return (
        f"set `email_identity: {domain}` in cdk.json and `{patient.deploy}`, or verify it by hand: "
        f"{patient.console('ses/home#/identities')}"
    )
