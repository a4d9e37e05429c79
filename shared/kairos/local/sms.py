"""SNS to a phone: recorded, never reported back. Topics are moto's.

https://docs.aws.amazon.com/sns/latest/api/API_Publish.html
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from kairos.local.call import Call
from kairos.local.errors import AwsError

# ITU-T E.164: a plus, up to fifteen digits, no leading zero.
_E164 = re.compile(r"^\+[1-9]\d{6,14}$")
MESSAGE_BYTES_MAX = 1600
_NAMESPACE = uuid.UUID("ad2a4e2c-6b0a-5c7f-9a3b-6b6169726f73")


@dataclass(frozen=True, slots=True)
class Sms:
    """One text message that SNS accepted; `at` is the virtual instant, UTC."""

    message_id: str
    at: datetime
    to: str
    text: str
    attributes: Mapping[str, str]


@dataclass(slots=True)
class Sns:
    """Publish to a phone number."""

    now: Callable[[], datetime]
    sent: list[Sms] = field(default_factory=list)

    def answers(self, operation: str, params: Mapping[str, Any]) -> bool:
        return operation == "Publish" and "PhoneNumber" in params

    def answer(self, call: Call) -> dict[str, Any]:
        to, text = call.params["PhoneNumber"], call.params["Message"]
        if not _E164.match(to):
            raise AwsError("InvalidParameter", f"Invalid parameter: PhoneNumber Reason: {to} is not valid")
        if not text or len(text.encode()) > MESSAGE_BYTES_MAX:
            raise AwsError("InvalidParameter", "Invalid parameter: Message must be 1 to 1600 bytes")
        attributes = {
            name: str(value.get("StringValue", "")) for name, value in call.params.get("MessageAttributes", {}).items()
        }
        message_id = str(uuid.uuid5(_NAMESPACE, f"{len(self.sent)}#{to}"))
        self.sent.append(Sms(message_id, self.now(), to, text, attributes))
        return {"MessageId": message_id}
