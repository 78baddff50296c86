"""The Airflow target: what the generated file says, without Airflow."""

import ast
import re
import shutil
import subprocess
import sys
import warnings
from itertools import pairwise
from pathlib import Path
from typing import Any, assert_never

import pytest

from flowc import contract
from flowc.ir.flow import Flow
from flowc.ir.regions import Foreach, Loop, Parallel, Region, Sequence, Switch, Task
from flowc.ir.steps import Catch, Parameter, ParameterType, Policy, Step
from flowc.ir.walk import regions
from flowc.source import Span
from flowc.targets.airflow import TARGET
from flowc.targets.airflow.checks import MAX_NAME
from flowc.targets.airflow.computes.kubernetes import Pods
from flowc.targets.airflow.operators import DEFINED
from flowc.targets.airflow.options import AirflowOptions
from flowc.targets.base import Feature

SPAN = Span(file="flows/m.py", start=0, end=1)


def step(name: str, **policy: Any) -> Step:
    return Step(name=name, doc="", policy=Policy(**policy), reads=(), writes=(), span=SPAN)


def task(name: str, **policy: Any) -> Task:
    return Task(step=step(name, **policy))


def sequence(*body: Region | str) -> Sequence:
    return Sequence(body=tuple(task(r) if isinstance(r, str) else r for r in body))


def parallel(split: str, *branches: Sequence, join: str) -> Parallel:
    return Parallel(split=step(split), branches=branches, join=step(join))


def foreach(split: str, *body: Region | str, join: str) -> Foreach:
    return Foreach(split=step(split), items="xs", body=sequence(*body), join=step(join))


def own_steps(region: Region) -> tuple[Step, ...]:
    match region:
        case Task(step=only):
            return (only,)
        case Parallel(split=split, join=join) | Foreach(split=split, join=join):
            return (split, join)
        case Switch(decider=decider) | Loop(decider=decider):
            return (decider,)
        case Sequence():
            return ()
        case _:
            assert_never(region)


def flow(*body: Region | str, name: str = "F", doc: str = "", params: tuple[Parameter, ...] = ()) -> Flow:
    root = sequence(*body)
    steps = tuple(s for region in regions(root) for s in own_steps(region))
    return Flow(name=name, doc=doc, file="flows/m.py", module="m", params=params, steps=steps, root=root, span=SPAN)


def parameter(name: str, type_: ParameterType, default: object, **more: object) -> Parameter:
    values = {"required": False, "help": "", **more}
    return Parameter(name=name, type=type_, default=default, span=SPAN, **values)  # type: ignore[arg-type]


def options(store: str = "s3://bucket/prefix", **more: str) -> AirflowOptions:
    return AirflowOptions(store=store, code="c0de" * 16, image="registry/flow:1", version="0.1.0", **more)


def emitted(of: Flow, opts: AirflowOptions | None = None) -> str:
    (file,) = TARGET.emit(of, opts or options())
    assert file.data.startswith(file.marker)
    return file.data.decode()


LINEAR = flow("start", task("work", retries=3), "end")
BRANCHES = flow(parallel("start", sequence("a"), sequence("b"), sequence("c"), join="meet"), "end")
LONG_BRANCHES = flow(
    parallel("start", sequence("a", "a2"), sequence(foreach("b", "b2", join="b3")), join="meet"), "end"
)
FOREACH = flow(foreach("start", "fit", join="best"), "end")
NESTED = flow(
    foreach(
        "start",
        foreach("outer", "inner", parallel("split", sequence("x"), sequence("y"), join="meet"), join="gather"),
        "after",
        join="collect",
    ),
    "end",
)
PARAMETERS = flow(
    "start",
    "end",
    doc='About "it":\n\n    code \\n with """quotes"""\n\nand a snowman ☃.',
    params=(
        parameter("alpha", ParameterType.FLOAT, 0.5, help="How much."),
        parameter("text", ParameterType.STR, 'it\'s "quoted" {{ x }} \\ \n ☃'),
        parameter("count", ParameterType.INT, None),
        parameter("name", ParameterType.STR, None, required=True),
        parameter("grid", ParameterType.JSON, {"a": [1, None, True], "b": "x" * 90}),
    ),
)
FLOWS = {
    "linear": LINEAR,
    "branches": BRANCHES,
    "long_branches": LONG_BRANCHES,
    "foreach": FOREACH,
    "nested": NESTED,
    "parameters": PARAMETERS,
}


@pytest.fixture(params=FLOWS)
def any_flow(request: pytest.FixtureRequest) -> Flow:
    return FLOWS[request.param]


@pytest.fixture(params=["s3://bucket/prefix", "file:///data/store"])
def any_store(request: pytest.FixtureRequest) -> str:
    store: str = request.param
    return store


def test_each_step_is_named_once_by_its_task_id(any_flow: Flow, any_store: str) -> None:
    text = emitted(any_flow, options(any_store))
    assert sorted(re.findall(r'task_id="(\w+)"', text)) == sorted(s.name for s in any_flow.steps)
    literals = [n.value for n in ast.walk(ast.parse(text)) if isinstance(n, ast.Constant)]
    for s in any_flow.steps:
        assert literals.count(s.name) == 1


def test_the_file_compiles_without_a_warning(any_flow: Flow, any_store: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        compile(emitted(any_flow, options(any_store)), "m_dag.py", "exec")


@pytest.mark.parametrize("width", [88, 110])
def test_a_formatter_changes_nothing(any_flow: Flow, any_store: str, width: int, tmp_path: Path) -> None:
    file = tmp_path / "m_dag.py"
    file.write_text(emitted(any_flow, options(any_store)))
    ruff = shutil.which("ruff", path=str(Path(sys.executable).parent)) or "ruff"
    command = [ruff, "format", "--isolated", "--no-cache", "--diff", "--line-length", str(width), str(file)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_the_file_imports_only_what_it_uses(any_flow: Flow, any_store: str) -> None:
    tree = ast.parse(emitted(any_flow, options(any_store)))
    imports = [n for n in ast.walk(tree) if isinstance(n, ast.Import | ast.ImportFrom)]
    imported = {a.asname or a.name for n in imports for a in n.names}
    used = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name)}
    assert imported <= used


def test_equal_input_gives_equal_bytes(any_flow: Flow) -> None:
    assert TARGET.emit(any_flow, options()) == TARGET.emit(any_flow, options())


def body(of: Flow) -> str:
    """The DAG's block, from the second operator on."""
    _, _, rest = emitted(of).partition("        },\n    )\n")
    return rest


def test_a_sequence_with_retries() -> None:
    assert body(LINEAR) == (
        "    work = KubernetesPodOperator(\n"
        '        task_id="work",\n'
        "        retries=3,\n"
        "        retry_delay=timedelta(minutes=2),\n"
        "    )\n"
        '    end = KubernetesPodOperator(task_id="end")\n'
        "\n"
        "    start >> work >> end\n"
    )


def test_branches_of_one_step_stand_in_a_list() -> None:
    assert body(BRANCHES).endswith("\n\n    start >> [a, b, c] >> meet >> end\n")


def test_longer_branches_are_chains_from_the_split_to_the_join() -> None:
    assert body(LONG_BRANCHES).endswith(
        "\n\n"
        "    start >> a >> a2 >> meet\n"
        "    start >> b\n"  # b2 waits for the list of b's items
        "    b2 >> b3 >> meet\n"
        "    meet >> end\n"
    )


def test_a_foreach_is_mapped_over_the_list_of_its_items() -> None:
    assert body(FOREACH) == (
        "    start_items = items_of(start)\n"
        '    fit = for_each(start_items, task_id="fit")\n'
        '    best = KubernetesPodOperator(task_id="best")\n'
        '    end = KubernetesPodOperator(task_id="end")\n'
        "\n"
        "    fit >> best >> end\n"
    )


def test_nested_foreachs_are_mapped_over_lists_of_lists_and_inner_joins_over_the_outer_list() -> None:
    assert body(NESTED) == (
        "    start_items = items_of(start)\n"
        '    outer = for_each(start_items, task_id="outer")\n'
        "    outer_items = items_of(outer, start_items)\n"
        '    inner = for_each(outer_items, task_id="inner")\n'
        '    split = for_each(outer_items, task_id="split")\n'
        '    x = for_each(outer_items, task_id="x")\n'
        '    y = for_each(outer_items, task_id="y")\n'
        '    meet = for_each(outer_items, task_id="meet")\n'
        '    gather = for_each(start_items, task_id="gather")\n'
        '    after = for_each(start_items, task_id="after")\n'
        '    collect = KubernetesPodOperator(task_id="collect")\n'
        '    end = KubernetesPodOperator(task_id="end")\n'
        "\n"
        "    inner >> split >> [x, y] >> meet >> gather >> after >> collect >> end\n"
    )


def test_long_chains_are_continued_where_they_were_broken() -> None:
    names = [f"step_with_a_long_name_{i:02}" for i in range(20)]
    text = emitted(flow("start", *names, "end"))
    chains = re.findall(r"^    (\w+(?: >> \w+)+)$", text, re.MULTILINE)
    assert all(len(chain) <= 84 for chain in chains)
    edges = [edge for chain in chains for edge in pairwise(chain.split(" >> "))]
    assert edges == list(pairwise(["start", *names, "end"]))


def test_variables_do_not_hide_what_the_file_uses() -> None:
    awkward = ["task", "task_", "len", "k8s", "start_items", "json", "at", "ENV"]
    assert used_in_functions(emitted(FOREACH)) <= DEFINED | Pods.names
    text = body(flow(foreach("start", *awkward, join="best"), "end"))
    assigned = re.findall(r"^    (\w+) = ", text, re.MULTILINE)
    assert len(set(assigned)) == len(assigned) == len(awkward) + 3
    assert not set(assigned) & {"task", "len", "k8s", "json", "at", "ENV"}
    assert 'for_each(start_items_, task_id="len")' in text


def used_in_functions(text: str) -> set[str]:
    """Names of the module and of Python itself that the file's functions look up when they run."""
    functions = [n for n in ast.parse(text).body if isinstance(n, ast.FunctionDef)]
    names = [n for f in functions for n in ast.walk(f)]
    loaded = {n.id for n in names if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}
    stored = {n.id for n in names if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    arguments = {n.arg for n in names if isinstance(n, ast.arg)}
    imported = {a.name for n in names if isinstance(n, ast.ImportFrom) for a in n.names}
    return loaded - stored - arguments - imported


def test_the_docstring_is_the_flows() -> None:
    assert ast.get_docstring(ast.parse(emitted(PARAMETERS)), clean=False) == f"{PARAMETERS.doc}\n"
    quoted = flow("start", "end", doc='All is "quoted"')
    assert ast.get_docstring(ast.parse(emitted(quoted)), clean=False) == quoted.doc


def test_parameters_have_types_defaults_and_help() -> None:
    (params,) = (
        k.value
        for n in ast.walk(ast.parse(emitted(PARAMETERS)))
        if isinstance(n, ast.Call)
        for k in n.keywords
        if k.arg == "params"
    )
    assert isinstance(params, ast.Dict)
    calls = {ast.literal_eval(k): v for k, v in zip(params.keys, params.values, strict=True) if k}
    found = {}
    for name, call in calls.items():
        assert isinstance(call, ast.Call)
        found[name] = (
            [ast.literal_eval(a) for a in call.args],
            {k.arg: ast.literal_eval(k.value) for k in call.keywords},
        )
    any_json = ["object", "array", "string", "number", "boolean", "null"]
    assert found == {
        "alpha": ([0.5], {"type": "number", "description": "How much."}),
        "text": ([PARAMETERS.params[1].default], {"type": "string"}),
        "count": ([None], {"type": ["integer", "null"]}),
        "name": ([], {"type": "string"}),
        "grid": ([PARAMETERS.params[4].default], {"type": any_json}),
    }


def test_a_step_with_other_resources_states_them() -> None:
    text = emitted(flow("start", task("big", cpu=8, memory_mib=65536), task("end", retries=1, retry_delay_s=90)))
    assert text.count("k8s.V1ResourceRequirements(") == 2
    assert 'requests={"cpu": "8", "memory": "65536Mi"}' in text
    assert "retry_delay=timedelta(seconds=90)" in text


@pytest.mark.parametrize(
    ("name", "prefix"), [("ModelSearch", "modelsearch"), ("_A_b_", "a-b"), ("É", "flow"), ("x" * 99, "x" * 30)]
)
def test_pods_are_named_after_flow_and_step(name: str, prefix: str) -> None:
    assert f'"name": "{prefix}-{{{{ ti.task_id }}}}",' in emitted(flow("start", "end", name=name))


def test_settings_of_the_cluster_are_default_arguments() -> None:
    text = emitted(LINEAR, options(namespace="ml", service_account="flows"))
    assert '        "namespace": "ml",\n' in text
    assert '        "service_account_name": "flows",\n' in text
    assert "namespace" not in emitted(LINEAR)


@pytest.mark.parametrize("run_id", ["manual__2026-01-01T00:00:00+00:00", "plain-1", ".hidden", "~" * 300, "a/b", "é"])
def test_the_run_key_in_the_file_is_that_of_the_contract(run_id: str) -> None:
    tree = ast.parse(emitted(FOREACH))
    wanted = [
        n for n in tree.body if (isinstance(n, ast.Import)) or (isinstance(n, ast.FunctionDef) and n.name == "run_key")
    ]
    namespace: dict[str, object] = {}
    exec(compile(ast.Module(body=wanted, type_ignores=[]), "m_dag.py", "exec"), namespace)
    assert namespace["run_key"](run_id) == contract.run_key(run_id)  # type: ignore[operator]


@pytest.mark.parametrize("store", ["gs://bucket/x", "relative/path", "s3://bucket/{{ x }}", "file:///a$(B)"])
def test_a_store_that_cannot_work_is_a_diagnostic(store: str) -> None:
    (found,) = TARGET.check(LINEAR, options(store))
    assert found.code == "FC402"
    assert store in found.message


@pytest.mark.parametrize(("name", "code"), [("x" * (MAX_NAME + 1), "FC404"), ("__", "FC403")])
def test_a_name_that_cannot_be_used_is_a_diagnostic_with_its_place(name: str, code: str) -> None:
    (found,) = TARGET.check(flow("start", name, "end"), options())
    assert found.code == code
    assert found.primary is not None


def test_a_usual_flow_has_no_diagnostics(any_flow: Flow, any_store: str) -> None:
    assert list(TARGET.check(any_flow, options(any_store))) == []


def test_every_feature_is_answered_for() -> None:
    assert set(TARGET.support) == set(Feature)


@pytest.mark.parametrize("retries", [0, 2])
def test_a_caught_failure_has_one_try_more(retries: int) -> None:
    caught = task("work", retries=retries, catch=Catch(var=None, print_exception=True))
    text = emitted(flow("start", caught, "end"))
    assert re.findall(r"retries=(\d+), retry_delay=timedelta\(minutes=2\)", re.sub(r"\s+", " ", text)) == [
        str(retries + 1)
    ]
    assert "from datetime import timedelta" in text


def test_the_resources_of_a_step() -> None:
    text = emitted(flow("start", task("work", cpu=0.5, memory_mib=512, gpu=2), "end"))
    compact = re.sub(r"\s+", " ", text)
    assert 'requests={"cpu": "0.5", "memory": "512Mi"}, limits={"memory": "512Mi", "nvidia.com/gpu": "2"}' in compact
