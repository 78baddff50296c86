"""Secrets: fetched in the task's own process when its step begins, for its environment alone.

Their values go nowhere else: not into a message, a record or a log of flowc's. So errors name secrets and variables,
and exceptions that may hold a value are not chained.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, MutableMapping
from typing import TYPE_CHECKING, Any

from flowc.contract import PlanSecret, PlanStep
from flowc.errors import SecretError
from flowc.store.aws import ENV_ROLE, INSTALL

if TYPE_CHECKING:
    from botocore.session import Session

_REGION = re.compile(r"arn:[^:]+:secretsmanager:([^:]+):")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_UNSAFE = re.compile(r"[-./]")
_RESERVED = ("FLOWC_", "METAFLOW_")
"""What variables of secrets cannot begin with.

Source: https://github.com/Netflix/metaflow/blob/master/metaflow/plugins/secrets/utils.py
"""
_SESSION_NAME = "flowc"


def provide(step: PlanStep, environment: MutableMapping[str, str]) -> None:
    """Set the variables of a step's secrets: all, or none.

    Args:
        step: The step.
        environment: That of the process.

    Raises:
        SecretError: A secret cannot be read, gives no variables that can be set, or one that is there already.
    """
    found: dict[str, str] = {}
    origins: dict[str, str] = {}
    session = _session()
    for secret in step.secrets:
        for name, value in _variables(secret, _fetch(session, secret)):
            _check(secret, name, value)
            if name in origins:
                raise SecretError(f"the secrets `{origins[name]}` and `{secret.id}` both give the variable `{name}`")
            if name in environment and not step.secrets_override:
                raise SecretError(
                    f"secret `{secret.id}` gives the variable `{name}`, which is set already: "
                    "call it otherwise, or write `allow_override=True`"
                )
            found[name] = value
            origins[name] = secret.id
    environment.update(found)


def _check(secret: PlanSecret, name: str, value: str) -> None:
    if not _VARIABLE.fullmatch(name):
        raise SecretError(f"secret `{secret.id}` gives `{name}`, which no variable can be called")
    if name.startswith(_RESERVED):
        raise SecretError(f"secret `{secret.id}` gives the variable `{name}`, and such names are flowc's own")
    try:
        usable = b"\0" not in value.encode()
    except UnicodeEncodeError:
        usable = False
    if not usable:
        raise SecretError(f"secret `{secret.id}` has a value for `{name}` that no variable can hold")


def _variables(secret: PlanSecret, response: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Name and value of each variable, from an answer of Secrets Manager's.

    Source: `AwsSecretsManagerSecretsProvider` in
    https://github.com/Netflix/metaflow/blob/master/metaflow/plugins/aws/secrets_manager/aws_secrets_manager_secrets_provider.py
    """
    text, binary = response.get("SecretString"), response.get("SecretBinary")
    if text is not None and secret.json:
        for key, value in _object(secret, text).items():
            yield _UNSAFE.sub("_", key), str(value)
        return
    if text is None and binary is None:
        raise SecretError(f"secret `{secret.id}` has no value")
    if text is None:
        from base64 import b64encode

        text = b64encode(binary or b"").decode()
    yield secret.variable or _UNSAFE.sub("_", response["Name"]), text


def _object(secret: PlanSecret, text: str) -> dict[str, Any]:
    import json

    try:
        value = json.loads(text)
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise SecretError(
            f"secret `{secret.id}` is no JSON object, whose keys would be the variables: "
            'write `{"id": ..., "options": {"json": False}}` to have all of it in one variable'
        )
    keys = [_UNSAFE.sub("_", key) for key in value]
    if len(set(keys)) < len(keys):
        twice = next(key for key in keys if keys.count(key) > 1)
        raise SecretError(f"two keys of secret `{secret.id}` give the variable `{twice}`")
    return value


def _session() -> Session:
    try:
        from botocore.exceptions import BotoCoreError
        from botocore.session import Session
    except ImportError:
        raise SecretError(f"@secrets needs boto3, which is not installed where the task runs: {INSTALL}") from None
    session = Session()
    try:
        is_region_known = bool(session.get_config_variable("region"))
    except BotoCoreError as error:
        raise SecretError(f"secrets cannot be read: {error}") from None
    if not is_region_known and os.environ.get("AWS_REGION"):
        session.set_config_variable("region", os.environ["AWS_REGION"])
    return session


def _fetch(session: Session, secret: PlanSecret) -> Mapping[str, Any]:
    from botocore.exceptions import BotoCoreError, ClientError, NoRegionError

    in_arn = _REGION.match(secret.id)
    region = in_arn[1] if in_arn else secret.region
    try:
        client: Any = session.create_client("secretsmanager", region_name=region, **_role(session, secret, region))
        found: Mapping[str, Any] = client.get_secret_value(SecretId=secret.id)
    except ClientError as error:
        said = error.response.get("Error", {})
        raise SecretError(
            f"secret `{secret.id}` cannot be read: {said.get('Code', 'error')}: {said.get('Message', '')}"
        ) from None
    except NoRegionError:
        raise SecretError(
            f"secret `{secret.id}` cannot be read: its region is not known; write its ARN, or "
            '`{"id": ..., "options": {"region": "eu-west-1"}}`, or set AWS_REGION where the task runs '
            "(the setting `aws.region`)"
        ) from None
    except BotoCoreError as error:
        raise SecretError(f"secret `{secret.id}` cannot be read: {error}") from None
    return found


def _role(session: Session, secret: PlanSecret, region: str | None) -> dict[str, Any]:
    """Credentials of the role that the secret is read with, as arguments of a client; none for the task's own."""
    role = secret.role or os.environ.get(ENV_ROLE)
    if not role:
        return {}
    sts: Any = session.create_client("sts", region_name=region)
    credentials = sts.assume_role(RoleArn=role, RoleSessionName=_SESSION_NAME)["Credentials"]
    return {
        "aws_access_key_id": credentials["AccessKeyId"],
        "aws_secret_access_key": credentials["SecretAccessKey"],
        "aws_session_token": credentials["SessionToken"],
    }
