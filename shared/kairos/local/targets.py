"""Where Scheduler and EventBridge deliver: queues, functions, and any SQS call through the universal target.

https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-targets-universal.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kairos.local.errors import AwsError, NotFound
from kairos.local.lambdas import Lambdas
from kairos.local.wire import Caller, Wire

UNIVERSAL = "arn:aws:scheduler:::aws-sdk:"


@dataclass(slots=True)
class Targets:
    """Delivers an input to a target; raises `AwsError` where the target refuses."""

    wire: Wire
    lambdas: Lambdas

    def deliver(self, principal: Caller, target: Mapping[str, Any], text: str) -> None:
        """Deliver `text` (JSON or not) to `target`, in the name of `principal`."""
        arn = str(target["Arn"])
        if arn.startswith(UNIVERSAL):
            self._universal(principal, arn.removeprefix(UNIVERSAL), text)
        elif ":sqs:" in arn:
            self._queue(principal, arn, text, target)
        elif ":lambda:" in arn:
            self._function(principal, arn, text)
        else:
            raise AwsError("ValidationException", f"the local cloud does not deliver to {arn}")

    def bury(self, principal: Caller, target: Mapping[str, Any], error: AwsError, attempts: int, rule: str) -> None:
        """Put what could not be delivered into the target's dead-letter queue, if it has one."""
        arn = (target.get("DeadLetterConfig") or {}).get("Arn")
        if arn is None:
            self.lambdas.dropped.append((str(target["Arn"]), target.get("Input")))
            return
        facts = {
            "ERROR_CODE": error.code,
            "ERROR_MESSAGE": error.message,
            "EXECUTION_ATTEMPTS": str(attempts),
            "RULE_ARN" if principal.function == "events" else "SCHEDULE_ARN": rule,
            "TARGET_ARN": str(target["Arn"]),
        }
        attributes = {name: {"DataType": "String", "StringValue": value or "-"} for name, value in facts.items()}
        params = {"QueueUrl": _url(arn), "MessageBody": target.get("Input") or "{}", "MessageAttributes": attributes}
        try:
            self.wire.perform(principal, "sqs", "SendMessage", params)
        except AwsError:
            self.lambdas.dropped.append((str(target["Arn"]), target.get("Input")))

    def _universal(self, principal: Caller, api: str, text: str) -> None:
        service, _, operation = api.partition(":")
        self.wire.perform(principal, service, operation[:1].upper() + operation[1:], json.loads(text))

    def _queue(self, principal: Caller, arn: str, text: str, target: Mapping[str, Any]) -> None:
        group = (target.get("SqsParameters") or {}).get("MessageGroupId")
        params = {"QueueUrl": _url(arn), "MessageBody": text, **({"MessageGroupId": group} if group else {})}
        self.wire.perform(principal, "sqs", "SendMessage", params)

    def _function(self, principal: Caller, arn: str, text: str) -> None:
        try:
            function = self.lambdas.find(arn)
        except NotFound as error:
            raise AwsError("ResourceNotFoundException", str(error), 404) from error
        self.wire.permit(principal, "lambda", "Invoke", {"FunctionName": arn})
        self.lambdas.invoke_later(function, json.loads(text))


def _url(arn: str) -> str:
    _, _, _, region, account, name = arn.split(":")
    return f"https://sqs.{region}.amazonaws.com/{account}/{name}"
