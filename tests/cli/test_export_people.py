from __future__ import annotations

import csv
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from kairos.app.consents import Word
from kairos.app.ports import Identifier, Notice
from kairos.cli.export_people import Wish, export_people, export_person
from kairos.cli.failure import CannotDo
from kairos.cli.import_people import Wish as ImportWish
from kairos.cli.import_people import import_people
from kairos.domain.errors import Throttled
from kairos.domain.profile import Consent, Profile
from tests.cli.memory_deployment import NOW, PROFILE, MemoryDeployment, Run
from tests.cli.test_show import customer

EMAIL = Identifier("email", "anna@example.com")
MINA = Identifier("email", "mina@example.com")


@pytest.fixture
def people(deployment: MemoryDeployment) -> MemoryDeployment:
    deployment.keep(customer(), EMAIL)
    consents = {("email", "marketing"): Consent(False, NOW - timedelta(days=9), "imports")}
    deployment.keep(Profile("b" * 26, NOW, consents=consents, traits={"timezone": "Asia/Seoul"}), MINA)
    deployment.keep(Profile("c" * 26, NOW, erased_at=NOW))
    deployment.keep(Profile("d" * 26, NOW, merged_into=PROFILE))
    deployment.contacts.put(PROFILE, "profile", {"email": EMAIL.value, "first_name": '=안나, "A"'}, NOW)
    deployment.contacts.put("b" * 26, "profile", {"email": MINA.value}, NOW)
    deployment.contacts.put("b" * 26, "subject#c1", {"note": "x"}, NOW)
    for name in ("anna", "mina", "juno"):
        deployment.suppressions.suppress("email", f"{name}@example.com", "marketing", "unsubscribed", NOW)
    return deployment


def table(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8-sig", newline="") as text:
        return list(csv.DictReader(text))


def rows(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text("utf-8").splitlines()]


def test_profiles_are_pseudonymous_unless_contacts_are_asked_for(people: MemoryDeployment, tmp_path: Path) -> None:
    assert export_people(people, Wish(tmp_path / "p.jsonl", "profiles")) == 0
    assert "anna" not in (tmp_path / "p.jsonl").read_text("utf-8")
    found = rows(tmp_path / "p.jsonl")
    assert [row["profile"] for row in found] == [PROFILE, "b" * 26]
    assert (found[0]["consent_email"], found[1]["consent_email"], found[0]["traits"]["tier"]) == (True, False, "vip")
    export_people(people, Wish(tmp_path / "q.jsonl", "profiles", contacts=True))
    assert rows(tmp_path / "q.jsonl")[0]["email"] == "anna@example.com"


def test_a_spreadsheet_gets_its_header_its_mark_and_no_formula(people: MemoryDeployment, tmp_path: Path) -> None:
    file = tmp_path / "p.csv"
    export_people(people, Wish(file, "profiles", contacts=True))
    assert file.read_bytes().startswith(b"\xef\xbb\xbfprofile,")
    anna, mina = table(file)
    assert anna["first_name"] == '\'=안나, "A"'
    assert (mina["consent_email"], mina["timezone"], json.loads(anna["traits"])["tier"]) == ("no", "Asia/Seoul", "vip")


def test_consents_are_one_a_row(people: MemoryDeployment, tmp_path: Path) -> None:
    export_people(people, Wish(tmp_path / "c.csv", "consents"))
    assert [(row["profile"][0], row["channel"], row["given"], row["source"]) for row in table(tmp_path / "c.csv")] == [
        ("a", "email", "yes", "shopify/main"),
        ("b", "email", "no", "imports"),
    ]


@pytest.mark.parametrize("name", ["s.csv", "s.jsonl"])
def test_stops_can_be_brought_into_a_stack_with_the_same_key(
    people: MemoryDeployment, tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    export_people(people, Wish(tmp_path / name, "suppressions"))
    assert "only a stack with the same key" in capsys.readouterr().out
    fresh = MemoryDeployment()
    hashed = {people.suppressions.hash_address(f"{one}@example.com") for one in ("anna", "mina", "juno")}
    text = (tmp_path / name).read_text("utf-8")
    assert all(each in text for each in hashed)
    for each in hashed:  # the memory's hashes are not of the form that a stack's have
        text = text.replace(each, "1#" + each.ljust(52, "a")[:52])
    (tmp_path / name).write_text(text, "utf-8")
    assert import_people(fresh, ImportWish(tmp_path / name), lambda _: None) == 0
    assert len(fresh.suppressions.rows) == 3
    assert {reason for stops in fresh.suppressions.rows.values() for reason, _ in stops.values()} == {"unsubscribed"}


def test_what_is_exported_with_contacts_can_be_imported(people: MemoryDeployment, tmp_path: Path) -> None:
    file = tmp_path / "p.csv"
    export_people(people, Wish(file, "profiles", contacts=True))
    fresh = MemoryDeployment()
    assert import_people(fresh, ImportWish(file, as_of="2026-11-01"), lambda _: None) == 0
    told = [event.name for message in fresh.inbox.waiting() for event in message.events]
    assert sorted(told) == ["consent_given", "consent_withdrawn", "profile_updated", "profile_updated"]


class Tired:
    """A scan that gives one page and then no more."""

    def __init__(self, scan: Any) -> None:
        self._scan = scan
        self._left = 1

    def page(self, after: str) -> Any:
        if not self._left:
            raise Throttled("suppressions")
        self._left -= 1
        return self._scan.page(after)


@pytest.mark.parametrize("name", ["s.csv", "s.jsonl"])
def test_an_export_that_broke_off_goes_on_and_is_the_same_file(
    people: MemoryDeployment, tmp_path: Path, name: str
) -> None:
    whole, broken, scan = tmp_path / f"whole-{name}", tmp_path / name, people.suppression_scan
    export_people(people, Wish(whole, "suppressions"))
    people.suppression_scan = Tired(scan)  # type: ignore[assignment]
    with pytest.raises(Throttled):
        export_people(people, Wish(broken, "suppressions"))
    people.suppression_scan = scan
    with broken.open("a", encoding="utf-8") as out:
        out.write("half a ro")
    assert export_people(people, Wish(broken, "suppressions")) == 0
    assert broken.read_bytes() == whole.read_bytes()
    assert not list(tmp_path.glob("*.kairos-export*"))


def test_everything_of_one_person_is_in_one_document(people: MemoryDeployment, tmp_path: Path) -> None:
    people.ledger.claim("m-1", {"profile": PROFILE, "channel": "email"}, NOW)
    people.consents.note([Word(PROFILE, "e1", NOW, NOW, "email", "marketing", True, wording="v2")])
    people.consents.note([Word("b" * 26, "e2", NOW, NOW, "email", "marketing", True)])
    people.board.post(PROFILE, Notice("m-2", {"text": "hello"}, NOW + timedelta(days=1)), NOW)
    file = tmp_path / "anna.json"
    assert export_person(people, file, "anna@example.com") == 0
    assert file.stat().st_mode & 0o077 == 0
    document = json.loads(file.read_text("utf-8"))
    assert document["profiles"] == [PROFILE]
    assert document["known"][0]["traits"]["tier"] == "vip"
    assert document["known"][0]["entries"][0]["properties"] == {"service": "cut"}
    assert document["contacts"][PROFILE]["profile"]["email"] == "anna@example.com"
    assert [row["message"] for row in document["messages"]] == ["m-1"]
    assert [(word["id"], word["wording"]) for word in document["consents"]] == [("e1", "v2")]
    assert [(row["message"], row["content"]) for row in document["on_site"]] == [("m-2", {"text": "hello"})]
    assert document["stops"] == [{"channel": "email", "address": "anna@example.com", "purposes": ["marketing"]}]
    assert "mina" not in file.read_text("utf-8")
    with pytest.raises(CannotDo, match="nobody is known"):
        export_person(people, file, "stranger@example.com")


def test_the_command_says_what_goes_together(people: MemoryDeployment, kairos: Run, tmp_path: Path) -> None:
    file = tmp_path / "x.csv"
    assert kairos("export", file, "--what", "profiles", "--person", "anna@example.com") == 2
    assert kairos("export", file, "--contacts") == 2
    assert kairos("export", file, "--what", "everything") == 1
    assert kairos("export", file, "--what", "consents") == 0
