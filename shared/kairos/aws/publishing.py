"""Publishing by Lambda's Invoke: the publish function is asked, and waited for.

https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from kairos.aws.errors import calling
from kairos.domain.errors import Unavailable


class LambdaPublish:
    """Publishing."""

    def __init__(self, client: Any, function: str) -> None:
        self._client = client
        self._function = function

    def command(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        with calling("publish"):
            answer = self._client.invoke(FunctionName=self._function, Payload=json.dumps(request).encode())
            payload: Mapping[str, Any] = json.loads(answer["Payload"].read() or b"{}")
        if answer.get("FunctionError"):
            raise Unavailable("publish", str(payload.get("errorType")))
        return payload
