from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from kairos.cli.failure import CannotDo
from kairos.cli.import_people import BATCH, Wish, import_people
from kairos.domain.errors import Unavailable
from tests.cli.memory_deployment import MemoryDeployment, Run

HEADER = "email,phone,first_name,consent_email,unsubscribed_email,tier\n"
MINA = "mina@example.com,010-5550-0199,미나,2025-01-31,,vip\n"
JUNO = "juno@example.com,,주노,2025-01-31,2025-06-01,\n"


def written(tmp_path: Path, text: str, name: str = "people.csv") -> Path:
    file = tmp_path / name
    file.write_text(text, encoding="utf-8")
    os.utime(file, (1_700_000_000, 1_700_000_000))
    return file


def quiet(_: float) -> None: ...


def run(deployment: MemoryDeployment, file: Path, **more: Any) -> int:
    return import_people(deployment, Wish(file, country="KR", **more), quiet)


def events(deployment: MemoryDeployment) -> list[Any]:
    return [event for message in deployment.inbox.waiting() for event in message.events]


def test_people_come_in_as_history_with_their_consents_and_contacts(
    deployment: MemoryDeployment, tmp_path: Path
) -> None:
    assert run(deployment, written(tmp_path, HEADER + MINA + JUNO), traits=("tier",)) == 0
    names = [event.name for event in events(deployment)]
    assert names == ["profile_updated", "consent_given", "profile_updated", "consent_withdrawn", "consent_given"]
    assert all(event.historical for event in events(deployment))
    assert events(deployment)[0].traits == {"tier": "vip"}
    mina = deployment.identities.known["email", "", "mina@example.com"]
    assert deployment.contacts.of(mina)["profile"]["first_name"] == "미나"
    assert not list(tmp_path.glob("*.kairos-import*"))


def test_whoever_refused_is_stopped_before_anybody_is_sent(deployment: MemoryDeployment, tmp_path: Path) -> None:
    people = "".join(f"p{number}@example.com,,x,2025-01-31,,\n" for number in range(BATCH * 5))
    assert run(deployment, written(tmp_path, HEADER + people + JUNO)) == 0
    kinds = [sorted(body) for _, body, _ in deployment.posted]
    assert kinds[0] == ["stops"]
    assert all(kind == ["people", "traits"] for kind in kinds[1:])
    assert deployment.suppressions.suppressed("email", "juno@example.com") == {"marketing"}
    assert deployment.suppressions.suppressed("email", "p1@example.com") == frozenset()


def test_again_changes_nothing(deployment: MemoryDeployment, tmp_path: Path) -> None:
    file = written(tmp_path, HEADER + MINA + JUNO)
    run(deployment, file)
    first, known = events(deployment), dict(deployment.identities.known)
    run(deployment, file)
    assert events(deployment) == first
    assert deployment.identities.known == known


def test_a_dry_run_sends_nothing_and_says_what_is_wrong_by_line_and_column(
    deployment: MemoryDeployment, kairos: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = written(tmp_path, HEADER + MINA + "nobody,,x,perhaps,,\n" + MINA + '"open\n')
    assert kairos("import", file, "--dry-run", "--json", "--country", "KR") == 1
    report = json.loads(capsys.readouterr().out)
    told = [(problem["line"], problem["column"]) for problem in report["problems"]]
    assert told == [(3, "email"), (3, "consent_email"), (5, "")]
    assert (report["rows"], report["people"], report["wrong"], report["repeated"]) == (4, 1, 2, 1)
    assert report["left_out"] == ["tier"]
    assert (deployment.posted, deployment.secrets.kept) == ([], {})
    assert kairos("import", file, "--dry-run", "--country", "KR") == 1
    shown = capsys.readouterr()
    assert f"{file}:3, column email: expected an e-mail address" in shown.err
    assert "nobody" not in shown.err + shown.out


def test_a_wrong_row_does_not_keep_the_others_out(deployment: MemoryDeployment, tmp_path: Path) -> None:
    assert run(deployment, written(tmp_path, HEADER + "nobody,,x,,,\n" + MINA)) == 1
    assert ("email", "", "mina@example.com") in deployment.identities.known


class Broken(MemoryDeployment):
    """Takes some requests, then none until it is mended."""

    takes = 3

    def post(self, path: str, headers: Any, body: bytes) -> tuple[int, bytes]:
        if self.takes <= 0:
            raise Unavailable("HTTP API", "gone")
        self.takes -= 1
        return super().post(path, headers, body)


def test_an_import_that_broke_off_goes_on_where_it_was(tmp_path: Path) -> None:
    deployment = Broken()
    people = "".join(f"p{number}@example.com,,x,2025-01-31,,\n" for number in range(BATCH * 12))
    file = written(tmp_path, HEADER + JUNO + people)
    deployment.takes = 1 + 6
    with pytest.raises(Unavailable, match="run the same command again"):
        run(deployment, file)
    assert (tmp_path / "people.csv.kairos-import").exists()
    sent = len(deployment.posted)
    deployment.takes = 1_000
    assert run(deployment, file) == 0
    assert not [body for _, body, _ in deployment.posted[sent:] if "stops" in body]
    assert len(deployment.posted) - sent < 12
    assert len([key for key in deployment.identities.known if key[0] == "email"]) == BATCH * 12 + 1
    assert not (tmp_path / "people.csv.kairos-import").exists()


def test_another_file_of_the_same_name_begins_anew(tmp_path: Path) -> None:
    deployment = Broken()
    deployment.takes = 0
    with pytest.raises(Unavailable):
        run(deployment, written(tmp_path, HEADER + JUNO))
    deployment.takes = 1_000
    assert run(deployment, written(tmp_path, HEADER + MINA + JUNO)) == 0
    assert "stops" in deployment.posted[0][1]


def test_a_secret_that_is_not_that_of_the_stack_is_said_to_be_so(deployment: MemoryDeployment, tmp_path: Path) -> None:
    deployment.secrets.write("imports", "main", {"secrets": ["whsec_" + "QUJD" * 8]})
    deployment.post = lambda path, headers, body: (401, b"no signature fits")  # type: ignore[method-assign]
    with pytest.raises(CannotDo, match="refused with 401"):
        run(deployment, written(tmp_path, HEADER + MINA))


def test_a_file_in_which_nobody_is_named_is_refused(deployment: MemoryDeployment, tmp_path: Path) -> None:
    with pytest.raises(CannotDo, match="no column names anybody"):
        run(deployment, written(tmp_path, "name,age\nx,1\n"), dry_run=True)


def test_ids_of_a_shop_are_those_that_its_webhooks_name(deployment: MemoryDeployment, tmp_path: Path) -> None:
    file = written(tmp_path, "customer_id,email\n7100000001,mina@example.com\n")
    assert run(deployment, file, customers_of="shopify/main") == 0
    assert ("customer", "shopify/main", "7100000001") in deployment.identities.known
    with pytest.raises(CannotDo, match="SOURCE/CONNECTION"):
        run(deployment, file, customers_of="shopify")


def test_what_is_not_asked_for_again_within_a_minute_is_waited_for(tmp_path: Path) -> None:
    """`ingest` believes for a minute that a connection is not there; the first import makes it."""
    deployment = MemoryDeployment()
    waited: list[float] = []
    real = deployment.post
    answers = iter([(404, b"{}"), (503, b"{}")])
    deployment.post = lambda path, headers, body: next(answers, None) or real(path, headers, body)  # type: ignore[method-assign]
    assert import_people(deployment, Wish(written(tmp_path, HEADER + MINA), country="KR"), waited.append) == 0
    assert waited == [2.0, 4.0]
