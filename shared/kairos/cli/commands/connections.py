"""Commands on what sends events here: connect it, and see how it does."""

from __future__ import annotations

from typing import Annotated

import typer

from kairos.cli.deployed import Reach, deployed

app = typer.Typer()


@app.command()
@deployed
def connect(
    reach: Reach,
    source: Annotated[
        str, typer.Argument(help="The kind of sender: shopify, calcom, calendly, track; or webhook, push.")
    ],
    connection: Annotated[str, typer.Argument(help="Your name for this one, such as main.")],
    secret: Annotated[
        str | None, typer.Option("--secret", help="Only -, to read the secret from stdin; else it is asked for.")
    ] = None,
    generate: Annotated[bool, typer.Option("--generate", help="Make the secret here and show it once.")] = False,
    public_key: Annotated[bool, typer.Option("--public-key", help="Make a public write key too (track).")] = False,
    setting: Annotated[list[str] | None, typer.Option("--set", help="A setting, such as shop=x.example.com.")] = None,
    check: Annotated[bool, typer.Option("--check", help="Try one that is connected, and say what is wrong.")] = False,
) -> int:
    """Keep a source's secret, and show where its webhooks go. The former secret stays valid beside the new one."""
    from kairos.cli.connect import Wish, connect_source

    if check:
        from kairos.channels._fetch import HttpsFetch
        from kairos.cli.connect_check import check_connection

        deployment = reach()
        fetch = HttpsFetch(local=deployment.public_url.startswith("http://"))
        return check_connection(deployment, source, connection, fetch)

    wish = Wish(source, connection, generate, public_key, tuple(setting or ()))
    if secret not in (None, "-"):
        raise typer.BadParameter(
            "a secret on the command line stays in the shell's history: use --secret - or be asked"
        )
    return connect_source(reach(), wish, from_stdin=secret is not None)


@app.command()
@deployed
def sources(
    reach: Reach,
) -> int:
    """List what is connected, and how what is read was read last."""
    from kairos.cli.sources import list_sources

    return list_sources(reach())
