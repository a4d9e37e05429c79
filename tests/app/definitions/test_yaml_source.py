from __future__ import annotations

from typing import Any

import pytest

from kairos.app.definitions.yaml_source import BYTES_MAX, read_yaml


def wrong(text: str | bytes) -> list[tuple[tuple[int, int], str, str]]:
    data = text.encode() if isinstance(text, str) else text
    return [(found.mark, ".".join(map(str, found.path)), found.message) for found in read_yaml(data).wrong]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a", "a"),
        ("'21:00'", "21:00"),
        ('"no"', "no"),
        ("2026-12-24", "2026-12-24"),
        ("2026-12-24T09:00:00Z", "2026-12-24T09:00:00Z"),
        ("-14d 10:00", "-14d 10:00"),
        ("09:00", "09:00"),
        ("5%", "5%"),
        ("12", 12),
        ("-3", -3),
        ("2.50", 2.5),
        ("2.0", 2),
        ("true", True),
        ("~", None),
        ("02-000-0000", "02-000-0000"),
        ("봄날 상점", "봄날 상점"),
        ("|\n  two\n  lines\n", "two\nlines\n"),
    ],
)
def test_a_scalar_has_one_meaning(text: str, value: Any) -> None:
    source = read_yaml(f"key: {text}\n".encode())
    assert source.wrong == ()
    assert source.document == {"key": value}
    assert type(source.document["key"]) is type(value)


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("21:00", 'write "21:00" in quotes'),
        ("12:30:15", 'write "12:30:15" in quotes'),
        ("no", 'write "no" in quotes, or false'),
        ("NO", 'write "NO" in quotes, or false'),
        ("yes", 'write "yes" in quotes, or true'),
        ("On", 'write "On" in quotes, or true'),
        ("01012345678", 'write "01012345678" in quotes'),
        ("010", 'write "010" in quotes'),
        ("1_000", 'write "1_000" in quotes'),
        ("0x1F", 'write "0x1F" in quotes'),
        ("1e3", 'write "1e3" in quotes'),
        (".inf", "no number"),
        (".nan", "no number"),
        ("9" * 400 + ".0", "no number"),
        ("9" * 30, "in quotes"),
        ("!!python/object:os.system x", "tags such as"),
        ("!!timestamp 2026-12-24", "tags such as !!timestamp"),
    ],
)
def test_a_scalar_that_readers_disagree_on_is_refused_with_what_would_be_right(text: str, hint: str) -> None:
    ((mark, path, message),) = wrong(f"first: 1\nkey: {text}\n")
    assert (mark, path) == ((2, 6), "key")
    assert hint in message


def test_a_key_that_readers_disagree_on_is_refused() -> None:
    ((mark, _, message),) = wrong("off: 1\n")
    assert mark == (1, 1)
    assert 'write "off" in quotes' in message


def test_on_is_a_key_of_ours_and_no_value() -> None:
    assert read_yaml(b"on: completed\n").document == {"on": "completed"}
    assert read_yaml(b"on: completed\n").wrong == ()
    assert len(wrong("key: on\n")) == 1


def test_a_number_is_no_key() -> None:
    ((_, _, message),) = wrong("1: x\n")
    assert message == 'keys are texts: write "1" in quotes'


def test_a_blank_that_is_not_quoted_is_told_how() -> None:
    ((mark, path, message),) = wrong("sms:\n  text: {{ first_name }}\n")
    assert (mark[0], path) == (2, "sms.text")
    assert 'in quotes: "{{ name }}"' in message


def test_a_key_that_stands_twice_is_refused_with_both_lines() -> None:
    ((mark, path, message),) = wrong("a: 1\nb: 2\na: 3\n")
    assert (mark, path) == ((3, 1), "a")
    assert message == "this key stands here twice (first on line 1); keep one of them"


def test_every_wrong_scalar_of_a_file_is_named() -> None:
    assert [path for _, path, _ in wrong("a: 21:00\nb: [no, 08:00, 12:00]\n")] == ["a", "b.0", "b.2"]


def test_every_key_and_element_knows_its_place() -> None:
    source = read_yaml(b"steps:\n  - wait: 30m\n  - send: hello\n    channel: sms\n")
    assert source.marks[("steps",)] == (1, 1)
    assert source.marks[("steps", 1)] == (3, 5)
    assert source.marks[("steps", 1, "channel")] == (4, 5)


def test_anchors_are_read() -> None:
    assert read_yaml(b"a: &x [1, 2]\nb: *x\n").document == {"a": [1, 2], "b": [1, 2]}


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("", "empty"),
        ("# only a remark\n", "empty"),
        ("a: 1\n---\nb: 2\n", "expected one document in a file"),
        ("a: [1, 2\n", "this is not YAML"),
        ("a: b: c\n", "this is not YAML"),
        ("a:\n\t- b\n", "this is not YAML"),
        ("a: \x00\n", "this is not YAML"),
        ("a: *nowhere\n", "nothing is called so"),
        ("a: &x [*x]\n", "inside what it repeats"),
        ("a: {<<: {b: 1}}\n", "merge keys"),
        ("? [a, b]\n: c\n", "expected a text as key"),
        ("a: " + "[" * 100 + "]" * 100, "nested more than"),
        ("a: " + "[" * 50_000, "nested more than"),
        ("a: [" + "1," * 60_000 + "]", "more than 50000 values"),
    ],
)
def test_a_file_that_cannot_be_read_is_told_why(text: str, hint: str) -> None:
    found = wrong(text)
    assert found, text[:40]
    assert hint in found[-1][2]


def test_aliases_that_multiply_are_counted_as_what_they_become() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 10)]
    assert "more than 50000 values" in wrong("\n".join(lines))[-1][2]


def test_bytes_that_are_not_utf8_are_told_where() -> None:
    ((mark, _, message),) = wrong("이름: 봄날\nb: ".encode() + "봄".encode("euc-kr"))
    assert mark == (2, 4)
    assert message == "this is not UTF-8: save the file as UTF-8"


def test_a_byte_order_mark_is_no_part_of_the_first_key() -> None:
    assert read_yaml(b"\xef\xbb\xbfname: x\n").document == {"name": "x"}


def test_a_huge_file_is_refused_unread() -> None:
    ((_, _, message),) = wrong(b"a: " + b"x" * BYTES_MAX)
    assert "bytes" in message
