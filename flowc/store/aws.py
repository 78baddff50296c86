"""How S3 is reached: what AWS's own tools look at, in the form that obstore takes.

Credentials in variables, of a container, of a web identity and of the machine are what obstore looks for by itself, and
a task needs nothing else. Profiles, and roles that are to be assumed, are left to botocore, so that they mean what they
mean everywhere; it is imported only where there are some.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from flowc.errors import StoreError

if TYPE_CHECKING:
    from botocore.credentials import Credentials
    from botocore.session import Session

ENV_ROLE = "FLOWC_AWS_ROLE_ARN"
"""The role to take on, with the credentials that are found."""

INSTALL = "pip install 'flowc[aws]'"
"""What brings botocore."""

FOR_OBSTORE = (
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_REGION",
    "AWS_DEFAULT_REGION",
    "AWS_CONDITIONAL_PUT",
    "AWS_SERVER_SIDE_ENCRYPTION",
    "AWS_SSE_KMS_KEY_ID",
    "AWS_SSE_BUCKET_KEY_ENABLED",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_ROLE_ARN",
    "AWS_ROLE_SESSION_NAME",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
)
"""Variables that obstore understands; it reads those of the process by itself.

Source: https://docs.rs/object_store/latest/object_store/aws/enum.AmazonS3ConfigKey.html
"""

_KEPT_S = 60  # how long obstore keeps credentials: botocore renews them minutes before they end, but must be asked
_ROLE_SESSION = "flowc"


class Access(NamedTuple):
    """How a store reaches S3.

    Attributes:
        config: For obstore: settings of S3 beside those in the process's environment.
        client: For obstore: settings of its HTTP client.
        credentials: For obstore: gives the credentials of now; None where it finds some by itself.
    """

    config: dict[str, str]
    client: dict[str, Any]
    credentials: Callable[[], dict[str, Any]] | None


def s3_access(environment: Mapping[str, str] | None = None) -> Access:
    """How to reach S3 from here.

    Args:
        environment: Where `AWS_*` variables are; None for the process's.

    Raises:
        StoreError: A profile, its credentials or a file of certificates cannot be used.
    """
    found = os.environ if environment is None else environment
    profile = _profile(found)
    config = {} if environment is None else {name.lower(): found[name] for name in FOR_OBSTORE if found.get(name)}
    if profile.region and not (found.get("AWS_REGION") or found.get("AWS_DEFAULT_REGION")):
        config["aws_region"] = profile.region
    if found.get("AWS_SSE_KMS_KEY_ID") and not found.get("AWS_SERVER_SIDE_ENCRYPTION"):
        config["aws_server_side_encryption"] = "aws:kms"
    client: dict[str, Any] = {}
    endpoint = found.get("AWS_ENDPOINT_URL_S3") or found.get("AWS_ENDPOINT_URL") or profile.endpoint_url
    if endpoint:
        config["aws_endpoint"] = endpoint
        client["allow_http"] = endpoint.startswith("http://")
        if os.environ.get("AWS_ENDPOINT_URL_S3", endpoint) != endpoint:
            config["aws_endpoint_url_s3"] = endpoint  # which would count instead
    if bundle := found.get("AWS_CA_BUNDLE") or profile.ca_bundle:
        client["root_certificate"] = _read_bundle(bundle)
    return Access(config, client, profile.credentials)


def role_credentials() -> dict[str, str]:
    """As variables, the credentials of the role that is assumed here; they end within the hour. Empty without a role.

    Raises:
        StoreError: As for `s3_access`.
    """
    credentials = _profile(os.environ).credentials if os.environ.get(ENV_ROLE) else None
    if credentials is None:
        return {}
    now = credentials()
    return {
        "AWS_ACCESS_KEY_ID": now["access_key_id"],
        "AWS_SECRET_ACCESS_KEY": now["secret_access_key"],
        "AWS_SESSION_TOKEN": now["token"],
    }


def prepare_access() -> None:
    """Do once what processes that are forked from this one would all do: import botocore, and find credentials.

    No connection stays open.

    Raises:
        StoreError: As for `s3_access`.
    """
    _profile(os.environ)


class _Profile(NamedTuple):
    """What AWS's shared files say, and credentials that obstore does not find by itself."""

    region: str | None = None
    endpoint_url: str | None = None
    ca_bundle: str | None = None
    credentials: Callable[[], dict[str, Any]] | None = None


class _Sought(NamedTuple):
    """What a profile depends on.

    Attributes:
        name: The profile's name; None for the default one.
        config_file: Its path.
        credentials_file: Its path.
        role: The role to take on; None for none.
        keys: Key, secret and session token that stand in variables; None for none.
        region: Of variables.
        ca_bundle: Of variables.
    """

    name: str | None
    config_file: str
    credentials_file: str
    role: str | None
    keys: tuple[str, str, str | None] | None
    region: str | None
    ca_bundle: str | None


def _profile(found: Mapping[str, str]) -> _Profile:
    key, secret = found.get("AWS_ACCESS_KEY_ID"), found.get("AWS_SECRET_ACCESS_KEY")
    sought = _Sought(
        # in botocore's order
        name=found.get("AWS_DEFAULT_PROFILE") or found.get("AWS_PROFILE") or None,
        config_file=os.path.expanduser(found.get("AWS_CONFIG_FILE") or "~/.aws/config"),
        credentials_file=os.path.expanduser(found.get("AWS_SHARED_CREDENTIALS_FILE") or "~/.aws/credentials"),
        role=found.get(ENV_ROLE) or None,
        keys=(key, secret, found.get("AWS_SESSION_TOKEN") or None) if key and secret else None,
        region=found.get("AWS_REGION") or found.get("AWS_DEFAULT_REGION") or None,
        ca_bundle=found.get("AWS_CA_BUNDLE") or None,
    )
    files = (sought.config_file, sought.credentials_file)
    if sought.name is None and sought.role is None and not any(map(os.path.exists, files)):
        return _Profile()
    return _found(sought)


@cache
def _found(sought: _Sought) -> _Profile:
    """What botocore finds; the credentials are kept, and renewed by whoever asks when they are about to end."""
    try:
        import botocore.session
        from botocore.exceptions import BotoCoreError, ClientError
    except ImportError:
        if sought.name is None and sought.role is None:
            return _Profile()  # whoever has variables, or a role of the machine's, needs none of the files
        wanted = f"profile `{sought.name}`" if sought.role is None else f"role `{sought.role}`"
        raise StoreError(f"the AWS {wanted} needs botocore, which is not installed: {INSTALL}") from None
    try:
        session = botocore.session.Session(session_vars={"profile": (None, None, sought.name, None)})
        for name in ("config_file", "credentials_file", "region", "ca_bundle"):
            if (value := getattr(sought, name)) is not None:
                session.set_config_variable(name, value)
        scoped = session.get_scoped_config()
        credentials = _credentials(session, sought)
        return _Profile(
            region=session.get_config_variable("region"),
            endpoint_url=_endpoint_url(session.full_config, scoped),
            ca_bundle=scoped.get("ca_bundle"),
            credentials=None if credentials is None else _provider(credentials),
        )
    except (BotoCoreError, ClientError) as error:
        whose = f" of profile `{sought.name}`" if sought.name is not None else ""
        raise StoreError(f"the AWS credentials{whose} cannot be used: {error}") from error


def _endpoint_url(full: Mapping[str, Any], scoped: Mapping[str, Any]) -> str | None:
    """Where a profile says that S3 is.

    Source: https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html
    """
    if str(scoped.get("ignore_configured_endpoint_urls", "")).lower() == "true":
        return None
    services = full.get("services", {}).get(scoped.get("services"), {})
    own: str | None = services.get("s3", {}).get("endpoint_url")
    return own or scoped.get("endpoint_url")


def _credentials(session: Session, sought: _Sought) -> Credentials | None:
    """Credentials that are good now; None where those in variables are meant, which obstore reads.

    Source: https://boto3.amazonaws.com/v1/documentation/api/latest/guide/credentials.html
    """
    from botocore.credentials import AssumeRoleCredentialFetcher, Credentials, DeferredRefreshableCredentials

    if sought.keys is not None and sought.role is None:
        return None
    found = Credentials(*sought.keys) if sought.keys is not None else session.get_credentials()
    if found is None:
        if os.environ.get("AWS_SKIP_SIGNATURE"):
            return None
        raise StoreError(no_credentials())
    if sought.role is not None:
        fetcher = AssumeRoleCredentialFetcher(
            session.create_client,
            found,
            sought.role,
            extra_args={"RoleSessionName": _ROLE_SESSION},
        )
        found = DeferredRefreshableCredentials(fetcher.fetch_credentials, "assume-role")
    found.get_frozen_credentials()  # fails here, where there are words for it
    return found


def no_credentials() -> str:
    """What to do where there are no credentials at all."""
    return (
        "no AWS credentials were found: set AWS_ACCESS_KEY_ID and its secret, or AWS_PROFILE, or give the machine a "
        "role"
    )


def _provider(credentials: Credentials) -> Callable[[], dict[str, Any]]:
    def now() -> dict[str, Any]:
        from datetime import UTC, datetime, timedelta

        frozen = credentials.get_frozen_credentials()
        return {
            "access_key_id": frozen.access_key,
            "secret_access_key": frozen.secret_key,
            "token": frozen.token,
            "expires_at": datetime.now(UTC) + timedelta(seconds=_KEPT_S),
        }

    return now


def _read_bundle(path: str) -> bytes:
    try:
        with open(os.path.expanduser(path), "rb") as file:
            return file.read()
    except OSError as error:
        raise StoreError(f"the certificates of AWS_CA_BUNDLE cannot be read: {path}: {error.strerror}") from error
