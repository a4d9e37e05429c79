"""A client library that shops already have, as it is published, pointed at Kairos instead of where it was made for."""

from __future__ import annotations

import json
from typing import Any

import pytest

from kairos.local.server import LocalServer
from tests.loop.shop import PERSON, is_clean, open_shop, profiles

analytics = pytest.importorskip("segment.analytics.client")
request = pytest.importorskip("segment.analytics.request")

ONCE: dict[str, Any] = {"max_retries": 0, "max_total_backoff_duration": 1, "timeout": 20}
KEY = "server.secret_of_the_shop"


def test_an_existing_client_of_segments_works_when_it_is_pointed_at_kairos(
    template: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")  # whatever proxy this machine may have
    with open_shop(template) as cloud, LocalServer(cloud, zone="Asia/Seoul", ticking=False) as running:
        name = f"{cloud.outputs['ConnectionsPrefix']}track/server"
        secret = json.dumps({"secrets": [KEY], "country": "KR"})
        cloud.session.client("ssm").put_parameter(Name=name, Value=secret, Type="SecureString")
        failed: list[Exception] = []
        host = f"http://{running.host}:{running.port}"
        client = analytics.Client(KEY, host=host, sync_mode=True, on_error=failed.append, **ONCE)
        client.identify("c-7", {"email": PERSON.address, "name": PERSON.name, "timezone": "Asia/Seoul"})
        client.track("c-7", "Order Completed", {"order_id": "o-1", "total": 28_000, "currency": "KRW"})
        client.page("c-7", "Cart", properties={"url": "https://shop.example.com/cart"})
        client.screen("c-7", "Home")
        client.group("c-7", "g-1", {"plan": "gold"})
        client.alias("anon-1", "c-7")
        # What its consumer thread uploads, without the thread: the cloud's clock stands still, and a thread would wait.
        seen = [{"type": "track", "userId": "c-7", "event": "Product Viewed", "messageId": f"m{n}"} for n in range(30)]
        assert request.post(KEY, host, batch=seen).status_code == 202
        cloud.settle()
        assert failed == []
        (profile,) = profiles(cloud).values()
        assert profile.traits["timezone"] == "Asia/Seoul"
        assert (cloud.denied, is_clean(cloud)) == ([], True)
        with pytest.raises(Exception, match="401"):
            analytics.Client("server.guessed", host=host, sync_mode=True, **ONCE).track("c-7", "x")
