"""What differs between stages, and nothing else does: `prod` keeps its data, any other stage can be thrown away."""

import re
from dataclasses import dataclass

from aws_cdk import RemovalPolicy
from aws_cdk import aws_logs as logs

_NAME = re.compile(r"[a-z][a-z0-9-]{0,19}")


@dataclass(frozen=True, slots=True)
class Stage:
    """A named deployment; `concurrency` caps how many copies of a function one queue may start."""

    name: str
    keeps_data: bool
    concurrency: int

    @classmethod
    def named(cls, name: str) -> "Stage":
        """Return the stage called `name`; raise `ValueError` where AWS would refuse the names made from it."""
        if not _NAME.fullmatch(name):
            raise ValueError(f"stage {name!r}: use a small letter, then small letters, digits or hyphens, 20 at most")
        # A new AWS account may run ten functions at once in all, and a stage for trying things must leave it some.
        return cls(name, keeps_data=True, concurrency=100) if name == "prod" else cls(name, False, concurrency=2)

    @property
    def stack_name(self) -> str:
        return f"Kairos-{self.name}"

    @property
    def prefix(self) -> str:
        """Begin the names of everything that has a fixed name."""
        return f"kairos-{self.name}"

    @property
    def removal(self) -> RemovalPolicy:
        """Say what becomes of tables when the stack is deleted."""
        return RemovalPolicy.RETAIN if self.keeps_data else RemovalPolicy.DESTROY

    @property
    def log_retention(self) -> logs.RetentionDays:
        return logs.RetentionDays.ONE_MONTH if self.keeps_data else logs.RetentionDays.ONE_WEEK


@dataclass(frozen=True, slots=True)
class Options:
    """What an owner may say in cdk.json, under `context.stages.<stage>`; everything has a default.

    `alarm_email` receives the alarms; `email_identity` is a domain to be verified with SES by this stack;
    `allowed_origins` are the shop's own sites, from which browsers may call the tracking routes. `traces` lets X-Ray
    follow the functions: for a while, since it keeps a twentieth of all runs and costs a tenth of a message. Logs carry
    the correlation id either way. `link_domain` is an address of one's own for the API, and `link_certificate` the ARN
    of its certificate: both or none.
    """

    alarm_email: str | None = None
    email_identity: str | None = None
    allowed_origins: tuple[str, ...] = ("*",)
    traces: bool = False
    link_domain: str | None = None
    link_certificate: str | None = None
