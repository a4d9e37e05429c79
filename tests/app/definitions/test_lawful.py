"""What a brand's law packs refuse at publish, where it stands."""

from __future__ import annotations

from typing import Any

from kairos.app.definitions.documents import Definition, Documents, Problem
from kairos.app.definitions.lawful import check_lawful


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
