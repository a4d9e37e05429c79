"""DMARC: whether the sender's domain says what becomes of mail that is not its own, and whether ours counts as its own.

A message passes where SPF passes for the envelope's domain (5321.From, SES's MAIL FROM) or DKIM for the signing domain,
and that domain aligns with the visible sender's (5322.From): in relaxed mode both lie under one organization's domain,
in strict mode (`aspf=s`, `adkim=s`) they are the same. https://www.rfc-editor.org/rfc/rfc7489#section-3.1, #section-6.3
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from kairos.cli.checkup.email_sender import identities_of, with_sender
from kairos.cli.checkup.finding import Finding, ok, unknown, warn
from kairos.cli.checkup.patient import Patient
from kairos.domain.errors import KairosError

GUIDELINES = "Gmail, Yahoo and Outlook ask it of everybody who sends 5,000 messages a day"


def sender_policy(patient: Patient) -> Iterator[Finding]:
    """Ask whether the sender's domain has a DMARC record, and whether SPF or DKIM aligns as strictly as it says."""
    yield from with_sender(patient, _policy)


def _policy(patient: Patient, sender: str) -> Iterator[Finding]:
    domain = sender.rpartition("@")[2].lower()
    try:
        where, tags = _record(patient, domain)
    except KairosError as error:
        yield unknown(f"DNS could not be asked for the DMARC record of {domain} ({error})")
        return
    if not tags:
        record = f'_dmarc.{domain} TXT "v=DMARC1; p=none; rua=mailto:{sender}"'
        yield warn(f"{domain} has no DMARC record, and {GUIDELINES}", f"create the DNS record {record}")
    elif _aligned(patient, sender, domain, tags):
        yield ok(f"DMARC of {where} is p={tags.get('p', 'none')}, and messages align with {domain}")
    else:
        yield warn(
            f"DMARC of {where} asks for the very domain {domain} (adkim={tags.get('adkim', 'r')}, "
            f"aspf={tags.get('aspf', 'r')}), and messages are signed and sent as another one of yours",
            f"verify {domain} itself in SES: {patient.console('ses/home#/identities')}",
        )


def _record(patient: Patient, domain: str) -> tuple[str, Mapping[str, str]]:
    """Return the domain whose record counts, and its tags: the sender's own, or that of a domain above."""
    labels = domain.split(".")
    for start in range(max(1, len(labels) - 1)):
        above = ".".join(labels[start:])
        for record in patient.text_records(f"_dmarc.{above}"):
            tags = _tags(record)
            if tags.get("v") == "DMARC1":
                return above, tags
    return domain, {}


def _tags(record: str) -> dict[str, str]:
    parts = (part.partition("=") for part in record.split(";"))
    return {name.strip().lower(): value.strip() for name, _, value in parts if value}


def _aligned(patient: Patient, sender: str, domain: str, tags: Mapping[str, str]) -> bool:
    """Return whether DKIM or SPF of a verified domain aligns. What is signed by nobody is told by another check."""
    domains = [(name, found) for name, found in identities_of(patient, sender).items() if "@" not in name]
    if not domains:
        return True
    name, identity = domains[0]
    mail_from = identity.get("MailFromAttributes", {}).get("MailFromDomain")
    signed = tags.get("adkim", "r") != "s" or name == domain
    sent = mail_from is not None and (tags.get("aspf", "r") != "s" or mail_from == domain)
    return signed or sent
