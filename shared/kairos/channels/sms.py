"""Text messages by Amazon SNS, straight to a phone number.

SNS reports nothing back that names our message (its delivery logs hold phone numbers, so they stay off): where a call's
outcome is unknown it stays unknown.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from kairos.channels._plain import Plain
from kairos.channels._provider_errors import ONE_TRY, translate
from kairos.channels._sms_length import KOREAN_LMS_BYTES_MAX, is_korean, is_long, korean_bytes, korean_kind, measure
from kairos.domain.errors import Refused, Unavailable
from kairos.registry import Delivery, Grant, Price, Rate

SEGMENTS_MAX = 10
"""SNS takes 1,600 characters for all segments of one text; ten of 153 or 67 is where a text has become a letter."""

REFUSED = frozenset(
    {"InvalidParameter", "InvalidParameterValue", "ParameterValueInvalid", "ValidationException", "OptedOut"}
)
_ADDED = "label, sender, opt-out and counted links count too"
_E164 = re.compile(r"\+[1-9][0-9]{6,14}")
_BLANK = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
_SENDER_ID = re.compile(r"(?=.*[A-Za-z])[A-Za-z0-9-]{1,11}")


class Sms(Plain):
    """The channel `sms`. The brand's `sender.sms` is a sender id (up to 11 letters and digits) or an own number."""

    name = "sms"
    address = "phone"
    parts: Sequence[str] = ("text",)
    required: Sequence[str] = ("text",)
    reports_back = False
    rate = Rate(per_second=20)
    """What SNS takes of transactional texts in most Regions; numbers of one's own allow less."""
    price = Price(0.0465, "segment, as for Korea; countries differ (aws.amazon.com/sns/sms-pricing)")
    service = "sns"
    client_config: Mapping[str, Any] = ONE_TRY
    grants: Sequence[Grant] = (Grant(actions=("sns:Publish",), resources=("*",), why="a phone number has no ARN"),)

    def lint(self, texts: Mapping[str, str], brand: Mapping[str, Any]) -> Sequence[tuple[str, str]]:
        """Return what no network would carry as it was written, and what Korean ones would not for a Korean brand."""
        text = _BLANK.sub("", texts.get("text", ""))
        if brand.get("country") == "KR" and (wrong := _not_korean(text)):
            return [("text", wrong)]
        if (length := measure(text)).segments > SEGMENTS_MAX:
            return [("text", f"a text goes in at most {SEGMENTS_MAX} segments, and this takes {length.segments}")]
        return ()

    def outgrows(
        self, written: Mapping[str, str], sent: Mapping[str, str], brand: Mapping[str, Any]
    ) -> Sequence[tuple[str, str]]:
        """Return that a text becomes an LMS, or takes more segments, through its label, opt-out and counted links."""
        before, after = (_BLANK.sub("", texts.get("text", "")) for texts in (written, sent))
        least = "before its blanks are filled"
        if brand.get("country") == "KR" and is_long(after) and not is_long(before):
            return [("text", f"as it is sent it is an LMS and no SMS: {korean_kind(after)}, {least}; {_ADDED}")]
        longer, shorter = measure(after), measure(before)
        if longer.segments > shorter.segments:
            takes = f"takes {longer.segments} segments ({longer.encoding}), and {shorter.segments} as it was written"
            return [("text", f"as it is sent it {takes}, {least}; {_ADDED}")]
        return ()

    def measured(self, parts: Mapping[str, str], brand: Mapping[str, Any]) -> str:
        """Return how long the text is on the networks' terms: "UCS-2, 52 of 70, 1 segment; SMS, 88 of 90 bytes"."""
        length = measure(parts.get("text", ""))
        said = f"{length.encoding}, {length.units} units, {length.segments} segment{'s' * (length.segments != 1)}"
        return said if brand.get("country") != "KR" else f"{said}; {korean_kind(parts.get('text', ''))}"

    def amount(self, parts: Mapping[str, str]) -> int:
        """Return the segments of the text."""
        return measure(parts.get("text", "")).segments

    def send(self, delivery: Delivery, client: Any) -> str:
        """Hand the text to SNS and return its message id. Raises Refused, Throttled or Unavailable."""
        text = delivery.rendered.parts["text"]
        if not _E164.fullmatch(delivery.address):
            raise Refused("sns", "the phone number is not E.164")
        if not text.strip():
            raise Refused("sns", "the text is empty")
        if (length := measure(text)).segments > SEGMENTS_MAX:
            raise Refused("sns", f"the text takes {length.segments} segments, at most {SEGMENTS_MAX} go")
        try:
            answer = client.publish(PhoneNumber=delivery.address, Message=text, MessageAttributes=_attributes(delivery))
        except Exception as error:  # noqa: BLE001 - whatever it is, it may hide an accepted call
            raise translate("sns", error, REFUSED) from None
        if not isinstance(provider_id := answer.get("MessageId"), str):
            raise Unavailable("sns", "an answer without a message id")
        return provider_id


def _not_korean(text: str) -> str:
    if strange := sorted({character for character in text if not is_korean(character)}):
        shown = " ".join(one if one.isprintable() else f"U+{ord(one):04X}" for one in strange[:10])
        return f"Korean networks carry no {shown}: write it in letters"
    size = korean_bytes(text)
    limit = f"a Korean text message has at most {KOREAN_LMS_BYTES_MAX} bytes"
    return f"{limit}, and this has {size}" if size > KOREAN_LMS_BYTES_MAX else ""


def _attributes(delivery: Delivery) -> dict[str, dict[str, str]]:
    kind = "Promotional" if delivery.marketing else "Transactional"
    values = {"AWS.SNS.SMS.SMSType": kind}
    sender = delivery.sender.get("sms", "")
    if _E164.fullmatch(sender):
        values["AWS.MM.SMS.OriginationNumber"] = sender
    elif _SENDER_ID.fullmatch(sender):
        values["AWS.SNS.SMS.SenderID"] = sender
    return {name: {"DataType": "String", "StringValue": value} for name, value in values.items()}


CHANNEL = Sms()
