"""Ask a running stack in the name of a function: what the tests of permissions share."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from kairos.local import LocalCloud

ROW = {"S": "a"}
KEYS = {
    "ContactsTable": {"profile": ROW, "ref": ROW},
    "IdentitiesTable": {"identity": ROW},
    "CustomersTable": {"profile": ROW},
    "SuppressionsTable": {"address": ROW, "scope": ROW},
    "MessagesTable": {"message": ROW},
    "ConfigTable": {"kind": ROW, "id": ROW},
}


def refused(cloud: LocalCloud, function: str, service: str, operation: str, **params: Any) -> list[str]:
    """Make a call in the name of `function`; return the actions refused, or fail where the call passed."""
    client = cloud.session.client(service)
    with cloud.acting(function), pytest.raises(ClientError) as error:
        getattr(client, operation)(**params)
    assert error.value.response["Error"]["Code"] in ("AccessDeniedException", "AccessDenied", "AuthorizationError")
    return [denial.action for denial in cloud.take_denied()]


def schedule(cloud: LocalCloud, group: str, role: str) -> dict[str, Any]:
    return {
        "Name": "x",
        "GroupName": group,
        "ScheduleExpression": "at(2026-03-02T00:00:00)",
        "FlexibleTimeWindow": {"Mode": "OFF"},
        "Target": {"Arn": cloud.outputs["InboxArn"], "RoleArn": role, "SqsParameters": {"MessageGroupId": "g"}},
    }
