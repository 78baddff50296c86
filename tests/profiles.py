"""AWS's shared files as a user has them, for a server of the tests' own."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import NamedTuple

_PROCESS = """
import json, sys
from datetime import UTC, datetime, timedelta
calls = open({calls!r}, "a+")
calls.write("x")
calls.seek(0)
number = len(calls.read())
end = datetime.now(UTC) + timedelta(minutes=int(sys.argv[1]))
print(json.dumps({{
    "Version": 1,
    "AccessKeyId": f"process-{{number}}",
    "SecretAccessKey": "secret",
    "SessionToken": "token",
    "Expiration": end.isoformat(),
}}))
"""

_CONFIG = """
[profile static]
region = eu-west-1
endpoint_url = {endpoint}

[profile service]
region = eu-west-2
services = own
aws_access_key_id = of-service
aws_secret_access_key = secret

[services own]
s3 =
    endpoint_url = {endpoint}

[profile process]
region = eu-west-3
endpoint_url = {endpoint}
credential_process = {python} {process} 60

[profile brief]
region = eu-west-3
endpoint_url = {endpoint}
credential_process = {python} {process} 5

[profile broken]
endpoint_url = {endpoint}
credential_process = {python} -c 'raise SystemExit("no card in the reader")'

[profile role]
region = eu-north-1
endpoint_url = {endpoint}
role_arn = arn:aws:iam::123456789012:role/reader
source_profile = static
"""

_CREDENTIALS = """
[static]
aws_access_key_id = of-static
aws_secret_access_key = secret
"""


class Profiles(NamedTuple):
    """The files.

    Attributes:
        environment: The variables that name them, and nothing else.
        calls: Has a character for each call of a `credential_process`.
        config: The file of profiles.
    """

    environment: dict[str, str]
    calls: Path
    config: Path


def make(folder: Path, endpoint: str) -> Profiles:
    """Write them.

    Args:
        folder: Where.
        endpoint: Where S3 and STS are.
    """
    calls, process = folder / "calls", folder / "process.py"
    config, credentials = folder / "config", folder / "credentials"
    process.write_text(_PROCESS.format(calls=str(calls)))
    config.write_text(_CONFIG.format(endpoint=endpoint, python=sys.executable, process=process))
    credentials.write_text(_CREDENTIALS)
    environment = {"AWS_CONFIG_FILE": str(config), "AWS_SHARED_CREDENTIALS_FILE": str(credentials)}
    return Profiles(environment, calls, config)
