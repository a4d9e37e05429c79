"""A small stack of every kind of resource, with handlers of its own: what the real one is made of, without its code."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from kairos.local import LocalCloud

START = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)


def function(name: str, timeout: int = 10, **variables: Any) -> dict[str, Any]:
    return {
        "Type": "AWS::Lambda::Function",
        "Properties": {
            "FunctionName": f"small-{name}",
            "Handler": f"tests.local.stations.{name}.handler",
            "Runtime": "python3.13",
            "Timeout": timeout,
            "MemorySize": 256,
            "Environment": {"Variables": variables},
        },
    }


def _get(logical: str, attribute: str = "Arn") -> dict[str, Any]:
    return {"Fn::GetAtt": [logical, attribute]}


SMALL: dict[str, Any] = {
    "Parameters": {"Stage": {"Type": "String", "Default": "local"}},
    "Conditions": {"IsProd": {"Fn::Equals": [{"Ref": "Stage"}, "prod"]}},
    "Resources": {
        "CustomersTable": {
            "Type": "AWS::DynamoDB::GlobalTable",
            "Properties": {
                "KeySchema": [{"AttributeName": "profile", "KeyType": "HASH"}],
                "AttributeDefinitions": [
                    {"AttributeName": "profile", "AttributeType": "S"},
                    {"AttributeName": "wake", "AttributeType": "S"},
                    {"AttributeName": "wake_at", "AttributeType": "S"},
                ],
                "GlobalSecondaryIndexes": [
                    {
                        "IndexName": "wake",
                        "KeySchema": [
                            {"AttributeName": "wake", "KeyType": "HASH"},
                            {"AttributeName": "wake_at", "KeyType": "RANGE"},
                        ],
                        "Projection": {"ProjectionType": "KEYS_ONLY"},
                    }
                ],
                "StreamSpecification": {"StreamViewType": "NEW_IMAGE"},
                "TimeToLiveSpecification": {"AttributeName": "ttl", "Enabled": True},
                "Replicas": [{"Region": {"Ref": "AWS::Region"}, "DeletionProtectionEnabled": False}],
            },
        },
        "NotesTable": {
            "Type": "AWS::DynamoDB::Table",
            "Properties": {
                "KeySchema": [{"AttributeName": "note", "KeyType": "HASH"}],
                "AttributeDefinitions": [{"AttributeName": "note", "AttributeType": "S"}],
            },
        },
        "Inbox": {
            "Type": "AWS::SQS::Queue",
            "Properties": {
                "QueueName": {"Fn::Sub": "kairos-${Stage}-inbox.fifo"},
                "FifoQueue": True,
                "ContentBasedDeduplication": True,
                "DeduplicationScope": "messageGroup",
                "FifoThroughputLimit": "perMessageGroupId",
                "VisibilityTimeout": 60,
                "RedrivePolicy": {"deadLetterTargetArn": _get("Parked"), "maxReceiveCount": 3},
            },
        },
        "Parked": {
            "Type": "AWS::SQS::Queue",
            "Properties": {"QueueName": "kairos-local-parked.fifo", "FifoQueue": True},
        },
        "Outbox": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "kairos-local-outbox"}},
        "Lost": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "kairos-local-lost"}},
        "Late": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "kairos-local-late"}},
        "Bucket": {"Type": "AWS::S3::Bucket", "Properties": {}},
        "Key": {"Type": "AWS::KMS::Key", "Properties": {"KeyPolicy": {"Statement": [_get("Role")]}}},
        "Secret": {
            "Type": "AWS::SecretsManager::Secret",
            "Properties": {"GenerateSecretString": {"PasswordLength": 64, "ExcludePunctuation": True}},
        },
        "Parameter": {
            "Type": "AWS::SSM::Parameter",
            "Properties": {"Name": "/kairos/local/hint", "Type": "String", "Value": {"Ref": "Secret"}},
        },
        "Role": {
            "Type": "AWS::IAM::Role",
            "Properties": {"Policies": [{"Ref": "Key"}]},
        },
        "Group": {"Type": "AWS::Scheduler::ScheduleGroup", "Properties": {"Name": "kairos-local"}},
        "Set": {"Type": "AWS::SES::ConfigurationSet", "Properties": {"Name": "kairos-local"}},
        "SetEvents": {
            "Type": "AWS::SES::ConfigurationSetEventDestination",
            "Properties": {
                "ConfigurationSetName": {"Ref": "Set"},
                "EventDestination": {
                    "Enabled": True,
                    "EventBridgeDestination": {"EventBusArn": "arn:aws:events:x:1:event-bus/default"},
                    "MatchingEventTypes": ["send", "delivery", "bounce", "complaint", "open", "click"],
                },
            },
        },
        "Topic": {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": "alarms"}},
        "Alarm": {"Type": "AWS::CloudWatch::Alarm", "Properties": {"AlarmActions": [{"Ref": "Topic"}]}},
        "OnlyProd": {"Type": "AWS::Magic::Thing", "Condition": "IsProd", "Properties": {}},
        "Web": function("web", INBOX_URL={"Ref": "Inbox"}, PUBLIC_URL=_get("Api", "ApiEndpoint"), PLAIN="x"),
        "Take": function("take", CUSTOMERS_TABLE={"Ref": "CustomersTable"}),
        "React": function("react", OUTBOX_URL={"Ref": "Outbox"}),
        "Send": function("send", CONFIGURATION_SET="kairos-local"),
        "Note": function("note", NOTES_TABLE={"Ref": "NotesTable"}),
        "TakeInbox": {
            "Type": "AWS::Lambda::EventSourceMapping",
            "Properties": {
                "EventSourceArn": _get("Inbox"),
                "FunctionName": {"Ref": "Take"},
                "BatchSize": 10,
                "FunctionResponseTypes": ["ReportBatchItemFailures"],
            },
        },
        "SendOutbox": {
            "Type": "AWS::Lambda::EventSourceMapping",
            "Properties": {
                "EventSourceArn": _get("Outbox"),
                "FunctionName": _get("Send"),
                "FunctionResponseTypes": ["ReportBatchItemFailures"],
            },
        },
        "ReactStream": {
            "Type": "AWS::Lambda::EventSourceMapping",
            "Properties": {
                "EventSourceArn": _get("CustomersTable", "StreamArn"),
                "FunctionName": {"Ref": "React"},
                "BatchSize": 100,
                "BisectBatchOnFunctionError": True,
                "MaximumRetryAttempts": 2,
                "FunctionResponseTypes": ["ReportBatchItemFailures"],
                "StartingPosition": "TRIM_HORIZON",
                "DestinationConfig": {"OnFailure": {"Destination": _get("Lost")}},
                "FilterCriteria": {
                    "Filters": [{"Pattern": '{"dynamodb": {"NewImage": {"effects": {"B": [{"exists": true}]}}}}'}]
                },
            },
        },
        "Tick": {
            "Type": "AWS::Events::Rule",
            "Properties": {
                "ScheduleExpression": "rate(5 minutes)",
                "State": "DISABLED",
                "Targets": [{"Id": "t", "Arn": _get("Note")}],
            },
        },
        "Feedback": {
            "Type": "AWS::Events::Rule",
            "Properties": {
                "EventPattern": {"source": ["aws.ses", "example.test"], "detail": {"skip": [{"exists": False}]}},
                "Targets": [{"Id": "t", "Arn": _get("Note"), "DeadLetterConfig": {"Arn": _get("Lost")}}],
            },
        },
        "Api": {"Type": "AWS::ApiGatewayV2::Api", "Properties": {"ProtocolType": "HTTP", "Name": "small"}},
        "ApiWeb": {
            "Type": "AWS::ApiGatewayV2::Integration",
            "Properties": {
                "ApiId": {"Ref": "Api"},
                "IntegrationType": "AWS_PROXY",
                "IntegrationUri": _get("Web"),
                "PayloadFormatVersion": "2.0",
            },
        },
        "Route": {
            "Type": "AWS::ApiGatewayV2::Route",
            "Properties": {
                "ApiId": {"Ref": "Api"},
                "RouteKey": "POST /v1/webhooks/{source}/{connection}",
                "Target": {"Fn::Join": ["", ["integrations/", {"Ref": "ApiWeb"}]]},
            },
        },
        "RouteOne": {
            "Type": "AWS::ApiGatewayV2::Route",
            "Properties": {
                "ApiId": {"Ref": "Api"},
                "RouteKey": "GET /u/{token}",
                "Target": {"Fn::Join": ["", ["integrations/", {"Ref": "ApiWeb"}]]},
            },
        },
        "Deployed": {
            "Type": "AWS::ApiGatewayV2::Stage",
            "Properties": {
                "ApiId": {"Ref": "Api"},
                "StageName": "$default",
                "DefaultRouteSettings": {"ThrottlingRateLimit": 1, "ThrottlingBurstLimit": 2},
            },
        },
    },
    "Outputs": {
        "CustomersTable": {"Value": {"Ref": "CustomersTable"}},
        "PublicUrl": {"Value": _get("Api", "ApiEndpoint")},
        "InboxUrl": {"Value": {"Ref": "Inbox"}},
        "IdentitySecretArn": {"Value": {"Ref": "Secret"}},
    },
}


@pytest.fixture
def template() -> dict[str, Any]:
    """The small stack, to be changed at will."""
    return copy.deepcopy(SMALL)


@pytest.fixture
def cloud(template: dict[str, Any]) -> Iterator[LocalCloud]:
    with LocalCloud(template, START) as running:
        yield running


def message(profile: str, note: str, **fields: Any) -> dict[str, Any]:
    return {"profile": profile, "note": note, **fields}


def post(cloud: LocalCloud, *messages: dict[str, Any], **order: Any) -> Any:
    """Let the web station put messages into the inbox."""
    return cloud.http("POST", "/v1/webhooks/shop/main", {}, {"messages": list(messages), **order})
