"""Push messages by Amazon SNS to the app on a customer's phone: Apple's APNs and Google's FCM.

The address is a device's token with its service before it ("apns:…", "fcm:…"), as the app's server told it; a customer
is reached on the device that was named last. SNS wants an *endpoint* for each token: making one that is there already
answers with it, so nothing of ours remembers endpoints but the container that just used them. Where Apple or Google say
that a token has died, SNS disables the endpoint: it is deleted, and the customer is not reachable any more until the
app names a token again.

https://docs.aws.amazon.com/sns/latest/dg/sns-send-custom-platform-specific-payloads-mobile-devices.html
https://docs.aws.amazon.com/sns/latest/dg/sns-fcm-v1-payloads.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from kairos.channels._plain import Plain
from kairos.channels._provider_errors import ONE_TRY, code_of, translate
from kairos.channels.web import is_web_address
from kairos.domain.errors import Gone, Refused, Throttled, Unavailable
from kairos.registry import Delivery, Grant, Price, Rate

PLATFORMS: Mapping[str, str] = {"apns": "APNS", "apns_sandbox": "APNS_SANDBOX", "fcm": "GCM"}
"""Our name of a push service → SNS's."""

PAYLOAD_BYTES_MAX = 4_096
"""What APNs and FCM take: https://developer.apple.com/documentation/usernotifications/generating-a-remote-notification,
https://firebase.google.com/docs/cloud-messaging/concept-options."""

TTL_MAX = timedelta(days=28)
"""What FCM keeps a message for a device that is off; APNs promises no number."""

COLLAPSE_BYTES_MAX = 64
ENDPOINTS_KEPT = 5_000
DEAD = frozenset({"EndpointDisabled", "EndpointDisabledException"})
REFUSED = frozenset({"InvalidParameter", "InvalidParameterException", "InvalidParameterValue", "ValidationException"})
MISSING = frozenset({"NotFound", "NotFoundException"})
_TOKEN = re.compile(r"[A-Za-z0-9_:.-]{16,1024}")


@dataclass(slots=True)
class Endpoints:
    """The channel's client: boto3's `sns`, and the ARN of the stack's platform applications, with `{platform}` in it.

    `known` is what this container made or found: address → endpoint, the oldest go first.
    """

    client: Any
    applications: str
    known: dict[str, str] = field(default_factory=dict)

    def of(self, address: str) -> str:
        """Return the endpoint of an address, made where there is none. Raises Gone for what is no token."""
        if address in self.known:
            return self.known[address]
        platform, token = read_address(address)
        try:
            answer = self.client.create_platform_endpoint(
                PlatformApplicationArn=self.applications.replace("{platform}", platform), Token=token
            )
        except Exception as error:  # noqa: BLE001 - making an endpoint sends nothing: whatever it is, it may be repeated
            raise _not_made(error) from None
        while len(self.known) >= ENDPOINTS_KEPT:
            del self.known[next(iter(self.known))]
        self.known[address] = str(answer["EndpointArn"])
        return self.known[address]

    def drop(self, address: str) -> None:
        """Delete the endpoint of an address that takes nothing any more, or whose owner is to be forgotten."""
        self.client.delete_endpoint(EndpointArn=self.of(address))
        self.known.pop(address, None)


class Push(Plain):
    """The channel `push`. `link` is what the app opens, `image` what it shows beside the text."""

    name = "push"
    address = "push_token"
    parts: Sequence[str] = ("title", "text", "link", "image")
    required: Sequence[str] = ("text",)
    reports_back = False
    rate = Rate(per_second=500)
    price = Price(0.0000005, "message (aws.amazon.com/sns/pricing)")
    service = "sns"
    client_config: Mapping[str, Any] = ONE_TRY
    grants: Sequence[Grant] = (
        Grant(
            actions=("sns:CreatePlatformEndpoint",),
            resources=("arn:{partition}:sns:{region}:{account}:app/*/{configuration_set}",),
            why="one application for each push service, made by `kairos connect push`",
        ),
        Grant(
            actions=("sns:Publish", "sns:DeleteEndpoint"),
            resources=("arn:{partition}:sns:{region}:{account}:endpoint/*/{configuration_set}/*",),
            why="one endpoint for each device",
        ),
    )

    def lint(self, texts: Mapping[str, str], brand: Mapping[str, Any]) -> Sequence[tuple[str, str]]:
        """Return a text that could never fit into a payload, whatever fills its blanks."""
        written = re.sub(r"\{[{%].*?[}%]\}", "", texts.get("text", ""), flags=re.DOTALL)
        size = len(written.encode("utf-8", "replace"))
        if size > PAYLOAD_BYTES_MAX:
            return [("text", f"a push message takes {PAYLOAD_BYTES_MAX} bytes in all, and this text alone has {size}")]
        return ()

    def send(self, delivery: Delivery, client: Endpoints) -> str:
        """Hand the message to SNS and return its message id. Raises Gone, Refused, Throttled or Unavailable."""
        platform, _ = read_address(delivery.address)
        body = payload(delivery, platform)
        attributes = _attributes(delivery, platform)
        endpoint = client.of(delivery.address)
        try:
            answer = client.client.publish(
                TargetArn=endpoint,
                MessageStructure="json",
                Message=json.dumps({platform: body}, ensure_ascii=False),
                MessageAttributes={
                    name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()
                },
            )
        except Exception as error:  # noqa: BLE001 - whatever it is, it may hide an accepted call
            raise _not_sent(error, delivery.address, client) from None
        if not isinstance(provider_id := answer.get("MessageId"), str):
            raise Unavailable("sns", "an answer without a message id")
        return provider_id


def read_address(address: str) -> tuple[str, str]:
    """Return SNS's name of the push service, and the token. Raises Gone for what is neither."""
    service, _, token = address.partition(":")
    if service not in PLATFORMS or not _TOKEN.fullmatch(token):
        raise Gone("sns", "this is no token of a device")
    return PLATFORMS[service], token


def payload(delivery: Delivery, platform: str) -> str:
    """Return what the device's service is given, as JSON. Raises Refused for what does not fit: cut short, a message
    would lose its end, where the law wants the way to refuse it."""
    parts = {name: text.strip() for name, text in delivery.rendered.parts.items() if text.strip()}
    for part in ("link", "image"):
        if part in parts and not is_web_address(parts[part]) and not _is_app_link(parts[part]):
            raise Refused("push", f"{part} is no address")
    made = _fcm(parts, delivery) if platform == "GCM" else _apns(parts, delivery)
    text = json.dumps(made, ensure_ascii=False, separators=(",", ":"))
    if (size := len(text.encode("utf-8", "replace"))) > PAYLOAD_BYTES_MAX:
        raise Refused("push", f"the message is of {size} bytes, at most {PAYLOAD_BYTES_MAX} go")
    return text


def _apns(parts: Mapping[str, str], delivery: Delivery) -> dict[str, Any]:
    alert = {"body": parts["text"]} | ({"title": parts["title"]} if "title" in parts else {})
    aps: dict[str, Any] = {"alert": alert, "sound": "default"} | ({"mutable-content": 1} if "image" in parts else {})
    return {"aps": aps, **_data(parts, delivery)}


def _fcm(parts: Mapping[str, str], delivery: Delivery) -> dict[str, Any]:
    shown = {"body": parts["text"]} | {name: parts[name] for name in ("title", "image") if name in parts}
    # A tag replaces an earlier copy on the screen; of collapse keys, FCM keeps four for each device.
    android = {
        "ttl": f"{_seconds_left(delivery)}s",
        "priority": "normal" if delivery.marketing else "high",
        "notification": {"tag": delivery.message},
    }
    message = {"notification": shown, "data": _data(parts, delivery), "android": android}
    return {"fcmV1Message": {"message": message}}


def _data(parts: Mapping[str, str], delivery: Delivery) -> dict[str, str]:
    """What the app itself reads: by `kairos_message` it says which message was opened."""
    return {"kairos_message": delivery.message} | {name: parts[name] for name in ("link", "image") if name in parts}


def _attributes(delivery: Delivery, platform: str) -> dict[str, str]:
    """SNS's own words for how long a message keeps its meaning, and for which earlier copy of it a new one replaces."""
    seconds = str(_seconds_left(delivery))
    if platform == "GCM":
        return {"AWS.SNS.MOBILE.FCM.TTL": seconds}
    apns = "AWS.SNS.MOBILE.APNS"
    return {
        f"AWS.SNS.MOBILE.{platform}.TTL": seconds,
        f"{apns}.COLLAPSE_ID": delivery.message[:COLLAPSE_BYTES_MAX],
        f"{apns}.PUSH_TYPE": "alert",
        f"{apns}.PRIORITY": "5" if delivery.marketing else "10",
    }


def _seconds_left(delivery: Delivery) -> int:
    """Return for how long a device that is off may still get the message. Raises Refused where that is over."""
    if delivery.at is None or delivery.expires_at is None:
        raise Refused("push", "a push message needs an end")
    left = min(delivery.expires_at - delivery.at, TTL_MAX)
    if left < timedelta(seconds=1):
        raise Refused("push", "the message has lost its meaning")
    return int(left.total_seconds())


def _is_app_link(text: str) -> bool:
    """Return whether an app of one's own is called by it (`myshop://cart/7`), and nothing else that a phone knows."""
    scheme = re.fullmatch(r"([a-z][a-z0-9+.-]{2,40})://[!-~]{1,900}", text)
    return scheme is not None and scheme[1] not in ("http", "https", "javascript", "data", "file", "intent", "content")


def _not_made(error: Exception) -> Exception:
    """Tell a token that is none from an account that cannot: nothing was sent in either case."""
    if (code := code_of(error)) in REFUSED:
        return Gone("sns", code)
    return Throttled("sns", code or type(error).__name__)


def _not_sent(error: Exception, address: str, client: Endpoints) -> Exception:
    code = code_of(error)
    if code in DEAD:
        with suppress(Exception):  # an endpoint that stays is disabled, and found again by the next message
            client.drop(address)
        return Gone("sns", code)
    if code in MISSING:
        client.known.pop(address, None)  # somebody else deleted it: the next try makes another
        return Throttled("sns", code)
    return translate("sns", error, REFUSED)


CHANNEL = Push()
