"""What every command on a deployment has in common: --stage, --region, --profile, and how they find it."""

from __future__ import annotations

import functools
import inspect
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from inspect import Parameter
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from kairos.cli.deployment import Deployment, Target

Stage = Annotated[
    str | None,
    typer.Option(
        "--stage", "-s", envvar="KAIROS_STAGE", help="Which stack Kairos-<stage>: dev, or local if served here."
    ),
]
Region = Annotated[str | None, typer.Option("--region", help="AWS Region, if not the configured one.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Begin what walks this needs without asking.")]


@dataclass(frozen=True, slots=True)
class Reach:
    """The deployment that a command line means. Calling it finds it, so what is wrong with the line is said before."""

    context: typer.Context
    stage: str | None
    region: str | None
    profile: str | None

    def __call__(self) -> Deployment:
        """Return the deployment. Raise `NotDeployed` where there is none."""
        from kairos.cli.deployment import Target

        connect: Callable[[Target], Deployment] = self.context.obj or _in_aws
        standard = "local" if os.environ.get("AWS_ENDPOINT_URL") else "dev"
        return connect(Target(self.stage or standard, self.region, self.profile))

    def send(self, request: Mapping[str, object], *, yes: bool = False) -> int:
        """Let the `publish` function do what changes what is live; return the exit code."""
        from kairos.cli.live import run_live

        return run_live(self(), request, yes=yes)


def _in_aws(target: Target) -> Deployment:
    """Find it there; what speaks to AWS is imported only now."""
    from kairos.cli.find_deployment import find_deployment

    return find_deployment(target)


def deployed(command: Callable[..., int | None], *, profile: str = "--profile") -> Callable[..., None]:
    """Make a command of a function whose first parameter is a `Reach`; what it returns is the exit code.

    The function's own parameters come first in the help, then the three that say which deployment. `profile` is the
    option's name where --profile means something else; None returned lets a group go on to its subcommand.
    """
    _, *own = inspect.signature(command, eval_str=True).parameters.values()
    aws = Annotated[str | None, typer.Option(profile, help="AWS profile, if not the configured one.")]
    where = [_option("stage", Stage), _option("region", Region), _option("aws_profile", aws)]
    context = Parameter("context", Parameter.KEYWORD_ONLY, annotation=typer.Context)
    parameters = [context, *(each.replace(kind=Parameter.KEYWORD_ONLY) for each in own), *where]

    @functools.wraps(command)
    def run(
        *, context: typer.Context, stage: str | None, region: str | None, aws_profile: str | None, **own: Any
    ) -> None:
        code = command(Reach(context, stage, region, aws_profile), **own)
        if code is not None:
            raise typer.Exit(code)

    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]  # what typer reads
    run.__annotations__ = {each.name: each.annotation for each in parameters}
    return run


def _option(name: str, annotation: Any) -> Parameter:
    return Parameter(name, Parameter.KEYWORD_ONLY, default=None, annotation=annotation)
