"""Every setting that there is: its name, what it may be, what it is by default, its variable and its option."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any, assert_never

from flowc._version import __version__

if TYPE_CHECKING:
    from flowc.targets.base import Target

DEFAULT_STORE = ".flowc"

AWS = "aws"
"""The table of all that is about reaching S3."""


class Kind(Enum):
    """What a setting's value is."""

    TEXT = "text"
    STORE = "store"
    """A directory or a URL; a relative one in a file is meant from the file's folder on."""
    PATH = "path"
    """Of a file or folder; the same."""
    COUNT = "count"
    TEXTS = "texts"

    @property
    def words(self) -> str:
        """What it should be, for a message."""
        match self:
            case Kind.TEXT | Kind.STORE | Kind.PATH:
                return "a string"
            case Kind.COUNT:
                return "a whole number from 1 on"
            case Kind.TEXTS:
                return "a list of strings"
            case _:
                assert_never(self)

    @property
    def example(self) -> str:
        """How one is written in a file."""
        match self:
            case Kind.TEXT | Kind.STORE | Kind.PATH:
                return '"..."'
            case Kind.COUNT:
                return "4"
            case Kind.TEXTS:
                return '["...", "..."]'
            case _:
                assert_never(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """What a text must look like.

    Attributes:
        pattern: All of it matches.
        meant: What that is, for a message.
    """

    pattern: str
    meant: str

    def fits(self, text: str) -> bool:
        """Whether a text looks like that."""
        return re.fullmatch(self.pattern, text) is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """One setting.

    Attributes:
        name: As it is called in a file; in a table, `table.key`.
        kind: What its value is.
        help: One sentence.
        default: Its value when nothing says otherwise; None for none.
        otherwise: In words, what holds where there is no value.
        option: The option that says otherwise, without the values; empty for none.
        own: AWS's own variables of the same meaning, the first one counts; flowc's own comes before them.
        form: What a text must look like.
    """

    name: str
    kind: Kind
    help: str
    default: str | None = None
    otherwise: str = ""
    option: str = ""
    own: tuple[str, ...] = ()
    form: Form | None = None

    @property
    def variable(self) -> str:
        """The environment variable that says otherwise."""
        return variable_of(self.name)

    @property
    def path(self) -> tuple[str, ...]:
        """Table and key."""
        return tuple(self.name.split("."))


def variable_of(name: str) -> str:
    """The environment variable of a setting or a table."""
    return "FLOWC_" + re.sub(r"\W", "_", name).upper()


IMAGE = Form(
    pattern=r"[A-Za-z0-9][A-Za-z0-9._/:@-]*",
    meant="the name of an image, as registry.example.com/flows:1.2",
)
PLATFORM = Form(
    pattern=r"[a-z0-9]+/[a-z0-9_]+(/[a-z0-9]+)?",
    meant="an operating system and an architecture, as linux/arm64",
)

PATTERN = Form(
    pattern=r"(?!#)(?!.*(?:^|/)\.\.?(?:/|$))!?/?[^\x00-\x1f]*[^\x00-\x1f !/][^\x00-\x1f]*",
    meant="patterns as in a .gitignore, of paths below the flow's folder",
)

DECLARED = (
    Declared(
        name="store",
        kind=Kind.STORE,
        help="Where artifacts are: a directory, or s3://bucket/prefix",
        default=DEFAULT_STORE,
        option="--store",
    ),
    Declared(
        name="target",
        kind=Kind.TEXT,
        help="The scheduler: airflow or stepfunctions",
        otherwise="to be given",
        option="--target",
    ),
    Declared(
        name="image",
        kind=Kind.TEXT,
        help="The step-runner container's image",
        default=f"flowc-runner:{__version__}",
        option="--image",
    ),
    Declared(
        name="image_base",
        kind=Kind.TEXT,
        help="The image that `image build` builds on",
        default="docker.io/library/python:3.12-slim",
        option="--base",
        form=IMAGE,
    ),
    Declared(
        name="image_engine",
        kind=Kind.TEXT,
        help="What builds images: docker, podman, or the path of one of them",
        otherwise="the first one that answers",
        option="--engine",
    ),
    Declared(
        name="image_platform",
        kind=Kind.TEXT,
        help="What an image is built for, as linux/arm64",
        otherwise="the engine's own",
        option="--platform",
        form=PLATFORM,
    ),
    Declared(
        name="image_requirements",
        kind=Kind.PATH,
        help="The file with what `image build` adds to the runner",
        otherwise="what `--for` finds",
        option="--requirements",
    ),
    Declared(
        name="package_include",
        kind=Kind.TEXTS,
        help="What goes into code packages beside Python files: patterns as in a .gitignore in the flow's folder",
        otherwise="nothing",
        form=PATTERN,
    ),
    Declared(
        name="package_exclude",
        kind=Kind.TEXTS,
        help="What stays out of code packages: the same",
        otherwise="nothing",
        form=PATTERN,
    ),
    Declared(
        name="output",
        kind=Kind.PATH,
        help="The folder that `compile` writes to",
        otherwise="to be given",
        option="--output",
    ),
    Declared(
        name="max_workers",
        kind=Kind.COUNT,
        help="Tasks that run here at the same time",
        otherwise="the CPUs",
        option="--max-workers",
    ),
    Declared(
        name="tags",
        kind=Kind.TEXTS,
        help="What runs are marked with",
        otherwise="none",
        option="--tag",
    ),
    Declared(
        name="with",
        kind=Kind.TEXTS,
        help="Decorators that every step gets that does not have them, as `retry:times=3`",
        otherwise="none",
        option="--with",
    ),
    Declared(
        name="airflow_python",
        kind=Kind.PATH,
        help="The interpreter that has Airflow, for `simulate`",
        otherwise="looked for",
    ),
    Declared(
        name="aws.profile",
        kind=Kind.TEXT,
        help="The profile in `~/.aws` that credentials, region, endpoint and certificates come from",
        otherwise="`default`, if there is one",
        own=("AWS_DEFAULT_PROFILE", "AWS_PROFILE"),
    ),
    Declared(
        name="aws.region",
        kind=Kind.TEXT,
        help="The region of the bucket",
        otherwise="the profile's",
        own=("AWS_REGION", "AWS_DEFAULT_REGION"),
        form=Form(pattern=r"[a-z0-9-]+", meant="a region's name, such as eu-central-1"),
    ),
    Declared(
        name="aws.endpoint_url",
        kind=Kind.TEXT,
        help="Where S3 is, if it is not Amazon's",
        otherwise="the profile's, or Amazon's",
        own=("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"),
        form=Form(
            pattern=r"https?://[A-Za-z0-9._:\[\]-]+(/[A-Za-z0-9._~/-]*)?",
            meant="a URL that begins with https:// or http://, without a name or password",
        ),
    ),
    Declared(
        name="aws.role_arn",
        kind=Kind.TEXT,
        help="The role that is assumed with the credentials that are found",
        otherwise="none",
        form=Form(
            pattern=r"arn:aws[a-z-]*:iam::[0-9]{12}:role/\S+",
            meant="an ARN of the form arn:aws:iam::123456789012:role/NAME",
        ),
    ),
    Declared(
        name="aws.ca_bundle",
        kind=Kind.PATH,
        help="A file with certificates of authorities that are trusted too",
        otherwise="the profile's",
        own=("AWS_CA_BUNDLE",),
    ),
    Declared(
        name="aws.kms_key_id",
        kind=Kind.TEXT,
        help="The key in KMS that all objects are encrypted with: its id, ARN, or alias/NAME",
        otherwise="as the bucket does",
        own=("AWS_SSE_KMS_KEY_ID",),
        form=Form(pattern=r"[A-Za-z0-9:/_-]+", meant="the id or ARN of a key, or alias/NAME"),
    ),
)
"""In the order in which `flowc config` shows them; those of the targets follow."""


def named(name: str) -> Declared:
    """A setting by its name."""
    return next(d for d in DECLARED if d.name == name)


def declared_by(target: Target[Any]) -> tuple[Declared, ...]:
    """The settings of a target's own: its table has its name."""
    return tuple(
        Declared(
            name=f"{target.name}.{s.name}",
            kind=Kind.TEXT,
            help=s.help.rstrip("."),
            default=s.default,
            otherwise="none",
            option=f"--{s.name.replace('_', '-')}",
        )
        for s in target.settings
    )
