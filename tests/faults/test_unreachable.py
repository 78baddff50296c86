"""A store that refuses, fails or is not there: the scheduler is told that it was not the step, in one line."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.projects import Project

FLOW = """
from metaflow import FlowSpec, step


class Made(FlowSpec):
    @step
    def start(self):
        self.next(self.end)

    @step
    def end(self):
        pass
"""
ANSWERS = {
    "expired": (400, "<Error><Code>ExpiredToken</Code><Message>The provided token has expired.</Message></Error>"),
    "unknown": (403, "<Error><Code>InvalidAccessKeyId</Code><Message>It does not exist.</Message></Error>"),
    "forbidden": (403, "<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>"),
    "throttled": (503, "<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>"),
}
SAID = {
    "expired": "ExpiredToken: The provided token has expired.",
    "unknown": "InvalidAccessKeyId: It does not exist.",
    "forbidden": "AccessDenied: Access Denied",
    "throttled": "SlowDown: Please reduce your request rate.",
}


class Server(ThreadingHTTPServer):
    """Answers every request in the same way."""

    daemon_threads = True
    answer = (500, "")

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    def _answer(self) -> None:
        assert isinstance(self.server, Server)
        code, body = self.server.answer
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.send_response(code)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body.encode())

    do_GET = do_PUT = do_HEAD = do_POST = _answer

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with Server(("127.0.0.1", 0), Handler) as found:
        thread = threading.Thread(target=found.serve_forever)
        thread.start()
        yield found
        found.shutdown()
        thread.join()


@pytest.fixture
def run(tmp_path: Path) -> Callable[[str], tuple[int, str]]:
    """Runs a task whose store is behind an endpoint."""
    (tmp_path / "flow").mkdir()
    made = Project(tmp_path / "flow", FLOW, (tmp_path / "store").as_uri())

    def task(endpoint: str) -> tuple[int, str]:
        return made.run_process(
            "start",
            FLOWC_STORE="s3://bucket/prefix",
            AWS_ACCESS_KEY_ID="a",
            AWS_SECRET_ACCESS_KEY="b",
            AWS_REGION="us-east-1",
            AWS_ENDPOINT_URL=endpoint,
            FLOWC_CACHE=str(tmp_path / "empty"),
        )

    return task


@pytest.mark.parametrize("kind", list(ANSWERS))
def test_a_store_that_refuses_or_fails(run: Callable[[str], tuple[int, str]], server: Server, kind: str) -> None:
    server.answer = ANSWERS[kind]
    code, output = run(server.url)
    assert code == 75
    assert output.startswith("flowc: the store s3://bucket/prefix cannot read or write `Made/code/")
    assert output.endswith(f"{SAID[kind]}\n")
    assert output.count("\n") == 1


def test_a_store_that_is_not_there(run: Callable[[str], tuple[int, str]]) -> None:
    with Server(("127.0.0.1", 0), Handler) as closed:
        url = closed.url
    code, output = run(url)
    assert code == 75
    assert output.startswith("flowc: the store s3://bucket/prefix cannot read or write `Made/code/")
    assert f": GET {url}/bucket/prefix/Made/code/" in output
    assert output.endswith(" has failed 11 times: HTTP error: error sending request\n")
    assert output.count("\n") == 1
