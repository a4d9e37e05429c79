"""`learn` in the deployed stack: by its own role, from items to a release that `decide` reads."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

pytest.importorskip("scipy")

from kairos.app.publish.release import Release
from kairos.aws.customers import DynamoCustomers
from kairos.aws.products import DynamoProducts
from kairos.aws.releases import AwsReleases
from kairos.clock import SystemClock
from kairos.domain.profile import Profile
from kairos.local import LocalCloud
from kairos.local.demo import publish
from kairos.local.entropy import seeded
from kairos.timing import replay
from kairos.timing.builtin import RHYTHM
from tests.timing.conftest import make_shop

START = datetime(2026, 3, 2, 1, tzinfo=UTC)
BRAND = (
    "name: Harbour\ntimezone: Asia/Seoul\ncountry: KR\npolicies: []\n"
    "sender: {name: Harbour, email: hello@example.com}\ntiming: {keep: [rhythm]}\n"
)


JOURNEY = "id: also\nclass: marketing\ntrigger: {event: cart_updated}\nsteps: [{send: also}]\n"
TEMPLATE = "email:\n  subject: Also\n  text: '{% for item in products.also_viewed %}{{ item.title }}{% endfor %}.'\n"


def live(cloud: LocalCloud) -> Release:
    clients = cloud.session.client("dynamodb"), cloud.session.client("s3")
    releases = AwsReleases(*clients, cloud.outputs["ConfigTable"], cloud.outputs["ReleasesBucket"])
    pointer = releases.pointer()
    assert pointer is not None
    return Release(releases.bundle(pointer.release), pointer)


def keep_shop(cloud: LocalCloud) -> None:
    """Put sixty customers into the table, who have bought for a year and a half."""
    customers = DynamoCustomers(cloud.session.client("dynamodb"), cloud.outputs["CustomersTable"])
    shop = make_shop(60, 500, seed=8)
    ahead = START.date().toordinal() - max(days[-1] for days in shop.values())
    for customer, days in shop.items():
        rhythm = replay(day + ahead for day in days).to_state()
        seen = [["tulip", "v", 2], ["vase", "v", 1]]
        customers.write(Profile(f"{customer:a<26}", START, rhythm=rhythm, products=seen), [], None, None)


def test_what_customers_teach_is_live_by_a_release_and_goes_back_with_a_rollback(
    synthesised: Path, tmp_path: Path
) -> None:
    for name, text in {"brand": BRAND, "journeys/also": JOURNEY, "templates/also": TEMPLATE}.items():
        (tmp_path / f"{name}.yaml").parent.mkdir(exist_ok=True)
        (tmp_path / f"{name}.yaml").write_text(text, "utf-8")
    with seeded("learn"), LocalCloud.from_template(synthesised, START) as cloud:
        assert cloud.invoke("learn").payload["read"] == 0, "before anything is live it reads nobody, and does not fail"
        publish(cloud, tmp_path)
        keep_shop(cloud)
        products = DynamoProducts(cloud.session.client("dynamodb"), cloud.outputs["MessagesTable"], SystemClock())
        products.put([("tulip", {"title": "Tulip"})])
        before = live(cloud)
        assert before.timing.rhythm == RHYTHM
        told = cloud.invoke("learn")
        assert (told.payload["read"], told.payload["changed"]) == (60, ["timing/rhythm"]), told.error
        assert told.payload["related"] == 1
        assert products.of(["tulip", "vase"]) == {"tulip": {"title": "Tulip", "also": ["vase"]}}
        learned = live(cloud)
        assert told.payload["release"] == learned.id != before.id
        assert learned.timing.rhythm.fitted_on > 100
        scores = learned.bundle["timing"]["learned"]["rhythm"]
        assert scores["fitted"] > scores["live"]
        for table in ("ContactsTable", "IdentitiesTable"):
            with cloud.acting("learn"), pytest.raises(ClientError, match="AccessDenied"):
                cloud.session.client("dynamodb").scan(TableName=cloud.outputs[table])
        with cloud.acting("learn"), pytest.raises(ClientError, match="AccessDenied"):
            cloud.session.client("dynamodb").update_item(
                TableName=cloud.outputs["MessagesTable"], Key={"message": {"S": "m-1"}}
            )
        assert [denial.action for denial in cloud.take_denied()] == ["dynamodb:Scan"] * 2 + ["dynamodb:UpdateItem"]
        assert cloud.invoke("publish", {"command": "rollback"}).payload["ok"]
        assert live(cloud).timing.rhythm == RHYTHM
