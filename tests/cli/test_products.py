"""`kairos products import`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.memory_deployment import MemoryDeployment, Run


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
