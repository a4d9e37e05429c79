"""The demo's output: a timeline of what was sent, held and not sent, and the totals. Colours only on a terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from statistics import median
from unicodedata import east_asian_width

from rich.console import Console
from rich.text import Text

from kairos.domain.reason import Reason
from kairos.local.cloud import LocalCloud
from kairos.local.demo_diary import Diary
from kairos.local.demo_lessons import Lesson
from kairos.local.demo_people import BY_ADDRESS, Person
from kairos.local.demo_shop import SEOUL
from kairos.local.wire import Wire

WIDTH = 124
STYLES = {
    "email": "green",
    "sms": "green",
    "not sent": "red",
    "instead": "yellow",
    "held": "yellow",
    "holdout": "magenta",
    "goal": "bold",
}
SAID = {"not_sent": "not sent", "held": "held", "holdout": "holdout", "converted": "goal"}
OTHERWISE = "; trying "
"""In a reason: the template's next channel took over."""

Row = tuple[datetime, str, str, str, str, str]
"""When, what, who, journey and template, why, and what a message said."""


def console() -> Console:
    """Return where the demo prints; without a terminal it is plain text of one width."""
    out = Console(highlight=False)
    return out if out.is_terminal else Console(highlight=False, width=WIDTH, color_system=None)


def tell(out: Console, diary: Diary) -> None:
    """Print the month, day by day."""
    day = ""
    cells = min(out.width, WIDTH)
    for at, what, who, where, why, said in sorted(_rows(diary), key=_in_order):
        local = at.astimezone(SEOUL)
        if (today := f"{local:%A} {local.day} {local:%B}") != day:
            day = today
            out.print(f"\n[bold]{day}[/]")
        line = Text(f"  {local:%H:%M}  ")
        line.append(fit(what, 9), STYLES[what])
        line.append(fit(who, 20))
        # A narrow terminal shows the template alone: the reason is what must not be cut.
        line.append(fit(where, 36) if cells == WIDTH else fit(where.rpartition(" › ")[2], 20), "cyan")
        indent = width(line.plain)
        first, *rest = _wrapped(why, max(cells - indent, 20)) if why else [""]
        out.print(line.append(first), soft_wrap=True)
        for more in rest:
            out.print(" " * indent + more, markup=False, soft_wrap=True)
        if said:
            out.print(Text(f"{'':18}{fit(said, cells - 18).rstrip()}", "dim"), soft_wrap=True)


def fit(text: str, cells: int) -> str:
    """Return `text` in exactly so many cells of a terminal, where a Korean letter takes two."""
    if width(text) > cells - 1:
        while text and width(text) > cells - 2:
            text = text[:-1]
        text += "…"
    return text + " " * (cells - width(text))


def width(text: str) -> int:
    """Return how many cells of a terminal a text takes."""
    return sum(2 if east_asian_width(letter) in "WF" else 1 for letter in text)


def _in_order(row: Row) -> tuple[datetime, bool]:
    """At one instant, what was decided comes before what then went out."""
    return row[0], row[1] in ("email", "sms")


def _rows(diary: Diary) -> Iterator[Row]:
    for sent in diary.sent():
        where, why = (_where(sent.reason), diary.why(sent.reason)) if sent.reason else (sent.message, "")
        yield sent.at, sent.channel, _name(BY_ADDRESS.get(sent.address)), where, why, sent.text
    for reason in diary.told():
        if reason.kind in SAID:
            what = "instead" if OTHERWISE in reason.reason else SAID[reason.kind]
            yield reason.at, what, _name(diary.who(reason.profile)), _where(reason), _because(reason), ""


def _where(reason: Reason) -> str:
    return f"{reason.journey} › {reason.template}" if reason.template else reason.journey


def _because(reason: Reason) -> str:
    if reason.kind == "held" and reason.due:
        return f"{reason.reason} until {reason.due.astimezone(SEOUL):%d %b %H:%M}"
    if reason.kind == "converted":
        return "reached without it: in the holdout" if reason.reason else "reached"
    if reason.kind == "holdout":
        return "gets nothing, to compare with"
    return f"{reason.channel}: {reason.reason}" if reason.channel else reason.reason


def _name(person: Person | None) -> str:
    return f"{person.handle} {person.name}" if person else "a visitor"


# ---- totals ----------------------------------------------------------------------------------------------------


def total(out: Console, diary: Diary, calls: Counter[str]) -> None:
    """Print what the month came to."""
    sent, told = diary.sent(), diary.told()
    channels = Counter((one.channel, "marketing" if one.advertising else "transactional") for one in sent)
    stopped = [reason.reason for reason in told if reason.kind == "not_sent"]
    why_not = Counter(reason for reason in stopped if OTHERWISE not in reason)
    kinds = Counter(reason.kind for reason in told)
    out.print("\n[bold]The month in numbers[/]")
    row = _printer(out)
    row("requests", ", ".join(f"{count} {what}" for what, count in sorted(calls.items())))
    known, profiles = len(set(diary.names.values())), len(diary.cloud.tables["customers"])
    row("customers", f"{known} known by name, {profiles} profiles, {len(diary.joined)} of them joined to another")
    row("sent", ", ".join(f"{count} {kind} {channel}" for (channel, kind), count in sorted(channels.items())))
    row("not sent", ", ".join(f"{count} {why}" for why, count in why_not.most_common()))
    also = {"held": "held", "holdout": "held out", "converted": "goals reached", "entered": "enrollments"}
    row("also", ", ".join(f"{kinds[kind]} {words}" for kind, words in also.items()))
    row("instead", f"{len(stopped) - why_not.total()} by another channel of the template")
    late = diary.lateness()
    if late:
        row("timers", f"{len(late)} turns, {median(late):.0f} s late in the median, {late[-1]:.0f} s at most")


def costs(out: Console, diary: Diary, wire: Wire) -> None:
    """Print what AWS would have counted, in all and per request."""
    cloud = diary.cloud
    out.print("\n[bold]What AWS would have counted[/]")
    row = _printer(out)
    row("invocations", ", ".join(f"{count} {name}" for name, count in sorted(cloud.invocations.items())))
    for name, used in sorted(cloud.capacity.items()):
        requests = ", ".join(f"{count} {operation}" for operation, count in used.requests.most_common(3))
        row(name, f"{used.reads:.0f} read units, {used.writes:.0f} write units ({requests})")
    calls: Counter[str] = Counter()
    for (_, _, service, operation), count in wire.sites.items():
        if service in ("sqs", "scheduler", "sesv2", "sns"):
            calls[f"{service} {operation}"] += count
    turns = _customer_calls(cloud, wire)
    row(
        "per turn", f"decide took {turns[0]} turns of one customer: {turns[1]:.2f} reads and {turns[2]:.2f} writes each"
    )
    row("sweep", "runs every four hours here, every five minutes when deployed; the Query calls above are its own")
    row("calls", ", ".join(f"{count} {name}" for name, count in calls.most_common(8)))


def learned(out: Console, found: Sequence[Lesson], pictures: Sequence[Path]) -> None:
    """Print what was learned, and where its pictures are."""
    out.print("\n[bold]What the engine learned[/]")
    row = _printer(out)
    for lesson, picture in zip(found, pictures, strict=True):
        row(lesson.name, f"{lesson.words} ({picture.parent.parent.name}/{picture.parent.name}/{picture.name})")


def _customer_calls(cloud: LocalCloud, wire: Wire) -> tuple[int, float, float]:
    """Return how many customers `decide` looked at, and its reads and writes of `customers` for each."""
    table = cloud.tables["customers"].name
    found = Counter(
        call.operation
        for call in wire.calls
        if call.function == "decide" and call.service == "dynamodb" and call.params.get("TableName") == table
    )
    turns = found["GetItem"]
    return turns, found["GetItem"] / max(turns, 1), found["PutItem"] / max(turns, 1)


def _printer(out: Console) -> Callable[[str, str], None]:
    def row(name: str, text: str) -> None:
        lines = list(_wrapped(text, min(out.width, WIDTH) - 18))
        for index, line in enumerate(lines or ["none"]):
            out.print(f"  {fit(name if index == 0 else '', 15)}{line}", markup=False)

    return row


def _wrapped(text: str, cells: int) -> Iterator[str]:
    line = ""
    for word in text.split(" "):
        if line and width(line) + 1 + width(word) > cells:
            yield line
            line = word
        else:
            line = f"{line} {word}" if line else word
    if line:
        yield line
