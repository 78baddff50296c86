"""AWS Secrets Manager, as tests fill it."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress

from botocore.session import Session


def keep_secrets(secrets: Mapping[str, str | bytes], environment: Mapping[str, str]) -> None:
    """Put secrets where the tasks look for them; those that are there already get these values.

    Args:
        secrets: Values by name; bytes for binary ones.
        environment: The `AWS_*` variables by which they are reached.
    """
    if not secrets:
        return
    client = Session().create_client(
        "secretsmanager",
        region_name=environment["AWS_REGION"],
        endpoint_url=environment["AWS_ENDPOINT_URL"],
        aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
    )
    for name, value in secrets.items():
        with suppress(client.exceptions.ResourceExistsException):
            client.create_secret(Name=name)
        if isinstance(value, bytes):
            client.put_secret_value(SecretId=name, SecretBinary=value)
        else:
            client.put_secret_value(SecretId=name, SecretString=value)
