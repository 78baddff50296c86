"""Forms that texts in decorators' arguments must have, by the rules of whoever is handed them in the end."""

from __future__ import annotations

import re
from typing import NamedTuple


class Form(NamedTuple):
    """A form of a text.

    Attributes:
        pattern: What the whole text matches.
        what: What such a text is, with its article: "the name of a secret".
        rule: What makes one, for a message's help.
        example: One.
    """

    pattern: re.Pattern[str]
    what: str
    rule: str
    example: str

    def fits(self, value: object) -> bool:
        """Whether a value is such a text."""
        return isinstance(value, str) and self.pattern.fullmatch(value) is not None


# --- anywhere ---------------------------------------------------------------------------------------------------------

_COMPONENT = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_HOST = r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,252}[A-Za-z0-9])?(?::[0-9]{1,5})?"

IMAGE = Form(
    re.compile(
        rf"(?=[^@]{{1,255}}(?:@|$))(?:{_HOST}/)?{_COMPONENT}(?:/{_COMPONENT})*"
        r"(?::[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?(?:@[a-z0-9+._-]+:[0-9a-f]{32,128})?"
    ),
    "the name of an image",
    "it is a repository in small letters, possibly behind a registry and a slash, with a tag or a digest",
    "team/image:1.0",
)
"""Source: https://pkg.go.dev/github.com/distribution/reference and, for the length,
https://docs.aws.amazon.com/batch/latest/APIReference/API_ContainerProperties.html
"""

MOUNT = Form(
    re.compile(r"(?:/(?!\.{1,2}(?:/|$))[^\s:,{}$\\/]+)+/?"),
    "an absolute path",
    "it begins with a slash, is not that alone, and has no `..`, blanks, colons, commas, braces, `$` and backslashes",
    "/data",
)
"""Where something is mounted; in a pod there can be no colon in it.

Source: https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/#volumes-1
"""

# --- Kubernetes -------------------------------------------------------------------------------------------------------

_LABEL = r"[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?"
_SUBDOMAIN = r"(?=[^/]{1,253}(?:/|$))[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*"
_QUALIFIED = r"[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?"
_SUBDOMAIN_RULE = (
    "it has at most 253 small letters, digits, `-` and `.`, with a letter or digit at both ends of each part"
)
_QUALIFIED_RULE = "at most 63 letters, digits, `-`, `_` and `.`, with a letter or digit at both ends"


def kubernetes_name(what: str, example: str) -> Form:
    """The name of an object.

    Source: https://kubernetes.io/docs/concepts/overview/working-with-objects/names/#dns-subdomain-names
    """
    return Form(re.compile(_SUBDOMAIN), what, _SUBDOMAIN_RULE, example)


NAMESPACE = Form(
    re.compile(_LABEL),
    "the name of a namespace",
    "it has at most 63 small letters, digits and `-`, with a letter or digit at both ends",
    "flows",
)
"""Source: https://kubernetes.io/docs/concepts/overview/working-with-objects/names/#dns-label-names"""

LABEL = Form(
    re.compile(rf"(?:{_SUBDOMAIN}/)?{_QUALIFIED}"),
    "a key of Kubernetes",
    f"it has {_QUALIFIED_RULE}, possibly behind a domain and a slash",
    "team",
)
"""The key of a label, an annotation or a taint.

Source: https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#syntax-and-character-set
"""

LABEL_VALUE = Form(
    re.compile(rf"(?:{_QUALIFIED})?"), "the value of a label", f"it is empty or has {_QUALIFIED_RULE}", "fraud"
)
"""Of a label or a taint; the source is that of the key."""

ANNOTATION = Form(
    re.compile(r"(?s)(?!.*(?:\{\{|\{%|\{#)).*"),
    "a text that Airflow hands on as it is",
    "it is a text without `{{`, `{%` and `{#`",
    "fraud@example.com",
)

ANNOTATION_BYTES = 256 * 1024
"""For all of a pod's annotations, keys and values.

Source: https://kubernetes.io/docs/concepts/overview/working-with-objects/annotations/
"""

GPU_VENDOR = Form(re.compile(_LABEL), "the first word of `nvidia.com`", "it has small letters, digits and `-`", "amd")

# --- AWS --------------------------------------------------------------------------------------------------------------

_ARN = r"arn:aws[a-z-]*"

QUEUE = Form(
    re.compile(rf"[A-Za-z0-9_-]{{1,128}}|{_ARN}:batch:[a-z0-9-]+:[0-9]{{12}}:job-queue/[A-Za-z0-9_-]{{1,128}}"),
    "the name or ARN of a job queue",
    "a name has at most 128 letters, digits, `-` and `_`",
    "training",
)
"""Source: https://docs.aws.amazon.com/batch/latest/APIReference/API_CreateJobQueue.html"""

ROLE = Form(
    re.compile(rf"{_ARN}:iam::[0-9]{{12}}:role/(?:[!-~]{{1,510}}/)?[A-Za-z0-9_+=,.@-]{{1,64}}"),
    "the ARN of a role",
    "it is that of a role in IAM",
    "arn:aws:iam::123456789012:role/trainer",
)
"""Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html"""

FILE_SYSTEM = Form(
    re.compile(r"fs-[0-9a-f]{8,40}"),
    "the id of an EFS file system",
    "it is `fs-` with 8 to 40 hexadecimal digits",
    "fs-12345678",
)
"""Source: https://docs.aws.amazon.com/efs/latest/ug/API_FileSystemDescription.html"""

_MOUNT_WORDS = (
    *("defaults", "ro", "rw", "suid", "nosuid", "dev", "nodev", "exec", "noexec", "sync", "async", "dirsync"),
    *("remount", "mand", "nomand", "atime", "noatime", "diratime", "nodiratime", "bind", "rbind", "unbindable"),
    *("runbindable", "private", "rprivate", "shared", "rshared", "slave", "rslave", "relatime", "norelatime"),
    *("strictatime", "nostrictatime"),
)
_MOUNT_VALUES = ("mode", "uid", "gid", "nr_inodes", "nr_blocks", "mpol")

MOUNT_OPTION = Form(
    re.compile(rf"{'|'.join(_MOUNT_WORDS)}|(?:{'|'.join(_MOUNT_VALUES)})(?:=[A-Za-z0-9:_-]+)?"),
    "an option of AWS Batch's file systems in memory",
    f"write one of {', '.join(_MOUNT_WORDS[:8])} and so on, or a value for one of {', '.join(_MOUNT_VALUES)}",
    "noexec",
)
"""Source: https://docs.aws.amazon.com/batch/latest/APIReference/API_Tmpfs.html"""

_TAG = r"(?!(?i:aws:))[\w .:/=+@-]"

TAG = Form(
    re.compile(rf"{_TAG}{{1,128}}"),
    "the key of a tag",
    "it has 1 to 128 letters, digits, blanks and `+-=._:/@`, and does not begin with `aws:`",
    "team",
)
TAG_VALUE = Form(
    re.compile(rf"(?:{_TAG}{{1,256}})?"),
    "the value of a tag",
    "it has at most 256 letters, digits, blanks and `+-=._:/@`, and does not begin with `aws:`",
    "fraud",
)
"""Source: https://docs.aws.amazon.com/batch/latest/userguide/tag-restrictions.html"""

MAX_TAGS = 50
"""Of a job; the source is that of the tags."""

LOG_OPTION = Form(
    re.compile(r"[^:\s]+:.+"),
    "an option like `name:value`",
    "it is a name and a value with a colon",
    "awslogs-group:/flows",
)
