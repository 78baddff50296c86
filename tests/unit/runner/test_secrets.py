"""Fetching secrets: what becomes of them, and what is said when they cannot be had."""

from __future__ import annotations

import base64
import json
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from flowc.contract import PlanSecret, PlanStep
from flowc.errors import SecretError
from flowc.runner.secrets import provide

VALUE = "lantern-2f9"
ROLE = "arn:aws:iam::123456789012:role/reader"


class Server(HTTPServer):
    """Answers like Secrets Manager and STS, for those who are let in.

    Attributes:
        secrets: Answers by id.
        requests: The region that each request was signed for, the key, and what was asked.
    """

    secrets: dict[str, dict[str, Any]]
    requests: list[tuple[str, str, str]]


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_POST(self) -> None:
        key, _, region, service, _ = self.headers["Authorization"].partition("Credential=")[2].split(",")[0].split("/")
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        if service == "sts":
            self.server.requests.append((region, key, "role"))
            self.answer(200, _STS)
            return
        name = json.loads(body)["SecretId"]
        self.server.requests.append((region, key, name))
        if name == "denied":
            self.answer(400, json.dumps({"__type": "AccessDeniedException", "Message": "ada may not do that"}))
        elif name not in self.server.secrets:
            self.answer(400, json.dumps({"__type": "ResourceNotFoundException", "Message": "it is not there"}))
        else:
            self.answer(200, json.dumps({"Name": name, **self.server.secrets[name]}))

    def answer(self, status: int, body: str) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_: object) -> None:
        pass


_STS = """<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials>
<AccessKeyId>OFTHEROLE</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken>
<Expiration>2100-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>"""


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> Iterator[Server]:
    with Server(("127.0.0.1", 0), Handler) as server:
        server.secrets, server.requests = {}, []
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_DEFAULT_REGION", "FLOWC_AWS_ROLE_ARN"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.server_port}")
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "OWN")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "own")
        monkeypatch.setenv("AWS_REGION", "eu-central-1")
        monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
        monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
        monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        yield server
        server.shutdown()
        thread.join()


def step(*secrets: PlanSecret, override: bool = False) -> PlanStep:
    bare = PlanStep("a", (), (), None, None, None, 0)
    return bare._replace(secrets=secrets, secrets_override=override)


def provided(*secrets: PlanSecret, override: bool = False, **environment: str) -> dict[str, str]:
    """The environment with the secrets' variables."""
    provide(step(*secrets, override=override), environment)
    return environment


def message(*secrets: PlanSecret, **environment: str) -> str:
    """Why it does not work; nothing is set, and nothing of the value is said."""
    before = dict(environment)
    with pytest.raises(SecretError) as raised:
        provide(step(*secrets), environment)
    assert environment == before
    assert raised.value.__cause__ is None
    assert raised.value.__suppress_context__ or raised.value.__context__ is None
    assert VALUE not in str(raised.value)
    return str(raised.value)


@pytest.mark.parametrize(
    ("answer", "secret", "variables"),
    [
        (
            {"SecretString": '{"user": "ada", "a-b.c/d": 5432, "on": true, "none": null}'},
            PlanSecret("db"),
            {"user": "ada", "a_b_c_d": "5432", "on": "True", "none": "None"},
        ),
        ({"SecretString": "{}"}, PlanSecret("db"), {}),
        ({"SecretString": '{"user": 1}'}, PlanSecret("db", json=False), {"db": '{"user": 1}'}),
        ({"SecretString": VALUE}, PlanSecret("prod/my-db.x", json=False), {"prod_my_db_x": VALUE}),
        ({"SecretString": ""}, PlanSecret("db", json=False, variable="TOKEN"), {"TOKEN": ""}),
        ({"SecretBinary": base64.b64encode(b"\0\xff").decode()}, PlanSecret("key"), {"key": "AP8="}),
        ({"SecretBinary": base64.b64encode(b"k").decode()}, PlanSecret("key", variable="K"), {"K": "aw=="}),
    ],
)
def test_variables(server: Server, answer: dict[str, Any], secret: PlanSecret, variables: dict[str, str]) -> None:
    server.secrets[secret.id] = answer
    assert provided(secret, OTHER="x") == {"OTHER": "x", **variables}


@pytest.mark.parametrize(
    ("answer", "secret", "said"),
    [
        ({"SecretString": VALUE}, PlanSecret("db"), "secret `db` is no JSON object"),
        ({"SecretString": f'["{VALUE}"]'}, PlanSecret("db"), "secret `db` is no JSON object"),
        ({"SecretString": f'{{"a": "{VALUE}"'}, PlanSecret("db"), 'write `{"id": ..., "options": {"json": False}}`'),
        (
            {"SecretString": f'{{"a-b": "{VALUE}", "a.b": 1}}'},
            PlanSecret("db"),
            "two keys of secret `db` give the varia",
        ),
        ({"SecretString": f'{{"a b": "{VALUE}"}}'}, PlanSecret("db"), "secret `db` gives `a b`, which no variable can"),
        (
            {"SecretString": f'{{"FLOWC_STORE": "{VALUE}"}}'},
            PlanSecret("db"),
            "gives the variable `FLOWC_STORE`, and such",
        ),
        ({"SecretString": f'{{"a": "{VALUE}\\u0000"}}'}, PlanSecret("db"), "a value for `a` that no variable can hold"),
        ({"SecretString": f'{{"a": "{VALUE}\\ud800"}}'}, PlanSecret("db"), "a value for `a` that no variable can hold"),
        ({}, PlanSecret("db"), "secret `db` has no value"),
        ({"SecretString": VALUE}, PlanSecret("9db", json=False), "secret `9db` gives `9db`, which no variable can be"),
    ],
)
def test_values_that_cannot_be_used(server: Server, answer: dict[str, Any], secret: PlanSecret, said: str) -> None:
    server.secrets[secret.id] = answer
    assert said in message(secret)


def test_clashes(server: Server) -> None:
    server.secrets = {name: {"SecretString": f'{{"user": "{VALUE}"}}'} for name in ("one", "two")}
    one, two = PlanSecret("one"), PlanSecret("two")
    assert message(one, two) == "the secrets `one` and `two` both give the variable `user`"
    assert message(one, user="x").startswith("secret `one` gives the variable `user`, which is set already")
    assert provided(one, override=True, user="x") == {"user": VALUE}


def test_what_aws_says_is_passed_on(server: Server) -> None:
    assert message(PlanSecret("denied")) == (
        "secret `denied` cannot be read: AccessDeniedException: ada may not do that"
    )
    assert message(PlanSecret("gone")) == "secret `gone` cannot be read: ResourceNotFoundException: it is not there"


def test_regions_and_roles(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    arn = "arn:aws:secretsmanager:us-west-2:123456789012:secret:x-AbCdEf"
    server.secrets = {name: {"SecretString": "{}"} for name in (arn, "x")}
    for secret in (PlanSecret("x"), PlanSecret("x", region="sa-east-1"), PlanSecret(arn, region="sa-east-1")):
        provided(secret)
    provided(PlanSecret("x", role=ROLE))
    monkeypatch.setenv("FLOWC_AWS_ROLE_ARN", ROLE)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "ap-south-1")
    provided(PlanSecret("x"))
    assert server.requests == [
        ("eu-central-1", "OWN", "x"),
        ("sa-east-1", "OWN", "x"),
        ("us-west-2", "OWN", arn),
        ("eu-central-1", "OWN", "role"),
        ("eu-central-1", "OFTHEROLE", "x"),
        ("ap-south-1", "OWN", "role"),
        ("ap-south-1", "OFTHEROLE", "x"),
    ]


def test_surroundings_that_lack_something(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    server.secrets["x"] = {"SecretString": "{}"}
    monkeypatch.delenv("AWS_REGION")
    assert message(PlanSecret("x")) == (
        'secret `x` cannot be read: its region is not known; write its ARN, or `{"id": ..., "options": {"region": '
        '"eu-west-1"}}`, or set AWS_REGION where the task runs (the setting `aws.region`)'
    )
    monkeypatch.setenv("AWS_REGION", "eu-central-1")
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    assert "credentials" in message(PlanSecret("x"))
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    assert "secrets cannot be read: The config profile (nobody) could not be found" in message(PlanSecret("x"))
    monkeypatch.setitem(sys.modules, "botocore.session", None)
    assert message(PlanSecret("x")) == (
        "@secrets needs boto3, which is not installed where the task runs: pip install 'flowc[aws]'"
    )
