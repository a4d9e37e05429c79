"""What the README and the docs show: definitions that are valid, commands and files that exist, output that is real."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from kairos.app.definitions.documents import Definition, check_brand_documents, check_definition, errors_of
from kairos.app.definitions.folder import load_brand
from kairos.app.definitions.ready import check_ready
from kairos.app.definitions.yaml_source import read_yaml

ROOT = Path(__file__).resolve().parents[2]
PAGES = (
    *("README.md", "README.ko.md", "CONTRIBUTING.md", "docs/architecture.md", "docs/glossary.md"),
    *("docs/operating.md", "docs/adding-a-source.md", "docs/adding-a-step.md", "docs/adding-a-channel.md"),
    "docs/web-tag.md",
)
_YAML = re.compile(r"^```yaml\n# (brand|journeys|templates)/?([\w-]*)\.yaml\n(.*?)^```", re.MULTILINE | re.DOTALL)
_EVENTS = re.compile(r"^```jsonl\n(.*?)^```", re.MULTILINE | re.DOTALL)
_TEXT = re.compile(r"^```text\n(.*?)^```", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\((?!https?://|#|mailto:)([^)#\s]+)|src(?:set)?=\"(?!https?://)([^\"]+)\"")
_MAKE = re.compile(r"`make ([a-z]+)")
_COMMAND = re.compile(r"\bkairos ([a-z][a-z-]+)\b")

each_page = pytest.mark.parametrize("page", PAGES)


@each_page
def test_definitions_shown_in_full_are_valid(page: str) -> None:
    for kind, name, text in _YAML.findall((ROOT / page).read_text("utf-8")):
        source = read_yaml(text.encode())
        assert not source.wrong, f"{page}, {name}"
        definition = Definition(kind.removesuffix("s"), name, source.document, name)
        assert [error.expected for error in check_definition(definition)] == [], f"{page}, {name}"


@each_page
def test_every_link_into_the_repository_leads_somewhere(page: str) -> None:
    for groups in _LINK.findall((ROOT / page).read_text("utf-8")):
        target = next(filter(None, groups))
        assert ((ROOT / page).parent / target).exists(), f"{page} links to {target}"


@each_page
def test_every_make_target_named_exists(page: str) -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    assert set(_MAKE.findall((ROOT / page).read_text("utf-8"))) <= targets


@each_page
def test_every_kairos_command_shown_exists(page: str) -> None:
    from typer.main import get_command

    from kairos.cli.main import app

    commands = set(getattr(get_command(app), "commands", {}))
    shown = {
        command
        for block in re.findall(r"```(?:sh|console)\n(.*?)```", (ROOT / page).read_text("utf-8"), re.DOTALL)
        for command in _COMMAND.findall(block)
    }
    assert shown <= commands


@pytest.mark.parametrize("page", ["README.md", "README.ko.md"])
def test_the_first_journey_does_what_the_readme_says(
    page: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from kairos.cli.simulate import simulate_command

    readme = (ROOT / page).read_text("utf-8")
    for kind, name, text in _YAML.findall(readme):
        file = tmp_path / (f"{kind}/{name}.yaml" if name else f"{kind}.yaml")
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, "utf-8")
    events = tmp_path / "events.jsonl"
    events.write_text(_EVENTS.findall(readme)[0], "utf-8")
    documents = load_brand(tmp_path)
    problems = [*check_brand_documents(documents), *check_ready(documents)]
    assert [str(problem) for problem in errors_of(problems)] == []
    assert simulate_command(tmp_path, events) == 0
    assert _TEXT.findall(readme)[1].strip() in capsys.readouterr().out


@pytest.mark.parametrize(("page", "head"), [("README.md", "## What it costs"), ("README.ko.md", "## 비용")])
def test_every_figure_of_the_readme_was_made_by_the_command(page: str, head: str) -> None:
    section = (ROOT / page).read_text("utf-8").partition(head)[2].partition("\n## ")[0]
    figures = (ROOT / "docs/figures.md").read_text("utf-8")
    said = re.findall(r"(?<![\d,.])\d[\d,]*\.\d+|(?<![\d,.])\d+,\d{3}(?![\d,])", section)
    assert len(said) > 15
    assert [figure for figure in said if not re.search(rf"(?<![\d,.]){re.escape(figure)}(?![\d,])", figures)] == []


def test_both_readmes_show_the_same() -> None:
    english, korean = ((ROOT / page).read_text("utf-8") for page in ("README.md", "README.ko.md"))
    assert [name for _, name, _ in _YAML.findall(english)] == [name for _, name, _ in _YAML.findall(korean)]
    assert _TEXT.findall(english) == _TEXT.findall(korean)
