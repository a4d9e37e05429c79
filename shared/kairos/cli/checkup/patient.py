"""The deployment as checks see it. Every call to AWS passes `ask` or `asking`, so that one place knows what a refusal
means: which permission is lacking, and that a local cloud does not play everything."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

from kairos.app.ports import Clock, Pointer, Releases
from kairos.cli.failure import NotDeployed
from kairos.domain.errors import Unavailable

LOCAL_STAGE = "local"
PAGES_MAX = 20
"""How many pages of a list are read: a check must end, however much there is."""

DENIED = frozenset(
    {
        "403",
        "AccessDenied",
        "AccessDeniedException",
        "AuthorizationError",
        "AuthorizationErrorException",
        "Forbidden",
        "UnauthorizedOperation",
    }
)
ABSENT = frozenset(
    {
        "AWS.SimpleQueueService.NonExistentQueue",
        "NoSuchResourceException",
        "NotFound",
        "NotFoundException",
        "QueueDoesNotExist",
        "ResourceNotFoundException",
    }
)
_ACTIONS = {"sesv2": "ses", "service-quotas": "servicequotas"}
"""How IAM spells a service where botocore does so differently."""


def no_dns(name: str) -> Sequence[str]:
    """Stand in where nobody asks DNS."""
    raise Unavailable("DNS", f"nobody is asked for {name} here")


class MayNot(Exception):
    """The caller lacks a permission. `action` is IAM's name of it."""

    def __init__(self, action: str) -> None:
        self.action = action
        super().__init__(f"these credentials lack the permission {action}")


class Absent(Exception):
    """AWS knows no such thing."""


@dataclass
class Patient:
    """A deployment to be examined. `client(service)` makes or returns a botocore client; `outputs` are the stack's;
    `text_records(name)` asks DNS."""

    stage: str
    outputs: Mapping[str, str]
    client: Callable[[str], Any]
    clock: Clock
    releases: Callable[[], Releases]
    text_records: Callable[[str], Sequence[str]] = no_dns
    _answers: dict[Any, Any] = field(default_factory=dict)

    @property
    def is_local(self) -> bool:
        """Tell whether it is served on this machine, where some of AWS is not played."""
        return self.stage == LOCAL_STAGE

    @property
    def is_prod(self) -> bool:
        """Tell whether customers depend on it."""
        return self.stage == "prod"

    @property
    def prefix(self) -> str:
        """Return how the names of its resources begin."""
        return f"kairos-{self.stage}"

    @cached_property
    def now(self) -> datetime:
        """Return the instant of the examination, UTC."""
        return self.clock.now()

    def output(self, name: str) -> str:
        """Return an output of the stack. Raises NotDeployed where the stack is older than this command."""
        if name not in self.outputs:
            raise NotDeployed(f"the stack Kairos-{self.stage} has no output {name}: {self.deploy}")
        return self.outputs[name]

    @property
    def deploy(self) -> str:
        """Return the command that brings the stack to this version."""
        return f"make deploy STAGE={self.stage}"

    def kairos(self, command: str) -> str:
        """Return a command of ours for this stage."""
        return f"kairos {command} --stage {self.stage}"

    def aws(self, command: str) -> str:
        """Return a command of AWS's command line for this Region."""
        return f"aws {command} --region {self.region}"

    def console(self, page: str) -> str:
        """Return the address of a page of AWS's console, in the Region of the deployment."""
        region = self.region
        path, _, place = page.partition("#")
        return f"https://{region}.console.aws.amazon.com/{path}?region={region}" + (f"#{place}" if place else "")

    @property
    def region(self) -> str:
        """Return the Region that is examined."""
        return str(self.client("cloudformation").meta.region_name)

    def ask(self, service: str, operation: str, **request: Any) -> Any:
        """Return AWS's answer to an operation, called by its name in the API ("GetAccount"); the same asked twice is
        called once. Raises MayNot, Absent, and botocore's errors."""
        from botocore import xform_name

        key = (service, operation, repr(sorted(request.items())))
        if key not in self._answers:
            with asking(service):
                self._answers[key] = getattr(self.client(service), xform_name(operation))(**request)
        return self._answers[key]

    def pages(
        self, service: str, operation: str, rows: str, following: str = "NextToken", **request: Any
    ) -> Iterator[list[Any]]:
        """Yield the rows of a list page by page, PAGES_MAX at most. `following` names
        what the next page is asked by; Lambda calls it otherwise in its answer."""
        place: dict[str, Any] = {}
        for _ in range(PAGES_MAX):
            answer = self.ask(service, operation, **request, **place)
            yield answer.get(rows, [])
            onward = answer.get("NextMarker" if following == "Marker" else following)
            if not onward:
                return
            place = {following: onward}

    @cached_property
    def pointer(self) -> Pointer | None:
        """Return what is live, or None before the first publish."""
        with asking("dynamodb"):
            return self.releases().pointer()

    @cached_property
    def bundle(self) -> Mapping[str, Any] | None:
        """Return the live release, or None before the first publish. Raises Unavailable where it cannot be read."""
        if self.pointer is None:
            return None
        with asking("s3"):
            return self.releases().bundle(self.pointer.release)

    def seen_with(self, brand: Mapping[str, Any], templates: Mapping[str, Any]) -> Patient:
        """Return the same deployment as it would be with another brand and other templates live."""
        other = Patient(self.stage, self.outputs, self.client, self.clock, self.releases, self.text_records)
        other.__dict__["bundle"] = {"brand": brand, "templates": templates}  # where a cached property keeps its value
        return other

    @property
    def brand(self) -> Mapping[str, Any]:
        """Return the live brand, empty before the first publish."""
        return (self.bundle or {}).get("brand") or {}

    def sends(self, channel: str) -> bool:
        """Tell whether a live template has a part for this channel."""
        return any(channel in template for template in ((self.bundle or {}).get("templates") or {}).values())


@contextmanager
def asking(service: str) -> Iterator[None]:
    """Translate refusals of the calls inside, all of one service: MayNot and Absent."""
    from botocore.exceptions import ClientError

    from kairos.aws.errors import error_code

    try:
        yield
    except ClientError as error:
        code = error_code(error)
        if code in DENIED:
            raise MayNot(f"{_ACTIONS.get(service, service)}:{error.operation_name}") from error
        if code in ABSENT:
            raise Absent(code) from error
        raise
