from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from kairos.app.definitions.documents import check_brand_documents, errors_of
from kairos.app.definitions.folder import load_brand
from tests.app.brands import brand, journey, segment, template, write_brand


def small(**other: Any) -> dict[str, Any]:
    files = {"brand.yaml": brand(), "journeys/welcome.yaml": journey(), "templates/hello.yaml": template()}
    return files | other


def told(folder: Path) -> list[str]:
    return [str(problem) for problem in check_brand_documents(load_brand(folder))]


def test_a_brand_on_disk_is_read_whole(tmp_path: Path) -> None:
    write_brand(tmp_path, small(**{"segments/vip.yaml": segment("vip")}))
    documents = load_brand(tmp_path)
    assert told(tmp_path) == []
    assert {kind: list(documents.of(kind)) for kind in ("brand", "journey", "segment", "template")} == {
        "brand": ["brand"],
        "journey": ["welcome"],
        "segment": ["vip"],
        "template": ["hello"],
    }


def test_a_problem_names_file_line_column_path_and_what_would_be_right(tmp_path: Path) -> None:
    text = "id: welcome\nclass: marketing\ntrigger: {event: signed_up}\nsteps:\n  - wait: 30\n  - sned: hello\n"
    write_brand(tmp_path, small(**{"journeys/welcome.yaml": text}))
    first, second = told(tmp_path)
    assert first == "journeys/welcome.yaml:5:5: steps.0.wait: expected a duration such as 30m, 2h or 7d"
    assert second.startswith("journeys/welcome.yaml:6:5: steps.1: expected exactly one step, one of: branch,")


def test_an_unknown_template_is_told_with_the_nearest(tmp_path: Path) -> None:
    write_brand(tmp_path, small(**{"journeys/welcome.yaml": journey(steps=[{"send": "helo"}])}))
    (problem,) = check_brand_documents(load_brand(tmp_path))
    assert (problem.path, problem.message) == ("steps.0.send", "no template is called 'helo'; did you mean 'hello'?")


def test_wrong_text_and_wrong_meaning_of_one_file_are_both_told(tmp_path: Path) -> None:
    text = "name: Spring\ntimezone: Asia/Soul\nquiet_hours: {sms: 21:00-08:00}\ncountry: NO\n"
    write_brand(tmp_path, small(**{"brand.yaml": text}))
    found = {problem.path: problem.message for problem in check_brand_documents(load_brand(tmp_path))}
    assert set(found) == {"timezone", "country"}
    assert 'write "NO" in quotes' in found["country"]


def test_one_unreadable_file_leaves_the_others_checked(tmp_path: Path) -> None:
    files = {"journeys/a.yaml": "id: [", "journeys/b.yaml": journey("b", steps=[{"send": "nothing"}])}
    write_brand(tmp_path, small(**files))
    assert {problem.file for problem in check_brand_documents(load_brand(tmp_path))} == set(files)


def test_a_missing_brand_is_told(tmp_path: Path) -> None:
    write_brand(tmp_path, {"journeys/welcome.yaml": journey(), "templates/hello.yaml": template()})
    assert told(tmp_path) == ["brand.yaml: is missing: name and timezone of the brand stand there"]


def test_an_unreadable_brand_is_told_once(tmp_path: Path) -> None:
    write_brand(tmp_path, small(**{"brand.yaml": "name: [\n"}))
    (problem,) = check_brand_documents(load_brand(tmp_path))
    assert problem.file == "brand.yaml"


def test_the_id_counts_and_another_file_name_is_only_remarked(tmp_path: Path) -> None:
    write_brand(tmp_path, small(**{"journeys/other.yaml": journey("second")}))
    problems = check_brand_documents(load_brand(tmp_path))
    assert [problem.file for problem in problems] == ["journeys/other.yaml"]
    assert errors_of(problems) == []
    assert "second" in load_brand(tmp_path).of("journey")


def test_two_files_of_one_id_are_refused(tmp_path: Path) -> None:
    write_brand(tmp_path, small(**{"journeys/zz.yaml": journey("welcome")}))
    (problem,) = errors_of(check_brand_documents(load_brand(tmp_path)))
    assert (problem.file, problem.path) == ("journeys/zz.yaml", "id")
    assert "journeys/welcome.yaml is called 'welcome' already" in problem.message


def test_a_template_is_called_after_its_file(tmp_path: Path) -> None:
    write_brand(tmp_path, small(**{"templates/Bad Name.yaml": template()}))
    (problem,) = errors_of(check_brand_documents(load_brand(tmp_path)))
    assert "file name of lower-case letters" in problem.message


def test_a_file_that_would_be_overlooked_is_told(tmp_path: Path) -> None:
    write_brand(tmp_path, small(**{"journeys/late.yml": journey("late"), "templates/notes.txt": "x"}))
    problems = check_brand_documents(load_brand(tmp_path))
    assert [(problem.file, problem.warning) for problem in problems] == [
        ("journeys/late.yml", False),
        ("templates/notes.txt", True),
    ]


def test_a_slip_in_the_name_of_a_folder_is_told(tmp_path: Path) -> None:
    write_brand(
        tmp_path, small(**{"journey/late.yaml": journey("late"), "welcome.yaml": journey(), "events.jsonl": ""})
    )
    problems = check_brand_documents(load_brand(tmp_path))
    assert [(problem.file, problem.warning) for problem in problems] == [("journey", True), ("welcome.yaml", True)]
    assert problems[0].message == "is not read; is 'journeys' meant?"


def test_an_empty_file_is_told(tmp_path: Path) -> None:
    write_brand(tmp_path, small(**{"segments/vip.yaml": ""}))
    assert told(tmp_path) == ["segments/vip.yaml:1:1: the file is empty"]


def test_no_folder_is_an_error_of_its_own(tmp_path: Path) -> None:
    with pytest.raises(NotADirectoryError):
        load_brand(tmp_path / "nowhere")


def test_a_liquid_mistake_is_told_at_its_part(tmp_path: Path) -> None:
    write_brand(tmp_path, small(**{"templates/hello.yaml": "sms:\n  text: 'Hi {{ name '\n"}))
    (problem,) = check_brand_documents(load_brand(tmp_path))
    assert (problem.file, problem.line, problem.path) == ("templates/hello.yaml", 2, "sms.text")
