"""`kairos segment …`: who is in a segment."""

from __future__ import annotations

from typing import Annotated

import typer

from kairos.cli.deployed import Reach, deployed

app = typer.Typer(help="Who is in a segment, found by looking at everybody.", rich_markup_mode=None)
SegmentId = Annotated[str, typer.Argument(help="The segment's id.")]
Draft = Annotated[bool, typer.Option("--draft", help="As it is drafted, not as it is live.")]
LookYes = Annotated[bool, typer.Option("--yes", "-y", help="Look without asking.")]


@app.command("count")
@deployed
def count_segment(
    reach: Reach,
    id: SegmentId,
    draft: Draft = False,
    yes: LookYes = False,
) -> int:
    """Say how many customers are in a segment."""
    from kairos.cli.segment import Question, count_segment

    return count_segment(reach(), Question(id, draft, yes=yes))


@app.command("list")
@deployed
def list_segment(
    reach: Reach,
    id: SegmentId,
    after: Annotated[str, typer.Option("--after", help="Go on where a former look broke off.")] = "",
    draft: Draft = False,
    yes: LookYes = False,
) -> int:
    """Print the pseudonymous id of everybody in a segment, one a line."""
    from kairos.cli.segment import Question, list_segment

    return list_segment(reach(), Question(id, draft, after, yes))
