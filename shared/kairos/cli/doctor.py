"""`kairos doctor`: what is wrong with a deployment, and what to do about it. It changes nothing."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict
from typing import TYPE_CHECKING

from kairos.cli.checkup.table import examine
from kairos.cli.failure import WRONG
from kairos.cli.screen import open_screen

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.console import Console

    from kairos.cli.checkup.patient import Patient
    from kairos.cli.checkup.table import Told
    from kairos.cli.deployment import Deployment

STYLES = {"ok": "green", "warn": "yellow", "wrong": "bold red", "unknown": "cyan"}
WIDTH = 16


def examine_deployment(deployment: Deployment, *, as_json: bool) -> int:
    """Make every check and tell what it found. Exit code 1 where something is wrong; what is unknown is not wrong."""
    patient = deployment.patient
    screen = open_screen()
    told = _write(patient, screen) if as_json else _tell(examine(patient), screen)
    return WRONG if told["wrong"] else 0


def _tell(found: Iterable[Told], screen: Console) -> Counter[str]:
    """Print each finding as it comes: a look at everything takes some seconds."""
    counts: Counter[str] = Counter()
    for told in found:
        finding = told.finding
        counts[finding.status] += 1
        screen.print(f"{finding.status:<8}", style=STYLES[finding.status], end="")
        screen.print(f"{told.check:<{WIDTH}}{finding.says}")
        if finding.do:
            screen.print(f"{'':<{8 + WIDTH}}→ {finding.do}", style="dim")
    screen.print(", ".join(f"{counts[status]} {status}" for status in STYLES), style="bold")
    return counts


def _write(patient: Patient, screen: Console) -> Counter[str]:
    found = list(examine(patient))
    counts: Counter[str] = Counter(told.finding.status for told in found)
    report = {
        "stage": patient.stage,
        "at": patient.now.isoformat(),
        "counts": {status: counts[status] for status in STYLES},
        "findings": [{"check": told.check, **asdict(told.finding)} for told in found],
    }
    screen.print(json.dumps(report, ensure_ascii=False, indent=2))
    return counts
