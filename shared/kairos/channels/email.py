"""E-mail by Amazon SES (API v2), as raw MIME, with tags that bring each feedback event back to its message.

SES has no idempotency key, so a lost answer cannot be asked about: `deliver` decides by class what then happens.
Needs `sender.email` of the brand to be a verified identity with DKIM (RFC 8058 wants the opt-out header signed).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kairos.channels._mime import ascii_address, build_email
from kairos.channels._plain import Plain
from kairos.channels._provider_errors import ONE_TRY, translate
from kairos.domain.errors import Unavailable
from kairos.registry import Delivery, Grant, Price, Rate

REFUSED = frozenset({"MessageRejected", "BadRequestException"})
"""SES's codes that speak of the message. A suspended or paused account, an unverified domain and a lost configuration
set speak of the account, and may be over before the message expires."""

TAG_CHARACTERS_MAX = 256
_NOT_IN_TAGS = re.compile(r"[^A-Za-z0-9_-]")


@dataclass(frozen=True, slots=True)
class Ses:
    """The channel's client: boto3's `sesv2` client, and the configuration set whose events come back to `ingest`."""

    client: Any
    configuration_set: str


class Email(Plain):
    """The channel `email`."""

    name = "email"
    address = "email"
    parts: Sequence[str] = ("subject", "preheader", "text", "html", "invite")
    required: Sequence[str] = ("subject",)
    mappings: Mapping[str, Sequence[str]] = {"invite": ("summary", "description", "location", "method")}
    reports_back = True
    rate = Rate(per_second=14)
    """What SES gives an account that has left its sandbox; inside it a brand states `{per_second: 1, per_day: 200}`."""
    price = Price(0.0001, "e-mail, without data (aws.amazon.com/ses/pricing)")
    service = "sesv2"
    client_config: Mapping[str, Any] = ONE_TRY
    grants: Sequence[Grant] = (
        Grant(
            actions=("ses:SendEmail", "ses:SendRawEmail"),
            resources=(
                "arn:{partition}:ses:{region}:{account}:identity/*",
                "arn:{partition}:ses:{region}:{account}:configuration-set/{configuration_set}",
            ),
            why="the brand's sender, a verified identity, is named in its definition and not known at deployment",
        ),
    )

    def send(self, delivery: Delivery, client: Ses) -> str:
        """Hand the message to SES and return its message id. Raises Refused, Throttled or Unavailable."""
        raw = build_email(delivery)
        try:
            answer = client.client.send_email(
                Destination={"ToAddresses": [ascii_address(delivery.address)]},
                Content={"Raw": {"Data": raw}},
                ConfigurationSetName=client.configuration_set,
                EmailTags=_tags(delivery.tags),
            )
        except Exception as error:  # noqa: BLE001 - whatever it is, it may hide an accepted call
            raise translate("ses", error, REFUSED) from None
        if not isinstance(provider_id := answer.get("MessageId"), str):
            raise Unavailable("ses", "an answer without a message id")
        return provider_id


def _tags(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """Return the tags as SES takes them: [A-Za-z0-9_-] only, 256 characters, none empty."""
    clean = {name: _NOT_IN_TAGS.sub("_", str(value))[:TAG_CHARACTERS_MAX] for name, value in tags.items() if value}
    return [{"Name": _NOT_IN_TAGS.sub("_", name), "Value": value} for name, value in sorted(clean.items())]


CHANNEL = Email()
