"""Who signed an SNS message: RSA over a few of its lines, by a certificate that SNS itself serves.

A signature that is right proves only that some account of AWS published something somewhere, and a URL that looks
right may lead anywhere. So both are pinned by what the connection's owner said: the topic's ARN is compared whole, and
the certificate comes from the SNS host of that topic's Region and no other, by https. Time is signed too: SNS repeats
itself for an hour at most, so what is older was kept back by somebody.
https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html
https://docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html ("total policy retry time … 3,600 seconds")
"""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit

from kairos.domain.errors import BadSignature
from kairos.registry import Request
from kairos.sources._shape import load_body

AGE_MAX, AHEAD_MAX = timedelta(minutes=75), timedelta(minutes=5)
"""An hour of retries and the time that its last tries themselves take; and how far a clock may be off."""

URL_CHARACTERS_MAX = 300
KEY_BITS_MIN = 2048
NOTIFICATION, CONFIRMATION = "Notification", "SubscriptionConfirmation"

_CONFIRMED = ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type")
_SIGNED: Mapping[str, tuple[str, ...]] = {
    NOTIFICATION: ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"),
    CONFIRMATION: _CONFIRMED,
    "UnsubscribeConfirmation": _CONFIRMED,
}
_TOPIC = re.compile(r"arn:(aws|aws-cn|aws-us-gov):sns:([a-z0-9-]{3,40}):[0-9]{12}:[A-Za-z0-9_-]{1,256}(?:\.fifo)?")
_TOKEN = re.compile(r"[A-Za-z0-9]{1,2000}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic by its ARN, and the host that speaks for it."""

    arn: str
    host: str


def read_topic(text: object) -> Topic:
    """Return the topic that an ARN names. Raises ValueError for anything else."""
    match = _TOPIC.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        raise ValueError("expected a topic's ARN, such as arn:aws:sns:us-east-1:123456789012:feedback")
    partition, region = match.groups()
    return Topic(match[0], f"sns.{region}.amazonaws.com{'.cn' if partition == 'aws-cn' else ''}")


def certificate_url(request: Request) -> str:
    """Return where the certificate of a message lies, having checked all that can be checked without it.

    Raises BadSignature, and BadInput for a body that is no JSON.
    """
    message, topic = _message(request)
    url = message.get("SigningCertURL")
    if not is_certificate_url(url, topic.host):
        raise BadSignature(f"the certificate does not come from {topic.host}")
    return str(url)


def is_certificate_url(url: object, host: str) -> bool:
    """Return whether a URL is of a certificate on exactly this host: no port, user, query or other scheme."""
    if not isinstance(url, str) or len(url) > URL_CHARACTERS_MAX or not url.isascii() or not url.isprintable():
        return False
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    plain = not parts.query and not parts.fragment and " " not in url and "\\" not in url
    return plain and url.startswith(f"https://{host}/") and parts.netloc == host and parts.path.endswith(".pem")


def require_signature(request: Request) -> Mapping[str, Any]:
    """Return the message, or raise BadSignature unless `request.evidence` is the certificate that signed it."""
    from cryptography import x509
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric import padding, rsa
    from cryptography.hazmat.primitives.hashes import SHA1, SHA256

    message, _ = _message(request)
    version = message.get("SignatureVersion")
    algorithm = {"1": SHA1, "2": SHA256}.get(version if isinstance(version, str) else "")
    if algorithm is None or (version == "1" and str(request.settings.get("signature", "")) == "2"):
        raise BadSignature("the signature is of a version that this connection does not take")
    try:
        certificate = x509.load_pem_x509_certificate(request.evidence)
        key, signature = certificate.public_key(), b64decode(str(message.get("Signature")), validate=True)
    except (ValueError, UnsupportedAlgorithm):
        raise BadSignature("the certificate or the signature is none") from None
    if not isinstance(key, rsa.RSAPublicKey) or key.key_size < KEY_BITS_MIN:
        raise BadSignature("the certificate's key is not RSA of 2,048 bits or more")
    if not certificate.not_valid_before_utc <= request.received_at <= certificate.not_valid_after_utc:
        raise BadSignature("the certificate is not valid now")
    try:
        key.verify(signature, _signed_text(message), padding.PKCS1v15(), algorithm())
    except InvalidSignature:
        raise BadSignature("the signature does not fit the message") from None
    return message


def confirmation_url(request: Request) -> str | None:
    """Return the URL that confirms the subscription a proven message asks about, or None where it asks about none.

    It is written here from the pinned topic and the signed token: `SubscribeURL` says the same and could say more.
    """
    message, topic = _message(request)
    token = message.get("Token")
    if message["Type"] != CONFIRMATION or not isinstance(token, str) or not _TOKEN.fullmatch(token):
        return None
    asked = {"Action": "ConfirmSubscription", "TopicArn": topic.arn, "Token": token}
    return f"https://{topic.host}/?{urlencode(asked)}"


def _message(request: Request) -> tuple[Mapping[str, Any], Topic]:
    body = load_body(request.body, lenient=True)
    try:
        topic = read_topic(request.settings.get("topic"))
    except ValueError:
        raise BadSignature("this connection has no topic yet") from None
    kind = body.raw.get("Type")
    if not isinstance(kind, str) or kind not in _SIGNED:
        raise BadSignature("it is no message of SNS, or one that was delivered raw, without its signature")
    if body.raw.get("TopicArn") != topic.arn:
        raise BadSignature("it comes from another topic than the connection's")
    at = body.instant("Timestamp")
    if at is None or not -AHEAD_MAX <= request.received_at - at <= AGE_MAX:
        raise BadSignature("its time is more than an hour ago, ahead, or none")
    return body.raw, topic


def _signed_text(message: Mapping[str, Any]) -> bytes:
    lines = []
    for name in _SIGNED[message["Type"]]:
        value = message.get(name)
        if name == "Subject" and value is None:
            continue
        if not isinstance(value, str):
            raise BadSignature(f"{name} is missing")
        lines.append(f"{name}\n{value}\n")
    return "".join(lines).encode("utf-8", "surrogatepass")
