"""Plug-ins: a file in `steps`, `sources`, `channels` or `policies` is found by being there.

A plug-in module defines one object named as its package says: STEP, SOURCE, CHANNEL or POLICY. Nothing is imported
before it is asked for: a function that knows one source never pays for the others.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Protocol

from kairos.domain.consent import Consent
from kairos.domain.decision import Decision, Scene
from kairos.domain.document import Document, Path
from kairos.domain.errors import BadInput
from kairos.domain.event import Event
from kairos.domain.profile import Profile
from kairos.domain.quiet_hours import Closing

# ---- steps -----------------------------------------------------------------------------------------------------


class Step(Protocol):
    """What a journey can do at one place. `keyword` is its key in YAML, `beside` the keys that may stand next to it
    (`id` always may); `elapsed` says whether it waits for elapsed time: a journey that does takes fresher triggers."""

    keyword: str
    beside: Sequence[str]
    elapsed: bool
    local: bool  # waits for a local clock time: computed anew when the customer's zone changes
    schema: Mapping[str, Any]  # JSON Schema of the keyword and of each key beside it

    def read(self, document: Document) -> Any:
        """Return the step's arguments, frozen. Raises BadDefinition."""

    def blocks(self, document: Document) -> Sequence[tuple[str, list[tuple[Any, Path]]]]:
        """Return the nested step lists, each under the name of the exit that leads to it."""

    def enter(self, args: Any, scene: Scene) -> Decision:
        """Decide on being reached."""

    def wake(self, args: Any, scene: Scene) -> Decision:
        """Decide when the time it parked for has come."""

    def asked(self, args: Any, scene: Scene) -> Decision:
        """Decide when a message it asked for is asked for, or known not to go out; `scene.at` is when that was."""

    def hear(self, args: Any, scene: Scene, event: Event) -> Decision | None:
        """Decide on an event that arrives while parked; None: it does not matter here."""


# ---- sources ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Request:
    """A webhook as it arrived: header names in lower case, the raw body, and when. `evidence` is what was read from
    where its source said (`kairos.app.ingest.evidence`): a certificate."""

    headers: Mapping[str, str]
    body: bytes
    received_at: datetime
    connection: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)
    path: str = ""
    evidence: bytes = b""


@dataclass(frozen=True, slots=True)
class Named:
    """How a source names a person: see `kairos.app.ports.Identifier`, of which this is the source's side.

    Values are raw; `ingest` normalises them (e-mail lower case, phone E.164 in the brand's country) and drops junk.
    """

    kind: str
    value: str
    verified: bool = False
    scope: str = ""  # whose id it is, where it is not the sender's own: "shopify/main"


@dataclass(frozen=True, slots=True)
class Contact:
    """Personal data that a template may need: kept under `ref` in contacts, never in an event."""

    ref: str  # "profile", "entry#<kind>#<id>", "subject#<value>"
    fields: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Stop:
    """An address that must not be written to again: `ingest` writes it to suppressions before it queues anything."""

    channel: str
    address: str
    purpose: str  # "marketing" or "all"
    reason: str
    hashed: bool = False  # the address is a keyed hash of this stack's, as `kairos export` writes it


@dataclass(frozen=True, slots=True)
class Parsed:
    """One fact of one person, as a source file translates it. `event.profile` is empty until `ingest` fills it.

    `event.id` is empty too: `ingest` derives it from the connection and `key` (the source's de-duplication key).
    `who` is best first; without any the event is archived, not queued. `proven` facts carry a proof of their own, which
    was checked: their message and reach are believed, whatever key the request shows.
    """

    event: Event
    key: str
    who: Sequence[Named] = ()
    contacts: Sequence[Contact] = ()
    stops: Sequence[Stop] = ()
    proven: bool = False


class Source(Protocol):
    """A kind of sender. Never raises anything but Rejected errors, whatever the bytes."""

    name: str
    retry_horizon: timedelta
    topic_at: tuple[str, str]  # ("header" or "body", key): where a request says what it is about
    properties: Mapping[str, Sequence[str]]  # event name (or "*") → listed property names; all others are dropped

    def verify(self, request: Request) -> bool:
        """Raise BadSignature unless the request proves its sender (constant time). Return whether it is trusted:
        a public key proves nothing and may add anonymous behaviour only."""

    def parse(self, request: Request, *, trusted: bool, refused: list[BadInput] | None = None) -> Sequence[Parsed]:
        """Translate the body. Raises BadInput naming the field; unknown topics and pings return nothing.

        Where a body holds many calls (a batch), `refused` collects what is wrong with single ones so that the others
        go on; without it the first wrong one is raised.
        """


# ---- channels --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Rendered:
    """A message ready to go: `parts` as the channel's template names them (subject, text, html; text)."""

    parts: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Occasion:
    """The booking, delivery or course that a message is about. `uid` stays the same when it moves, even under a new id;
    `told_at` is when its source last said anything of it. Instants are aware."""

    uid: str
    starts_at: datetime
    ends_at: datetime | None
    told_at: datetime
    cancelled: bool = False


@dataclass(frozen=True, slots=True)
class Delivery:
    """All that a channel needs to hand one message to its provider. `tags` carry the message and profile id.

    `at` is when it is handed over (aware, UTC): what a channel writes as the message's own date. `expires_at` is when
    it has lost its meaning: what a channel that keeps messages keeps them until. `occasion` is what it is about, where
    that is an entry with a time. `words` says what of its template it
    is, for the record: {"template", "language", "content", "variant" where it is one}.
    """

    message: str
    address: str
    rendered: Rendered
    marketing: bool
    sender: Mapping[str, str]
    tags: Mapping[str, str]
    unsubscribe_url: str | None = None
    at: datetime | None = None
    expires_at: datetime | None = None
    words: Mapping[str, str] = field(default_factory=dict)
    occasion: Occasion | None = None


@dataclass(frozen=True, slots=True)
class Grant:
    """What AWS must allow whoever uses a plug-in. Resources are ARNs in which infra fills `{partition}`, `{region}`,
    `{account}` and `{configuration_set}`; `why` explains a wildcard."""

    actions: Sequence[str]
    resources: Sequence[str]
    why: str = ""


@dataclass(frozen=True, slots=True)
class Rate:
    """How fast a provider takes messages unless the brand's `rates` say otherwise; `per_day` None: no daily quota."""

    per_second: float
    per_day: int | None = None


@dataclass(frozen=True, slots=True)
class Price:
    """What one message costs at list price, in US dollars, for estimates and spending limits. `per` says of what
    ("segment"), and from which price list; 0 where nobody sends a bill."""

    usd: float
    per: str


class Channel(Protocol):
    """A way to reach a person. `address` is the contact field it needs (empty: it needs none); `parts` the template
    parts it renders, of which `choices` can only be one of a few words, and `mappings` are short texts by name: those
    that are listed, or (none listed) whichever the author wants. A mapping is rendered to JSON.

    `informational`: class marketing may not use it. `repeatable`: whoever takes a message knows it by its id, so a call
    whose answer was lost is made again. What is neither is in `channels/_plain.py`.

    `service` and `client_config` say which client bootstrap makes for it (boto3's name, botocore's Config arguments;
    empty: none of AWS's): a client that repeats calls by itself would send twice, so every channel forbids that there.
    """

    name: str
    address: str
    parts: Sequence[str]
    required: Sequence[str]
    choices: Mapping[str, Sequence[str]]
    mappings: Mapping[str, Sequence[str]]
    reports_back: bool  # whether the provider later says what became of a message
    informational: bool
    repeatable: bool
    rate: Rate
    price: Price
    grants: Sequence[Grant]
    service: str
    client_config: Mapping[str, Any]

    def send(self, delivery: Delivery, client: Any) -> str:
        """Hand the message over and return the provider's id.

        Raises Refused (definitely not sent, for good; Gone where the address takes nothing any more), Throttled
        (definitely not sent, later), and Unavailable when it is unknown whether the provider took it.
        """

    def lint(self, texts: Mapping[str, str], brand: Mapping[str, Any]) -> Sequence[tuple[str, str]]:
        """Return what could not be sent of a template as its author wrote it, at publish: (part, what is wrong)."""

    def outgrows(
        self, written: Mapping[str, str], sent: Mapping[str, str], brand: Mapping[str, Any]
    ) -> Sequence[tuple[str, str]]:
        """Return what a text becomes through what is added as it is sent, where that costs more than it looks, at
        publish: (part, what its author should know)."""

    def amount(self, parts: Mapping[str, str]) -> int:
        """Return of how many units (`price.per`) a rendered message is."""

    def measured(self, parts: Mapping[str, str], brand: Mapping[str, Any]) -> str:
        """Return how long a rendered message is on the channel's own terms, for whoever previews it; often nothing."""


# ---- policies ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Night:
    """A time of the recipient's clock that is closed to marketing, and the rule that closes it."""

    closing: Closing
    rule: str


class Policy(Protocol):
    """A law pack: what a country's law adds to class marketing. Transactional messages pass through unchanged."""

    name: str

    def nights(self, profile: Profile, channel: str) -> Sequence[Night]:
        """Return when, by the recipient's clock, marketing on `channel` is held for this customer."""

    def objects(self, consent: Consent | None, channel: str, brand: Mapping[str, Any], now: datetime) -> str | None:
        """Return the rule by which marketing may not go on this consent at `now` (UTC), or None when it may.

        What is asked for is the engine's own minimum already: a consent of whatever basis that is given and stands, or
        None.
        """

    def bars(self, profile: Profile, now: datetime) -> str | None:
        """Return the rule by which this customer gets no marketing whatever they agreed to, or None."""

    def apply(
        self, rendered: Rendered, channel: str, marketing: bool, brand: Mapping[str, Any], unsubscribe_url: str | None
    ) -> Rendered:
        """Return the message with the label, sender and opt-out that the law asks for; applying twice adds nothing."""

    def lacks(self, rendered: Rendered, channel: str, marketing: bool, brand: Mapping[str, Any]) -> str | None:
        """Return what the law asks for and the message has not (it is then not sent), or None when it may go.

        The text begins with the rule: "정보통신망법 §50④: the sender's contact".
        """

    def lint(self, texts: Mapping[str, str], channel: str, marketing: bool) -> Sequence[tuple[str, str]]:
        """Return what is wrong with a template as its author wrote it, at publish: (part, what, beginning with the
        rule). `texts` are the parts of one channel, blanks and all."""

    def untold(self, answered: Collection[str], confirmable: bool) -> Sequence[str]:
        """Return what the law wants whoever agreed or refused to be told and no journey tells, beginning with the rule.

        `answered` are the events that a transactional journey answers with a message, `confirmable` whether some
        transactional message carries the link to confirm a consent by.
        """

    def undeclared(self, brand: Mapping[str, Any], channels: Collection[str]) -> Sequence[str]:
        """Return what the law has whoever advertises on `channels` hold or declare and the brand does not state,
        beginning with the rule."""


# ---- discovery -------------------------------------------------------------------------------------------------


@cache
def names(package: str) -> tuple[str, ...]:
    """Return the plug-ins of `package` ("steps", "sources", "channels", "policies"), sorted, importing none."""
    spec = find_spec(f"kairos.{package}")
    if spec is None or spec.submodule_search_locations is None:
        return ()
    found = pkgutil.iter_modules(spec.submodule_search_locations)
    return tuple(sorted(module.name for module in found if not module.name.startswith("_")))


@cache
def load(package: str, name: str) -> Any:
    """Return the plug-in object of one file. Raises LookupError when there is none of that name."""
    if name not in names(package):
        raise LookupError(f"no {package.removesuffix('s')} is called {name!r}; there are: {', '.join(names(package))}")
    module = import_module(f"kairos.{package}.{name}")
    return getattr(module, {"policies": "POLICY"}.get(package, package.removesuffix("s").upper()))
