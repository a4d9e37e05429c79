from __future__ import annotations

import pytest

from kairos.app.ports import Identifier, Pointer
from kairos.cli.customer import find_customer
from kairos.cli.failure import CannotDo
from kairos.domain.profile import Profile
from tests.cli.memory_deployment import NOW, PROFILE, MemoryDeployment


@pytest.fixture
def deployment() -> MemoryDeployment:
    deployment = MemoryDeployment()
    deployment.secrets.write("shopify", "main", {})
    deployment.keep(
        Profile(PROFILE, NOW),
        Identifier("email", "kim@example.com"),
        Identifier("phone", "+821012345678"),
        Identifier("customer", "1234", "shopify/main"),
    )
    return deployment


@pytest.mark.parametrize("text", [PROFILE, " Kim@Example.com ", "+82 10-1234-5678", "1234", "shopify/main:1234"])
def test_a_customer_is_found_by_what_is_at_hand(text: str, deployment: MemoryDeployment) -> None:
    assert find_customer(deployment, text).id == PROFILE


def test_a_national_number_is_read_in_the_brands_country(deployment: MemoryDeployment) -> None:
    bundle = {"brand": {"country": "KR", "timezone": "Asia/Seoul"}}
    deployment.releases.point(Pointer(deployment.releases.put_bundle(bundle)), None)
    assert find_customer(deployment, "010-1234-5678").id == PROFILE


@pytest.mark.parametrize("text", ["", "b" * 26, "nobody@example.com", "shopify/other:1234", "999"])
def test_nobody_is_told_to_be_nobody(text: str, deployment: MemoryDeployment) -> None:
    with pytest.raises(CannotDo, match="nobody is known by that"):
        find_customer(deployment, text)


def test_looking_makes_nobody(deployment: MemoryDeployment) -> None:
    before = dict(deployment.identities.known)
    with pytest.raises(CannotDo):
        find_customer(deployment, "new@example.com")
    assert deployment.identities.known == before


def test_a_merged_profile_leads_to_the_one_it_became(deployment: MemoryDeployment) -> None:
    deployment.keep(Profile("c" * 26, NOW, merged_into=PROFILE))
    assert find_customer(deployment, "c" * 26).id == PROFILE


def test_a_circle_of_merges_ends(deployment: MemoryDeployment) -> None:
    deployment.keep(Profile("c" * 26, NOW, merged_into="d" * 26))
    deployment.keep(Profile("d" * 26, NOW, merged_into="c" * 26))
    assert find_customer(deployment, "c" * 26).merged_into
