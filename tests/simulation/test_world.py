"""Many seeds of the whole loop under every fault: safety at each instant, liveness once the faults have ended."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.simulation.checker import Checker
from tests.simulation.histories import BrokenPromise, live, live_or_tell
from tests.simulation.kept import kept_seeds
from tests.simulation.table import Table, load

SEEDS = 300
BATCH = 20
BATCHES = SEEDS // BATCH
HITS_MIN = 120
"""How many kinds of faults at places each batch meets at least; all batches together must meet every one."""


@pytest.fixture(scope="session")
def lived(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Path:
    """Return the folder in which the batches of this run, on whichever worker, leave what they met."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if hasattr(request.config, "workerinput") else base) / "lived"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.mark.parametrize("seed", kept_seeds())
def test_what_once_went_wrong_never_does_again(seed: int) -> None:
    live_or_tell(seed)


@pytest.mark.parametrize("batch", range(BATCHES))
def test_nothing_is_lost_and_nothing_repeated_whatever_fails(batch: int, lived: Path) -> None:
    table = Table()
    for seed in range(batch * BATCH, (batch + 1) * BATCH):
        table.add(live_or_tell(seed))
    assert table.calls > BATCH, "too little happened to prove anything"
    assert len(table.hits) > HITS_MIN, f"too few kinds of faults were met: {len(table.hits)}"
    table.save(lived / f"{batch}.json")
    files = sorted(lived.glob("*.json"))
    if len(files) == BATCHES:  # whoever is last looks at all
        whole = load(files)
        assert whole.seeds == SEEDS
        assert not whole.empty, f"no seed ever met {whole.empty}"


@pytest.mark.parametrize("seed", range(10))
def test_without_faults_every_message_is_on_time(seed: int) -> None:
    checker = live(seed, rate=0.0)
    assert not checker.world.faults.hits
    for call in checker.calls:
        message = checker.messages[call.message]
        assert call.told == "accepted"
        assert message.step == "on_move" or call.at >= message.due


def test_a_seed_is_one_history() -> None:
    first, second = live(3), live(3)
    assert first.calls
    assert first.calls == second.calls
    assert first.world.faults.hits == second.world.faults.hits


def test_a_broken_promise_says_which_command_lives_it_again() -> None:
    def breaks(seed: int) -> Checker:
        raise AssertionError("I1: lost")

    with pytest.raises(BrokenPromise, match=r"seed 7: AssertionError: I1: lost\n.*--seed 7$"):
        live_or_tell(7, breaks)


def test_kept_seeds_are_read_with_their_reasons() -> None:
    assert kept_seeds("# why they are here\n\n12 # I4: a reminder\n7\n") == [12, 7]


def test_a_table_survives_its_file_and_names_the_cells_that_nobody_met(tmp_path: Path) -> None:
    table = Table()
    table.add(live(0))
    table.save(tmp_path / "0.json")
    again = load([tmp_path / "0.json", tmp_path / "0.json"])
    assert again.seeds == 2
    assert again.hits == table.hits + table.hits
    assert again.empty == table.empty
    cell = next(iter(table.hits))
    assert cell not in table.empty
    del again.hits[cell]
    assert cell in again.empty
    assert any("seeds" in line for line in again.lines())
