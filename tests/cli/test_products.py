"""`kairos products import`."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from kairos.domain.profile import Profile
from tests.cli.memory_deployment import MemoryDeployment, Run

NOW = datetime(2026, 11, 22, 4, 10, tzinfo=UTC)


def test_products_are_read_from_a_file_as_a_shop_exports_it(
    kairos: Run, deployment: MemoryDeployment, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "products.csv"
    text = 'id, title,price,image,stock\n7,"장미, 빨강",3000,https://example.com/r.jpg,5\n8,튤립,,,\n'
    file.write_text("\ufeff" + text, encoding="utf-8")
    assert kairos("products", "import", str(file)) == 0
    assert "2 products" in capsys.readouterr().out
    rose = {"title": "장미, 빨강", "price": "3000", "image": "https://example.com/r.jpg"}
    assert deployment.catalogue.known == {"7": rose, "8": {"title": "튤립"}}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "name\nx\n",
        "id,title\n7,\n",
        "id,title\n,x\n",
        "id,title,image\n7,x,javascript:alert(1)\n",
        "id,title\n\xff",
    ],
)
def test_a_file_that_is_none_puts_nothing_in(
    kairos: Run, deployment: MemoryDeployment, tmp_path: Path, text: str
) -> None:
    file = tmp_path / "products.csv"
    file.write_bytes(text.encode("latin-1"))
    assert kairos("products", "import", str(file)) == 1
    assert deployment.catalogue.known == {}


def test_what_everybody_looked_at_together_is_said_of_the_products(
    kairos: Run, deployment: MemoryDeployment, capsys: pytest.CaptureFixture[str]
) -> None:
    deployment.catalogue.put([("a", {"title": "A"}), ("b", {"title": "B"})])
    for number in range(4):
        id = f"p{number}".ljust(26, "x")
        profile = Profile(id, NOW, products=[["a", "v", 2], ["b", "v", 1], ["c", "v", 1]])
        deployment.customers.write(profile, (), None, None)
    assert kairos("products", "relate", "--yes") == 0
    assert "2 products have others" in capsys.readouterr().out
    assert deployment.catalogue.known["a"]["also"] == ["b", "c"]
