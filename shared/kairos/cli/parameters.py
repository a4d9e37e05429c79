"""Connections' settings in SSM, as SecureStrings: the writing side of what `ingest` reads."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from kairos.aws.errors import error_code

BYTES_MAX = 4_096
"""What a standard parameter holds; an advanced one costs money every month."""


class SsmSecrets:
    """Secrets (see `kairos.cli.deployment`) under a prefix such as /kairos/prod/connections/."""

    def __init__(self, client: Any, prefix: str) -> None:
        self._client = client
        self._prefix = prefix

    def read(self, source: str, connection: str) -> dict[str, Any]:
        """Return the settings, empty where there are none or where they are no JSON object."""
        try:
            found = self._client.get_parameter(Name=f"{self._prefix}{source}/{connection}", WithDecryption=True)
        except ClientError as error:
            if error_code(error) != "ParameterNotFound":
                raise
            return {}
        try:
            settings = json.loads(found["Parameter"]["Value"])
        except ValueError:
            return {}
        return settings if isinstance(settings, dict) else {}

    def write(self, source: str, connection: str, settings: Mapping[str, Any]) -> None:
        """Keep the settings under the account's own key for SSM. Raises ValueError where they are too long."""
        text = json.dumps(settings, ensure_ascii=False, sort_keys=True)
        if len(text.encode()) > BYTES_MAX:
            raise ValueError(f"the settings take more than {BYTES_MAX} bytes")
        name = f"{self._prefix}{source}/{connection}"
        self._client.put_parameter(Name=name, Value=text, Type="SecureString", Overwrite=True)

    def names(self) -> list[tuple[str, str]]:
        """Return (source, connection) of all, without reading a secret."""
        found = []
        pages = self._client.get_paginator("get_parameters_by_path")
        for page in pages.paginate(Path=self._prefix.rstrip("/"), Recursive=True, WithDecryption=False):
            found += [row["Name"].removeprefix(self._prefix) for row in page["Parameters"]]
        return sorted((source, connection) for source, _, connection in (name.partition("/") for name in found))
