"""One task: what it loads, what it saves, and how it fails."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from flowc.errors import ContractError, ParameterError, StoreError
from flowc.store.records import Commit
from tests.projects import Project
from tests.stores import Recording

Make = Callable[..., Project]

# a flow of one line: `start` does something, `end` does something with it
LINE = """
    @step
    def start(self):
        {start}
        self.next(self.end)

    @step
    def end(self):
        {end}
"""

FOREACH = """
    @step
    def start(self):
        {start}
        self.next(self.body, foreach="xs")

    @step
    def body(self):
        {body}
        self.next(self.join)

    @step
    def join(self, inputs):
        {join}
        self.next(self.end)

    @step
    def end(self):
        pass
"""

BRANCHES = """
    @step
    def start(self):
        self.common, self.differing, self.gone = "c", 0, "g"
        self.next(self.a, self.b)

    @step
    def a(self):
        {a}
        self.next(self.join)

    @step
    def b(self):
        {b}
        self.next(self.join)

    @step
    def join(self, inputs):
        {join}
        self.next(self.end)

    @step
    def end(self):
        pass
"""


def lines(text: str) -> str:
    return ("\n" + " " * 8).join(text.strip().splitlines())


def line(start: str = "pass", end: str = "pass", parameters: str = "") -> str:
    return parameters + LINE.format(start=lines(start), end=lines(end))


def foreach(start: str, body: str = "pass", join: str = "pass") -> str:
    return FOREACH.format(start=lines(start), body=lines(body), join=lines(join))


def branches(a: str = "pass", b: str = "pass", join: str = "pass") -> str:
    return BRANCHES.format(a=lines(a), b=lines(b), join=lines(join))


def error(made: Project, step: str, *path: int) -> dict[str, str]:
    """How a task failed; it must have been the user's code, and nothing may be committed."""
    assert made.run(step, *path) == 1
    assert made.commit(step, *path) is None
    found = made.record(step, *path)
    assert (found.status, found.artifacts) == ("failed", {})
    assert found.error is not None
    return found.error


def run_branches(made: Project) -> None:
    assert [made.run(s) for s in ("start", "a", "b")] == [0, 0, 0]


# --- what is passed on -------------------------------------------------------------------------------------------


def test_artifacts_are_passed_on_and_the_commit_names_the_attempt(project: Make) -> None:
    made = project(line("self.x, self.y = 1, [2]", "self.z = self.x + self.y[0]"))
    assert made.run("start", attempt="first") == 0
    commit = made.commit("start")
    assert commit is not None
    assert (commit.attempt, commit.splits) == ("first", None)
    assert made.run("end", attempt="second") == 0
    assert made.values("end", attempt="second") == {"x": 1, "y": [2], "z": 3}
    record = made.record("end", attempt="second")
    assert record.parents == [["start", "_", "first"]]
    assert record.facts["code"] == made.package.code
    assert record.facts["started_ns"] <= record.facts["finished_ns"]
    assert {k: record.facts[k] for k in ("flow", "step", "path", "attempt", "retry", "engine")} == {
        "flow": "Made",
        "step": "end",
        "path": "_",
        "attempt": "second",
        "retry": 0,
        "engine": "local",
    }


def test_what_a_step_does_not_touch_is_not_read(project: Make) -> None:
    made = project(line('self.big = b"x" * 3000\nself.small = 1', "self.small += 1"))
    made.run("start")
    store = Recording(made.store)
    assert made.run("end", store=store) == 0
    assert not [c for c in store.calls if "/blobs/" in c.key]
    assert made.record("end").artifacts["big"] == made.record("start").artifacts["big"]
    assert made.values("end")["small"] == 2


def test_what_a_step_reads_is_not_written_again(project: Make) -> None:
    made = project(line('self.big = ["x" * 3000]\nself.names = {"a", "b"}', "self.big, self.names"))
    made.run("start")
    store = Recording(made.store)
    assert made.run("end", store=store) == 0
    assert [c.key.rpartition("/")[2] for c in store.of("write", "write_once", "update")] == ["task.json", "commit.json"]
    assert made.record("end").artifacts == made.record("start").artifacts


def test_a_change_in_place_is_saved(project: Make) -> None:
    made = project(line("self.xs = [1]\nself.a = {}", 'self.xs.append(2)\nself.a["k"] = self.xs'))
    made.run("start")
    made.run("end")
    assert made.values("end") == {"xs": [1, 2], "a": {"k": [1, 2]}}
    assert made.values("start") == {"xs": [1], "a": {}}


def test_a_deleted_artifact_is_not_passed_on(project: Make) -> None:
    body = """
    @step
    def start(self):
        self.x = self.y = self.z = 1
        self.next(self.middle)
    @step
    def middle(self):
        self.z += 1
        del self.x, self.z
        self.again = hasattr(self, "x")
        self.x = 5
        del self.x
        try:
            del self.x
        except AttributeError:
            self.y = 2
        self.next(self.end)
    @step
    def end(self):
        self.found = [hasattr(self, n) for n in "xyz"]
"""
    made = project(body)
    assert [made.run(s) for s in ("start", "middle", "end")] == [0, 0, 0]
    assert made.values("end") == {"y": 2, "again": False, "found": [False, True, False]}


def test_an_artifact_takes_the_place_of_a_class_attribute(project: Make) -> None:
    made = project(
        line(
            "self.before = self.setting\nself.setting = 'own'",
            "self.after = self.setting",
            "    setting = 'of the class'\n",
        )
    )
    assert [made.run(s) for s in ("start", "end")] == [0, 0]
    assert made.values("end") == {"before": "of the class", "setting": "own", "after": "own"}


def test_objects_of_the_flows_own_classes_come_back(project: Make) -> None:
    made = project(
        line("self.point, self.f = Point(3), lambda v: v + 1", "self.sum = self.f(self.point.x)"),
        head="class Point:\n    def __init__(self, x):\n        self.x = x\n",
    )
    assert [made.run(s) for s in ("start", "end")] == [0, 0]
    assert made.record("end").artifacts["point"]["type"] == f"{made.module}.Point"


def test_current_tells_what_runs(project: Make) -> None:
    names = "flow_name run_id step_name task_id pathspec attempt retry_count parameter_names is_running_flow"
    made = project(foreach("self.xs = [7]", f"self.found = [getattr(current, n) for n in '{names}'.split()]"))
    made.run("start")
    assert made.run("body", 0, retry=2) == 0
    run = made.address("body").run
    found = ["Made", run, "body", "0", f"Made/{run}/body/0", "a1", 2, (), True]
    assert made.values("body", 0)["found"] == found


# --- parameters --------------------------------------------------------------------------------------------------


def test_parameters_are_those_the_run_started_with(project: Make) -> None:
    made = project(line("self.a = self.alpha", "self.b = self.alpha", '    alpha = Parameter("alpha", default=0.5)\n'))
    assert made.run("start", parameters={"alpha": 2}) == 0
    assert made.run("start", attempt="a2", parameters={"alpha": 3}) == 0, "a retry takes what stands already"
    assert made.run("end") == 0
    assert made.values("end") == {"a": 2.0, "alpha": 2.0, "b": 2.0}


def test_a_parameter_cannot_be_assigned(project: Make) -> None:
    made = project(line("self.alpha = 3", parameters='    alpha = Parameter("alpha", default=0.5)\n'))
    assert "parameter `alpha` cannot be assigned" in error(made, "start")["message"]


def test_a_run_with_a_wrong_parameter_does_not_begin(project: Make) -> None:
    made = project(line())
    with pytest.raises(ParameterError, match="flow Made has no parameter `x`"):
        made.run("start", parameters={"x": 1})
    assert list(made.store.keys("Made/runs/")) == []


def test_a_run_that_has_not_been_started_is_named(project: Make) -> None:
    made = project(line())
    with pytest.raises(ContractError, match=r"run Made/run-1-\w+ has not been started in the store file://"):
        made.run("end")


def test_a_parent_that_has_not_finished_is_named(project: Make) -> None:
    made = project(branches())
    made.run("start")
    made.run("a")
    with pytest.raises(ContractError, match=r"task Made/run-1-\w+/b has not finished"):
        made.run("join")


# --- foreach -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("items", "values", "kept"),
    [
        ("[3, 4]", [3, 4], [3, 4]),
        ("(n for n in (3, 4))", [3, 4], [3, 4]),
        ("map(str, (3, 4))", ["3", "4"], ["3", "4"]),
        ("{'a': 1, 'b': 2}", ["a", "b"], {"a": 1, "b": 2}),
        ("{'a': 1}.items()", [("a", 1)], [("a", 1)]),
        ("__import__('collections').OrderedDict(a=1).keys()", ["a"], ["a"]),
        ("range(2)", [0, 1], range(2)),
        ("'ab'", ["a", "b"], "ab"),
        ("{5}", [5], {5}),
    ],
)
def test_anything_that_has_items_can_be_iterated(project: Make, items: str, values: list[Any], kept: Any) -> None:
    made = project(foreach(f"self.xs = {items}", "self.got = (self.index, self.input, self.foreach_stack())"))
    assert made.run("start") == 0
    assert made.commit("start") is not None
    assert made.commit("start").splits == len(values)  # type: ignore[union-attr]
    assert made.store.read(made.address("start").items_key) == str(list(range(len(values)))).replace(" ", "").encode()
    assert made.values("start")["xs"] == kept
    for number, value in enumerate(values):
        assert made.run("body", number) == 0
        assert made.values("body", number)["got"] == (number, value, [(number, len(values), value)])


@pytest.mark.parametrize(
    ("start", "message"),
    [
        ("self.xs = []", "foreach=`xs`: `self.xs` is empty, and a foreach needs at least one item"),
        ("self.xs = (n for n in ())", "foreach=`xs`: `self.xs` is empty, and a foreach needs at least one item"),
        ("self.xs = 5", "foreach=`xs`: a value of type int has no items"),
        ("self.xs = None", "foreach=`xs`: a value of type NoneType has no items"),
        ("self.ys = [1]\nif not self.ys: self.xs = 1", "foreach=`xs`: the step has not assigned `self.xs`"),
        ("self.xs = [Lock()]", "an item of the foreach cannot be saved: cannot pickle '_thread.lock' object"),
    ],
)
def test_what_cannot_be_iterated_is_said(project: Make, start: str, message: str) -> None:
    made = project(foreach(start), head="from threading import Lock\n")
    found = error(made, "start")
    assert found["message"] == message
    assert found["traceback"] == message + "\n", "nobody looks for the error in flowc"
    assert not made.store.exists(made.address("start").items_key)


def test_an_exception_of_a_generator_is_the_users(project: Make) -> None:
    made = project(foreach("self.xs = (1 // n for n in (1, 0))"))
    found = error(made, "start")
    assert found["type"] == "ZeroDivisionError"
    assert f"{made.module}.py" in found["traceback"]


def test_an_item_that_there_is_not_is_named(project: Make) -> None:
    made = project(foreach("self.xs = [1]", "self.x = self.input"))
    made.run("start")
    with pytest.raises(ContractError, match=r"start has no item 1"):
        made.run("body", 1)


def test_a_join_has_its_inputs_in_order(project: Make) -> None:
    made = project(
        foreach(
            "self.xs = 'abc'",
            "self.x = self.input * 2",
            "self.all = [(i.x, i.index, i.input) for i in inputs]\nself.n = len(inputs)\nself.last = inputs[-1].x",
        )
    )
    made.run("start")
    for number in (2, 0, 1):
        made.run("body", number)
    assert made.run("join") == 0
    found = {"all": [("aa", 0, "a"), ("bb", 1, "b"), ("cc", 2, "c")], "n": 3, "last": "cc"}
    assert made.values("join") == found
    assert made.record("join").parents == [["body", str(n), "a1"] for n in range(3)]


def test_an_input_of_a_branch_has_the_name_of_its_last_step(project: Make) -> None:
    made = project(
        branches(
            "self.x = 1",
            "self.x = 2",
            "self.found = (inputs.a.x, inputs.b.x)\n"
            "try:\n    inputs.c\nexcept AttributeError as error:\n    self.said = str(error)",
        )
    )
    run_branches(made)
    assert made.run("join") == 0
    assert made.values("join") == {"found": (1, 2), "said": "no input comes from a step `c`; there are a, b"}


# --- merge_artifacts ---------------------------------------------------------------------------------------------

ALL = {"common": "c", "differing": 0, "gone": "g"}
MERGE = "self.merge_artifacts(inputs)"
DIFFERS = "self.differing = 1"


@pytest.mark.parametrize(
    ("a", "b", "join", "values"),
    [
        ("pass", "pass", MERGE, ALL),
        ("self.common", "self.common = 'c'", "self.merge_artifacts(inputs, include=['common'])", {"common": "c"}),
        (DIFFERS, "pass", f"self.differing = 5\n{MERGE}", {**ALL, "differing": 5}),
        (DIFFERS, "pass", "self.merge_artifacts(inputs, exclude=['differing'])", {"common": "c", "gone": "g"}),
        (DIFFERS, "pass", "self.differing = 3\nself.merge_artifacts(inputs, include=['differing'])", {"differing": 3}),
        ("self.only_a = 1", "pass", "self.merge_artifacts(inputs, include=['only_a'])", {"only_a": 1}),
        ("del self.gone", "pass", MERGE, ALL),
        ("pass", "pass", "self.merge_artifacts(inputs, include=[])", {}),
        ("pass", "pass", f"{MERGE}\nself.common += 'd'", {**ALL, "common": "cd"}),
    ],
)
def test_merge_artifacts_takes_over_what_agrees(
    project: Make, a: str, b: str, join: str, values: dict[str, Any]
) -> None:
    made = project(branches(a, b, join))
    run_branches(made)
    assert made.run("join") == 0
    assert made.values("join") == values


@pytest.mark.parametrize(
    ("a", "join", "kind", "message"),
    [
        (
            "self.differing, self.also = 1, 1",
            "inputs[1].also = 2\nself.merge_artifacts(inputs)  # flowc: ignore[FC303]",
            "flowc.spec.MergeArtifactsError",
            "the inputs differ in `differing`: assign them in the join before merge_artifacts, "
            "or leave them out with `exclude`",
        ),
        (
            "pass",
            "self.merge_artifacts(inputs, include=['common', 'nothing'])  # flowc: ignore[FC301]",
            "flowc.spec.MergeArtifactsError",
            "no input has the artifacts `nothing`",
        ),
        (
            "pass",
            "self.merge_artifacts(inputs, include=['common'], exclude=['gone'])",
            "ValueError",
            "merge_artifacts takes `include` or `exclude`, not both",
        ),
    ],
)
def test_merge_artifacts_refuses_to_guess(project: Make, a: str, join: str, kind: str, message: str) -> None:
    made = project(branches(a=a, join=join))
    run_branches(made)
    found = error(made, "join")
    assert (found["type"], found["message"]) == (kind, message)


def test_merge_artifacts_is_for_joins(project: Make) -> None:
    made = project(line("self.merge_artifacts([])"))
    assert error(made, "start")["message"] == "merge_artifacts is for joins: the step takes no inputs"


def test_merging_reads_no_values(project: Make) -> None:
    made = project(branches("self.big = 'x' * 5000", "self.big = 'x' * 5000", "self.merge_artifacts(inputs)"))
    run_branches(made)
    store = Recording(made.store)
    assert made.run("join", store=store) == 0
    assert not [c for c in store.calls if "/blobs/" in c.key]
    assert made.values("join")["big"] == "x" * 5000


# --- failures ----------------------------------------------------------------------------------------------------


def test_an_artifact_that_no_step_assigned_is_named(project: Make) -> None:
    made = project(line("self.seen = hasattr(self, 'x')\nprint(self.x)"))
    found = error(made, "start")
    assert found["type"] == "AttributeError"
    assert found["message"] == "step `start` reads the artifact `x`, and no step before it has assigned it"


def test_a_join_is_told_where_its_inputs_artifacts_are(project: Make) -> None:
    made = project(branches(join="print(self.common)  # flowc: ignore[FC301]"))
    run_branches(made)
    assert error(made, "join")["message"] == (
        "step `join` reads the artifact `common`, and no step before it has assigned it "
        "(a join has its `inputs`' artifacts only by `merge_artifacts`)"
    )


def test_a_step_that_returns_early_has_failed(project: Make) -> None:
    made = project(line("if True: return"))
    found = error(made, "start")
    assert found["message"] == "step `start` has returned before its `self.next`"
    assert found["traceback"] == found["message"] + "\n"


def test_an_artifact_that_cannot_be_saved_is_named(project: Make) -> None:
    made = project(line("self.guard = Lock()"), head="from threading import Lock\n")
    assert error(made, "start")["message"] == (
        "artifact `guard` of type _thread.lock cannot be saved: cannot pickle '_thread.lock' object"
    )


@pytest.mark.parametrize(
    ("statement", "kind", "message"),
    [
        ("raise ValueError('why')", "ValueError", "why"),
        ("import sys; sys.exit(0)", "SystemExit", "0"),
        ("import sys; sys.exit('why')", "SystemExit", "why"),
        ("raise KeyboardInterrupt", "KeyboardInterrupt", ""),
        ("raise __import__('asyncio').CancelledError", "asyncio.exceptions.CancelledError", ""),
        ("raise ValueError('\\ud800')", "ValueError", "\ud800"),
        ("raise Mute", "Mute", "its message cannot be shown: `__str__` fails"),
        ("__import__('flowc').Run('Made/nothing', '/nowhere')", "flowc.client.objects.NotFound", "there is no run"),
    ],
)
def test_an_exception_is_recorded_with_the_users_lines(
    project: Make, capfd: pytest.CaptureFixture[str], statement: str, kind: str, message: str
) -> None:
    made = project(
        line(f"work(lambda: 1)\n{statement}"),
        head="""
def work(f):
    return f()

class Mute(Exception):
    def __str__(self):
        raise RuntimeError
""",
    )
    found = error(made, "start")
    assert found["type"].removeprefix(f"{made.module}.") == kind
    assert found["message"].startswith(message)
    first, second = found["traceback"].splitlines()[:2]
    assert first == "Traceback (most recent call last):"
    assert second.endswith("in start"), "the first line shown is the user's"
    assert f"{made.module}.py" in second
    assert statement.split("; ")[-1][:20] in found["traceback"]
    assert "in start" in capfd.readouterr().out


def test_an_error_of_the_flows_module_is_a_failure_of_the_task(project: Make) -> None:
    made = project(line(), head="raise RuntimeError('at import')\n")
    found = error(made, "start")
    assert (found["type"], found["message"]) == ("RuntimeError", "at import")
    assert found["traceback"].splitlines()[1].endswith("in <module>")


def test_a_failed_attempt_leaves_nothing_to_the_next(project: Make) -> None:
    made = project(line("self.left_over = 1\nif current.retry_count == 0: raise ValueError\ndel self.left_over"))
    assert made.run("start", attempt="a1") == 1
    assert made.run("start", attempt="a2", retry=1) == 0
    assert made.values("start", attempt="a2") == {}
    assert made.record("start", attempt="a1").status == "failed"


class Failing(Recording):
    """A store of which one kind of object cannot be reached."""

    def __init__(self, made: Project, part: str) -> None:
        super().__init__(made.store)
        self.part = part

    def read_range(self, key: str, start: int, length: int) -> bytearray | memoryview:
        self.check(key)
        return super().read_range(key, start, length)

    def write(self, key: str, parts: Any) -> None:
        self.check(key)
        super().write(key, parts)

    def update(self, key: str, change: Any) -> None:
        self.check(key)
        super().update(key, change)

    def check(self, key: str) -> None:
        if self.part in key:
            raise StoreError("cannot be reached")


@pytest.mark.parametrize("part", ["/blobs/", "task.json", "commit.json"])
def test_a_store_that_fails_is_not_the_users_error(project: Make, part: str) -> None:
    made = project(line("self.big = 'x' * 3000", "self.big"))
    made.run("start")
    with pytest.raises(StoreError, match="cannot be reached"):
        made.run("end", store=Failing(made, part))
    assert made.commit("end") is None


def test_names_that_the_runner_uses_itself_are_the_users(project: Make) -> None:
    made = project(
        line("self.records, self.plan, self.store = 1, 2, 3", "self.sum = self.records + self.plan + self.store")
    )
    assert [made.run(s) for s in ("start", "end")] == [0, 0]
    assert made.values("end")["sum"] == 6


# --- attempts that overlap ---------------------------------------------------------------------------------------


class Overtaken(Recording):
    """While one attempt writes its record, another one, which started later, does all of its work."""

    def __init__(self, made: Project, other: Callable[[], int]) -> None:
        super().__init__(made.store)
        self.other = other

    def write(self, key: str, parts: Any) -> None:
        super().write(key, parts)
        if key.endswith("task.json"):
            assert self.other() == 0


def test_an_attempt_that_started_earlier_never_replaces_the_commit(
    project: Make, capfd: pytest.CaptureFixture[str]
) -> None:
    made = project(foreach("self.who = current.attempt\nself.xs = [1] * (3 if self.who == 'early' else 2)"))
    overtaken = Overtaken(made, lambda: made.run("start", attempt="late"))
    assert made.run("start", attempt="early", store=overtaken) == 0
    commit = made.commit("start")
    assert isinstance(commit, Commit)
    assert (commit.attempt, commit.splits) == ("late", 2)
    assert made.store.read(made.address("start").items_key) == b"[0,1]"
    assert "attempt late of this task started later and counts instead of this one" in capfd.readouterr().out
    assert made.run("body", 0) == 0
    assert made.values("body", 0)["who"] == "late"


def test_a_later_attempt_replaces_the_commit(project: Make) -> None:
    made = project(foreach("self.who = current.attempt\nself.xs = [1] * (3 if self.who == 'a1' else 2)"))
    assert [made.run("start", attempt=a) for a in ("a1", "a2")] == [0, 0]
    assert made.commit("start").attempt == "a2"  # type: ignore[union-attr]
    assert made.store.read(made.address("start").items_key) == b"[0,1]"
