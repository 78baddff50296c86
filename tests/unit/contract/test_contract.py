"""Formats outlive code: what stands here literally is in stores already."""

from __future__ import annotations

import json
import re

import pytest

from flowc import __version__, contract
from flowc.contract import Address, Plan, PlanParameter, PlanStep, format_path, parse_path, run_key


@pytest.mark.parametrize(
    ("path", "text"), [((), "_"), ((0,), "0"), ((0, 1), "0.1"), ((12, 0, 345), "12.0.345"), ((10**20,), "1" + 20 * "0")]
)
def test_a_path_is_written_as_numbers_with_dots(path: contract.Path, text: str) -> None:
    assert format_path(path) == text
    assert parse_path(text) == path


@pytest.mark.parametrize(
    "text", ["", ".", "0.", ".0", "-1", "01", "0.01", "_.0", "a", "1 ", " 1", "1\n", "٣", "1e3", "__"]
)
def test_what_is_not_a_path_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a path"):
        parse_path(text)


@pytest.mark.parametrize(
    ("run_id", "key"),
    [
        ("manual-1", "manual-1"),
        ("a.b=c@d(e)!'+_-Z9", "a.b=c@d(e)!'+_-Z9"),
        ("x" * 200, "x" * 200),
        ("x" * 201, "x" * 180 + "-" + "84a0678c"),
        ("manual__2026-01-02T03:04:05+00:00", "manual__2026-01-02T03-04-05+00-00-422e8745"),
        ("a/b", "a-b-c14cddc0"),
        ("Ärger im Büro", "-rger-im-B-ro-04039249"),
        (".hidden", "hidden-16924190"),
        ("..", "-5ec1f7e7"),
        ("a\n", "a--87428fc5"),
    ],
)
def test_a_run_id_becomes_a_part_of_a_key(run_id: str, key: str) -> None:
    assert run_key(run_id) == key
    assert run_key(key) == key, "a key stands for itself, so that people can copy it from anywhere"


def test_run_ids_that_look_alike_have_different_keys() -> None:
    ids = ["a b", "a-b", "a/b", "a:b", "x" * 300, "x" * 301]
    assert len({run_key(i) for i in ids}) == len(ids)


@pytest.mark.parametrize(
    ("attempt", "key"),
    [
        ("01890a5d-ac96-774b-bcce-b302099a8057", "01890a5d-ac96-774b-bcce-b302099a8057"),
        ("876da822-4198-45f2-a252-6cea32512ea8.2", "876da822-4198-45f2-a252-6cea32512ea8.2"),
        ("job#1", "job-1-9e16f301"),
        ("../../x", "-..-x-9cdf6a50"),
        ("...", "-ab5df625"),
    ],
)
def test_an_attempt_becomes_a_part_of_a_key(attempt: str, key: str) -> None:
    assert contract.attempt_key(attempt) == key


def test_keys_are_these() -> None:
    task = Address("Model", "run-1", "fit", (0, 12))
    assert contract.code_key("Model", "ab" * 32) == "Model/code/" + "ab" * 32 + ".tar.zst"
    assert contract.blob_key("Model", "cdef") == "Model/blobs/cd/cdef"
    assert contract.runs_prefix("Model") == "Model/runs/"
    assert contract.run_prefix("Model", "run-1") == "Model/runs/run-1/"
    assert contract.run_json_key("Model", "run-1") == "Model/runs/run-1/run.json"
    assert contract.end_json_key("Model", "run-1") == "Model/runs/run-1/end.json"
    assert task.prefix == "Model/runs/run-1/fit/0.12"
    assert task.commit_key == "Model/runs/run-1/fit/0.12/commit.json"
    assert task.items_key == "Model/runs/run-1/fit/0.12/items.json"
    assert task.task_key("a1") == "Model/runs/run-1/fit/0.12/a1/task.json"
    assert task.log_key("a1") == "Model/runs/run-1/fit/0.12/a1/log"
    assert task._replace(path=()).commit_key == "Model/runs/run-1/fit/_/commit.json"
    assert str(task) == "Model/run-1/fit/0.12"
    assert str(task._replace(path=())) == "Model/run-1/fit"


def test_environment_and_exit_codes_are_these() -> None:
    names = {n: getattr(contract, n) for n in dir(contract) if n.startswith(("ENV_", "EXIT_"))}
    assert names == {
        "ENV_ATTEMPT": "FLOWC_ATTEMPT",
        "ENV_CACHE": "FLOWC_CACHE",
        "ENV_CODE": "FLOWC_CODE",
        "ENV_ENGINE": "FLOWC_ENGINE",
        "ENV_FLOW": "FLOWC_FLOW",
        "ENV_GRACE": "FLOWC_GRACE",
        "ENV_INTERVAL_END": "FLOWC_DATA_INTERVAL_END",
        "ENV_INTERVAL_START": "FLOWC_DATA_INTERVAL_START",
        "ENV_LOGICAL_DATE": "FLOWC_LOGICAL_DATE",
        "ENV_PARAMETERS": "FLOWC_PARAMETERS",
        "ENV_PATH": "FLOWC_PATH",
        "ENV_RETRY": "FLOWC_RETRY",
        "ENV_RUN": "FLOWC_RUN",
        "ENV_STEP": "FLOWC_STEP",
        "ENV_STORE": "FLOWC_STORE",
        "ENV_TAGS": "FLOWC_TAGS",
        "ENV_USER": "FLOWC_USER",
        "EXIT_INPUT": 65,
        "EXIT_OK": 0,
        "EXIT_SIGNAL": 128,
        "EXIT_STORE": 75,
        "EXIT_TERMINATED": 143,
        "EXIT_USER": 1,
    }
    assert contract.RUNNER == ("python", "-m", "flowc.runner")
    assert contract.INPUT_LOGICAL_DATE == "flowc:logical_date"


def step(name: str, *parents: str, within: tuple[str, ...] = (), **fields: str) -> PlanStep:
    known = {"join": None, "split": None, "foreach": None, **fields}
    return PlanStep(name=name, parents=parents, within=within, retries=0, **known)


NESTED = Plan(
    contract=1,
    flow="Nested",
    module="nested",
    doc="",
    start="start",
    end="end",
    parameters=(PlanParameter("alpha", "float", 0.5, False, "How much."),),
    steps={
        s.name: s
        for s in (
            step("start", foreach="rows"),
            step("row", "start", within=("start",), foreach="cells"),
            step("cell", "row", within=("start", "row")),
            step("left", "cell", within=("start", "row")),
            step("right", "cell", within=("start", "row")),
            step("meet", "left", "right", within=("start", "row"), join="branches", split="cell"),
            step("join_cells", "meet", within=("start",), join="foreach", split="row"),
            step("end", "join_cells", join="foreach", split="start"),
        )
    },
)


def at(name: str, *path: int) -> Address:
    return Address("Nested", "r", name, path)


@pytest.mark.parametrize(
    ("task", "parents"),
    [
        (at("start"), ()),
        (at("row", 3), (at("start"),)),
        (at("cell", 3, 4), (at("row", 3),)),
        (at("left", 3, 4), (at("cell", 3, 4),)),
        (at("meet", 3, 4), (at("left", 3, 4), at("right", 3, 4))),
        (at("join_cells", 3), ()),
    ],
)
def test_parents_are_found_from_the_address_alone(task: Address, parents: tuple[Address, ...]) -> None:
    assert contract.parent_addresses(NESTED, task) == parents


def test_a_join_of_a_foreach_finds_the_last_task_of_each_item() -> None:
    assert contract.split_address(NESTED, at("join_cells", 3)) == at("row", 3)
    assert contract.item_addresses(NESTED, at("join_cells", 3), 2) == (at("meet", 3, 0), at("meet", 3, 1))
    assert contract.split_address(NESTED, at("end")) == at("start")
    assert contract.item_addresses(NESTED, at("end"), 1) == (at("join_cells", 0),)
    with pytest.raises(ValueError, match="step cell is not a join"):
        contract.split_address(NESTED, at("cell", 0, 0))


def test_a_plan_comes_back_from_json() -> None:
    assert Plan.from_json(json.loads(json.dumps(NESTED.to_json()))) == NESTED


def test_a_plan_is_stored_like_this() -> None:
    meet = NESTED.steps["meet"]._replace(
        environment=(("THREADS", "1"),), timeout_s=1.5, catch=True, catch_var="failure", print_exception=False
    )
    plan = NESTED._replace(
        contract=contract.PLAN,
        steps={"start": NESTED.steps["start"], "meet": meet},
        project=contract.PlanProject("fraud", "prod"),
    )
    assert plan.to_json() == {
        "contract": 4,
        "flow": "Nested",
        "module": "nested",
        "doc": "",
        "start": "start",
        "end": "end",
        "parameters": [
            {
                "name": "alpha",
                "type": "float",
                "default": 0.5,
                "required": False,
                "help": "How much.",
                "deferred": False,
                "separator": None,
                "encoding": None,
                "file": None,
            }
        ],
        "steps": [
            {
                "name": "start",
                "parents": (),
                "within": (),
                "join": None,
                "split": None,
                "foreach": "rows",
                "retries": 0,
                "environment": (),
                "timeout_s": None,
                "catch": False,
                "catch_var": None,
                "print_exception": True,
            },
            {
                "name": "meet",
                "parents": ("left", "right"),
                "within": ("start", "row"),
                "join": "branches",
                "split": "cell",
                "foreach": None,
                "retries": 0,
                "environment": (("THREADS", "1"),),
                "timeout_s": 1.5,
                "catch": True,
                "catch_var": "failure",
                "print_exception": False,
            },
        ],
        "project": {"name": "fraud", "branch": "prod"},
    }
    assert Plan.from_json(json.loads(json.dumps(plan.to_json()))) == plan


def test_a_folder_in_memory_stands_in_the_plan_of_steps_that_have_one() -> None:
    meet = NESTED.steps["meet"]._replace(tempdir="/fast", tempdir_by_name=True)
    plan = NESTED._replace(steps={"start": NESTED.steps["start"], "meet": meet})
    start, stored = plan.to_json()["steps"]
    assert (stored["tempdir"], stored["tempdir_by_name"]) == ("/fast", True)
    assert "tempdir" not in start and "tempdir_by_name" not in start
    assert Plan.from_json(json.loads(json.dumps(plan.to_json()))) == plan


def test_a_plan_of_the_first_version_is_read() -> None:
    plan = NESTED._replace(contract=1, steps={"start": NESTED.steps["start"]})
    stored = plan.to_json()
    for field in ("environment", "timeout_s", "catch", "catch_var", "print_exception"):
        del stored["steps"][0][field]
    del stored["project"]
    assert Plan.from_json(stored) == plan


@pytest.mark.parametrize("version", [0, 5, "1", None])
def test_a_plan_of_another_contract_is_refused(version: object) -> None:
    stored = {**NESTED.to_json(), "contract": version, "unknown": "field"}
    known = f"plan of version {version}, and this runner, of flowc {__version__}, knows versions up to 4: "
    with pytest.raises(ValueError, match=f"{re.escape(known)}it needs an image of the flowc that compiled it, as"):
        Plan.from_json(stored)
    with pytest.raises(ValueError, match=f"{re.escape(known)}it needs an image of flowc 7[.]1, as `flowc image build`"):
        Plan.from_json({**stored, "flowc": "7.1"})


def test_a_plan_tells_who_has_made_it() -> None:
    plan = NESTED._replace(flowc="7.1")
    assert plan.to_json()["flowc"] == "7.1"
    assert Plan.from_json(json.loads(json.dumps(plan.to_json()))) == plan
