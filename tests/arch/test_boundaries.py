"""What each part may load, shown by running it; the direction of imports is `make check`'s."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
_COMPILE = (
    *("commands", "compile", "completion", "configured", "exit_codes", "flows"),
    *("group", "marks", "options", "output", "packing"),
)


def modules(code: str, **environment: str) -> set[str]:
    """The modules that are loaded after some code has run in a fresh interpreter."""
    text = f"{code}\nimport json, sys\nprint(json.dumps(sorted(sys.modules)))"
    result = subprocess.run(
        [sys.executable, "-c", text], capture_output=True, text=True, check=True, env={**os.environ, **environment}
    )
    return set(json.loads(result.stdout.splitlines()[-1]))


def families(names: set[str]) -> set[str]:
    return {name.partition(".")[0] for name in names}


def test_importing_flowc_loads_nothing() -> None:
    assert {m for m in modules("import flowc") if m.startswith("flowc")} == {"flowc", "flowc._version"}


def test_what_a_flow_imports_is_light() -> None:
    loaded = modules("from flowc import FlowSpec, step, Parameter, current, retry, JSONType")
    assert {m for m in loaded if m.startswith("flowc")} == {"flowc", "flowc._version", "flowc.spec"}
    assert not families(loaded) & {"dataclasses", "click", "jinja2", "obstore", "cloudpickle", "rich", "inspect"}


def test_what_a_flow_with_configs_imports_is_light_too() -> None:
    loaded = modules("from flowc import Config, ConfigValue, config_expr")
    own = {"flowc", "flowc._version", "flowc.config_values", "flowc.spec"}
    assert {m for m in loaded if m.startswith("flowc")} == own
    assert not families(loaded) & {"dataclasses", "difflib", "inspect", "tomllib", "yaml"}


def test_parsers_are_loaded_for_their_formats_only(tmp_path: Path) -> None:
    flow = "from flowc import Config, FlowSpec, step\nclass X(FlowSpec):\n    c = Config('c', default='c.{}')\n"
    flow += "    @step\n    def start(self): ...\n"
    read = "from flowc.compiler import read_program\nassert read_program({!r})[0] is not None"
    for name, text in (("json", "{}"), ("toml", ""), ("yaml", "{}")):
        (tmp_path / f"{name}_flow.py").write_text(flow.format(name))
        (tmp_path / f"c.{name}").write_text(text)
        loaded = families(modules(read.format(str(tmp_path / f"{name}_flow.py"))))
        assert loaded & {"tomllib", "yaml"} == {"toml": {"tomllib"}, "yaml": {"yaml"}}.get(name, set())


def test_the_runner_knows_nothing_of_the_compiler() -> None:
    loaded = modules("import flowc.runner.__main__, flowc.runner.task, flowc.runner.code, flowc.runner.loader")
    compiler = ("flowc.frontend", "flowc.ir", "flowc.passes", "flowc.targets", "flowc.cli", "flowc.compiler")
    assert not {m for m in loaded if m.startswith(compiler)}
    assert not families(loaded) & {"click", "jinja2", "rich", "boto3", "obstore", "cloudpickle", "ast", "dataclasses"}


@pytest.mark.parametrize(("target", "other"), [("airflow", "stepfunctions"), ("stepfunctions", "airflow")])
def test_compile_loads_one_target_and_no_store(target: str, other: str, tmp_path: Path) -> None:
    arguments = [
        "compile",
        str(EXAMPLES / "hello.py"),
        "--target",
        target,
        "--store",
        "s3://bucket",
        "-o",
        str(tmp_path),
    ]
    loaded = modules(
        f"""
import flowc.cli
try:
    flowc.cli.main({arguments!r})
except SystemExit as end:
    assert not end.code
"""
    )
    assert f"flowc.targets.{target}" in loaded
    others = (f"flowc.targets.{other}", "flowc.runner", "flowc.local", "flowc.client", "flowc.simulate")
    assert not {m for m in loaded if m.startswith(others)}
    # of the command line, what this command needs and nothing of the others
    cli = {"flowc.cli", *(f"flowc.cli.{name}" for name in _COMPILE)}
    assert {m for m in loaded if m.startswith("flowc.cli")} == cli
    assert not families(loaded) & {"obstore", "cloudpickle", "rich", "boto3", "moto", "numpy"}


def test_the_wheel_compiles_from_outside_the_checkout(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation", "--no-index"]
    subprocess.run([*build, "-w", str(tmp_path), str(ROOT)], check=True, capture_output=True)
    (wheel,) = tmp_path.glob("flowc-*.whl")
    installed = tmp_path / "installed"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(installed)
    assert (installed / "flowc" / "templates" / "airflow_dag.py.j2").exists()
    assert (installed / "flowc" / "templates" / "project" / "flow.py").exists()
    assert (installed / "flowc" / "py.typed").exists()
    shown = [
        subprocess.run(
            [sys.executable, "-m", "flowc", "image", "show", "--json"],
            check=True,
            capture_output=True,
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(path)},
        ).stdout
        for path in (installed, ROOT)
    ]
    assert shown[0] == shown[1] and b"obstore==" in shown[0]
    pages = {page.name for page in (ROOT / "docs" / "errors").iterdir()}
    assert {page.name for page in (installed / "flowc" / "explanations").iterdir()} == pages
    words = ["-m", "flowc", "explain", "FC301"]
    shown = [
        subprocess.run(
            [sys.executable, *words],
            check=True,
            capture_output=True,
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(path)},
        ).stdout
        for path in (installed, ROOT)
    ]
    assert shown[0] == shown[1] and shown[0].startswith(b"# FC301: ")
    outputs = []
    for path in (installed, ROOT):
        out = tmp_path / f"out-{path.name}"
        words = ("compile", EXAMPLES / "nested_foreach.py", "--target", "airflow", "--store", "s3://bucket", "-o", out)
        subprocess.run(
            [sys.executable, "-m", "flowc", *map(str, words)],
            check=True,
            capture_output=True,
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(path)},
        )
        outputs.append({p.name: p.read_bytes() for p in out.iterdir()})
    assert outputs[0] == outputs[1]
