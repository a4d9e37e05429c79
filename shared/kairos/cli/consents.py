"""`kairos consents`: what a customer agreed to and on which ground, and what the law says of it now.

The state is the item's own, which is never evicted: of each channel and purpose the word that holds, with its source
and wording, the last confirmation and the last refusal. How it came to be is in the ledger of consents, word by word.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from kairos.app.consents import Word, word_to_json
from kairos.app.deliver.consent import objection
from kairos.app.publish.release import Release
from kairos.cli.customer import live_release
from kairos.cli.deployment import Deployment
from kairos.cli.screen import open_screen
from kairos.domain.consent import GIVEN, MARKETING, Consent
from kairos.domain.instant import format_instant
from kairos.domain.profile import Profile

_INSTANTS = ("at", "expires_at", "confirmed_at", "refused_at")


def consents_command(deployment: Deployment, profile: Profile, *, as_json: bool) -> int:
    """Print every consent of the profile, times in UTC, and for marketing whether a message may go now."""
    release = live_release(deployment)
    found = list(describe_consents(profile, release, deployment.clock.now()))
    history = [_told(word) for word in deployment.consents.of([profile.id, *profile.former])]
    if as_json:
        print(json.dumps({"profile": profile.id, "consents": found, "history": history}, ensure_ascii=False, indent=2))
        return 0
    screen = open_screen()
    screen.print(f"profile {profile.id}")
    if not found:
        screen.print("nothing was ever said of consent")
    for said in found:
        screen.print()
        screen.print(f"{said.pop('channel')} {said.pop('purpose')}", style="bold")
        for key, value in said.items():
            screen.print(f"  {key.replace('_', ' '):<12}  {value}")
    if history:
        screen.print()
        screen.print("history", style="bold")
    for word in history:
        state = "given" if word.pop("given") else "withdrawn"
        at, channel, purpose = word.pop("at"), word.pop("channel"), word.pop("purpose")
        more = ", ".join(f"{key} {value}" for key, value in word.items() if key not in ("person", "id", "received_at"))
        screen.print(f"  {at}  {state:<9}  {channel} {purpose}  {more}".rstrip())
    return 0


def describe_consents(profile: Profile, release: Release | None, now: datetime) -> Iterator[dict[str, Any]]:
    """Yield one object for each channel and purpose: what holds, and `marketing_now`: "may go", or why not."""
    for (channel, purpose), consent in sorted(profile.consents.items()):
        said = {"channel": channel, "purpose": purpose, **_facts(consent)}
        if purpose == MARKETING and release is not None:
            said["marketing_now"] = objection(release, profile, channel, now) or "may go"
        yield said


def _told(word: Word) -> dict[str, Any]:
    told = word_to_json(word)
    return told if word.given and word.basis != GIVEN else {key: part for key, part in told.items() if key != "basis"}


def _facts(consent: Consent) -> dict[str, Any]:
    facts: dict[str, Any] = {"state": "given" if consent.given else "withdrawn"}
    if consent.given:
        facts["basis"] = consent.basis
    facts |= {key: value for key in ("source", "wording") if (value := getattr(consent, key))}
    return facts | {key: format_instant(value) for key in _INSTANTS if (value := getattr(consent, key)) is not None}
