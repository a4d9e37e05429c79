"""What must be readable: the identity secret, the contacts key, and the secrets of connections."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from kairos.cli.checkup.finding import Finding, ok, warn, wrong
from kairos.cli.checkup.patient import Absent, Patient, asking
from kairos.domain.errors import Unavailable

OLD = timedelta(days=365)


def identity_secret(patient: Patient) -> Iterator[Finding]:
    """Ask whether the keys that hash identifiers can be read. None of it is told."""
    from kairos.aws.secret import parse_secret

    arn = patient.output("IdentitySecretArn")
    try:
        about = patient.ask("secretsmanager", "DescribeSecret", SecretId=arn)
    except Absent:
        yield wrong(
            "the identity secret is gone: no known customer, and nobody who said no, is recognised",
            f"{patient.kairos('stop-all')} now; then bring it back from a replica or a copy, under the same ARN",
        )
        return
    if about.get("DeletedDate"):
        yield wrong(
            f"the identity secret is being deleted since {about['DeletedDate']:%Y-%m-%d}",
            patient.aws(f"secretsmanager restore-secret --secret-id {arn}"),
        )
        return
    try:
        with asking("secretsmanager"):
            text = patient.client("secretsmanager").get_secret_value(SecretId=arn)["SecretString"]
        keyring = parse_secret(text)
    except Unavailable as error:
        versions = patient.aws(f"secretsmanager list-secret-version-ids --secret-id {arn}")
        yield wrong(str(error), f"see what it was before: {versions}; its form is in shared/kairos/aws/secret.py")
        return
    yield ok(f"the identity secret has {len(keyring.keys)} readable key(s); key {keyring.current} writes")


def contacts_key(patient: Patient) -> Iterator[Finding]:
    """Ask whether the key that contacts lie under is in force."""
    arn = patient.output("ContactsKeyArn")
    try:
        state = patient.ask("kms", "DescribeKey", KeyId=arn)["KeyMetadata"]["KeyState"]
    except Absent:
        yield wrong("the contacts key is gone: contacts cannot be read any more", f"see {patient.console('kms/home')}")
        return
    if state == "Enabled":
        yield ok("the contacts key is enabled")
        return
    enable = patient.aws(f"kms enable-key --key-id {arn}")
    cancel = patient.aws(f"kms cancel-key-deletion --key-id {arn}")
    mend = {"PendingDeletion": f"at once: {cancel}; {enable}", "Disabled": enable}
    says = f"the contacts key is {state}: nobody can be reached, and no contact kept"
    yield wrong(says, mend.get(state, f"see {patient.console('kms/home')}"))


def connections(patient: Patient) -> Iterator[Finding]:
    """Ask whether each source that is connected has a secret that `ingest` can use. None of them is told."""
    prefix = patient.output("ConnectionsPrefix")
    request: dict[str, Any] = {"Path": prefix.rstrip("/"), "Recursive": True, "WithDecryption": True}
    pages = patient.pages("ssm", "GetParametersByPath", "Parameters", **request)
    rows = [row for page in pages for row in page]
    if not rows:
        yield warn("no source is connected: nothing comes in", patient.kairos("connect SOURCE NAME"))
    for row in rows:
        yield _connection(patient, row, row["Name"].removeprefix(prefix))


def _connection(patient: Patient, row: Any, name: str) -> Finding:
    source, _, connection = name.partition("/")
    again = patient.kairos(f"connect {source} {connection}")
    if row["Type"] != "SecureString":
        delete = patient.aws(f"ssm delete-parameter --name {row['Name']}")
        return wrong(f"{name}: its secret lies there in clear", f"{delete}; {again}")
    if not _usable(row["Value"]):
        return wrong(f"{name} has no secret that can be used: what it sends is refused", again)
    age = patient.now - row["LastModifiedDate"]
    if age > OLD:
        return warn(f"{name}: its secret is {age.days} days old", f"make a new one at the sender, then {again}")
    return ok(f"{name} has its secret")


def _usable(text: str) -> bool:
    try:
        settings = json.loads(text)
    except ValueError:
        return False
    secrets = settings.get("secrets") if isinstance(settings, dict) else None
    return isinstance(secrets, list) and bool(secrets) and all(isinstance(one, str) and one for one in secrets)
