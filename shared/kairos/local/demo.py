"""`make demo`: a month of a small shop, lived in the local cloud, and told.

The stack is the one that is deployed, read from its CloudFormation. Definitions go live as a marketer's do, webhooks
come signed as the shop's programs sign them, and time passes on the virtual clock. At the end the demo asks of what
really left whether the promises were kept, and fails if one was not.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from kairos.app.definitions.folder import load_brand
from kairos.app.definitions.template import in_order
from kairos.aws.drafts import DynamoDrafts
from kairos.local import demo_story as story
from kairos.local.cloud import LocalCloud
from kairos.local.demo_checks import check
from kairos.local.demo_diary import Diary
from kairos.local.demo_guests import Guests
from kairos.local.demo_lessons import lessons, write
from kairos.local.demo_month import END, START, the_month
from kairos.local.demo_shop import SECRETS, SEOUL, Call
from kairos.local.entropy import seeded

ROOT = Path(__file__).resolve().parents[3]
BRAND = ROOT / "examples" / "spring-day"
SEED = "spring day"
HOUR = timedelta(hours=1)
PICTURES = ROOT / "build" / "demo"
RATES = {"SweepRule": 4 * HOUR, "SyncRule": 24 * HOUR, "LearnRule": 365 * 24 * HOUR}
"""How often `sweep` and `sync` run here. Deployed it is every five minutes; a run costs a real moment, and a month has
8,928. What is learned every day otherwise is learned at the end, and told."""


@dataclass
class Month:
    """The month as it is lived: what was sent to the API, and what came of it."""

    cloud: LocalCloud
    diary: Diary
    guests: Guests
    calls: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    def live(self) -> Iterator[datetime]:
        """Let the month pass, hour by hour; yield each midnight in Seoul."""
        self.cloud.parts.post.audience = self.guests.react
        self.guests.add(the_month())
        at = START
        while at < END:
            at += HOUR
            for call in self.guests.until(at):
                self.cloud.advance(to=call.at)
                self._call(call)
            self.cloud.advance(to=at)
            if at.hour == 0:
                self.diary.look()
                yield at

    def _call(self, call: Call) -> None:
        answer = self.cloud.http("POST", call.path, call.headers, call.body)
        self.calls[_kind_of(call)] += 1
        if answer.status != call.status:
            self.wrong.append(
                f"{call.says} at {call.at:%d %b %H:%M}: {answer.status}, expected {call.status}: {answer.text}"
            )
        if call.path.startswith("/u/") and answer.status == 200:
            self.guests.acknowledged(call)


@contextmanager
def shop_cloud(template: Mapping[str, Any], start: datetime = START) -> Iterator[LocalCloud]:
    """Run the stack of `template` with the shop's connections and definitions in place, everything published."""
    with seeded(SEED), LocalCloud(template, start.astimezone(UTC), rates=RATES) as cloud:
        connect(cloud)
        publish(cloud, BRAND)
        yield cloud


def connect(cloud: LocalCloud) -> None:
    """Put the secrets of the shop's connections where `ingest` looks for them."""
    ssm = cloud.session.client("ssm")
    for name, settings in SECRETS.items():
        path = f"{cloud.outputs['ConnectionsPrefix']}{name}"
        ssm.put_parameter(Name=path, Value=json.dumps(settings), Type="SecureString", Overwrite=True)


def publish(cloud: LocalCloud, folder: Path) -> dict[str, Any]:
    """Push a brand's drafts and publish them all; raise RuntimeError with every problem where that is refused."""
    drafts = DynamoDrafts(cloud.session.client("dynamodb"), cloud.outputs["ConfigTable"])
    for definition in load_brand(folder).definitions:
        document = in_order(definition.document) if definition.kind == "template" else definition.document
        drafts.put(definition.kind, definition.id, document)
    cloud.settle()
    result = cloud.invoke("publish", {"command": "publish", "all": True})
    if not result.ok or not result.payload["ok"]:
        raise RuntimeError(f"{folder.name} cannot be published: {result.error or result.payload}")
    published: dict[str, Any] = result.payload
    return published


def main() -> int:
    """Live the month and tell it. Return 0 when every promise was kept."""
    out, began = story.console(), perf_counter()
    out.print("[bold]Kairos[/]: March of a small flower shop, in a cloud that runs in this process.\n")
    with ExitStack() as stack:
        cloud = stack.enter_context(shop_cloud(_synthesised(out, stack)))
        out.print(
            f"  booted: {len(list(cloud.parts.lambdas))} functions, {len(cloud.tables)} tables; {BRAND.name} is live"
        )
        month = Month(cloud, Diary(cloud, _triggers(BRAND)), Guests())
        _watch(out, month)
        story.tell(out, month.diary)
        story.total(out, month.diary, month.calls)
        story.costs(out, month.diary, cloud.parts.wire)
        story.learned(out, found := lessons(cloud), write(found, PICTURES))
        kept = _judge(out, month)
    out.print(f"\nLived in {perf_counter() - began:.0f} s. To look further:")
    out.print(
        "  make up                     the same cloud on localhost: send it webhooks, move the clock, see its mail"
    )
    out.print("  examples/spring-day         the definitions that made this month; change one and run it again")
    out.print("  docs/architecture.md        how it works        docs/deploy.md   how to run it in your own account")
    return 0 if kept else 1


def _triggers(folder: Path) -> dict[str, str]:
    """Return what starts each journey of a brand, in words."""
    documents = load_brand(folder).documents("journey")
    starts = {id: document.get("trigger") for id, document in documents.items()}
    return {id: trigger["event"].replace("_", " ") for id, trigger in starts.items() if isinstance(trigger, dict)}


def _synthesised(out: Console, stack: ExitStack) -> dict[str, Any]:
    from infra.app import synthesise  # the CDK starts a Node process: only the demo itself pays for it

    folder = stack.enter_context(tempfile.TemporaryDirectory())
    with out.status("Synthesising the CloudFormation that would be deployed"):
        template: dict[str, Any] = json.loads(synthesise("local", folder).read_text("utf-8"))
    out.print(f"  synthesised: {len(template['Resources'])} resources")
    return template


def _watch(out: Console, month: Month) -> None:
    columns = (TextColumn("  {task.description}"), BarColumn(bar_width=40), TextColumn("{task.completed:.0f}/31 days"))
    with Progress(*columns, console=out, disable=not out.is_terminal) as progress:
        task = progress.add_task("living March", total=31)
        for midnight in month.live():
            progress.update(task, advance=1, description=f"{midnight.astimezone(SEOUL) - HOUR:%d %b}, living on")
    out.print("  lived: 31 days")


def _judge(out: Console, month: Month) -> bool:
    out.print("\n[bold]What must be true[/]")
    kept = True
    for promise, breaches in check(month.cloud, month.diary, month.guests.refused_at, month.wrong):
        kept = kept and not breaches
        out.print(f"  [green]kept[/]    {promise}" if not breaches else f"  [red]BROKEN[/]  {promise}")
        for breach in breaches[:10]:
            out.print(f"          {breach}", markup=False)
    return kept


def _kind_of(call: Call) -> str:
    if call.status == 401:
        return "forged"
    parts = call.path.strip("/").split("/")
    return {"webhooks": parts[2] if len(parts) > 2 else "", "u": "unsubscribe"}.get(
        parts[1] if parts[0] == "v1" else "u", "track"
    )


if __name__ == "__main__":
    sys.exit(main())
