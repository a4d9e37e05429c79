"""Every error Kairos raises on purpose.

KairosError
├── Rejected                 the caller's fault: parked or answered 4xx, never retried
│   ├── BadInput             a field is wrong; carries where, and what would be right
│   ├── BadSignature         the sender could not prove who they are
│   ├── UnknownConnection    no such source or connection here
│   ├── TooLarge             more bytes than a boundary takes
│   ├── BadDefinition        a journey, template, segment or brand that cannot be compiled
│   └── NoRoom               a part of a profile that may not be evicted is full
├── Conflict                 somebody was first: already done is success, a newer version is read again
│   ├── AlreadyDone
│   └── VersionConflict
└── Unavailable              a dependency did not answer: raise, the queue brings it back
    ├── Throttled
    └── Refused              the provider said no for good (deliver only): the message is not sent, with its reason
        └── Gone             and no other message will reach that address either: a device's token that has died
"""

from __future__ import annotations


class KairosError(Exception):
    """The root: catch it to catch everything that Kairos raises on purpose."""


class Rejected(KairosError):
    """The input can never succeed as it is."""


class BadInput(Rejected):
    """A field of an input is wrong. `field` is a dotted path, `expected` says what would be right."""

    def __init__(self, field: str, expected: str) -> None:
        self.field = field
        self.expected = expected
        super().__init__(f"{field}: expected {expected}")


class BadSignature(Rejected):
    """A signature, key or token does not prove the sender; the reason never quotes the secret."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


class UnknownConnection(Rejected):
    """Nothing is configured under this source and connection name."""

    def __init__(self, source: str, connection: str) -> None:
        self.source = source
        self.connection = connection
        super().__init__(f"no connection {connection!r} of source {source!r}")


class TooLarge(Rejected):
    """A body or part exceeds its bound."""

    def __init__(self, what: str, size: int, most: int) -> None:
        self.what, self.size, self.most = what, size, most
        super().__init__(f"{what} is {size} bytes, at most {most} are taken")


class BadDefinition(Rejected):
    """A definition cannot be compiled. `path` is a tuple of keys and indexes from the document's root."""

    def __init__(self, path: tuple[str | int, ...], expected: str) -> None:
        self.path = path
        self.expected = expected
        super().__init__(f"{'.'.join(map(str, path)) or 'document'}: {expected}")

    def under(self, *prefix: str | int) -> BadDefinition:
        """Return the same error seen from further up the document."""
        return BadDefinition((*prefix, *self.path), self.expected)


class NoRoom(Rejected):
    """A part of the profile is full of what may not be evicted."""

    def __init__(self, part: str) -> None:
        self.part = part
        super().__init__(f"no room left for {part}")


class Conflict(KairosError):
    """Another writer was first."""


class AlreadyDone(Conflict):
    """The same thing was done before; treat it as success."""


class VersionConflict(Conflict):
    """The profile changed since it was read; read again and decide again."""

    def __init__(self, profile: str) -> None:
        self.profile = profile
        super().__init__(f"profile {profile} changed since it was read")


class Unavailable(KairosError):
    """A dependency did not answer, or answered that it cannot now."""

    def __init__(self, what: str, reason: str = "") -> None:
        self.what, self.reason = what, reason
        super().__init__(f"{what} is unavailable{': ' + reason if reason else ''}")


class Throttled(Unavailable):
    """A dependency asked us to slow down."""


class Refused(Unavailable):
    """A provider refused one message for good; nothing was sent."""

    def __init__(self, provider: str, reason: str) -> None:
        super().__init__(provider, reason)


class Gone(Refused):
    """A provider refused the address for good; nothing was sent, and nothing sent there will arrive."""
