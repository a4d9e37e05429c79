"""The journey reference is true: every example validates, every key is there, every message is what one is told."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kairos import registry
from kairos.app.definitions.documents import check_brand_documents
from kairos.app.definitions.folder import load_brand
from kairos.app.definitions.schema import build_schema
from kairos.app.publish.bundle import build_bundle
from tests.app.brands import write_brand

DOCS = Path(__file__).parents[2] / "docs"
GUIDES = ["journeys.md", "journeys.ko.md"]
HEADS = {
    "# steps": "id: example-{}\nclass: marketing\ntrigger: {{event: x}}\nsteps:\n",
    "# condition": "id: example-{}\nclass: marketing\ntrigger:\n  event: x\n  where:\n",
}


def written(guide: str) -> str:
    return (DOCS / guide).read_text(encoding="utf-8")


def examples(guide: str) -> dict[str, Any]:
    """Return the files that a guide's examples make, steps and conditions put into a journey each."""
    files: dict[str, Any] = {}
    for number, block in enumerate(re.findall(r"```yaml\n(.*?)```", written(guide), re.DOTALL)):
        head, _, body = block.partition("\n")
        if head in HEADS:
            indent = "" if head == "# steps" else "    "
            indented = "".join(f"{indent}{line}\n" for line in body.splitlines())
            tail = "" if head == "# steps" else "steps: [{stop: done}]\n"
            files[f"journeys/example-{number}.yaml"] = HEADS[head].format(number) + indented + tail
        else:
            assert re.fullmatch(r"# \S+\.yaml", head), f"an example of unknown kind: {head}"
            files[head.removeprefix("# ")] = body
    return files


@pytest.mark.parametrize("guide", GUIDES)
def test_every_example_is_valid(guide: str, tmp_path: Path) -> None:
    files = examples(guide)
    assert "brand.yaml" in files
    assert len(files) >= 5
    documents = load_brand(write_brand(tmp_path, files))
    assert [str(problem) for problem in check_brand_documents(documents)] == []
    assert build_bundle(documents, years=[2026])["index"]["triggers"]


def test_every_key_is_in_the_reference() -> None:
    # What the law asks of a brand, and what models of time are asked for, have references of their own.
    text, schema = (
        "\n".join(map(written, ("journeys.md", "law.md", "timing.md", "web-tag.md", "templates.md", "channels.md"))),
        build_schema(),
    )
    del schema["$defs"]["source"]  # sources.md has its keys, and tests/sources/test_declared.py sees to it
    missing = {key for key in _keys(schema) if not re.search(rf"[`{{ ,(]{re.escape(key)}[:`]|^{key}:", text, re.M)}
    assert missing - {"kakao", "web", "webhook"} == set()


def test_every_step_has_a_section() -> None:
    headings = " ".join(re.findall(r"^### (.*)$", written("journeys.md"), re.M))
    assert [name for name in registry.names("steps") if f"`{name}`" not in headings] == []


def test_mistakes_are_told_as_the_reference_says(tmp_path: Path) -> None:
    table = written("journeys.md").partition("## Mistakes")[2]
    rows = re.findall(r"^\| `(\{.*?\})` \| `(.*?)` \|$", table, re.M)
    assert len(rows) >= 5
    for number, (step, message) in enumerate(rows):
        wrong = f"id: wrong\nclass: marketing\ntrigger: {{event: x}}\nsteps:\n  - {step}\n  - {{stop: done}}\n"
        folder = write_brand(tmp_path / str(number), examples("journeys.md") | {"journeys/wrong.yaml": wrong})
        told = [problem.message for problem in check_brand_documents(load_brand(folder)) if "wrong" in problem.file]
        assert message in told


def _keys(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        yield from node["properties"] if isinstance(node.get("properties"), dict) else ()
        for value in node.values():
            yield from _keys(value)
    elif isinstance(node, list):
        for value in node:
            yield from _keys(value)
