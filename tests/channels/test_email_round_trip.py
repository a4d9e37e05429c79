"""An e-mail over a real SMTP connection: what arrives parses, says what was written, and is shaped as RFC 5322 asks."""

from __future__ import annotations

import json
import smtplib
from dataclasses import replace
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from email.utils import parsedate_to_datetime

from kairos.channels._mime import build_email
from kairos.registry import Delivery, Rendered
from tests.channels.smtp_server import taking_mail
from tests.channels.test_email import DELIVERY, URL
from tests.channels.test_invite import OCCASION, TEXTS


def posted(delivery: Delivery) -> tuple[bytes, EmailMessage]:
    with taking_mail() as mailbox:
        with smtplib.SMTP("127.0.0.1", mailbox.port, timeout=5) as smtp:
            smtp.sendmail("hello@example.com", [delivery.address], build_email(delivery))
        [(sender, to, raw)] = mailbox.messages
    assert (sender, to) == ("hello@example.com", [delivery.address])
    return raw, message_from_bytes(raw, policy=default)


def test_what_arrives_says_what_was_written_in_both_bodies() -> None:
    text = "안녕하세요.\n.점으로 시작하는 줄\n\n끝 😀\n"
    parts = {**DELIVERY.rendered.parts, "text": text, "preheader": "미리 보는 줄"}
    _, message = posted(replace(DELIVERY, rendered=Rendered(parts)))
    plain, html = message.get_body(("plain",)), message.get_body(("html",))
    assert plain is not None
    assert html is not None
    assert plain.get_content().replace("\r\n", "\n") == text
    assert "안녕하세요" in html.get_content()
    assert "미리 보는 줄" in html.get_content()
    assert [part.get_content_charset() for part in (plain, html)] == ["utf-8", "utf-8"]
    assert message["subject"] == DELIVERY.rendered.parts["subject"]
    assert message["from"].addresses[0].display_name == "봄날 상점, 서울"
    assert parsedate_to_datetime(message["date"]) == DELIVERY.at
    assert message["mime-version"] == "1.0"


def test_it_is_plain_ascii_in_lines_that_every_server_passes_on() -> None:
    raw, _ = posted(replace(DELIVERY, rendered=Rendered({**DELIVERY.rendered.parts, "text": "가" * 5_000})))
    assert raw.isascii()
    lines = raw.split(b"\r\n")
    assert all(len(line) <= 998 for line in lines)
    assert not any(b"\n" in line or b"\r" in line for line in lines)


def test_the_way_to_unsubscribe_arrives_as_one_unbroken_link_for_one_click() -> None:
    raw, message = posted(DELIVERY)
    assert f"List-Unsubscribe: <{URL}>".encode() in raw
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    _, receipt = posted(replace(DELIVERY, marketing=False))
    assert receipt["List-Unsubscribe"] is None


def test_an_invitation_arrives_whole() -> None:
    parts = {**DELIVERY.rendered.parts, "invite": json.dumps(TEXTS)}
    _, message = posted(replace(DELIVERY, rendered=Rendered(parts), occasion=OCCASION))
    (calendar,) = [part for part in message.walk() if part.get_content_type() == "text/calendar"]
    assert "BEGIN:VEVENT" in calendar.get_content()
    assert message.defects == []
    assert all(part.defects == [] for part in message.walk())
