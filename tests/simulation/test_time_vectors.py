"""Whole brands with events, and the exact messages due: every vector that needs only what a journey can say today."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import yaml

from kairos.cli.simulate_inputs import load_release
from kairos.cli.simulate_run import simulate
from kairos.domain.instant import format_instant, parse_instant
from kairos.domain.reason import Reason


def _cases(folder: Path) -> list[dict[str, Any]]:
    lines = (folder / "time-vectors.jsonl").read_text("utf-8").splitlines()
    return [json.loads(line) for line in lines if line]


def _write_brand(case: dict[str, Any], folder: Path) -> None:
    """Lay a case out as a brand's folder, as an author would."""
    for name in ("journeys", "templates"):
        (folder / name).mkdir(parents=True)
    (folder / "brand.yaml").write_text(yaml.safe_dump(case["brand"], allow_unicode=True), "utf-8")
    for journey in case["journeys"]:
        (folder / "journeys" / f"{journey['id']}.yaml").write_text(yaml.safe_dump(journey), "utf-8")
    for id, template in case["templates"].items():
        (folder / "templates" / f"{id}.yaml").write_text(yaml.safe_dump(template), "utf-8")


def messages_of(case: dict[str, Any], folder: Path) -> list[tuple[str, str, str]]:
    _write_brand(case, folder)
    events = folder / "events.jsonl"
    events.write_text("".join(json.dumps(event) + "\n" for event in case["events"]), "utf-8")
    told: list[Reason] = []
    simulate(load_release(folder), events, parse_instant(case["from"]), parse_instant(case["until"]), told.append)
    return sorted((r.profile, r.template, format_instant(r.at)) for r in told if r.kind == "message")


def test_every_vector_sends_exactly_the_messages_due(shared_data: Path, tmp_path: Path) -> None:
    cases = _cases(shared_data)
    assert len(cases) >= 50
    wrong = {}
    for index, case in enumerate(cases):
        expected = sorted((row["profile"], row["template"], row["at"]) for row in case["expect"])
        found = messages_of(case, tmp_path / str(index))
        if found != expected:
            wrong[case["name"]] = {"expected": expected, "found": found}
    assert not wrong
