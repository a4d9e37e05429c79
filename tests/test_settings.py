"""Settings: everything that is missing is named at once, and infra tells each function exactly what it reads."""

from __future__ import annotations

import dataclasses

import pytest

from infra.stations import STATIONS
from kairos.settings import FUNCTIONS, DecideSettings, MissingSettings, Settings, read_settings, variables

DECIDE = {
    "KAIROS_STAGE": "dev",
    "KAIROS_CUSTOMERS_TABLE": "customers",
    "KAIROS_CONFIG_TABLE": "config",
    "KAIROS_RELEASES_BUCKET": "releases",
    "KAIROS_PARKED_URL": "https://example.com/parked",
    "KAIROS_ARCHIVE_STREAM": "archive",
    "KAIROS_CONSENTS_TABLE": "consents",
}


def test_settings_are_read_from_what_is_given() -> None:
    settings = read_settings(DecideSettings, {**DECIDE, "KAIROS_CONTACTS_TABLE": "not for decide"})
    parked = "https://example.com/parked"
    assert settings == DecideSettings("dev", "customers", "config", "releases", parked, "archive", "consents")


def test_every_missing_variable_is_named_at_once() -> None:
    environment = {**DECIDE, "KAIROS_CONFIG_TABLE": "", "KAIROS_PARKED_URL": "  "}
    del environment["KAIROS_STAGE"]
    with pytest.raises(MissingSettings) as caught:
        read_settings(DecideSettings, environment)
    assert caught.value.names == ("KAIROS_STAGE", "KAIROS_CONFIG_TABLE", "KAIROS_PARKED_URL")
    assert all(name in str(caught.value) for name in caught.value.names)


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        read_settings(DecideSettings, DECIDE).stage = "prod"  # type: ignore[misc]


@pytest.mark.parametrize("kind", FUNCTIONS, ids=lambda kind: kind.function)
def test_infra_gives_each_function_what_it_reads_and_nothing_else(kind: type[Settings]) -> None:
    given = {"KAIROS_STAGE", *(f"KAIROS_{name}" for name in STATIONS[kind.function].reads)}
    assert set(variables(kind).values()) == given


def test_every_station_has_its_settings() -> None:
    assert {kind.function for kind in FUNCTIONS} == set(STATIONS)
