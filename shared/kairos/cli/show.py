"""`show`: one customer as the engine sees them, and what it intends. Who that is stays hidden unless asked for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from kairos.cli.customer import live_release
from kairos.cli.knowledge import knowledge_of
from kairos.cli.screen import clock_of, open_screen
from kairos.domain.consent import describe
from kairos.domain.profile import Enrollment, Profile

if TYPE_CHECKING:
    from rich.console import Console

    from kairos.app.publish.release import Release
    from kairos.cli.deployment import Deployment

Rows = Sequence[Sequence[str]]


def show_customer(deployment: Deployment, profile: Profile, *, contacts: bool) -> int:
    """Print the profile, times on its own clock or else the brand's."""
    release, screen = live_release(deployment), open_screen()
    zone = release.zone(profile.zone) if release else ZoneInfo("UTC")
    screen.print(f"profile {profile.id}, version {profile.version}, since {clock_of(profile.created_at, zone)}")
    if profile.former:
        screen.print(f"formerly {', '.join(profile.former)}")
    screen.print(f"times in {zone.key}", style="dim")
    if contacts:
        _table(screen, "contacts", _contacts(deployment, profile))
    _table(screen, "traits", [(name, str(value)) for name, value in sorted(profile.traits.items())])
    _table(
        screen, "can be reached", [(name, "yes" if there else "no") for name, there in sorted(profile.reach.items())]
    )
    _table(screen, "consents", _consents(profile, zone))
    _table(screen, "entries", _entries(profile, zone))
    _table(screen, "segments", _segments(profile, release, zone))
    _table(screen, "journeys", _enrollments(profile, release, zone))
    _table(screen, "comes next", [(clock_of(at, zone), *what) for at, *what in sorted(_coming(profile))])
    _table(screen, "outstanding", _outstanding(profile, zone))
    _table(screen, "counted for caps", _counted(profile, zone))
    if release is not None:
        _table(screen, "believed", [(line,) for line in knowledge_of(profile, release, deployment.clock.now())])
    return 0


def _counted(profile: Profile, zone: ZoneInfo) -> Rows:
    classes = (("marketing", profile.sent), ("transactional", profile.sent_transactional))
    rows = sorted((at, channel, name) for name, sent in classes for channel, at, _ in sent)
    return [(clock_of(at, zone), channel, name) for at, channel, name in rows]


def _table(screen: Console, title: str, rows: Rows) -> None:
    if not rows:
        return
    from rich.cells import cell_len  # a Hangul syllable takes two columns

    widths = [max(map(cell_len, column)) for column in zip(*rows, strict=True)]
    screen.print()
    screen.print(title, style="bold")
    for row in rows:
        cells = [cell + " " * (width - cell_len(cell)) for cell, width in zip(row, widths, strict=True)]
        screen.print(f"  {'   '.join(cells)}".rstrip())


def _contacts(deployment: Deployment, profile: Profile) -> Rows:
    refs = ["profile", *(f"entry#{kind}#{id}" for kind, id in profile.entries)]
    found = deployment.contacts.fetch([*profile.former, profile.id], refs)
    return [(ref, name, str(value)) for ref in refs for name, value in sorted(found.get(ref, {}).items())]


def _consents(profile: Profile, zone: ZoneInfo) -> Rows:
    return [
        (
            f"{channel} {purpose}",
            "given" if consent.given else "withdrawn",
            clock_of(consent.at, zone),
            consent.source,
            describe(consent),
        )
        for (channel, purpose), consent in sorted(profile.consents.items())
    ]


def _entries(profile: Profile, zone: ZoneInfo) -> Rows:
    return [
        (
            f"{entry.kind} {entry.id}",
            clock_of(entry.starts_at, zone),
            "cancelled" if entry.cancelled else "",
            ", ".join(f"{name}: {value}" for name, value in sorted(entry.properties.items())),
        )
        for _, entry in sorted(profile.entries.items())
    ]


def _segments(profile: Profile, release: Release | None, zone: ZoneInfo) -> Rows:
    """Return the tracked segments that the customer is in, or that time alone may change."""
    known = sorted((id, key) for key, id in release.tracked.by_key.items()) if release else []
    return [
        (id, "in" if key in profile.segments else "not in", f"looked at again {clock_of(until, zone)}" if until else "")
        for id, key in known
        if (until := profile.windows.get(key)) or key in profile.segments
    ]


def _enrollments(profile: Profile, release: Release | None, zone: ZoneInfo) -> Rows:
    ordered = sorted(profile.enrollments.values(), key=lambda enrollment: enrollment.entered_at)
    return [
        (
            f"{enrollment.journey} v{enrollment.version}",
            enrollment.subject,
            f"entered {clock_of(enrollment.entered_at, zone)}",
            _standing(enrollment, release, zone),
        )
        for enrollment in ordered
    ]


def _standing(enrollment: Enrollment, release: Release | None, zone: ZoneInfo) -> str:
    words = []
    if enrollment.holdout:
        words.append("held out: gets nothing, so that lift can be measured")
    if enrollment.converted:
        words.append("converted")
    if enrollment.ended_at:
        words.append(f"ended {clock_of(enrollment.ended_at, zone)}")
    elif enrollment.node:
        words.append(f"at {enrollment.node}")
    if release and enrollment.active and release.halted(enrollment.journey):
        words.append("standing still: paused or stopped")
    return ", ".join(words)


def _coming(profile: Profile) -> Iterator[tuple[datetime, str, str]]:
    """Yield (instant, journey, what) of every timer and every message held."""
    for enrollment in profile.enrollments.values():
        if enrollment.active and enrollment.due:
            yield enrollment.due, enrollment.journey, f"goes on from {enrollment.node}"
        for step, planned in enrollment.plan.items():
            if planned.state == "planned":
                yield planned.due, enrollment.journey, step
    for message in profile.messages.values():
        if message.state == "held":
            until = message.until or message.expires_at
            yield until, message.journey, f"{message.channel} {message.template}, held: {message.reason}"


def _outstanding(profile: Profile, zone: ZoneInfo) -> Rows:
    asked: list[Any] = [message for message in profile.messages.values() if message.state == "asked"]
    never = datetime.max.replace(tzinfo=UTC)
    return [
        (
            f"{message.channel} {message.template}",
            message.journey,
            f"asked {message.asks} times" if message.asks != 1 else "asked once",
            f"looked at again {clock_of(message.check_at, zone)}",
        )
        for message in sorted(asked, key=lambda message: message.check_at or never)
    ]
