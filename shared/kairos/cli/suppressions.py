"""`suppressions`: refusals that reached somebody else are brought in, and what is kept of an address is shown.

A carrier's 080 number, a call centre and SNS hear refusals that no link of ours brings. Each becomes a stop, written
first and read before every message, and where the address is somebody's, a word of theirs in the inbox: journeys take
back what is under way, the ledger has it, and a notice of the result can go out. Nobody is made of an address that is
not known. Running it again changes nothing.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from kairos.app.consents import word_to_json
from kairos.app.ingest.identifiers import normalise_email, normalise_phone
from kairos.app.ports import Identifier, InboxMessage
from kairos.app.preferences.addresses import ADDRESSES
from kairos.cli.customer import country_of, live_release
from kairos.cli.failure import CannotDo
from kairos.cli.import_table import guess_encoding
from kairos.cli.screen import open_screen
from kairos.domain.consent import MARKETING
from kairos.domain.event import ConsentFact, Event
from kairos.domain.ids import digest
from kairos.domain.instant import parse_instant
from kairos.domain.suppression import UNSUBSCRIBED

if TYPE_CHECKING:
    from kairos.cli.deployment import Deployment

PURPOSES = (MARKETING, "all")
FIRM = "imported"
TOLD_AT_ONCE = 100
WRONG_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Wish:
    """What a list means. `firm`: no later consent lifts it; else it is the person's own word, as of `at` or its row."""

    source: str
    channel: str = ""
    purpose: str = MARKETING
    firm: bool = False
    at: datetime | None = None
    as_json: bool = False


@dataclass(frozen=True, slots=True)
class Refused:
    """One address of a list: its kind ("email" or "phone"), itself in one form, and when it refused."""

    kind: str
    address: str
    at: datetime


def import_file(deployment: Deployment, file: Path, wish: Wish) -> int:
    """Stop every address of a file: whatever it has besides, one address and perhaps a time stand in each row.

    Raises CannotDo where the file has none, Unavailable where it must be run again.
    """
    now = deployment.clock.now()
    release = live_release(deployment)
    zone = release.brand_zone if release else ZoneInfo("UTC")
    found: list[Refused] = []
    wrong: list[int] = []
    for number, cells in _rows(file):
        one = _refused(cells, country_of(deployment), zone, wish.at or now)
        if one is not None:
            found.append(one)
        elif number > 1:  # the first line may be a header
            wrong.append(number)
    if not found:
        raise CannotDo(f"{file} has no address: each line needs an e-mail or a phone number")
    return _stop(deployment, found, wish, wrong)


def import_from_sns(deployment: Deployment, wish: Wish) -> int:
    """Stop every number that SNS refuses because its owner answered STOP. It says no time: it is now."""
    now = deployment.clock.now()
    numbers = [normalise_phone(number, None) for number in deployment.opted_out_numbers()]
    return _stop(deployment, [Refused("phone", each, now) for each in numbers if each], wish, [])


def show_suppressions(deployment: Deployment, address: str, *, as_json: bool) -> int:
    """Print what is kept of an address itself: its stops, and refusals that survived an erasure."""
    one = _refused([address], country_of(deployment), ZoneInfo("UTC"), deployment.clock.now())
    if one is None:
        raise CannotDo("give an e-mail address or a phone number")
    stops = {
        channel: sorted(deployment.suppressions.suppressed(channel, one.address)) for channel in _channels(one.kind, "")
    }
    kept = deployment.consents.of([deployment.suppressions.hash_address(one.address)])
    words = [{key: part for key, part in word_to_json(word).items() if key != "person"} for word in kept]
    if as_json:
        print(json.dumps({"stops": stops, "refusals": words}, ensure_ascii=False, indent=2))
        return 0
    screen = open_screen()
    for channel, purposes in stops.items():
        screen.print(f"{channel:<6}  {', '.join(purposes) or 'no stop'}")
    for word in words:
        screen.print(f"refused {word['channel']} {word['purpose']} at {word['at']} ({word.get('source', '')})")
    return 0


def _stop(deployment: Deployment, found: Iterable[Refused], wish: Wish, wrong: list[int]) -> int:
    if wish.purpose not in PURPOSES:
        raise CannotDo(f"--purpose is one of {', '.join(PURPOSES)}; found {wish.purpose!r}")
    reason = FIRM if wish.firm else UNSUBSCRIBED
    stops, known = 0, 0
    told: list[InboxMessage] = []
    for one in dict.fromkeys(found):
        for channel in _channels(one.kind, wish.channel):
            deployment.suppressions.suppress(channel, one.address, wish.purpose, reason, one.at)
            stops += 1
        profile = deployment.find_profile([Identifier(one.kind, one.address)])
        if profile is None:
            continue
        known += 1
        if words := tuple(_words(deployment, profile, one, wish)):
            told.append(InboxMessage(profile, words))
        if len(told) == TOLD_AT_ONCE:
            deployment.inbox.put(told)
            told = []
    if told:
        deployment.inbox.put(told)
    return _report(stops, known, wrong, wish)


def _words(deployment: Deployment, profile: str, one: Refused, wish: Wish) -> Iterator[Event]:
    """Yield a refusal for each channel that has not been refused already: a list that is read daily tells once."""
    now = deployment.clock.now()
    hashed = deployment.suppressions.hash_address(one.address)
    state = deployment.read_profile(profile)
    for channel in _channels(one.kind, wish.channel):
        said = state.consents.get((channel, MARKETING)) if state is not None else None
        if said is not None and not said.given:
            continue
        yield Event(
            id=digest("refused elsewhere", channel, hashed, one.at.isoformat()),
            name="consent_withdrawn",
            profile=profile,
            occurred_at=min(one.at, now),
            received_at=now,
            source=wish.source,
            consent=ConsentFact(channel, MARKETING, proof=wish.source),
        )


def _channels(kind: str, wanted: str) -> list[str]:
    """Return the channels that have this kind of address, or the one that is wanted of them. Raises CannotDo."""
    there = [channel for channel, field in ADDRESSES.items() if field == kind]
    if wanted and wanted not in there:
        raise CannotDo(f"--channel {wanted} has no {kind} for an address; there are: {', '.join(there)}")
    return [wanted] if wanted else there


def _rows(file: Path) -> Iterator[tuple[int, list[str]]]:
    with file.open("rb") as raw:
        encoding = guess_encoding(raw)
    text = file.read_text(encoding)
    delimiter = max(",;\t|", key=text[:10_000].count)
    for number, cells in enumerate(csv.reader(io.StringIO(text), delimiter=delimiter), 1):
        if any(cell.strip() for cell in cells):
            yield number, [cell.strip() for cell in cells]


def _refused(cells: list[str], country: str | None, zone: ZoneInfo, at: datetime) -> Refused | None:
    """Return the address of a row and its time, whichever cells they stand in."""
    found: tuple[str, str] | None = None
    when = at
    for cell in cells:
        if found is None and (email := normalise_email(cell)):
            found = ("email", email)
        elif found is None and (phone := normalise_phone(cell, country)):
            found = ("phone", phone)
        elif (instant := _instant(cell, zone)) is not None:
            when = instant
    return Refused(*found, when) if found else None


def _instant(cell: str, zone: ZoneInfo) -> datetime | None:
    try:
        return parse_instant(cell.replace(" ", "T", 1), zone)
    except ValueError:
        return None


def _report(stops: int, known: int, wrong: list[int], wish: Wish) -> int:
    if wish.as_json:
        print(json.dumps({"stops": stops, "people": known, "lines_without_address": wrong}))
        return 1 if wrong else 0
    screen = open_screen()
    screen.print(f"{stops} stops kept, {known} people are known by these addresses and hear of it")
    if wrong:
        shown = ", ".join(map(str, wrong[:WRONG_SHOWN]))
        screen.print(f"{len(wrong)} lines have no address (the first: {shown})", style="yellow")
    return 1 if wrong else 0
