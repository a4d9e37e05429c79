"""`erase`: people are forgotten, everywhere, and what that came to is said."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import typer

from kairos.app.erase import Erase, Report
from kairos.app.ingest.identifiers import normalise_email
from kairos.cli.customer import PROFILE_ID, country_of, identifiers_of
from kairos.cli.failure import WRONG, CannotDo
from kairos.cli.screen import open_screen

if TYPE_CHECKING:
    from kairos.app.ports import Identifier
    from kairos.cli.deployment import Deployment


@dataclass(frozen=True, slots=True)
class Wish:
    """Who is to be erased: by what an operator has at hand, and (`requested`) whoever asked for it through a source."""

    people: Sequence[str] = ()
    requested: bool = False
    yes: bool = False
    as_json: bool = False


def erase_people(deployment: Deployment, wish: Wish, sleep: Callable[[float], None] = time.sleep) -> int:
    """Erase and report. Raises CannotDo where a person cannot be told apart, Unavailable where it must be run again."""
    found = {person: find_id(deployment, person) for person in wish.people}
    unknown = [person for person, id in found.items() if id is None]
    profiles = [id for id in found.values() if id is not None]
    if wish.requested:
        profiles += [id for id in asked_for(deployment) if id not in profiles]
    screen = open_screen(complaints=True)
    for person in unknown:
        screen.print(f"nobody is known by {person}: nothing is kept of them (so it is after an erasure)")
    if not profiles:
        _report(Report(), as_json=wish.as_json)
        return 0
    for id in profiles:
        screen.print(f"profile {id} will be erased; should this break off, go on with: kairos erase {id}")
    if not wish.yes and not _agreed(len(profiles)):
        return WRONG
    addresses = [each for person, id in found.items() if id is not None for each in _address(deployment, person)]
    ports = (deployment.traces, deployment.suppressions, deployment.consents, deployment.inbox, deployment.clock)
    # The devices are found only where there is one.
    erase = Erase(deployment.read_profile, *ports, sleep, lambda address: deployment.devices.forget(address))
    _report(erase.run(profiles, addresses, lambda what: screen.print(what, style="dim")), as_json=wish.as_json)
    return 0


def find_id(deployment: Deployment, person: str) -> str | None:
    """Return the profile id that a text leads to, whether or not the profile itself is still there; None for nobody."""
    wanted = person.strip()
    if not wanted:
        raise CannotDo("say whom: a profile id, e-mail, phone, or SOURCE/CONNECTION:CUSTOMER_ID")
    if PROFILE_ID.fullmatch(wanted):
        return wanted
    return deployment.find_profile(identifiers_of(deployment, wanted))


def asked_for(deployment: Deployment) -> Iterator[str]:
    """Yield who was erased by a source's word, and not yet everywhere: found by reading all profiles."""
    from kairos.app.publish.standing import read_share

    for row in read_share(deployment.scan, 1):
        state = row.state
        if state is not None and state.erased_at is not None and not state.erased_everywhere:
            yield state.id


def _address(deployment: Deployment, person: str) -> Iterator[tuple[str, str]]:
    """Yield the address by which somebody asked to be forgotten, as (channel, address)."""
    if email := normalise_email(person):
        yield "email", email
        return
    found: list[Identifier] = identifiers_of(deployment, person) if country_of(deployment) or "+" in person else []
    yield from (("sms", one.value) for one in found if one.kind == "phone")


def _agreed(people: int) -> bool:
    if not sys.stdin.isatty():
        raise CannotDo("erasing cannot be undone: say --yes where nobody can be asked")
    return typer.confirm(f"Erase {people} of them? This cannot be undone.", default=False, err=True)


def _report(report: Report, *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps({**asdict(report), "profiles": list(report.profiles)}, ensure_ascii=False))
        return
    if not report.profiles:
        return
    kinds = ", ".join(f"{number} {kind}" for kind, number in sorted(report.identities.items())) or "none"
    screen = open_screen()
    screen.print(f"erased: {len(report.profiles)} profile ids ({', '.join(report.profiles)})", style="green")
    screen.print(f"  contacts     {report.contacts} rows deleted")
    screen.print(f"  identities   {sum(report.identities.values())} rows deleted ({kinds})")
    screen.print(f"  messages     {report.messages} rows of the ledger deleted")
    screen.print(
        f"  consents     {report.consents} rows deleted; {report.refusals_kept} refusals kept by address alone"
    )
    screen.print(f"  came in meanwhile, and deleted too: {report.left_over}")
    screen.print(f"  stops kept   {report.stops} (keyed hashes: no marketing to these addresses, whoever imports them)")
    screen.print("  the archive keeps pseudonymous lines for up to 400 days; nothing leads to them any more")
