"""The catalogue of mutants stays usable; `make mutants` shows that the suite kills every one."""

from __future__ import annotations

import pytest

from tests.mutants.catalogue import CATALOGUE
from tests.mutants.mutant import REPOSITORY, Mutant


@pytest.mark.parametrize("mutant", CATALOGUE, ids=lambda mutant: mutant.name.replace(" ", "-"))
def test_every_snippet_is_in_its_file_exactly_once_and_what_it_becomes_is_python(mutant: Mutant) -> None:
    text = (REPOSITORY / mutant.file).read_text()
    mutated = mutant.apply(text)
    assert mutated != text
    compile(mutated, mutant.file, "exec")


def test_every_mutant_names_tests_that_are_there_and_says_what_it_would_do() -> None:
    for mutant in CATALOGUE:
        assert mutant.tests, mutant.name
        assert all((REPOSITORY / "tests" / test).exists() for test in mutant.tests), mutant.name
        assert len(mutant.why) > 10, mutant.name


def test_no_two_mutants_have_one_name_or_make_one_mistake() -> None:
    assert len({mutant.name for mutant in CATALOGUE}) == len(CATALOGUE)
    assert len({(mutant.file, tuple(mutant.edits)) for mutant in CATALOGUE}) == len(CATALOGUE)
