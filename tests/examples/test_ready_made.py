"""The ready-made templates: valid together, in two languages, for somebody of whom little is known, short by text."""

from __future__ import annotations

import email
import email.policy
import re
from typing import Any

import pytest
import yaml

from kairos.app.definitions.documents import check_brand_documents
from kairos.app.definitions.template import PARTIAL
from kairos.channels._mime import build_email
from kairos.channels._sms_length import korean_bytes, measure
from kairos.registry import Delivery
from tests.examples.ready_made import BARE, FOLDER, Mail, documents, full, mails

MAILS = [*mails("email", {language: full(language) for language in ("ko", "en")})]
TEXTS = [*mails("sms", {language: full(language) for language in ("ko", "en")})]
KINDS = {"예방": 2, "상황": 2, "회복": 2}


def test_they_hold_together() -> None:
    assert [str(problem) for problem in check_brand_documents(documents())] == []


def test_each_kind_of_message_has_templates_in_both_languages() -> None:
    found = {id: one for id, one in documents().documents("template").items() if PARTIAL not in one}
    kinds = [document["description"].partition(".")[0] for document in found.values()]
    assert {kind: kinds.count(kind) for kind in KINDS} == KINDS
    for document in found.values():
        assert (document["language"], set(document["languages"])) == ("ko", {"en"})


@pytest.mark.parametrize("channel", ["email", "sms"])
def test_somebody_of_whom_little_is_known_gets_a_whole_message(channel: str) -> None:
    for mail in mails(channel, {"ko": BARE, "en": BARE}):
        said = " ".join(text for part, text in mail.rendered.parts.items() if part != "html")
        assert ("고객님" in said or channel == "sms") if mail.language == "ko" else "고객" not in said
        assert not re.search(r"\{\{|\{%|None|\[\w+\]", said), mail.name


@pytest.mark.parametrize("mail", MAILS, ids=lambda mail: mail.name)
def test_a_mail_parses_with_both_bodies_whatever_the_name(mail: Mail) -> None:
    delivery = Delivery(
        "m1", "ann@example.com", mail.rendered, False, {"name": "Shop", "email": "hello@example.com"}, {}
    )
    parsed = email.message_from_bytes(build_email(delivery), policy=email.policy.default)
    bodies = {part.get_content_type(): part.get_content() for part in parsed.iter_parts()}
    assert set(bodies) == {"text/plain", "text/html"}
    assert str(parsed["subject"]) == mail.rendered.parts["subject"]
    assert not re.search(r"<\w+[ >]", bodies["text/plain"])
    assert "\n\n\n\n" not in bodies["text/plain"].replace("\r", "")
    assert len(bodies["text/html"].encode()) < 60_000  # Gmail clips at 102 kB


def test_a_name_brings_no_markup_into_a_mail() -> None:
    hostile = {language: full(language, "<img src=x onerror=alert(1)>") for language in ("ko", "en")}
    assert all("<img src=x" not in mail.rendered.parts["html"] for mail in mails("email", hostile))


@pytest.mark.parametrize("text", TEXTS, ids=lambda text: text.name)
def test_a_text_is_one_message_of_a_telephone_network(text: Mail) -> None:
    said = text.rendered.parts["text"]
    if "http" in said:
        said = re.sub(r"https?://\S+", "https://example.com/c", said)
    assert measure(said).segments <= 2
    if text.language == "ko":
        assert korean_bytes(said) <= 140, said


def test_the_folder_is_yaml_that_people_can_copy() -> None:
    files = sorted((FOLDER / "templates").glob("*.yaml"))
    assert len(files) == 9
    read: list[Any] = [yaml.safe_load(file.read_text("utf-8")) for file in files]
    assert [one["id"] for one in read] == [file.stem for file in files]
