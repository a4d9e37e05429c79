"""The way back: SES must say what became of messages, or bounces and complaints stop nobody."""

from __future__ import annotations

from collections.abc import Iterator

from kairos.cli.checkup.finding import Finding, ok, wrong
from kairos.cli.checkup.patient import Absent, Patient

NEEDED = frozenset({"SEND", "DELIVERY", "BOUNCE", "COMPLAINT", "REJECT"})
"""Without these a marketing message whose fate is unknown stays so, and a refused address is written to again."""


def feedback(patient: Patient) -> Iterator[Finding]:
    """Ask whether the configuration set is there, sends, and reports to EventBridge."""
    name = patient.output("ConfigurationSet")
    page = patient.console(f"ses/home#/configuration-sets/{name}")
    try:
        settings = patient.ask("sesv2", "GetConfigurationSet", ConfigurationSetName=name)
    except Absent:
        yield wrong(f"there is no configuration set {name}: every e-mail is refused", patient.deploy)
        return
    if not settings.get("SendingOptions", {}).get("SendingEnabled", True):
        command = f"sesv2 put-configuration-set-sending-options --configuration-set-name {name} --sending-enabled"
        yield wrong(f"sending is switched off for {name}", f"{patient.aws(command)}; see {page}")
    answer = patient.ask("sesv2", "GetConfigurationSetEventDestinations", ConfigurationSetName=name)
    ours = [one for one in answer.get("EventDestinations", ()) if one.get("EventBridgeDestination")]
    told = {kind for one in ours if one.get("Enabled") for kind in one["MatchingEventTypes"]}
    if missing := sorted(NEEDED - told):
        says = "is not reported to EventBridge" if ours else "and all else is reported to nobody"
        yield wrong(f"{name}: {', '.join(missing)} {says}", f"{patient.deploy}, or switch it on: {page}")
    else:
        yield ok(f"{name} reports to EventBridge what becomes of messages")
