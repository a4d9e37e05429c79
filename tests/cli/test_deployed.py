from __future__ import annotations

import functools
from typing import Annotated

import pytest
import typer
from typer.main import get_command

from kairos.cli.deployed import Reach, deployed
from kairos.cli.deployment import Target


def run(app: typer.Typer, *arguments: str) -> tuple[int | None, list[Target]]:
    asked: list[Target] = []
    with pytest.raises(SystemExit) as exit:
        get_command(app)(args=list(arguments), prog_name="x", obj=asked.append)
    assert exit.value.code is None or isinstance(exit.value.code, int)
    return exit.value.code, asked


def one_command(profile: str = "--profile") -> typer.Typer:
    app = typer.Typer(rich_markup_mode=None)

    @app.command()
    @functools.partial(deployed, profile=profile)
    def greet(reach: Reach, name: str, often: Annotated[int, typer.Option("--often")] = 1) -> int:
        """Greet somebody."""
        if often < 1:
            raise typer.BadParameter("at least once")
        reach()
        return len(name) * often

    return app


def test_what_a_command_returns_is_the_exit_code() -> None:
    assert run(one_command(), "abc", "--often", "2")[0] == 6


def test_the_options_say_which_deployment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAIROS_STAGE", "test")
    _, asked = run(one_command(), "abc", "--region", "eu-west-1", "--profile", "shop")
    assert asked == [Target("test", "eu-west-1", "shop")]


def test_a_wrong_line_is_refused_before_anything_is_reached() -> None:
    assert run(one_command(), "abc", "--often", "0") == (2, [])


def test_the_aws_profile_can_give_way_to_a_customers() -> None:
    _, asked = run(one_command("--aws-profile"), "abc", "--aws-profile", "shop")
    assert [target.profile for target in asked] == ["shop"]
    assert run(one_command("--aws-profile"), "abc", "--profile", "shop")[0] == 2


def test_help_keeps_the_docstring_and_shows_own_options_first(capsys: pytest.CaptureFixture[str]) -> None:
    run(one_command(), "--help")
    told = capsys.readouterr().out
    assert "Greet somebody." in told
    assert told.index("--often") < told.index("--stage") < told.index("--region") < told.index("--profile")
