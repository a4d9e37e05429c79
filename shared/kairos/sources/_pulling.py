"""What a source that is read, not only listened to, has beside `kairos.registry.Source`.

A reading is turned into bodies that the source's own `parse` reads, so what is found goes through the door that a
webhook goes through. What `sync` keeps of a connection between two readings is a cursor, which the source alone
understands, and what it has told us of each entry: without that, nobody could say which entries have vanished.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server said: header names in lower case, the body whole (no larger than was asked for)."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


class Fetch(Protocol):
    """How a reading leaves the house."""

    def __call__(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes = b"", *, bytes_max: int = 1_048_576
    ) -> Answer:
        """Return the answer, redirects of a GET followed.

        Raises Refused for what must not be called or is larger than `bytes_max`, Unavailable where there is no answer.
        """


@dataclass(frozen=True, slots=True)
class Told:
    """What was told of one entry: `mark` is a keyed hash of its content, `until` the instant after which it is over.

    `whom` are the profiles that have it (pseudonyms). `line` is what the successor of an entry whose id was changed by
    an edit shares with it: empty where ids never change.
    """

    mark: str
    until: datetime
    whom: tuple[str, ...] = ()
    line: str = ""


@dataclass(frozen=True, slots=True)
class Pulling:
    """One reading of one connection.

    `historical`: the first reading, or the first after a long silence. `late` says that the time for this reading is
    over.
    `keep` changes settings of the connection for good (a token that was renewed). `hook` is where notifications go that
    are about it; empty where nobody can reach us.
    """

    settings: Mapping[str, Any]
    cursor: Mapping[str, Any]
    told: Mapping[str, Told]
    fetch: Fetch
    now: datetime
    historical: bool = False
    late: Callable[[], bool] = lambda: False
    keep: Callable[[Mapping[str, Any]], None] = lambda changed: None
    hook: str = ""


PAGE = "x-kairos-page"
"""The header in which a page says which one of its connection it is: the same when it is told again after a crash, and
another when the same content comes back later. It belongs into de-duplication keys."""


@dataclass(frozen=True, slots=True)
class Page:
    """A part of a reading, kept before the next part is asked for.

    `body` is what `parse` reads; None: nothing is to be told. `told` are entries as they are told now, or None for
    those that are over or gone. `cursor` None: it stays as it was. `left_out` counts what could not be read. `warning`
    is what the owner should know though the reading went well; empty: all is well; None: nothing is said of it.
    """

    body: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    cursor: Mapping[str, Any] | None = None
    told: Mapping[str, Told | None] = field(default_factory=dict)
    left_out: int = 0
    expires_at: datetime | None = None
    warning: str | None = None


class Puller(Protocol):
    """A source that is read. One that is sent webhooks too has `reads(settings)`: whether a connection can be read."""

    name: str
    every: timedelta  # how often a connection is read

    def pull(self, pulling: Pulling) -> Iterator[Page]:
        """Read what is new. Raises Refused or Rejected where only the owner can help, Unavailable for later."""

    def leave(self, entry: str, whom: tuple[str, ...], pulling: Pulling) -> bytes:
        """Return the body that says that an entry goes on without these profiles."""
