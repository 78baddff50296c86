"""`@batch`: how a step's jobs are to be made."""

from __future__ import annotations

from dataclasses import replace

from flowc.frontend.compute import MAX_MEMORY_MIB, TMPFS, Values, read_requests, read_tmpfs, with_requests
from flowc.frontend.decorators import Arguments
from flowc.frontend.forms import (
    FILE_SYSTEM,
    IMAGE,
    LOG_OPTION,
    MAX_TAGS,
    MOUNT,
    MOUNT_OPTION,
    QUEUE,
    ROLE,
    TAG,
    TAG_VALUE,
)
from flowc.ir.compute import Batch, Pairs
from flowc.ir.steps import Policy

_ASKED = ("cpu", "memory", "gpu", "shared_memory")
_OWN = (
    *("image", "queue", "iam_role", "execution_role", "max_swap", "swappiness", "tmpfs_options", "host_volumes"),
    *("efs_volumes", "ephemeral_storage", "inferentia", "trainium", "efa", "aws_batch_tags", "aws_tags"),
    *("log_driver", "log_options"),
)

# Source: https://docs.aws.amazon.com/batch/latest/APIReference/API_LogConfiguration.html
_DRIVERS = ("awslogs", "fluentd", "gelf", "journald", "json-file", "splunk", "syslog", "awsfirelens")

# Source: https://docs.aws.amazon.com/batch/latest/APIReference/API_EphemeralStorage.html
_STORAGE_GIB = (21, 200)

_MAX_DEVICES = 64


def read_batch(arguments: Arguments, policy: Policy) -> Policy:
    """What `@batch` adds to a policy.

    Emits: FC107.
    """
    values = Values(arguments, *_ASKED, *_OWN, *TMPFS)
    systems = values.texts("efs_volumes", FILE_SYSTEM)
    found = Batch(
        image=values.text("image", IMAGE),
        queue=values.text("queue", QUEUE),
        job_role=values.text("iam_role", ROLE),
        execution_role=values.text("execution_role", ROLE),
        max_swap_mib=values.whole("max_swap", MAX_MEMORY_MIB, least=0, example="1024"),
        swappiness=_swappiness(values),
        tmpfs=read_tmpfs(values, values.texts("tmpfs_options", MOUNT_OPTION)),
        host_volumes=values.texts("host_volumes", MOUNT),
        efs_volumes=tuple((system, f"/mnt/{system}") for system in systems),
        ephemeral_storage_gib=values.whole("ephemeral_storage", _STORAGE_GIB[1], _STORAGE_GIB[0], "100"),
        devices=_devices(values),
        tags=_tags(values),
        log_driver=values.choice("log_driver", *_DRIVERS),
        log_options=_log_options(values),
    )
    return replace(with_requests(policy, read_requests(values)), batch=found)


def _devices(values: Values) -> tuple[str, ...]:
    """The machine's devices that belong to chips and network cards, by AWS's names for them.

    Source: https://awsdocs-neuron.readthedocs-hosted.com/en/latest/containers/tutorials/k8s-setup.html and
    https://docs.aws.amazon.com/batch/latest/userguide/efa.html
    """
    if "inferentia" in values and "trainium" in values:
        values.wrong("trainium", "`inferentia` and `trainium` are two names for the same", "leave one of the two out")
    chips = values.whole("inferentia", _MAX_DEVICES, least=0) or values.whole("trainium", _MAX_DEVICES, least=0) or 0
    cards = values.whole("efa", _MAX_DEVICES, least=0) or 0
    return (
        *(f"/dev/neuron{number}" for number in range(chips)),
        *(f"/dev/infiniband/uverbs{number}" for number in range(cards)),
    )


def _swappiness(values: Values) -> int | None:
    """How readily swap is used, which means nothing without `max_swap`.

    Source: https://docs.aws.amazon.com/batch/latest/APIReference/API_LinuxParameters.html
    """
    found = values.whole("swappiness", 100, least=0, example="60")
    if found is not None and "max_swap" not in values:
        message = "AWS Batch passes over `swappiness` without `max_swap`, which is not given"
        values.wrong("swappiness", message, "say how many MiB of swap there are: `max_swap=1024`")
    return found


def _tags(values: Values) -> Pairs:
    names = ("aws_tags", "aws_batch_tags")
    tags = {key: value for name in names for key, value in values.pairs(name, TAG, TAG_VALUE)}
    if len(tags) > MAX_TAGS:
        name = names["aws_batch_tags" in values]
        values.wrong(name, f"there are {len(tags)} tags, and a job has at most {MAX_TAGS}", "leave some of them out")
    return tuple(tags.items())


def _log_options(values: Values) -> Pairs:
    options = values.texts("log_options", LOG_OPTION)
    if options and "log_driver" not in values:
        values.wrong("log_options", "`log_options` are those of a `log_driver`, which is not given", "give it too")
    return tuple((name, value) for name, _, value in (option.partition(":") for option in options))
