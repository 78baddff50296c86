"""Secrets: as JSON, text and bytes, by a role, that replace variables, that are not there, that clash."""

import hashlib
import os

from metaflow import FlowSpec, catch, environment, secrets, step

READER = "arn:aws:iam::123456789012:role/reader"


def digests(*names):
    """What tells of values without being them."""
    return [hashlib.sha256(os.environ.get(name, "").encode()).hexdigest()[:8] for name in names]


class Secret(FlowSpec):
    @secrets(sources=["conformance/database"])
    @step
    def start(self):
        self.found = (os.environ["user"], os.environ["port"], len(os.environ["pass_word"]))
        self.first = digests("pass_word")
        self.kinds = ["text", "binary"]
        self.next(self.each, foreach="kinds")

    @secrets(
        sources=[
            {"id": "conformance/text", "options": {"json": False, "env_var_name": "TEXT"}, "role": READER},
            {"type": "aws-secrets-manager", "id": "conformance/binary.pem", "options": {"region": "us-east-1"}},
        ],
    )
    @step
    def each(self):
        self.left = sorted(name for name in os.environ if name in ("user", "pass_word"))
        self.digests = digests("TEXT" if self.input == "text" else "conformance_binary_pem")
        self.next(self.join)

    @step
    def join(self, inputs):
        self.digests = [i.digests for i in inputs]
        self.left = [i.left for i in inputs]
        self.next(self.missing)

    @catch(var="failure", print_exception=False)
    @secrets(sources=["aws-secrets-manager.conformance/missing"])
    @step
    def missing(self):
        self.ran = True
        self.next(self.clash)

    @catch(var="other_failure", print_exception=False)
    @environment(vars={"user": "set already"})
    @secrets(sources=["conformance/database"], role=READER)
    @step
    def clash(self):
        self.ran = True
        self.next(self.override)

    @environment(vars={"user": "set already"})
    @secrets(sources=["conformance/database"], allow_override=True)
    @step
    def override(self):
        self.user = os.environ["user"]
        self.next(self.end)

    @step
    def end(self):
        self.remaining = sorted(name for name in os.environ if name in ("user", "pass_word", "TEXT"))
        self.messages = [self.failure.exception, self.other_failure.exception]
        del self.failure, self.other_failure


EXPECTED = {
    "state": "succeeded",
    "secrets": {
        "conformance/database": '{"user": "ada", "port": 5432, "pass-word": "kq7-lantern-2f9-otter"}',
        "conformance/text": "mossy-9d1-anvil-33e",
        "conformance/binary.pem": b"\x00plum-5c4-cedar-71b\xff",
    },
    "tasks": {
        "start": ["_"],
        "each": ["0", "1"],
        "join": ["_"],
        "missing": ["_"],
        "clash": ["_"],
        "override": ["_"],
        "end": ["_"],
    },
    "artifacts": {
        "start/_": {"first": ["9468f42c"], "found": ("ada", "5432", 21), "kinds": ["text", "binary"]},
        "each/0": {
            "digests": ["a89498f1"],
            "first": ["9468f42c"],
            "found": ("ada", "5432", 21),
            "kinds": ["text", "binary"],
            "left": [],
        },
        "each/1": {
            "digests": ["e2430fa4"],
            "first": ["9468f42c"],
            "found": ("ada", "5432", 21),
            "kinds": ["text", "binary"],
            "left": [],
        },
        "join/_": {"digests": [["a89498f1"], ["e2430fa4"]], "left": [[], []]},
        "missing/_": {
            "digests": [["a89498f1"], ["e2430fa4"]],
            "failure": {"object": "flowc.spec.CaughtError"},
            "left": [[], []],
        },
        "clash/_": {
            "digests": [["a89498f1"], ["e2430fa4"]],
            "failure": {"object": "flowc.spec.CaughtError"},
            "left": [[], []],
            "other_failure": {"object": "flowc.spec.CaughtError"},
        },
        "override/_": {
            "digests": [["a89498f1"], ["e2430fa4"]],
            "failure": {"object": "flowc.spec.CaughtError"},
            "left": [[], []],
            "other_failure": {"object": "flowc.spec.CaughtError"},
            "user": "ada",
        },
        "end/_": {
            "digests": [["a89498f1"], ["e2430fa4"]],
            "left": [[], []],
            "messages": [
                "secret `conformance/missing` cannot be read: ResourceNotFoundException: Secrets Manager can't "
                "find the specified secret.",
                "secret `conformance/database` gives the variable `user`, which is set already: call it "
                "otherwise, or write `allow_override=True`",
            ],
            "remaining": [],
            "user": "ada",
        },
    },
}
