"""What the outbox page shows: every message that went out, and every one that did not, with the reason.

Sent messages come from SES and SNS; who they were for and why comes from the ledger's row of the message, whose id
travels as a tag; what was decided against comes from the reasons that functions logged.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from kairos.local.cloud import LocalCloud
from kairos.local.mail import Email
from kairos.local.sms import Sms

SHOWN_MAX = 500


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the page. `at` is UTC; `outcome` is "sent" or the kind of reason ("held", "not_sent", …)."""

    at: datetime
    outcome: str
    channel: str
    profile: str
    to: str
    subject: str
    text: str
    journey: str = ""
    step: str = ""
    reason: str = ""
    state: str = ""


def entries(cloud: LocalCloud) -> list[Entry]:
    """Return the newest entries first, at most SHOWN_MAX."""
    ledger = _ledger(cloud)
    found = [_email(email, ledger) for email in cloud.emails[-SHOWN_MAX:]]
    found += [_sms(sms, ledger) for sms in cloud.sms[-SHOWN_MAX:]]
    found += _not_sent(cloud)
    return sorted(found, key=lambda entry: entry.at, reverse=True)[:SHOWN_MAX]


def _ledger(cloud: LocalCloud) -> Mapping[str, Mapping[str, Any]]:
    """Return the ledger's rows by message id, and again by the provider's id."""
    found: dict[str, Mapping[str, Any]] = {}
    for row in cloud.tables.get("messages", ()):
        details = row.get("details")
        read = json.loads(details) if isinstance(details, str) else details if isinstance(details, dict) else {}
        facts = {**read, **{key: value for key, value in row.items() if isinstance(value, str) and key != "details"}}
        for key in (row.get("message"), row.get("provider_id")):
            if isinstance(key, str) and key:
                found[key] = facts
    return found


def _email(email: Email, ledger: Mapping[str, Mapping[str, Any]]) -> Entry:
    facts = ledger.get(email.message_id) or next((ledger[tag] for tag in email.tags.values() if tag in ledger), {})
    text = email.text or email.html
    entry = Entry(email.at, "sent", "email", email.tags.get("profile", ""), ", ".join(email.to), email.subject, text)
    return _with(entry, facts)


def _sms(sms: Sms, ledger: Mapping[str, Mapping[str, Any]]) -> Entry:
    entry = Entry(sms.at, "sent", "sms", "", sms.to, "", sms.text)
    return _with(entry, ledger.get(sms.message_id, {}))


def _with(entry: Entry, facts: Mapping[str, Any]) -> Entry:
    return replace(
        entry,
        profile=str(facts.get("profile") or entry.profile),
        journey=str(facts.get("journey") or ""),
        step=str(facts.get("step") or ""),
        reason=str(facts.get("reason") or ""),
        state=str(facts.get("state") or ""),
    )


def _not_sent(cloud: LocalCloud) -> list[Entry]:
    found = []
    for line in cloud.logs:
        if '"not_sent"' not in line.text and '"held"' not in line.text:
            continue
        fields = line.fields
        for reason in fields.get("reasons") or [fields]:
            kind = reason.get("kind") or reason.get("outcome")
            if kind in ("not_sent", "held"):
                found.append(_decided(line.at, kind, reason))
    return found[-SHOWN_MAX:]


def _decided(at: datetime, kind: str, reason: Mapping[str, Any]) -> Entry:
    text = {name: str(reason.get(name) or "") for name in ("channel", "profile", "journey", "step", "reason")}
    return Entry(at, kind, to="", subject=str(reason.get("template") or ""), text="", **text)
