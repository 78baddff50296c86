"""S3 is reached as botocore's users expect, without botocore where it is not needed."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest

from flowc.errors import StoreError
from flowc.store import open_store
from flowc.store.aws import s3_access
from flowc.store.remote import RemoteStore
from tests import certificates, profiles, s3
from tests.profiles import Profiles
from tests.s3 import BUCKET, S3

KEY_ID = "arn:aws:kms:us-east-1:123456789012:key/0f0e0d0c-1111-2222-3333-444455556666"


@pytest.fixture(autouse=True)
def nothing_of_the_developer_s(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [n for n in os.environ if n.startswith(("AWS_", "FLOWC_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


@pytest.fixture
def shared(s3_server: S3, tmp_path: Path) -> Profiles:
    return profiles.make(tmp_path, s3_server.environment["AWS_ENDPOINT_URL"])


def reach(environment: dict[str, str], prefix: str) -> str:
    """Write and read something; the store's URL."""
    url = f"s3://{BUCKET}/{prefix}"
    store = open_store(url, environment)
    store.write("k", [b"x"])
    assert store.read("k") == b"x"
    return url


def child(code: str, environment: dict[str, str], folder: Path) -> str:
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "FLOWC_"))}
    words = [sys.executable, "-c", code]
    done = subprocess.run(words, env={**clean, "HOME": str(folder), **environment}, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


# --- profiles --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("profile", "key", "region"),
    [
        ("static", "of-static", "eu-west-1"),
        ("service", "of-service", "eu-west-2"),
        ("process", "process-1", "eu-west-3"),
    ],
)
def test_a_profile_has_credentials_region_and_endpoint(
    profile: str, key: str, region: str, shared: Profiles, s3_server: S3, tmp_path: Path
) -> None:
    reach({**shared.environment, "AWS_PROFILE": profile}, tmp_path.name)
    assert s3_server.signers(f"/{tmp_path.name}/k") == {(key, region)}


def test_a_profile_s_role_is_assumed_with_its_source(shared: Profiles, s3_server: S3, tmp_path: Path) -> None:
    before = len(s3_server.requests("POST /"))
    reach({**shared.environment, "AWS_PROFILE": "role"}, tmp_path.name)
    ((key, region),) = s3_server.signers(f"/{tmp_path.name}/k")
    assert (key[:4], region) == ("ASIA", "eu-north-1")  # of STS
    assert len(s3_server.requests("POST /")) == before + 1


def test_the_default_profile_needs_no_name(shared: Profiles, s3_server: S3, tmp_path: Path) -> None:
    shared.config.write_text(shared.config.read_text().replace("[profile service]", "[default]"))
    reach(shared.environment, tmp_path.name)
    assert s3_server.signers(f"/{tmp_path.name}/k") == {("of-service", "eu-west-2")}


def test_the_files_are_found_where_they_usually_are(shared: Profiles, s3_server: S3, tmp_path: Path) -> None:
    (tmp_path / ".aws").mkdir()
    for name in ("config", "credentials"):
        (tmp_path / name).rename(tmp_path / ".aws" / name)
    reach({"AWS_PROFILE": "static"}, tmp_path.name)
    assert s3_server.signers(f"/{tmp_path.name}/k") == {("of-static", "eu-west-1")}


def test_variables_come_before_a_profile(shared: Profiles, s3_server: S3, tmp_path: Path) -> None:
    keys = {"AWS_ACCESS_KEY_ID": "of-variables", "AWS_SECRET_ACCESS_KEY": "secret"}
    reach({**shared.environment, **keys, "AWS_PROFILE": "static"}, f"{tmp_path.name}/keys")
    assert s3_server.signers(f"/{tmp_path.name}/keys") == {("of-variables", "eu-west-1")}
    elsewhere = {"AWS_REGION": "ca-west-1", "AWS_DEFAULT_PROFILE": "service"}
    reach({**shared.environment, **elsewhere, "AWS_PROFILE": "static"}, f"{tmp_path.name}/region")
    assert s3_server.signers(f"/{tmp_path.name}/region") == {("of-service", "ca-west-1")}
    endpoint = {"AWS_ENDPOINT_URL": "http://127.0.0.1:9", "AWS_PROFILE": "static"}
    assert s3_access({**shared.environment, **endpoint}).config["aws_endpoint"] == "http://127.0.0.1:9"


def test_a_profile_can_ignore_its_endpoints(shared: Profiles) -> None:
    text = shared.config.read_text().replace(
        "[profile static]", "[profile static]\nignore_configured_endpoint_urls=true"
    )
    shared.config.write_text(text)
    assert "aws_endpoint" not in s3_access({**shared.environment, "AWS_PROFILE": "static"}).config


def test_credentials_are_renewed_before_they_end(shared: Profiles) -> None:
    access = s3_access({**shared.environment, "AWS_PROFILE": "brief"})
    assert access.credentials is not None
    first, second = access.credentials(), access.credentials()
    assert first["access_key_id"] != second["access_key_id"]
    lasting = s3_access({**shared.environment, "AWS_PROFILE": "process"})
    assert lasting.credentials is not None
    assert lasting.credentials()["access_key_id"] == lasting.credentials()["access_key_id"]


@pytest.mark.parametrize(
    ("profile", "message"),
    [
        (
            "nowhere",
            r"credentials of profile `nowhere` cannot be used: The config profile \(nowhere\) could not be found",
        ),
        ("broken", "credentials of profile `broken` cannot be used: .*no card in the reader"),
    ],
)
def test_what_is_wrong_with_a_profile_is_told(profile: str, message: str, shared: Profiles) -> None:
    with pytest.raises(StoreError, match=message):
        open_store(f"s3://{BUCKET}", {**shared.environment, "AWS_PROFILE": profile})


def test_a_file_of_profiles_without_any_that_helps(shared: Profiles) -> None:
    with pytest.raises(StoreError, match="no AWS credentials were found: set AWS_ACCESS_KEY_ID"):
        open_store(f"s3://{BUCKET}", shared.environment)


# --- roles -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("source", ["profile", "variables"])
def test_a_role_is_assumed(source: str, shared: Profiles, s3_server: S3, tmp_path: Path) -> None:
    environment = {
        "profile": {**shared.environment, "AWS_PROFILE": "static"},
        "variables": s3_server.environment,
    }[source]
    code = f"""
from flowc.store import open_store
store = open_store("s3://{BUCKET}/{tmp_path.name}")
store.write("k", [b"x"])
"""
    role = {"FLOWC_AWS_ROLE_ARN": "arn:aws:iam::123456789012:role/writer"}
    child(code, {**environment, **role}, tmp_path)
    ((key, _),) = s3_server.signers(f"/{tmp_path.name}/k")
    assert key.startswith("ASIA")


# --- botocore --------------------------------------------------------------------------------------------------------

WITHOUT = "import sys\nsys.modules['botocore'] = None\n"


def test_variables_do_without_botocore(s3_server: S3, tmp_path: Path) -> None:
    code = f"""
import sys
from flowc.store import open_store
store = open_store("s3://{BUCKET}/{tmp_path.name}")
store.write("k", [b"x"])
print(sorted({{"botocore", "boto3", "configparser"}} & sys.modules.keys()))
"""
    assert child(code, s3_server.environment, tmp_path) == "[]\n"


def test_variables_count_where_there_are_files_but_no_botocore(shared: Profiles, s3_server: S3, tmp_path: Path) -> None:
    code = (
        f"{WITHOUT}from flowc.store import open_store\nopen_store('s3://{BUCKET}/{tmp_path.name}').write('k', [b'x'])"
    )
    child(code, {**shared.environment, **s3_server.environment}, tmp_path)
    assert s3_server.signers(f"/{tmp_path.name}/k") == {("testing", "us-east-1")}


@pytest.mark.parametrize(
    ("variable", "value", "wanted"),
    [
        ("AWS_PROFILE", "static", "profile `static`"),
        ("FLOWC_AWS_ROLE_ARN", "arn:aws:iam::1:role/x", "role `arn:aws:iam::1:role/x`"),
    ],
)
def test_what_needs_botocore_says_so(variable: str, value: str, wanted: str, shared: Profiles, tmp_path: Path) -> None:
    code = f"""{WITHOUT}
from flowc.errors import StoreError
from flowc.store import open_store
try:
    open_store("s3://{BUCKET}")
except StoreError as error:
    print(error)
"""
    said = child(code, {**shared.environment, variable: value}, tmp_path)
    assert said == f"the AWS {wanted} needs botocore, which is not installed: pip install 'flowc[aws]'\n"


# --- encryption ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("key_id", [KEY_ID, None], ids=["a key", "none"])
def test_every_way_of_writing_encrypts(key_id: str | None, s3_server: S3, tmp_path: Path) -> None:
    environment = {**s3_server.environment, **({"AWS_SSE_KMS_KEY_ID": key_id} if key_id else {})}
    store = open_store(f"s3://{BUCKET}/{tmp_path.name}", environment)
    store.write("small", [b"x"])
    store.write("large", [bytes(9 << 20)])
    store.write_once("once", [b"x"])
    store.write_chunks("chunks", 9 << 20, iter([bytes(9 << 20)]))
    store.update("updated", lambda present: b"1")
    store.update("updated", lambda present: b"2" if present == b"1" else None)
    log = store.log("log")
    log.write(b"x")
    log.close()
    client = boto3.client(
        "s3",
        endpoint_url=s3_server.environment["AWS_ENDPOINT_URL"],
        region_name="us-east-1",
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
    )
    for key in ("small", "large", "once", "chunks", "updated", "log"):
        head = client.head_object(Bucket=BUCKET, Key=f"{tmp_path.name}/{key}")
        found = (head.get("ServerSideEncryption"), head.get("SSEKMSKeyId"))
        assert found == (("aws:kms", KEY_ID) if key_id else (None, None)), key
    assert store.read("large") == bytes(9 << 20)


# --- certificates ----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[S3, Path]]:
    """A server whose certificate an authority of the tests' own has signed; that authority's certificate."""
    folder = tmp_path_factory.mktemp("tls")
    made = certificates.make(folder)
    found, process = s3.start(folder, made.server)
    yield found, made.authority
    s3.stop(process)


def test_an_authority_of_one_s_own(tls: tuple[S3, Path], tmp_path: Path) -> None:
    server, authority = tls
    assert server.environment["AWS_ENDPOINT_URL"].startswith("https://")
    reach({**server.environment, "AWS_CA_BUNDLE": str(authority)}, tmp_path.name)


def test_an_authority_of_a_profile_s(tls: tuple[S3, Path], tmp_path: Path) -> None:
    server, authority = tls
    (tmp_path / "config").write_text(f"[profile own]\nca_bundle = {authority}\n")
    reach({**server.environment, "AWS_PROFILE": "own", "AWS_CONFIG_FILE": str(tmp_path / "config")}, tmp_path.name)


def test_an_authority_that_is_not_known(tls: tuple[S3, Path], tmp_path: Path) -> None:
    server, _ = tls
    other = certificates.make(tmp_path).authority
    for environment in (server.environment, {**server.environment, "AWS_CA_BUNDLE": str(other)}):
        store = open_store(f"s3://{BUCKET}", environment)
        assert isinstance(store, RemoteStore)
        with pytest.raises(StoreError, match=r"signed by an authority that is not known here: .* AWS_CA_BUNDLE"):
            store.read("k")


def test_certificates_that_cannot_be_read(tls: tuple[S3, Path], tmp_path: Path) -> None:
    server, _ = tls
    (tmp_path / "empty.pem").write_text("nothing")
    for path, message in (("nowhere.pem", "nowhere.pem: No such file"), ("empty.pem", "No certificates found")):
        with pytest.raises(StoreError, match=message):
            open_store(f"s3://{BUCKET}", {**server.environment, "AWS_CA_BUNDLE": str(tmp_path / path)})


def test_a_given_endpoint_comes_before_the_process_s(
    s3_server: S3, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:9")
    reach(s3_server.environment, tmp_path.name)
