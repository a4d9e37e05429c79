"""`connect push`: an app's push service, by the credentials that Apple or Google gave for it.

They go to SNS, which keeps them and shows them to nobody; nothing of them stays with Kairos. Apple's are a signing key
(a .p8 file) with its id, the team's id and the app's bundle id; Google's are a service account's JSON file.
https://docs.aws.amazon.com/sns/latest/dg/sns-mobile-push-send-register.html
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING

from kairos.cli.failure import CannotDo
from kairos.cli.screen import open_screen

if TYPE_CHECKING:
    from kairos.cli.deployment import Deployment

PUSH = "push"
APPLE = {"key_id": "PlatformPrincipal", "team_id": "ApplePlatformTeamID", "bundle_id": "ApplePlatformBundleID"}
"""What has to be said beside Apple's key → SNS's name of it."""

CREDENTIAL_BYTES_MAX = 20_000
_EXAMPLES = {
    "apns": "kairos connect push apns --set key_id=… --set team_id=… --set bundle_id=… --secret - < AuthKey.p8",
    "fcm": "kairos connect push fcm --secret - < service-account.json",
}


def connect_push(deployment: Deployment, service: str, settings: Mapping[str, str], *, from_stdin: bool) -> int:
    """Hand the credentials to SNS. Raises CannotDo."""
    if service not in ("apns", "apns_sandbox", "fcm"):
        raise CannotDo("say which service: `kairos connect push apns`, apns_sandbox (an app under test) or fcm")
    example = _EXAMPLES[service.partition("_")[0]]
    if not from_stdin:
        raise CannotDo(f"its credentials are a file: {example}")
    credential = sys.stdin.read(CREDENTIAL_BYTES_MAX).strip()
    attributes = _google(credential, example) if service == "fcm" else _apple(credential, settings, example)
    deployment.devices.put(service, attributes)
    screen = open_screen()
    screen.print(f"push/{service} is connected on {deployment.stage}", style="green")
    screen.print("your server names a customer's phone by identify: context.device.type (ios, android) and .token")
    return 0


def _apple(credential: str, settings: Mapping[str, str], example: str) -> dict[str, str]:
    lacking = [name for name in APPLE if not settings.get(name)]
    if lacking or "PRIVATE KEY-----" not in credential:
        what = ", ".join(lacking) or "the .p8 file of a signing key"
        raise CannotDo(f"missing: {what}. {example}")
    return {"PlatformCredential": credential, **{theirs: settings[ours] for ours, theirs in APPLE.items()}}


def _google(credential: str, example: str) -> dict[str, str]:
    try:
        account = json.loads(credential)
    except ValueError:
        account = None
    if not isinstance(account, dict) or account.get("type") != "service_account" or "private_key" not in account:
        raise CannotDo(f"this is no service account's JSON file. {example}")
    return {"PlatformCredential": credential}
