"""The phone numbers that SNS sends nothing to because their owners answered STOP."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


def opted_out_numbers(client: Any) -> Iterator[str]:
    """Yield the account's list in the Region of an SNS client, a hundred a call (SNS `ListPhoneNumbersOptedOut`)."""
    request: dict[str, str] = {}
    while True:
        page = client.list_phone_numbers_opted_out(**request)
        yield from page.get("phoneNumbers", ())
        if not page.get("nextToken"):
            return
        request = {"nextToken": page["nextToken"]}
