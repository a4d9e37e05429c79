"""`walks`, and what is asked before one begins: whoever changes what a million customers get should know it first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import typer

from kairos.cli.difference import show_difference
from kairos.cli.failure import WRONG
from kairos.cli.screen import open_screen
from kairos.domain.walk import Walk, is_missed, walk_from_json

if TYPE_CHECKING:
    from datetime import timedelta

    from kairos.app.walk.audience import Audience
    from kairos.app.walk.estimate import Estimate
    from kairos.cli.deployment import Deployment

WALKING = frozenset({"publish", "rollback", "resume", "start-all", "broadcast", "confirm", "signal"})
"""Commands from which walks may come."""

SIGNAL_ASKS_FROM = 1_000
"""Profiles. A signal is about now: where few can hear it, nobody is asked first."""


def agreed(deployment: Deployment, request: Mapping[str, Any], *, yes: bool) -> bool:
    """Say which walks a command begins and what they come to; return whether that is wanted.

    Nothing is asked where nobody would be looked at, or where the command is going to be refused anyway.
    """
    if yes or request["command"] not in WALKING:
        return True
    foreseen = deployment.command({**request, "dry": True})
    found = _walks(foreseen)
    walks = [walk for walk in found if walk.state == "going" or request["command"] == "confirm"]
    under_way = show_difference(deployment, foreseen)
    _tell_waiting(deployment, request, [walk for walk in found if walk not in walks])
    if not walks:
        return not under_way or typer.confirm("Go live?", default=False, err=True)
    population = deployment.population()
    if population.profiles == 0 or (request["command"] == "signal" and population.profiles < SIGNAL_ASKS_FROM):
        return True
    return _ask(deployment, request, walks, population)


def agreed_to_look(deployment: Deployment, whom: str, *, yes: bool) -> bool:
    """Say what looking at everybody comes to, where nobody is woken; return whether that is wanted."""
    import typer

    from kairos.app.walk.estimate import estimate

    population = None if yes else deployment.population()
    if population is None or population.profiles == 0:
        return True
    told, screen = estimate(population), open_screen(complaints=True)
    screen.print(f"This looks at {whom}: {_reading(told)}.")
    return typer.confirm("Begin?", default=False, err=True)


def list_walks(deployment: Deployment) -> int:
    """Print every walk that is kept: what about, how far, how fast, and what went wrong."""
    screen = open_screen()
    walks = _walks(deployment.command({"command": "walks"}))
    now = deployment.clock.now()
    for walk in walks:
        screen.print(_line(walk))
        if is_missed(walk, now):
            screen.print("    its time is over and nobody confirmed it: it starts nobody", style="red")
        elif walk.state == "waiting":
            screen.print(f"    `kairos walks confirm {walk.id}`, before {walk.confirm_by:%Y-%m-%d %H:%M} UTC")
        if walk.error:
            screen.print(f"    {walk.failures} times: {walk.error}", style="red")
    if not walks:
        screen.print("no walk was ever begun here")
    return 0


def stop_walk(deployment: Deployment, id: str) -> int:
    """Stop a walk; whom it has reached, it has reached."""
    answer = deployment.command({"command": "stop-walk", "id": id})
    if not answer.get("ok"):
        open_screen(complaints=True).print(str(answer.get("error")), style="red")
        return WRONG
    for walk in _walks(answer):
        open_screen().print(_line(walk))
    return 0


def tell_begun(answer: Mapping[str, Any]) -> None:
    """Print the walks that a command began."""
    for walk in _walks(answer):
        if walk.state == "waiting":
            told = f"waits: nothing starts before you say `kairos walks confirm {walk.id}`"
        else:
            told = f"from {_when(walk)} UTC; see `kairos walks`"
        open_screen().print(f"walk {walk.id}: {_about(walk)}, {told}")


def _when(walk: Walk) -> str:
    return f"{walk.next_at:%Y-%m-%d %H:%M}" if walk.about == "campaign" else f"{walk.next_at:%H:%M}"


def _tell_waiting(deployment: Deployment, request: Mapping[str, Any], walks: Sequence[Walk]) -> None:
    """Say how many those walks will concern that this command writes down, and another one begins."""
    screen = open_screen(complaints=True)
    for walk, audience in zip(walks, _audiences(deployment, request, walks), strict=True):
        if audience is not None:
            screen.print(f"{_about(walk)}: {audience.told()}")


def _audiences(deployment: Deployment, request: Mapping[str, Any], walks: Sequence[Walk]) -> list[Audience | None]:
    """Return how many each walk will concern, None where that is not asked, or nobody is known."""
    from kairos.app.walk.audience import STARTING, sample_audience
    from kairos.cli.customer import live_release
    from kairos.cli.drafted import drafted_release

    if not any(walk.about in STARTING for walk in walks):
        return [None] * len(walks)
    publishes = request["command"] == "publish"
    release = drafted_release(deployment, request.get("ids")) if publishes else live_release(deployment)
    if release is None:
        return [None] * len(walks)
    now = deployment.clock.now()
    return [sample_audience(deployment.scan, release, walk, now) if walk.about in STARTING else None for walk in walks]


def _ask(deployment: Deployment, request: Mapping[str, Any], walks: Sequence[Walk], population: Any) -> bool:
    from kairos.app.walk.estimate import estimate

    screen = open_screen(complaints=True)
    pointer = deployment.releases.pointer()
    brand = deployment.releases.bundle(pointer.release)["brand"] if pointer else {}
    rate = (brand.get("walks") or {}).get("per_second")
    told = estimate(population, rate)
    for walk, audience in zip(walks, _audiences(deployment, request, walks), strict=True):
        screen.print(f"This begins a walk: {_about(walk)}.")
        screen.print(f"  {_reading(told)}")
        if audience is not None:
            screen.print(f"  it concerns {audience.told()}")
        screen.print(
            f"  if all of them are concerned: {_usd(told.read_usd + told.wake_usd)}, {_span(told.longest)}, "
            "and what their messages cost",
        )
        if prices := _prices(deployment, walk, brand, told.profiles if audience is None else audience.people):
            screen.print(f"  one message to each of them: {prices}")
    return typer.confirm("Begin?", default=False, err=True)


def _prices(deployment: Deployment, walk: Walk, brand: Mapping[str, Any], people: int) -> str:
    """Return what one message to so many costs by each channel: "0.30 USD by email, 139.50 USD by sms"."""
    from kairos.cli.message_prices import prices_of

    if walk.about == "recount":
        return ""
    found = prices_of(deployment.drafts.all(), walk.journeys, brand)
    return ", ".join(f"{_usd(price * people)} by {channel}" for channel, price in found.items())


def _reading(told: Estimate) -> str:
    about = "" if told.exact else "about "
    return f"{about}{told.profiles:,} profiles to look at: {_usd(told.read_usd)}, {_span(told.shortest)}"


def _walks(answer: Mapping[str, Any]) -> list[Walk]:
    return [walk_from_json(raw) for raw in answer.get("walks", ())]


def _about(walk: Walk) -> str:
    journeys = ", ".join(walk.journeys)
    whom = f"everybody in {walk.segment}" if walk.segment else "everybody"
    return {
        "enroll": f"who has an entry or date already joins {journeys}",
        "moment": f"everybody who can be reached, before the day of {journeys} ({walk.what.get('day', '')})",
        "resume": f"what fell due meanwhile in {journeys or 'every journey'}",
        "recount": "who is in which segment, under the new definitions",
        "replan": "plans and held messages under the brand's new times",
        "migrate": f"who is in an earlier version of {journeys} goes on in this one",
        "broadcast": f"{journeys} to {whom}",
        "campaign": f"{journeys} to whom it is for, at {walk.what.get('at', '')}",
        "signal": f"{walk.what.get('event', '')} to {whom}",
        "enter": f"{journeys} for {len(walk.what.get('profiles', ()))} customers",
    }[walk.about]


def _line(walk: Walk) -> str:
    done = sum(cursor is None for cursor in walk.cursors)
    share = 1.0 if walk.state == "done" else max(_share(walk), done / len(walk.cursors))
    rate = f", at most {walk.per_second:g} a second" if walk.per_second else ""
    looked = f"{walk.looked_at:,} of {'?' if walk.profiles is None else f'{max(walk.profiles, walk.looked_at):,}'}"
    return (
        f"{walk.id}  {walk.state:8}{share:5.0%}  {_about(walk)}: {looked} looked at, {walk.woken:,} woken, "
        f"{walk.read_units:,.0f} read units{rate}"
    )


def _share(walk: Walk) -> float:
    return min(0.99, walk.looked_at / walk.profiles) if walk.profiles else 0.0


def _usd(amount: float) -> str:
    return f"{amount:.2f} USD" if amount >= 0.01 else "less than 0.01 USD"


def _span(span: timedelta) -> str:
    minutes = int(span.total_seconds() // 60)
    return f"{minutes} min" if minutes < 120 else f"{minutes / 60:.1f} h"
