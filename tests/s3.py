"""An S3 of the tests' own: moto in a process of its own, which notes every request."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from urllib.parse import unquote

BUCKET = "tests"
_SERVER = """
import re, ssl, sys
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from moto.s3.models import s3_backends
from werkzeug.serving import WSGIRequestHandler, make_server

class Quiet(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"
    def log(self, *_):
        pass

app = DomainDispatcherApplication(create_backend_app)
notes = open(sys.argv[1], "a", buffering=1)
signers = open(sys.argv[1] + "-signed", "a", buffering=1)
tls = None
if len(sys.argv) > 3:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(sys.argv[3])

def noting(environ, start_response):
    notes.write(f"{environ['REQUEST_METHOD']} {environ['RAW_URI']}\\n")
    signed = re.search("Credential=([^,]+)", environ.get("HTTP_AUTHORIZATION", ""))
    signers.write(f"{environ['REQUEST_METHOD']} {environ['RAW_URI']} {signed[1] if signed else '-'}\\n")
    return app(environ, start_response)

s3_backends["123456789012"]["aws"].create_bucket(sys.argv[2], "us-east-1")
server = make_server("127.0.0.1", 0, noting, threaded=True, request_handler=Quiet, ssl_context=tls)
print(server.server_port, flush=True)
import threading
threading.Thread(target=server.serve_forever, daemon=True).start()
sys.stdin.read()
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class S3:
    """A running server with one bucket, `BUCKET`.

    Attributes:
        environment: What reaches it, for the process of a test or of a task.
        notes: The file of requests.
    """

    environment: dict[str, str]
    notes: Path

    def requests(self, part: str) -> list[str]:
        """Method and key (or listed prefix) of each request whose URL contains a text."""
        lines = [unquote(line) for line in self.notes.read_text().splitlines()]
        return [line for line in lines if part in line]

    def signers(self, part: str) -> set[tuple[str, str]]:
        """The access keys, each with the region that it was used for, of the requests whose URL contains a text."""
        lines = self.notes.with_name(f"{self.notes.name}-signed").read_text().splitlines()
        found = (line.rpartition(" ")[2].split("/") for line in lines if part in unquote(line))
        return {(key, *scope[1:2]) for key, *scope in found}  # type: ignore[misc]


def start(folder: Path, certificate: Path | None = None) -> tuple[S3, subprocess.Popen[bytes]]:
    """Start a server; it ends when the standard input of its process is closed.

    Args:
        folder: For its notes.
        certificate: A file with its certificate and key; None for a server without TLS.
    """
    notes = folder / "requests"
    further = [] if certificate is None else [str(certificate)]
    server = subprocess.Popen(
        [sys.executable, "-c", _SERVER, str(notes), BUCKET, *further], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    port = int(_out(server).readline())
    environment = {
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": f"{'http' if certificate is None else 'https'}://127.0.0.1:{port}",
    }
    return S3(environment=environment, notes=notes), server


def stop(server: subprocess.Popen[bytes]) -> None:
    """End a server."""
    server.communicate()


def _out(server: subprocess.Popen[bytes]) -> IO[bytes]:
    assert server.stdout is not None
    return server.stdout
