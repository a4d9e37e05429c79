from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from typer.main import get_command

from kairos.cli.deployment import Target
from kairos.cli.main import app
from tests.cli.memory_deployment import MemoryDeployment, Run

COMMANDS = sorted(get_command(app).commands)  # type: ignore[attr-defined]


def test_the_commands_of_the_walkthroughs_are_there() -> None:
    """What docs and scripts of others call; a group left out of `main` would fail here."""
    assert {"validate", "push", "publish", "connect", "simulate", "explain", "timing", "walks", "doctor"} <= {*COMMANDS}


def test_help_lists_every_command(kairos: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert kairos("--help") == 0
    told = capsys.readouterr().out
    assert [command for command in COMMANDS if f"  {command} " not in told] == []


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command: str, kairos: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert kairos(command, "--help") == 0
    assert "Usage: kairos" in capsys.readouterr().out


def test_help_imports_nothing_that_only_a_command_needs() -> None:
    """What makes help slow is what is imported for it; counting modules does not depend on the machine."""
    script = (
        "import sys\n"
        "from kairos.cli.main import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: pass\n"
        "heavy = {'botocore', 'boto3', 'yaml', 'liquid', 'pydantic', 'moto', 'holidays', 'rich'}\n"
        "sys.exit(repr(heavy & set(sys.modules)) if heavy & set(sys.modules) else 0)\n"
    )
    path = Path(__file__).parents[2] / "shared"
    found = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=path, check=False)
    assert found.returncode == 0, found.stderr


def test_the_target_is_what_the_options_say(
    kairos: Run, deployment: MemoryDeployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("KAIROS_STAGE", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    kairos("stop-all", "--stage", "prod", "--region", "eu-west-1", "--profile", "shop")
    kairos("stop-all")
    assert deployment.asked_for == [Target("prod", "eu-west-1", "shop"), Target("dev")]
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:4010")
    kairos("stop-all")
    assert deployment.asked_for[-1] == Target("local")


@pytest.mark.parametrize(
    "arguments",
    [["fly"], ["publish"], ["publish", "x", "--all"], ["pause"], ["validate"], ["connect", "a", "b", "--secret", "x"]],
)
def test_a_wrong_command_line_is_told_without_a_trace(
    arguments: list[str], kairos: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    assert kairos(*arguments) == 2
    told = capsys.readouterr().err
    assert told
    assert "Traceback" not in told


def test_a_failure_is_one_line_and_an_exit_code(
    kairos: Run, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert kairos("validate", tmp_path / "nowhere") == 1
    assert capsys.readouterr().err == f"kairos: {tmp_path / 'nowhere'} is no folder\n"
