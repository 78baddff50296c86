"""What is set about reaching S3, as the variables that stores, botocore and tasks look at."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from flowc.settings.loading import Origin, Settings

_VARIABLES: Mapping[str, tuple[str, ...]] = {
    "aws.profile": ("AWS_PROFILE",),
    "aws.region": ("AWS_DEFAULT_REGION", "AWS_REGION"),
    "aws.endpoint_url": ("AWS_ENDPOINT_URL_S3",),
    "aws.role_arn": ("FLOWC_AWS_ROLE_ARN",),
    "aws.ca_bundle": ("AWS_CA_BUNDLE",),
    "aws.kms_key_id": ("AWS_SSE_KMS_KEY_ID",),
}
"""What stands for a setting. botocore reads AWS_DEFAULT_REGION only, and obstore prefers AWS_REGION."""

_OF_TASKS = ("aws.endpoint_url", "aws.kms_key_id", "aws.region")
"""What is true of the bucket, wherever a task runs. Profile, role and paths are those of this machine."""


def aws_variables(settings: Settings) -> dict[str, str]:
    """The variables to set here, beside those of AWS's own that are set already."""
    found = _variables(settings, _VARIABLES)
    if "AWS_PROFILE" in found and settings.environment.get("AWS_DEFAULT_PROFILE"):
        found["AWS_DEFAULT_PROFILE"] = found["AWS_PROFILE"]  # which botocore prefers
    return found


def task_variables(settings: Settings, store: str) -> tuple[tuple[str, str], ...]:
    """The variables that tasks on a scheduler get, sorted: what a file or a variable of flowc's says of the bucket.

    AWS's own variables are about this machine, and say nothing of where tasks run.

    Args:
        settings: Where it is said.
        store: The store's URL; tasks whose store is not in S3 get nothing.
    """
    if not store.startswith("s3://"):
        return ()
    return tuple(sorted(_variables(settings, _OF_TASKS).items()))


def _variables(settings: Settings, names: Iterable[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name in names:
        value = settings.values[name]
        if isinstance(value.data, str) and value.origin in (Origin.FILE, Origin.VARIABLE):
            found.update(dict.fromkeys(_VARIABLES[name], value.data))
    return found
