"""Every check, in the order in which they are told, and how they are made: each alone, whatever becomes of another."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from kairos.cli.checkup import (
    alarms,
    complaints,
    dead_letters,
    email_account,
    email_feedback,
    email_policy,
    email_sender,
    functions,
    keys,
    live,
    receivers,
    schedules,
    senders,
    sms,
    sweep,
)
from kairos.cli.checkup.finding import Finding, unknown
from kairos.cli.checkup.patient import Absent, MayNot, Patient

Check = Callable[[Patient], Iterator[Finding]]

CHECKS: Mapping[str, Check] = {
    "published": live.published,
    "version": live.version,
    "functions": functions.functions,
    "event-sources": functions.event_sources,
    "concurrency": functions.concurrency,
    "sweep": sweep.sweep,
    "schedule-group": schedules.schedule_group,
    "schedule-count": schedules.schedule_count,
    "dead-letters": dead_letters.dead_letters,
    "alarms": alarms.alarms,
    "alarm-mail": alarms.alarm_mail,
    "identity-secret": keys.identity_secret,
    "contacts-key": keys.contacts_key,
    "connections": keys.connections,
    "webhooks": receivers.receivers,
    "senders": senders.senders,
    "email-access": email_account.production_access,
    "email-sending": email_account.sending_enabled,
    "email-rates": email_account.sending_rates,
    "email-sender": email_sender.sender_verified,
    "email-dkim": email_sender.sender_signed,
    "email-mail-from": email_sender.sender_aligned,
    "email-dmarc": email_policy.sender_policy,
    "email-feedback": email_feedback.feedback,
    "complaints": complaints.complaint_rate,
    "sms-access": sms.sms_sandbox,
    "sms-spending": sms.sms_spending,
}


@dataclass(frozen=True, slots=True)
class Told:
    """A finding, and the name of the check that made it."""

    check: str
    finding: Finding


def examine(patient: Patient, checks: Mapping[str, Check] = CHECKS) -> Iterator[Told]:
    """Make every check and yield what each found, as soon as it is found."""
    for name, check in checks.items():
        try:
            for finding in check(patient):
                yield Told(name, finding)
        except MayNot as error:
            yield Told(name, unknown(str(error), f"allow {error.action} to whoever runs this, or let an admin run it"))
        except Exception as error:  # noqa: BLE001 - whatever one check meets must not keep the others from being made
            yield Told(name, _unanswered(patient, error))


def _unanswered(patient: Patient, error: Exception) -> Finding:
    """Return why a check came to no end, in the words that the command line has for it."""
    from kairos.cli.failure import explain_failure

    if patient.is_local and (isinstance(error, Absent) or type(error).__module__.startswith("botocore.")):
        return unknown("the local cloud does not answer this")
    if isinstance(error, Absent):
        return unknown(f"AWS knows no such thing ({error})", patient.deploy)
    told = explain_failure(error)
    if told is not None:
        return unknown(told[1])
    # Types only: the text of an unforeseen error may hold what it stumbled over.
    return unknown(f"an answer of AWS was not as expected ({type(error).__name__})", "report it, please")
