"""Build what keeps data: tables, buckets, keys, secrets and parameters, all of them moto's."""

from __future__ import annotations

import hashlib
import json
import string
from collections.abc import Mapping
from typing import Any

from kairos.local.parts import Parts
from kairos.local.stack import Builder, Declared, Physical
from kairos.local.streams import watch

# Of these types only what runs is resolved: policies refer to roles that refer back.
LAZY = {
    "AWS::KMS::Key": ("Description",),
    "AWS::IAM::Role": ("RoleName",),
    "AWS::S3::Bucket": ("BucketName", "VersioningConfiguration", "NotificationConfiguration"),
}


def data_builders(parts: Parts) -> dict[str, Builder]:
    """Return the builders by type."""
    return {
        "AWS::DynamoDB::Table": lambda it: _table(parts, it, it.properties),
        "AWS::DynamoDB::GlobalTable": lambda it: _table(parts, it, _replica(parts, it)),
        "AWS::S3::Bucket": lambda it: _bucket(parts, it),
        "AWS::KMS::Key": lambda it: _key(parts, it),
        "AWS::SecretsManager::Secret": lambda it: _secret(parts, it),
        "AWS::SSM::Parameter": lambda it: _parameter(parts, it),
        "AWS::IAM::Role": lambda it: _role(parts, it),
    }


def _replica(parts: Parts, it: Declared) -> Mapping[str, Any]:
    """Return a global table's properties with those of the replica in this Region over them."""
    replicas: list[dict[str, Any]] = it.properties.get("Replicas", [])
    here = next((replica for replica in replicas if replica["Region"] == parts.region), {})
    return {**it.properties, "DeletionProtectionEnabled": here.get("DeletionProtectionEnabled", False)}


def _table(parts: Parts, it: Declared, spec: Mapping[str, Any]) -> Physical:
    client, name = parts.client("dynamodb"), spec.get("TableName", it.name)
    stream = spec.get("StreamSpecification")
    params: dict[str, Any] = {
        "TableName": name,
        "KeySchema": spec["KeySchema"],
        "AttributeDefinitions": spec["AttributeDefinitions"],
        "BillingMode": "PAY_PER_REQUEST",
        "DeletionProtectionEnabled": bool(spec.get("DeletionProtectionEnabled")),
    }
    indexes = [_only(index, "IndexName", "KeySchema", "Projection") for index in spec.get("GlobalSecondaryIndexes", [])]
    if indexes:
        params["GlobalSecondaryIndexes"] = indexes
    if spec.get("LocalSecondaryIndexes"):
        params["LocalSecondaryIndexes"] = spec["LocalSecondaryIndexes"]
    if stream:
        params["StreamSpecification"] = {"StreamEnabled": True, "StreamViewType": stream["StreamViewType"]}
    client.create_table(**params)
    ttl = spec.get("TimeToLiveSpecification")
    if ttl and ttl.get("Enabled", True):
        client.update_time_to_live(
            TableName=name, TimeToLiveSpecification={"Enabled": True, "AttributeName": ttl["AttributeName"]}
        )
    table = parts.dynamodb.table(name)
    found = {"Arn": table.table_arn, "TableId": f"local-{it.logical}"}
    if stream:
        watch(table, parts.account, parts.now)
        found["StreamArn"] = f"{table.table_arn}/stream/{table.latest_stream_label}"
    return Physical(name, found)


def _only(given: Mapping[str, Any], *keys: str) -> dict[str, Any]:
    return {key: given[key] for key in keys if key in given}


def _bucket(parts: Parts, it: Declared) -> Physical:
    name = it.properties.get("BucketName", it.name.lower())
    client = parts.client("s3")
    where = {} if parts.region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": parts.region}}
    client.create_bucket(Bucket=name, **where)
    parts.notices.listen(name, it.properties.get("NotificationConfiguration", {}))
    if it.properties.get("VersioningConfiguration", {}).get("Status") == "Enabled":
        client.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    domain = f"{name}.s3.amazonaws.com"
    regional = f"{name}.s3.{parts.region}.amazonaws.com"
    arn = f"arn:aws:s3:::{name}"
    return Physical(name, {"Arn": arn, "DomainName": domain, "RegionalDomainName": regional})


def _key(parts: Parts, it: Declared) -> Physical:
    made = parts.client("kms").create_key(Description=it.properties.get("Description", it.logical))["KeyMetadata"]
    return Physical(made["KeyId"], {"Arn": made["Arn"], "KeyId": made["KeyId"]})


def _secret(parts: Parts, it: Declared) -> Physical:
    name = it.properties.get("Name", it.name)
    generate = it.properties.get("GenerateSecretString")
    value = it.properties.get("SecretString", "") if generate is None else _generated(it.logical, generate)
    arn = parts.client("secretsmanager").create_secret(Name=name, SecretString=value or "-")["ARN"]
    return Physical(arn, {"Id": arn})


def _generated(logical: str, spec: Mapping[str, Any]) -> str:
    """Return what GenerateSecretString asks for, the same in every run: nothing here guards anything."""
    characters = (
        string.ascii_letters + string.digits + ("" if spec.get("ExcludePunctuation") else "!#$%&()*+,-./:;<=>?@")
    )
    characters = "".join(c for c in characters if c not in spec.get("ExcludeCharacters", ""))
    length, stream = int(spec.get("PasswordLength", 32)), b""
    while len(stream) < length:
        stream += hashlib.sha256(f"{logical}#{len(stream)}".encode()).digest()
    password = "".join(characters[byte % len(characters)] for byte in stream[:length])
    if "GenerateStringKey" not in spec:
        return password
    return json.dumps({**json.loads(spec.get("SecretStringTemplate", "{}")), spec["GenerateStringKey"]: password})


def _parameter(parts: Parts, it: Declared) -> Physical:
    name = it.properties.get("Name", f"/{it.name}")
    value, kind = it.properties["Value"], it.properties.get("Type", "String")
    parts.client("ssm").put_parameter(Name=name, Value=value, Type=kind, Overwrite=True)
    return Physical(name, {"Value": value, "Type": kind})


def _role(parts: Parts, it: Declared) -> Physical:
    name = it.properties.get("RoleName", it.name)[:64]
    role_id = f"AROA{hashlib.sha256(it.logical.encode()).hexdigest()[:17].upper()}"
    return Physical(name, {"Arn": f"arn:aws:iam::{parts.account}:role/{name}", "RoleId": role_id})
