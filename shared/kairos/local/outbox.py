"""What the outbox page shows: every message that went out, and every one that did not, with the reason.

Sent messages come from SES and SNS; who they were for and why comes from the ledger's row of the message, whose id
travels as a tag; what was decided against comes from the reasons that customers' items keep, and where an item keeps
none (a customer who is gone), from what functions logged.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from kairos.aws.codec import read_state
from kairos.domain.reason import Reason
from kairos.local.build_functions import secure
from kairos.local.cloud import LocalCloud
from kairos.local.mail import Email
from kairos.local.sms import Sms

SHOWN_MAX = 500

Ledger = Mapping[str, Mapping[str, Any]]
"""Rows of the ledger by message id, and again by the provider's id."""


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
    ledger, reasons = _ledger(cloud), list(_reasons(cloud))
    why = {reason.message: reason for reason in reasons if reason.kind == "message"}
    found = [_email(email, ledger, why) for email in cloud.emails[-SHOWN_MAX:]]
    found += [_sms(sms, ledger, why) for sms in cloud.sms[-SHOWN_MAX:]]
    found += [_kept(reason) for reason in reasons if reason.kind in ("held", "not_sent")]
    found += _logged(cloud, {reason.message for reason in reasons})
    found = [replace(entry, text=_followable(cloud, entry.text)) for entry in found]
    return sorted(found, key=lambda entry: entry.at, reverse=True)[:SHOWN_MAX]


def _reasons(cloud: LocalCloud) -> Iterator[Reason]:
    """Yield what every customer's item says of the decisions about them, as far back as it remembers."""
    for row in cloud.tables.get("customers", ()):
        if "state" in row and "schema" in row:
            yield from read_state(row["state"], int(row["schema"]), int(row["version"])).log


def _kept(reason: Reason) -> Entry:
    told = (reason.at, reason.kind, reason.channel, reason.profile, "", reason.template, "")
    return Entry(*told, journey=reason.journey, step=reason.step, reason=reason.reason)


def _followable(cloud: LocalCloud, text: str) -> str:
    """Return a text with its links to the API as they are served here, without a certificate."""
    url = cloud.parts.public_url
    return text if url is None else text.replace(secure(url), url)


def _ledger(cloud: LocalCloud) -> Ledger:
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


def _email(email: Email, ledger: Ledger, why: Mapping[str, Reason]) -> Entry:
    facts = ledger.get(email.message_id) or next((ledger[tag] for tag in email.tags.values() if tag in ledger), {})
    text = email.text or email.html
    entry = Entry(email.at, "sent", "email", email.tags.get("profile", ""), ", ".join(email.to), email.subject, text)
    return _with(entry, facts, why)


def _sms(sms: Sms, ledger: Ledger, why: Mapping[str, Reason]) -> Entry:
    entry = Entry(sms.at, "sent", "sms", "", sms.to, "", sms.text)
    return _with(entry, ledger.get(sms.message_id, {}), why)


def _with(entry: Entry, facts: Mapping[str, Any], why: Mapping[str, Reason]) -> Entry:
    reason = why.get(str(facts.get("message") or ""))
    return replace(
        entry,
        profile=str(facts.get("profile") or entry.profile),
        journey=reason.journey if reason else str(facts.get("journey") or ""),
        step=reason.step if reason else str(facts.get("step") or ""),
        reason=str(facts.get("reason") or ""),
        state=str(facts.get("state") or ""),
    )


def _logged(cloud: LocalCloud, kept: set[str]) -> list[Entry]:
    """Return what functions logged of messages that no item speaks of."""
    found = []
    for line in cloud.logs:
        if '"not_sent"' not in line.text and '"held"' not in line.text:
            continue
        fields = line.fields
        kind = fields.get("kind") or fields.get("outcome")
        if kind in ("not_sent", "held") and fields.get("kairos_message") not in kept:
            found.append(_decided(line.at, kind, fields))
    return found[-SHOWN_MAX:]


def _decided(at: datetime, kind: str, reason: Mapping[str, Any]) -> Entry:
    text = {name: str(reason.get(name) or "") for name in ("channel", "profile", "journey", "step", "reason")}
    return Entry(at, kind, to="", subject=str(reason.get("template") or ""), text="", **text)
