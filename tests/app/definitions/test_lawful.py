"""What a brand's law packs refuse at publish, where it stands."""

from __future__ import annotations

from typing import Any

from kairos.app.definitions.documents import Definition, Documents, Problem
from kairos.app.definitions.lawful import check_lawful, check_sendable


def found(template: dict[str, Any], *uses: tuple[bool, str], policies: tuple[str, ...] = ("kr", "us")) -> list[Problem]:
    definitions = (
        Definition("brand", "brand", {"policies": list(policies)}, "brand.yaml"),
        Definition("template", "hello", {"id": "hello", **template}, "hello.yaml"),
    )
    return check_lawful(Documents(definitions), [("hello", *use) for use in uses])


SELLS = {"email": {"subject": "Your order", "text": "Thank you. 20% off the next."}, "sms": {"text": "Order 7 is sent"}}


def test_a_problem_stands_at_the_part_and_says_how_to_mend_it() -> None:
    (problem,) = found(SELLS, (False, "email"), policies=("us",))
    assert (problem.file, problem.path, problem.warning) == ("hello.yaml", "email.text", False)
    assert problem.message == (
        "us: 16 CFR 316.3: '% off' is advertising, and the message is transactional; send it as marketing, or state "
        "`advertising: false` in the template hello"
    )


def test_of_several_packs_one_names_it() -> None:
    assert [problem.path for problem in found(SELLS, (False, "email"), (False, "email"))] == ["email.text"]


def test_only_what_some_journey_sends_is_read() -> None:
    assert found(SELLS, (False, "sms")) == []
    assert found(SELLS, (True, "email")) == []
    assert found(SELLS) == []


def test_without_packs_nothing_is_refused() -> None:
    assert found(SELLS, (False, "email"), policies=()) == []


def test_the_override_is_for_receipts_and_no_licence_to_evade() -> None:
    assert found({**SELLS, "advertising": False}, (False, "email")) == []
    hidden = {"sms": {"text": "[광고] sale"}, "advertising": False}
    assert [problem.path for problem in found(hidden, (True, "sms"))] == ["sms.text"]


KAKAO = {"template": "KA01TP1", "text": "#{name}", "variables": {"name": "{{ first_name }}"}}


def unsendable(template: dict[str, Any], *uses: tuple[bool, str]) -> list[tuple[str, str]]:
    definitions = (
        Definition("brand", "brand", {}, "brand.yaml"),
        Definition("template", "hello", {"id": "hello", **template}, "hello.yaml"),
    )
    problems = check_sendable(Documents(definitions), [("hello", *use) for use in uses])
    return [(problem.path, problem.message) for problem in problems]


def test_a_channel_for_information_carries_no_advertising() -> None:
    assert unsendable({"kakao": KAKAO}, (False, "kakao")) == []
    ((path, message),) = unsendable({"kakao": KAKAO}, (True, "kakao"))
    assert (path, "information only" in message) == ("kakao", True)


def test_what_a_channel_could_not_send_is_refused_at_its_part() -> None:
    wrong = {"kakao": {**KAKAO, "variables": {}}, "push": {"text": "가" * 2_000}, "webhook": {"to": "?", "text": "x"}}
    found = unsendable(wrong, *((False, channel) for channel in wrong))
    assert sorted(path for path, _ in found) == ["kakao.variables", "push.text", "webhook.to"]


def test_a_law_pack_reads_texts_by_name_too() -> None:
    sells = {"kakao": {**KAKAO, "variables": {"name": "20% off, coupon inside"}}}
    assert [problem.path for problem in found(sells, (False, "kakao"), policies=("us",))] == ["kakao.variables.name"]
