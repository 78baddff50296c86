"""A flow of a project: every field of `current`, the same on every engine as far as it can be."""

import re

from flowc import FlowSpec, current, project, step

# a local run's id is its own; on schedulers the branch stands in front of theirs
RUN = re.compile(r"\d{8}T\d{6}Z-[0-9a-f]{6}|fraud\.prod\.exp\..+")


@project(name="fraud", branch="exp", production=True)
class Branched(FlowSpec):
    @step
    def start(self):
        self.task = current.flow_name, current.step_name, current.task_id
        self.numbers = [1, 2]
        self.next(self.score, foreach="numbers")

    @step
    def score(self):
        differing = {"attempt", "card", "get", "pathspec", "run_id", "tags", "tempdir", "username"}
        self.facts = {n: getattr(current, n) for n in dir(current) if not n.startswith("_") and n not in differing}
        self.run_is_known = RUN.fullmatch(current.run_id) is not None
        self.pathspec = current.pathspec.replace(current.run_id, "RUN")
        self.kinds = [type(value).__name__ for value in (current.tempdir, current.attempt, current.tags)]
        self.next(self.join)

    @step
    def join(self, inputs):
        self.pathspecs = [number.pathspec for number in inputs]
        self.next(self.end)

    @step
    def end(self):
        self.is_in = "project_name" in current, "logical_date" in current, "nothing" in current
        self.got = current.get("branch_name"), current.get("nothing", "default")


EXPECTED = {
    "state": "succeeded",
    "tasks": {"start": ["_"], "score": ["0", "1"], "join": ["_"], "end": ["_"]},
    "artifacts": {
        "start/_": {"task": ("Branched", "start", "_"), "numbers": [1, 2]},
        "score/0": {
            "task": ("Branched", "start", "_"),
            "numbers": [1, 2],
            "facts": {
                "branch_name": "prod.exp",
                "data_interval_end": None,
                "data_interval_start": None,
                "flow_name": "Branched",
                "is_production": True,
                "is_running_flow": True,
                "is_user_branch": False,
                "logical_date": None,
                "origin_run_id": None,
                "parameter_names": (),
                "project_flow_name": "fraud.prod.exp.Branched",
                "project_name": "fraud",
                "retry_count": 0,
                "step_name": "score",
                "task_id": "0",
            },
            "run_is_known": True,
            "pathspec": "Branched/RUN/score/0",
            "kinds": ["str", "str", "frozenset"],
        },
        "score/1": {
            "task": ("Branched", "start", "_"),
            "numbers": [1, 2],
            "facts": {
                "branch_name": "prod.exp",
                "data_interval_end": None,
                "data_interval_start": None,
                "flow_name": "Branched",
                "is_production": True,
                "is_running_flow": True,
                "is_user_branch": False,
                "logical_date": None,
                "origin_run_id": None,
                "parameter_names": (),
                "project_flow_name": "fraud.prod.exp.Branched",
                "project_name": "fraud",
                "retry_count": 0,
                "step_name": "score",
                "task_id": "1",
            },
            "run_is_known": True,
            "pathspec": "Branched/RUN/score/1",
            "kinds": ["str", "str", "frozenset"],
        },
        "join/_": {"pathspecs": ["Branched/RUN/score/0", "Branched/RUN/score/1"]},
        "end/_": {
            "pathspecs": ["Branched/RUN/score/0", "Branched/RUN/score/1"],
            "is_in": (True, False, False),
            "got": ("prod.exp", "default"),
        },
    },
}
