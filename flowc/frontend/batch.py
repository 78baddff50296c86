"""`@batch`: how a step's jobs are to be made."""

from __future__ import annotations

import re
from dataclasses import replace

from flowc.frontend.compute import (
    IMAGE,
    MAX_MEMORY_MIB,
    PATH,
    TMPFS,
    Values,
    read_requests,
    read_tmpfs,
    with_requests,
)
from flowc.frontend.decorators import Arguments
from flowc.ir.compute import Batch, Pairs
from flowc.ir.steps import Policy

_ASKED = ("cpu", "memory", "gpu", "shared_memory")
_OWN = (
    *("image", "queue", "iam_role", "execution_role", "max_swap", "swappiness", "tmpfs_options", "host_volumes"),
    *("efs_volumes", "ephemeral_storage", "inferentia", "trainium", "efa", "aws_batch_tags", "aws_tags"),
    *("log_driver", "log_options"),
)

_QUEUE = re.compile(r"[A-Za-z0-9_-]{1,128}|arn:aws[a-z-]*:batch:[a-z0-9-]+:[0-9]{12}:job-queue/[A-Za-z0-9_-]{1,128}")
_ROLE = re.compile(r"arn:aws[a-z-]*:iam::[0-9]{12}:role/\S+")
_FILE_SYSTEM = re.compile(r"fs-[0-9a-f]{8,40}")
_WORD = re.compile(r"[A-Za-z0-9_.=-]+")
# Source: https://docs.aws.amazon.com/batch/latest/APIReference/API_TagResource.html
_TAG_KEY = re.compile(r"(?!(?i:aws):)[^\x00-\x1f]{1,128}")
_TAG_VALUE = re.compile(r"[^\x00-\x1f]{0,256}")
_OPTION = re.compile(r"[^:\s]+:.+")

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
    options = values.texts("tmpfs_options", _WORD, "a list of options of a mount", "noexec")
    systems = values.texts("efs_volumes", _FILE_SYSTEM, "a list of ids of EFS file systems", "fs-12345678")
    found = Batch(
        image=values.text("image", IMAGE, "the name of an image", "team/image:1.0"),
        queue=values.text("queue", _QUEUE, "the name or ARN of a job queue", "training"),
        job_role=values.text("iam_role", _ROLE, "the ARN of a role", "arn:aws:iam::123456789012:role/trainer"),
        execution_role=values.text("execution_role", _ROLE, "the ARN of a role", "arn:aws:iam::123456789012:role/ecs"),
        max_swap_mib=values.whole("max_swap", MAX_MEMORY_MIB, least=0, example="1024"),
        swappiness=values.whole("swappiness", 100, least=0, example="60"),
        tmpfs=read_tmpfs(values, options),
        host_volumes=values.texts("host_volumes", PATH, "a list of absolute paths", "/data"),
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


def _tags(values: Values) -> Pairs:
    example = '{"team": "fraud"}'
    both = [values.pairs(name, _TAG_KEY, _TAG_VALUE, example) for name in ("aws_tags", "aws_batch_tags")]
    return tuple({**dict(both[0]), **dict(both[1])}.items())


def _log_options(values: Values) -> Pairs:
    options = values.texts("log_options", _OPTION, "a list of options like `name:value`", "awslogs-group:/flows")
    if options and "log_driver" not in values:
        values.wrong("log_options", "`log_options` are those of a `log_driver`, which is not given", "give it too")
    return tuple((name, value) for name, _, value in (option.partition(":") for option in options))
