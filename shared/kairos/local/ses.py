"""SES v2's SendEmail, with the checks that SES makes.

https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.utils import getaddresses, parseaddr
from typing import Any

from kairos.local.call import Call
from kairos.local.errors import AwsError
from kairos.local.mail import Email, Post, parse

MESSAGE_BYTES_MAX = 40 * 1024 * 1024
RECIPIENTS_MAX = 50
TAGS_MAX = 50
_TAG = re.compile(r"^[A-Za-z0-9_-]{1,256}$")
_ADDRESS = re.compile(r"^[^@\s<>\x00-\x1f]+@[A-Za-z0-9.-]+\.[A-Za-z0-9-]+$")


@dataclass(slots=True)
class Ses:
    """The sending side. `identities` None verifies every sender; `rate` is messages per second, None for no limit."""

    now: Callable[[], datetime]
    post: Post
    configuration_sets: set[str] = field(default_factory=set)
    identities: set[str] | None = None
    rate: int | None = None
    _recent: list[datetime] = field(default_factory=list)

    def answers(self, operation: str, params: Mapping[str, Any]) -> bool:
        return operation in ("SendEmail", "CreateEmailIdentity", "GetConfigurationSet")

    def answer(self, call: Call) -> dict[str, Any]:
        if call.operation == "SendEmail":
            return self._send(call.params)
        if call.operation == "CreateEmailIdentity":
            self.identities = (self.identities or set()) | {call.params["EmailIdentity"]}
            return {"IdentityType": "EMAIL_ADDRESS", "VerifiedForSendingStatus": True}
        self._check_configuration_set(call.params["ConfigurationSetName"])
        return {"ConfigurationSetName": call.params["ConfigurationSetName"]}

    def _send(self, params: Mapping[str, Any]) -> dict[str, Any]:
        raw = _raw(params)
        message = parse(raw)
        source = params.get("FromEmailAddress") or str(message["from"] or "")
        to = _recipients(params, message)
        configuration_set = params.get("ConfigurationSetName") or message["X-SES-CONFIGURATION-SET"]
        self._check(source, to, raw)
        if configuration_set is not None:
            self._check_configuration_set(str(configuration_set))
        tags = _tags(params)
        self._take_token()
        identity = hashlib.sha256(f"{len(self.post.sent)}#{self.now().isoformat()}".encode()).hexdigest()
        message_id = f"0102{identity[:12]}-{identity[12:20]}-{identity[20:24]}-000000"
        kept = None if configuration_set is None else str(configuration_set)
        self.post.accept(Email(message_id, self.now(), source, to, raw, tags, kept, message))
        return {"MessageId": message_id}

    def _check(self, source: str, to: tuple[str, ...], raw: bytes) -> None:
        if len(raw) > MESSAGE_BYTES_MAX:
            raise AwsError("MessageRejected", f"Message length is more than {MESSAGE_BYTES_MAX} bytes long.")
        if not 1 <= len(to) <= RECIPIENTS_MAX:
            raise AwsError("BadRequestException", f"Recipient count must be between 1 and {RECIPIENTS_MAX}.")
        for address in (source, *to):
            if not _ADDRESS.match(parseaddr(address)[1]):
                raise AwsError("BadRequestException", "Illegal address")
        sender = parseaddr(source)[1]
        if self.identities is not None and not {sender, sender.rpartition("@")[2]} & self.identities:
            raise AwsError("MessageRejected", f"Email address is not verified. {sender}")

    def _check_configuration_set(self, name: str) -> None:
        if name not in self.configuration_sets:
            raise AwsError("NotFoundException", f"Configuration set <{name}> does not exist.", 404)

    def _take_token(self) -> None:
        if self.rate is None:
            return
        self._recent = [at for at in self._recent if at > self.now() - timedelta(seconds=1)]
        if len(self._recent) >= self.rate:
            raise AwsError("TooManyRequestsException", "Maximum sending rate exceeded.", 429)
        self._recent.append(self.now())


def _raw(params: Mapping[str, Any]) -> bytes:
    content = params["Content"]
    if "Raw" in content:
        return bytes(content["Raw"]["Data"])
    if "Simple" not in content:
        raise AwsError("BadRequestException", "the local cloud plays raw and simple messages, not templates")
    simple, message = content["Simple"], EmailMessage()
    message["From"] = params.get("FromEmailAddress", "")
    message["To"] = ", ".join((params.get("Destination") or {}).get("ToAddresses", []))
    message["Subject"] = simple["Subject"]["Data"]
    for header in simple.get("Headers", []):
        message[header["Name"]] = header["Value"]
    if "Text" in simple["Body"]:
        message.set_content(simple["Body"]["Text"]["Data"])
    if "Html" in simple["Body"]:
        add = message.add_alternative if "Text" in simple["Body"] else message.set_content
        add(simple["Body"]["Html"]["Data"], subtype="html")
    return message.as_bytes()


def _recipients(params: Mapping[str, Any], message: EmailMessage) -> tuple[str, ...]:
    named = params.get("Destination") or {}
    given = [address for kind in ("To", "Cc", "Bcc") for address in named.get(f"{kind}Addresses", [])]
    headers = [str(value) for kind in ("to", "cc", "bcc") for value in message.get_all(kind, [])]
    return tuple(given or [address for _, address in getaddresses(headers)])


def _tags(params: Mapping[str, Any]) -> dict[str, str]:
    tags = {tag["Name"]: tag["Value"] for tag in params.get("EmailTags") or []}
    if len(tags) > TAGS_MAX:
        raise AwsError("BadRequestException", f"There can be at most {TAGS_MAX} tags.")
    for name, value in tags.items():
        if not _TAG.match(name) or not _TAG.match(value):
            raise AwsError("BadRequestException", f"Invalid tag {name!r}={value!r}: only A-Z a-z 0-9 _ - are allowed.")
    return tags
