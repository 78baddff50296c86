"""Where settings are found, what counts, and what is said of those that cannot be used."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from flowc.diagnostics import Severity
from flowc.settings import Origin, aws_variables, load_settings, task_variables, without_password
from flowc.settings.declared import DECLARED, declared_by
from flowc.targets.registry import load_target, target_names


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder that is the root of a repository, and the working directory."""
    (tmp_path / ".git").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def value(name: str, folder: Path | str = ".", environment: Mapping[str, str] = {}) -> tuple[object, str]:
    """A setting's value and its place; nothing may be wrong."""
    settings = load_settings(str(folder), environment)
    assert settings.problems == ()
    found = settings.values[name]
    return found.data, found.place


def problems(environment: Mapping[str, str] = {}) -> list[tuple[str, str, str]]:
    settings = load_settings(".", environment)
    return [(d.code, d.message, d.help) for d in settings.problems]


def test_without_anything_all_is_by_default(project: Path) -> None:
    settings = load_settings(".", {})
    assert settings.files == () and settings.problems == ()
    assert {v.origin for v in settings.values.values()} == {Origin.DEFAULT}
    assert settings.text("store") == ".flowc"
    assert list(settings.values) == [d.name for d in DECLARED]


def test_the_nearest_folder_with_settings_counts(project: Path) -> None:
    inner = project / "a" / "b"
    inner.mkdir(parents=True)
    (project / "flowc.toml").write_text('image = "outer"\nstore = "s3://outer"\n')
    assert value("image", inner) == ("outer", "flowc.toml:1")
    (project / "a" / "pyproject.toml").write_text('[project]\nname = "x"\n')  # nothing of flowc's
    assert value("image", inner) == ("outer", "flowc.toml:1")
    (project / "a" / "pyproject.toml").write_text('[tool.flowc]\nimage = "inner"\n')
    assert value("image", inner) == ("inner", "a/pyproject.toml:2")
    assert value("store", inner) == (".flowc", ""), "one folder counts, not several"


def test_nothing_above_the_repository_is_looked_at(project: Path) -> None:
    inner = project / "inner"
    (inner / ".git").mkdir(parents=True)
    (project / "flowc.toml").write_text('image = "outer"\n')
    assert value("image", inner) == (f"{value('image', inner)[0]}", "")


def test_what_counts(project: Path) -> None:
    (project / "pyproject.toml").write_text('[tool.flowc.aws]\nregion = "of-pyproject"\n[tool.flowc]\nimage = "p"\n')
    assert value("aws.region") == ("of-pyproject", "pyproject.toml:2")
    (project / "flowc.toml").write_text('[aws]\nregion = "of-own"\n')
    assert value("aws.region") == ("of-own", "flowc.toml:2")
    assert value("image") == ("p", "pyproject.toml:4"), "the two files of a folder are taken together"
    assert value("aws.region", environment={"AWS_REGION": "of-aws"}) == ("of-aws", "AWS_REGION")
    both = {"AWS_REGION": "of-aws", "FLOWC_AWS_REGION": "of-flowc"}
    assert value("aws.region", environment=both) == ("of-flowc", "FLOWC_AWS_REGION")
    assert value("aws.region", environment={"FLOWC_AWS_REGION": ""}) == ("of-own", "flowc.toml:2")


def test_paths_are_meant_from_the_file_on(project: Path) -> None:
    inner = project / "inner"
    inner.mkdir()
    (project / "flowc.toml").write_text('store = "artifacts"\noutput = "../out"\n')
    assert value("store", inner)[0] == str(project / "artifacts")
    assert value("output", inner)[0] == str(project.parent / "out")
    assert value("store", inner, {"FLOWC_STORE": "artifacts"})[0] == "artifacts", "those of variables are not"
    (project / "flowc.toml").write_text('store = "s3://bucket/x"\n')
    assert value("store", inner)[0] == "s3://bucket/x"


def test_lists_in_variables_are_words_or_json(project: Path) -> None:
    assert value("tags", environment={"FLOWC_TAGS": "a b"})[0] == ("a", "b")
    assert value("tags", environment={"FLOWC_TAGS": '["a b"]'})[0] == ("a b",)
    assert value("max_workers", environment={"FLOWC_MAX_WORKERS": "3"})[0] == 3


@pytest.mark.parametrize(
    ("text", "code", "message", "help"),
    [
        ("store = ", "FC501", "`flowc.toml` is not valid TOML: Invalid value", "toml.io"),
        ('sotre = "x"', "FC502", "there is no setting `sotre`", "did you mean `store`?"),
        ('region = "x"', "FC502", "there is no setting `region`", "did you mean `aws.region`?"),
        ('[tool.flowc]\nstore = "x"', "FC502", "there is no table `tool`", "settings stand at the top"),
        ("[aw]", "FC502", "there is no table `aw`", "did you mean `aws`?"),
        ('[aws]\nprofiel = "x"', "FC502", "there is no setting `aws.profiel`", "did you mean `aws.profile`?"),
        ('[aws]\nid = "x"', "FC502", "there is no setting `aws.id`", "did you mean `aws.kms_key_id`?"),
        ("[airfow]", "FC502", "there is no table `airfow`", "did you mean `airflow"),
        ("max_workers = 0", "FC503", "`max_workers` should be a whole number from 1 on", "max_workers = 4"),
        ("max_workers = true", "FC503", "`max_workers` should be a whole number from 1 on", "max_workers = 4"),
        ('store = ""', "FC503", "`store` should be a string, and not empty", "store = "),
        ("tags = [1]", "FC503", "`tags` should be a list of strings", "tags = ["),
        ('aws = "x"', "FC503", "`aws` should be a table", "write `[aws]`"),
        ('[aws]\nendpoint_url = "s3.local"', "FC503", "begins with https:// or http://", "endpoint_url = "),
        ('[aws]\nrole_arn = "admin"', "FC503", "an ARN of the form", "role_arn = "),
    ],
)
def test_what_is_wrong_with_a_file(text: str, code: str, message: str, help: str, project: Path) -> None:
    (project / "flowc.toml").write_text(text)
    ((found, what, todo),) = problems()
    assert found == code
    assert message in what and help in todo


def test_the_place_of_what_is_wrong(project: Path) -> None:
    (project / "pyproject.toml").write_text('# [tool.flowc]\n[tool.flowc]\n"image" = "x"\naws.regoin = "y"\n')
    settings = load_settings(".", {})
    (problem,) = settings.problems
    assert problem.primary is not None
    assert settings.sources["pyproject.toml"].position(problem.primary.span.start)[0] == 4


def test_a_file_that_is_not_utf_8(project: Path) -> None:
    (project / "flowc.toml").write_bytes(b'image = "\xff"')
    ((code, message, _),) = problems()
    assert code == "FC501" and "not UTF-8: byte 10" in message


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("FLOWC_MAX_WORKERS", "-1", "should be a whole number from 1 on"),
        ("FLOWC_MAX_WORKERS", "٣", "should be a whole number from 1 on"),
        ("FLOWC_TAGS", "[1", "words with blanks between them"),
        ("FLOWC_TAGS", "[1]", "a list of strings"),
        ("FLOWC_AWS_REGION", "Frankfurt!", "a region's name"),
    ],
)
def test_what_is_wrong_with_a_variable(name: str, text: str, message: str, project: Path) -> None:
    ((code, what, help),) = problems({name: text})
    assert code == "FC503" and name in what and message in what and f"unset {name}" in help


def test_a_variable_that_is_nearly_one_of_flowc_s(project: Path) -> None:
    settings = load_settings(".", {"FLOWC_STOER": "x", "FLOWC_OF_SOMEBODY": "y", "FLOWC_RUN": "z"})
    (problem,) = settings.problems
    assert (problem.code, problem.severity) == ("FC504", Severity.WARNING)
    assert "FLOWC_STORE" in problem.help


@pytest.mark.parametrize("name", target_names())
def test_settings_of_a_target(name: str, project: Path) -> None:
    target = load_target(name)
    keys = [s.name for s in target.settings]
    lines = "\n".join(f'{key} = "{key}"' for key in keys)
    (project / "flowc.toml").write_text(f"[{name}]\n{lines}\n")
    values, found = load_settings(".", {}).of_target(target)
    assert found == ()
    assert {key: v.data for key, v in values.items()} == {key: key for key in keys}
    variable = f"FLOWC_{name}_{keys[0]}".upper()
    values, found = load_settings(".", {variable: "set"}).of_target(target)
    assert (values[keys[0]].data, values[keys[0]].place) == ("set", variable)
    (project / "flowc.toml").write_text(f'[{name}]\n{keys[0]}x = "1"\n')
    _, found = load_settings(".", {}).of_target(target)
    assert [d.code for d in found] == ["FC502"] and f"{name}.{keys[0]}" in found[0].help


def test_every_setting_has_a_variable_of_its_own() -> None:
    every = [*DECLARED, *(d for name in target_names() for d in declared_by(load_target(name)))]
    assert len({d.variable for d in every}) == len(every)


def test_tasks_are_told_what_is_true_of_the_bucket(project: Path) -> None:
    (project / "flowc.toml").write_text(
        '[aws]\nregion = "eu-central-1"\nprofile = "mine"\nkms_key_id = "alias/flows"\nca_bundle = "ca.pem"\n'
    )
    settings = load_settings(".", {"AWS_ENDPOINT_URL": "http://localhost:1"})
    assert task_variables(settings, "s3://bucket") == (
        ("AWS_DEFAULT_REGION", "eu-central-1"),
        ("AWS_REGION", "eu-central-1"),
        ("AWS_SSE_KMS_KEY_ID", "alias/flows"),
    )
    assert task_variables(settings, "file:///x") == ()
    assert aws_variables(settings) == {
        "AWS_PROFILE": "mine",
        "AWS_DEFAULT_REGION": "eu-central-1",
        "AWS_REGION": "eu-central-1",
        "AWS_CA_BUNDLE": str(project / "ca.pem"),
        "AWS_SSE_KMS_KEY_ID": "alias/flows",
    }


def test_passwords_are_not_shown() -> None:
    assert without_password("https://me:secret@host/x") == "https://...@host/x"
    assert without_password("s3://bucket/a@b") == "s3://bucket/a@b"
    assert without_password("plain@text") == "plain@text"
