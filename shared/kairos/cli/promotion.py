"""May advertising by e-mail go live? Asked before `publish`, with the checks that `doctor` makes of the sender.

Gmail, Yahoo and Outlook refuse bulk mail of a domain whose signature does not align, and the sandbox of SES refuses
everybody: a promotional journey that goes live then harms the domain's name before it reaches a reader. On the stage
`prod` it is refused; elsewhere it is told. What only weakens the domain (no MAIL FROM of its own, no DMARC record) is
told everywhere and refuses nothing. Only SES and DNS know, so the command asks, with the operator's own rights, and not
the publish function.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from kairos.app.definitions.documents import Definition, Documents
from kairos.app.definitions.ready import sends
from kairos.cli.checkup import email_account, email_policy, email_sender
from kairos.cli.checkup.table import Told, examine
from kairos.cli.screen import open_screen

if TYPE_CHECKING:
    from kairos.cli.deployment import Deployment

CHECKS = {
    "email-access": email_account.production_access,
    "email-sending": email_account.sending_enabled,
    "email-sender": email_sender.sender_verified,
    "email-dkim": email_sender.sender_signed,
    "email-mail-from": email_sender.sender_aligned,
    "email-dmarc": email_policy.sender_policy,
}
SANDBOX = "email-access"
"""Whose warning, that AWS has not answered yet, is a no as well: nobody would be reached."""


def may_promote(deployment: Deployment, request: Mapping[str, Any]) -> bool:
    """Return whether what is to be published may go live, and say what stands against it."""
    if request["command"] != "publish" or deployment.patient.is_local:
        return True
    drafts = deployment.drafts.all()
    if not promotes(drafts, None if request.get("all") else request.get("ids") or ()):
        return True
    patient = deployment.patient.seen_with(_well_formed(drafts.get(("brand", "brand"))), {})
    found = [told for told in examine(patient, CHECKS) if told.finding.status != "ok"]
    screen = open_screen(complaints=True)
    for told in found:
        screen.print(told.finding.says, style="red" if patient.is_prod and _refuses(told) else "yellow")
        if told.finding.do:
            screen.print(f"→ {told.finding.do}", style="dim")
    if patient.is_prod and any(map(_refuses, found)):
        screen.print("advertising by e-mail does not go live like this; `kairos doctor` looks again", style="red")
        return False
    return True


def _refuses(told: Told) -> bool:
    return told.finding.status == "wrong" or (told.finding.status == "warn" and told.check == SANDBOX)


def promotes(drafts: Mapping[tuple[str, str], Any], ids: Iterable[str] | None) -> bool:
    """Return whether any of the named journeys (None: any at all) sends advertising by e-mail. What is not well-formed
    is left for `publish` to refuse."""
    wanted = None if ids is None else {id.removeprefix("journey/") for id in ids}
    kept = [
        Definition(kind, id, document, f"{kind}/{id}")
        for (kind, id), document in drafts.items()
        if isinstance(document, Mapping) and (kind == "template" or _is_one(kind, id, document, wanted))
    ]
    try:
        return any(marketing and "email" in channels for _, marketing, channels in sends(Documents(tuple(kept))))
    except (TypeError, ValueError, KeyError, AttributeError):
        return False


def _is_one(kind: str, id: str, document: Mapping[str, Any], wanted: set[str] | None) -> bool:
    return kind == "journey" and "class" in document and (wanted is None or id in wanted)


def _well_formed(brand: Any) -> Mapping[str, Any]:
    return brand if isinstance(brand, Mapping) and isinstance(brand.get("sender") or {}, Mapping) else {}
