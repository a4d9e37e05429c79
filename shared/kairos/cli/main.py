"""The `kairos` command line: its groups of commands, and what becomes of an error.

Exit codes: 0 done; 1 what was given is wrong or cannot be done; 2 the command line itself is wrong; 3 AWS, or what is
deployed there, cannot be reached or refuses.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import typer

from kairos.cli.commands import (
    connections,
    customer,
    definitions,
    live,
    many,
    offers,
    operating,
    people,
    products,
    results,
    segment,
    suppressions,
    walks,
)
from kairos.cli.timing import timing

if TYPE_CHECKING:
    from kairos.cli.deployment import Deployment, Target

app = typer.Typer(
    name="kairos",
    help="Schedule-based marketing in your own AWS account: reach each customer at the right moment.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
for group in (definitions, live, many, connections, customer, results, people, operating):
    app.add_typer(group.app)
for named in (walks, segment, offers, products, suppressions):
    app.add_typer(named.app, name=named.__name__.rpartition(".")[2])
app.add_typer(timing, name="timing")


def main(arguments: Sequence[str] | None = None, connect: Callable[[Target], Deployment] | None = None) -> None:
    """Run the command line and exit. `connect` finds a deployment; tests give their own."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a Windows console, or LANG=C, would spoil every name
            stream.reconfigure(encoding="utf-8", errors="replace")
    try:
        app(args=list(sys.argv[1:] if arguments is None else arguments), prog_name="kairos", obj=connect)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(0)
    except Exception as error:
        from kairos.cli.failure import explain_failure

        told = explain_failure(error)
        if told is None:
            raise
        code, message = told
        typer.echo(f"kairos: {message}", err=True)
        sys.exit(code)
