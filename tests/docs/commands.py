"""Commands of others that the pages show: they are recorded instead of run, and held against what is known of them."""

from __future__ import annotations

import json
import re
import sys
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path

import botocore.session
import click
from blake3 import blake3
from botocore import xform_name
from botocore.model import StructureShape
from botocore.validate import ParamValidator

from flowc.cli.image import image
from flowc.compiler import read_program
from flowc.contract import code_key
from flowc.store.artifacts import zstd_module
from flowc.targets.registry import load_target
from tests.docs.pages import ROOT
from tests.engines import FakeEngine

Words = list[str]

RECORDER = f"""#!{sys.executable}
import json, os, sys
with open(os.environ["DOCS_CALLS"], "a") as out:
    out.write(json.dumps([os.path.basename(sys.argv[0]), *sys.argv[1:]]) + "\\n")
"""

PYTHON = f"""#!/bin/sh
exec {sys.executable} "$@"
"""

FLOWC = f"""#!/bin/sh
if [ "$1" = simulate ]; then exec "$(dirname "$0")/flowc-simulate" "$@"; fi
if [ "$1 $2 $DOCS_BUILDS" = "image build " ]; then exec "$(dirname "$0")/flowc-image" "$@"; fi
exec {sys.executable} -m flowc "$@"
"""


def install(folder: Path) -> None:
    """Put commands that are only recorded into a folder, and flowc.

    All of flowc is run but `simulate`, and `image build` without `DOCS_BUILDS`; `podman` has this machine for images.
    """
    folder.mkdir()
    scripts = {"flowc": FLOWC, "python": PYTHON, **dict.fromkeys(CHECKS, RECORDER)}
    for name, text in scripts.items():
        (folder / name).write_text(text)
        (folder / name).chmod(0o755)
    FakeEngine(folder, "podman")


def check_calls(calls: Path, place: Path) -> None:
    """Whether each recorded command is one that can be meant.

    Args:
        calls: The record, emptied afterwards.
        place: The working directory of the commands.
    """
    for line in calls.read_text().splitlines() if calls.exists() else ():
        name, *words = json.loads(line)
        CHECKS[name](words, place)
    calls.write_text("")


def _make(words: Words, place: Path) -> None:
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), flags=re.MULTILINE)
    for word in words:
        assert "=" in word or word in targets, f"the Makefile has no target {word}"


def _pip(words: Words, place: Path) -> None:
    command, *wanted = words
    assert command == "install"
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    for word in wanted:
        own = re.fullmatch(r"(?:\.|flowc)(?:\[([a-z,]+)\])?", word)
        if own is None:
            assert word in AIRFLOW_PACKAGES, f"pip install {word}"
        else:
            assert set(filter(None, (own[1] or "").split(","))) <= set(extras)


AIRFLOW_PACKAGES = frozenset(
    re.findall(r"^([a-z-]+)", (ROOT / "requirements" / "airflow.in").read_text(), flags=re.MULTILINE)
)


def _simulate(words: Words, place: Path) -> None:
    _, file, *options = words
    program, found, _ = read_program(str(place / file))
    assert program is not None, found
    pairs = dict(zip(options[::2], options[1::2], strict=True))
    target = load_target(pairs["--target"])
    known = {"--target", "--store", "-o", "--output"}
    known |= {f"--{s.name.replace('_', '-')}" for s in target.settings}
    assert set(pairs) <= known | {f"--{p.name}" for p in program.flow.params}


def _image(words: Words, place: Path) -> None:
    _, _, *options = words
    command = image.get_command(click.Context(image), "build")
    assert command is not None
    known = {option: parameter for parameter in command.params for option in parameter.opts}
    pending = list(options)
    while pending:
        option = known[pending.pop(0)]
        if not getattr(option, "is_flag", False):
            value = pending.pop(0)
            assert option.name != "flow_file" or read_program(str(place / value))[0] is not None, value


def _aws(words: Words, place: Path) -> None:
    service, operation, *rest = words
    if (service, operation) == ("s3", "cp"):
        _upload(Path(rest[0]), rest[1], place)
        return
    model = botocore.session.get_session().get_service_model(service)
    (name,) = [n for n in model.operation_names if xform_name(n, "-") == operation]
    shape = model.operation_model(name).input_shape
    members = {xform_name(member, "-"): member for member in shape.members}
    given = dict(zip(rest[::2], rest[1::2], strict=True))
    if "--cli-input-json" in given:
        _check_request(given, shape, place)
        return
    assert {flag.removeprefix("--") for flag in given} <= set(members), f"aws {service} {operation}: {given}"
    assert set(shape.required_members) <= {members[flag.removeprefix("--")] for flag in given}
    for value in given.values():
        if value.startswith("file://"):
            assert (place / value.removeprefix("file://")).exists(), value


def _check_request(given: Mapping[str, str], shape: StructureShape, place: Path) -> None:
    """That a file is a complete request: what stands beside it would replace its parts, and need not."""
    (file,) = given.values()
    request = json.loads((place / file.removeprefix("file://")).read_text())
    assert ParamValidator().validate(request, shape).generate_report() == ""


def _upload(file: Path, url: str, place: Path) -> None:
    data = (place / file).read_bytes()
    flow = file.name.removesuffix(".code.tar.zst")
    assert url.startswith("s3://")
    assert url.endswith("/" + code_key(flow, blake3(zstd_module().decompress(data)).hexdigest())), url


def _airflow(words: Words, place: Path) -> None:
    assert words[:2] == ["dags", "trigger"]
    flow, options = words[2], dict(zip(words[3::2], words[4::2], strict=True))
    assert set(options) <= {"--conf", "--run-id"}
    (source,) = [f for f in place.rglob("*.py") if f"class {flow}(" in f.read_text()]
    program, _, _ = read_program(str(source))
    assert program is not None
    assert set(json.loads(options.get("--conf", "{}"))) <= {p.name for p in program.flow.params}


def _docker(words: Words, place: Path) -> None:
    match words:
        case ["build", "-t", str(), "."] | ["push", str()]:
            pass
        case _:
            raise AssertionError(f"docker {words}")


CHECKS: Mapping[str, Callable[[Words, Path], None]] = {
    "airflow": _airflow,
    "aws": _aws,
    "docker": _docker,
    "flowc-image": _image,
    "flowc-simulate": _simulate,
    "make": _make,
    "pip": _pip,
}


def required_actions(definition: str) -> set[str]:
    """The IAM actions without which a state machine cannot do what it says.

    Source: https://docs.aws.amazon.com/step-functions/latest/dg/connect-batch.html
    Source: https://docs.aws.amazon.com/step-functions/latest/dg/connect-ecs.html
    Source: https://docs.aws.amazon.com/step-functions/latest/dg/connect-lambda.html
    Source: https://docs.aws.amazon.com/lambda/latest/dg/images-create.html
    Source: https://docs.aws.amazon.com/step-functions/latest/dg/iam-policies-eg-dist-map.html
    """
    found: set[str] = set()
    for resource in set(re.findall(r'"Resource": "arn:aws:states:::([^"]+)"', definition)):
        match resource.split(":"):
            case ["batch", "submitJob.sync"]:
                found |= {"batch:SubmitJob", "batch:DescribeJobs", "batch:TerminateJob"}
                found |= {"events:PutTargets", "events:PutRule", "events:DescribeRule"}
            case ["ecs", "runTask.sync"]:
                found |= {"ecs:RunTask", "ecs:StopTask", "ecs:DescribeTasks"}
                found |= {"events:PutTargets", "events:PutRule", "events:DescribeRule"}
            case ["lambda", "invoke"]:
                found.add("lambda:InvokeFunction")
            case ["aws-sdk", service, action]:
                found.add(f"{service}:{action[0].upper()}{action[1:]}")
            case ["s3", "getObject"]:
                found.add("s3:GetObject")
            case _:
                raise AssertionError(resource)
    if "lambda:CreateFunction" in found:
        found |= {"ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"}
    if '"DISTRIBUTED"' in definition:
        found |= {"states:StartExecution", "states:DescribeExecution", "states:StopExecution"}
    return found


def is_action(action: str) -> bool:
    """Whether IAM has an action: most are operations of a service's API."""
    service, _, name = action.partition(":")
    # permissions without an operation of their own, or of another name
    if action in ("iam:PassRole", "s3:ListBucket", "lambda:InvokeFunction"):
        return True
    known = {"states": "stepfunctions"}.get(service, service)
    return name in botocore.session.get_session().get_service_model(known).operation_names
