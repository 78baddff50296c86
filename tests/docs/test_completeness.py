"""The pages name everything that there is: codes, commands, options, settings, keys; and nothing that is not."""

from __future__ import annotations

import json
import re
from keyword import iskeyword
from pathlib import Path

import click
import pytest

from flowc import FlowSpec, client, contract
from flowc.cli.commands import cli
from flowc.cli.compile import compile
from flowc.compiler import compile_program, read_program
from flowc.contract import Address
from flowc.diagnostics import CODES
from flowc.frontend.vocabulary import RESERVED
from flowc.passes import draw
from flowc.settings.declared import DECLARED, declared_by
from flowc.targets.base import Rejected
from flowc.targets.registry import load_target, target_names
from tests.docs import commands
from tests.docs.pages import ERRORS, PAGES, ROOT, anchors, blocks, links, prose, rows

DOCS = ROOT / "docs"


@pytest.mark.parametrize("page", [*PAGES, *ERRORS], ids=lambda p: p.name)
def test_links_lead_somewhere(page: Path) -> None:
    for link in links(page):
        if link.startswith(("http://", "https://")):
            continue
        path, _, anchor = link.partition("#")
        found = (page.parent / path) if path else page
        assert found.exists(), link
        assert not anchor or anchor in anchors(found), link


@pytest.mark.parametrize("page", [*PAGES, *ERRORS], ids=lambda p: p.name)
def test_a_page_tells_nothing_of_the_machine_it_was_written_on(page: Path) -> None:
    assert not re.search(r"/(root|home|tmp|work)/", page.read_text())


def test_the_pages_are_found_from_the_readme() -> None:
    linked = {(ROOT / link.partition("#")[0]).resolve() for link in links(ROOT / "README.md")}
    assert {page for page in PAGES if page.name != "README.md"} <= linked


def test_every_code_is_in_the_table() -> None:
    page = DOCS / "diagnostics.md"
    table = {found[1]: row for row in rows(page) if (found := re.match(r"\[?`(FC\d+)`", row[0]))}
    assert {code: row[1] for code, row in table.items()} == CODES
    assert list(table) == sorted(table)
    for code, row in table.items():
        assert row[0] == f"[`{code}`](errors/{code}.md)"


def test_the_readme_has_every_command() -> None:
    table = {row[0].split()[1].strip("`") for row in rows(ROOT / "README.md") if row[0].startswith("`flowc ")}
    assert table == set(cli.list_commands(click.Context(cli)))


def test_the_commands_page_has_every_option() -> None:
    """Of the commands that have no page of their own."""
    text = (DOCS / "commands.md").read_text()
    for name in ("check", "doctor", "dump", "explain", "init", "logs", "runs", "show"):
        command = cli.get_command(click.Context(cli), name)
        assert command is not None
        options = {o for parameter in command.params for o in parameter.opts if o.startswith("--")}
        assert [o for o in options if not re.search(rf"{o}\b", text)] == [], name
        assert f"flowc {name}" in text


def test_the_parameters_page_has_the_names_that_are_options_or_taken() -> None:
    text = (DOCS / "parameters.md").read_text()
    names = text.partition("Names that are such options:")[2].partition("`max_workers`")[0]
    of_run, of_simulate = (set(re.findall(r"`(\w+)`", part)) for part in names.split("`flowc simulate` also"))
    assert (of_run, of_simulate) == (_names("run"), _names("simulate") - _names("run"))
    taken = {n for n in dir(FlowSpec) if not n.startswith("_")}
    for page in (DOCS / "parameters.md", DOCS / "errors" / "FC114.md"):
        sentence = re.search(r"`foreach_stack`[^:;.]+every\s+flow", page.read_text())
        assert sentence is not None
        assert taken == RESERVED == set(re.findall(r"`(\w+)`", sentence[0]))


def _names(command: str) -> set[str]:
    """What options of a command parameters can be called like."""
    found = cli.get_command(click.Context(cli), command)
    assert found is not None
    context = click.Context(found)
    options = {o.removeprefix("--") for p in found.get_params(context) for o in p.opts if o.startswith("--")}
    return {o for o in options if o.isidentifier() and not iskeyword(o)}


@pytest.mark.parametrize("name", target_names())
def test_a_target_s_page_has_its_settings(name: str) -> None:
    page = DOCS / {"stepfunctions": "step-functions.md"}.get(name, f"{name}.md")
    settings = {f"--{s.name.replace('_', '-')}": s for s in load_target(name).settings}
    table = {row[0].strip("`"): row for row in rows(page) if row[0].startswith("`--")}
    assert set(settings) <= set(table)
    options = {o for parameter in compile.params for o in parameter.opts if o.startswith("--")}
    assert set(table) <= set(settings) | options


@pytest.mark.parametrize("name", ["airflow", "stepfunctions"])
def test_the_architecture_says_what_a_target_does_with_each_feature(name: str) -> None:
    column = {"airflow": 1, "stepfunctions": 2}[name]
    table = {row[0].replace("`", ""): row for row in rows(DOCS / "architecture.md")}
    for feature, support in load_target(name).support.items():
        cell = table[feature.value][column]
        assert (cell == f"refused, {support.code}") if isinstance(support, Rejected) else "refused" not in cell


def test_the_keys_are_those_of_the_contract() -> None:
    (layout,) = [b.text for b in blocks(DOCS / "architecture.md") if b.words == ("layout",)]
    task = Address("<Flow>", "<run>", "<step>", ())
    place = task.prefix.removesuffix("_") + "<path>"
    keys = {
        contract.code_key("<Flow>", "<hash>"),
        contract.blob_key("<Flow>", "<hash>").replace("/<h/", "/<hh>/"),
        contract.run_json_key("<Flow>", "<run>"),
        contract.end_json_key("<Flow>", "<run>"),
        *(key.replace(task.prefix, place) for key in (task.commit_key, task.items_key)),
        *(key.replace(task.prefix, place) for key in (task.task_key("<attempt>"), task.log_key("<attempt>"))),
        task.cards_key("<attempt>").replace(task.prefix, place),
    }
    assert {line.split()[0] for line in layout.splitlines()} == keys


def test_the_environment_of_a_task_is_complete() -> None:
    table = {row[0].strip("`") for row in rows(DOCS / "architecture.md") if row[0].startswith("`FLOWC_")}
    assert table == {value for name, value in vars(contract).items() if name.startswith("ENV_")}


def test_the_client_s_page_has_its_names() -> None:
    text = (DOCS / "client.md").read_text()
    for name in client.__all__:
        cls = getattr(client, name)
        public = [n for n, value in vars(cls).items() if not n.startswith("_") and not isinstance(value, staticmethod)]
        assert [n for n in public if not re.search(rf"\b{n}\b", text)] == [], name


def test_the_picture_is_of_the_flow() -> None:
    program, _, _ = read_program(str(ROOT / "examples" / "model_search.py"))
    assert program is not None
    picture = (DOCS / "model_search.svg").read_text()
    titles = set(re.findall(r"<title>(.+)</title>", picture)) - {program.flow.name}
    titles = {title.replace("&#45;&gt;", "->") for title in titles}
    text = draw.dot(program.flow)
    edges = {f"{a}->{b}" for a, b in re.findall(r'"(\w+)" -> "(\w+)"', text)}
    assert titles == edges | {step.name for step in program.flow.steps} | set(re.findall(r"subgraph \"(\w+)\"", text))


ROLE = "arn:aws:iam::123456789012:role/flow-task"


@pytest.mark.parametrize(
    ("compute", "settings"),
    [
        ("batch", {}),
        ("ecs", {"ecs_subnets": "subnet-1", "ecs_execution_role": ROLE}),
        ("lambda", {"lambda_role": ROLE}),
    ],
)
def test_the_policy_lets_a_state_machine_do_all_that_it_does(compute: str, settings: dict[str, str]) -> None:
    program, _, _ = read_program(str(ROOT / "examples" / "nested_foreach.py"))
    assert program is not None
    image = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/flows:1"
    target, given = load_target("stepfunctions"), {"compute": compute, **settings}
    compiled, _ = compile_program(program, target, store="s3://bucket/flows", image=image, settings=given)
    assert compiled is not None
    required = commands.required_actions(compiled.definition[0].data.decode())
    names = ["machine-policy.json", f"machine-policy-{compute}.json"]
    policies = [json.loads(b.text) for b in blocks(DOCS / "step-functions.md") if set(names) & set(b.words)]
    statements = [s for policy in policies for s in policy["Statement"]]
    of_jobs = () if compute == "batch" else ("Jobs", "EndsOfJobs", "RolesOfJobs")
    allowed = {action for s in statements if s["Sid"] not in of_jobs for action in s["Action"]}
    assert allowed == required | {"iam:PassRole"}
    assert "iam:PassRole" in prose(DOCS / "step-functions.md")


def test_the_configuration_page_has_every_setting() -> None:
    every = [*DECLARED, *(d for name in target_names() for d in declared_by(load_target(name)))]
    table = [row for row in rows(DOCS / "configuration.md") if len(row) == 6]
    assert [row[0] for row in table] == [f"`{d.name}`" for d in every]
    for row, declared in zip(table, every, strict=True):
        variables = ", ".join(f"`{name}`" for name in (declared.variable, *declared.own))
        option = f"`{declared.option}`" if declared.option else ""
        assert row[1:5] == [declared.kind.value, declared.help, variables, option]
        assert declared.name == "image" or row[5] == (
            f"`{declared.default}`" if declared.default else declared.otherwise
        )
