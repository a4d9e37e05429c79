"""A brand on disk: `brand.yaml`, `journeys/*.yaml`, `segments/*.yaml`, `templates/*.yaml`, `sources/*.yaml`.

The document's own id wins over the file's name; a template, and whatever has none, is called after its file.
"""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path

from kairos.app.definitions.documents import BRAND, Definition, Documents, Problem
from kairos.app.definitions.yaml_source import BYTES_MAX, Source, read_yaml
from kairos.domain.document import ID_FORM

FOLDERS = {"journeys": "journey", "segments": "segment", "templates": "template", "sources": "source"}
FILES_MAX = 5_000


def load_brand(folder: Path | str) -> Documents:
    """Return all definitions of a brand's folder; what cannot be read is among the problems.

    Raises NotADirectoryError where there is no such folder.
    """
    root = Path(folder)
    if not root.is_dir():
        raise NotADirectoryError(f"{root} is no folder")
    definitions: list[Definition] = []
    problems = list(_overlooked(root))
    for kind, path in _files(root, problems):
        name = path.relative_to(root).as_posix()
        source = _read(path)
        problems += [
            Problem(name, *wrong.mark, ".".join(map(str, wrong.path)), wrong.message) for wrong in source.wrong
        ]
        if source.document is None and source.wrong:
            continue
        definition = Definition(kind, _id(kind, path, source), source.document, name, source.marks)
        definitions.append(definition)
        problems += _misnamed(definition, path)
    return Documents(tuple(definitions), tuple(problems))


def _files(root: Path, problems: list[Problem]) -> Iterator[tuple[str, Path]]:
    if (root / "brand.yaml").is_file():
        yield BRAND, root / "brand.yaml"
    found = 0
    for folder, kind in FOLDERS.items():
        for path in sorted((root / folder).iterdir()) if (root / folder).is_dir() else []:
            if path.name.startswith("."):
                continue
            if path.suffix != ".yaml" or not path.is_file():
                name = path.relative_to(root).as_posix()
                message = f"is not read: definitions are files {folder}/NAME.yaml"
                problems.append(Problem(name, 0, 0, "", message, warning=path.suffix != ".yml"))
                continue
            found += 1
            if found > FILES_MAX:
                problems.append(Problem(folder, 0, 0, "", f"holds more than {FILES_MAX} definitions"))
                return
            yield kind, path


def _overlooked(root: Path) -> Iterator[Problem]:
    """Tell of what was surely meant to be read: a slip in a folder's name would leave its journeys out in silence."""
    for path in sorted(root.iterdir()):
        near = get_close_matches(path.name, FOLDERS, n=1)
        if path.is_dir() and path.name not in FOLDERS and near:
            yield Problem(path.name, 0, 0, "", f"is not read; is {near[0]!r} meant?", warning=True)
        elif path.is_file() and path.suffix in (".yaml", ".yml") and path.name != "brand.yaml":
            message = f"is not read: here stands brand.yaml, all else in {', '.join(FOLDERS)}"
            yield Problem(path.name, 0, 0, "", message, warning=True)


def _read(path: Path) -> Source:
    with path.open("rb") as file:
        return read_yaml(file.read(BYTES_MAX + 1))


def _id(kind: str, path: Path, source: Source) -> str:
    if kind == BRAND:
        return BRAND
    own = source.document.get("id") if isinstance(source.document, dict) else None
    return own if isinstance(own, str) else path.stem


def _misnamed(definition: Definition, path: Path) -> Iterator[Problem]:
    if definition.kind == BRAND:
        return
    if definition.id != path.stem:
        line, column = definition.marks.get(("id",), (1, 1))
        message = f"the file is called {path.stem!r}, the {definition.kind} {definition.id!r}: the id counts"
        yield Problem(definition.file, line, column, "id", message, warning=True)
    if not ID_FORM.fullmatch(definition.id) and definition.kind == "template":
        message = "expected a file name of lower-case letters, digits, - and _: the template is called so"
        yield Problem(definition.file, 0, 0, "", message)
