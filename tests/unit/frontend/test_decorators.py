"""What the decorators of a step make of its policy."""

from __future__ import annotations

import pytest

from flowc.frontend import parse_flow
from flowc.ir.steps import Card, Catch, Policy, Secret, Secrets
from flowc.source import SourceFile

FLOW = """
from metaflow import FlowSpec, card, catch, environment, resources, retry, secrets, step, timeout
LARGE = 2 * 1024
VARS = {{"THREADS": ONE}}
ONE = "1"
SOURCES = ["db", {{"id": "key"}}]
class X(FlowSpec):
    {decorators}
    @step
    def start(self):
        self.next(self.end)
    @step
    def end(self): ...
"""


def policy(*decorators: str) -> Policy:
    """The policy of a step under decorators."""
    text = FLOW.format(decorators="\n    ".join(decorators))
    decl, diagnostics = parse_flow(SourceFile(file="f.py", text=text))
    assert diagnostics == ()
    assert decl is not None
    return decl.steps[0].policy


@pytest.mark.parametrize(
    ("decorator", "expected"),
    [
        ("@resources", Policy()),
        ("@resources()", Policy(cpu=1, memory_mib=4096, gpu=0)),
        ("@resources(cpu=0.5, memory=LARGE, gpu=2)", Policy(cpu=0.5, memory_mib=2048, gpu=2)),
        ("@resources(cpu=1.23456)", Policy(cpu=1.235)),
        (
            "@resources(cpu='1.5', memory='8000', gpu='2', disk='700', shared_memory='64')",
            Policy(cpu=1.5, memory_mib=8000, gpu=2, disk_mib=700, shared_memory_mib=64),
        ),
        ("@resources(gpu=None, disk=None, shared_memory=None)", Policy()),
        ("@environment", Policy()),
        ("@environment(vars={'B': '2', 'A': ''})", Policy(environment=(("B", "2"), ("A", "")))),
        ("@environment(vars=VARS)", Policy(environment=(("THREADS", "1"),))),
        ("@timeout(seconds=1)", Policy(timeout_s=1)),
        ("@timeout(seconds=30, minutes=1, hours=2)", Policy(timeout_s=7290)),
        ("@timeout(minutes=0.5)", Policy(timeout_s=30)),
        ("@catch", Policy(catch=Catch(var=None, print_exception=True))),
        ("@catch(var=None)", Policy(catch=Catch(var=None, print_exception=True))),
        ("@catch(var='failed', print_exception=False)", Policy(catch=Catch(var="failed", print_exception=False))),
    ],
)
def test_one_decorator(decorator: str, expected: Policy) -> None:
    assert policy(decorator) == expected


ROLE = "arn:aws:iam::123456789012:role/r"
ARN = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:prod.db-AbCdEf"
OPTIONS = {"json": False, "env_var_name": "KEY", "region": "eu-west-1"}
SECRET = Secret(id="key", is_json=False, variable="KEY", region="eu-west-1", role="arn:other")


@pytest.mark.parametrize(
    ("decorator", "expected"),
    [
        ("@secrets", None),
        ("@secrets(sources=[])", None),
        ("@secrets(sources=['prod/db'])", Secrets(sources=(Secret(id="prod/db"),))),
        ("@secrets(sources=('aws-secrets-manager.a.b',))", Secrets(sources=(Secret(id="a.b"),))),
        (f"@secrets(sources=['{ARN}'], role=None)", Secrets(sources=(Secret(id=ARN),))),
        (
            f"@secrets(sources=SOURCES, role='{ROLE}', allow_override=True)",
            Secrets(sources=(Secret(id="db", role=ROLE), Secret(id="key", role=ROLE)), allow_override=True),
        ),
        (
            f"@secrets(sources=[{{'id': 'key', 'role': 'arn:other', 'options': {OPTIONS}}}], role='{ROLE}')",
            Secrets(sources=(SECRET,)),
        ),
    ],
)
def test_secrets(decorator: str, expected: Secrets | None) -> None:
    assert policy(decorator) == Policy(secrets=expected)


def test_cards() -> None:
    given = "@card(type='blank', id=None, options={'a': (1, None)}, timeout=1, refresh_interval=0.5, save_errors=False)"
    blank = Card(type="blank", options={"a": (1, None)}, refresh_interval_s=0.5, save_errors=False)
    assert policy(given, "@card", "@card(id='b', customize=True)", "@card(options=None)") == Policy(
        cards=(blank, Card(), Card(id="b", customize=True), Card())
    )


def test_several_decorators() -> None:
    assert policy("@retry(times=1)", "@resources(gpu=1)") == Policy(retries=1, retry_delay_s=120, gpu=1)
