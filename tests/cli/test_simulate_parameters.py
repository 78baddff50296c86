"""`flowc simulate`: parameters that are called like its options, or like a setting of its target."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.flowc import flowc

FLOW = """from flowc import FlowSpec, Parameter, step

class Sky(FlowSpec):
    target = Parameter("target", default="moon")
    image = Parameter("image", default="none")
    compute = Parameter("compute", default="little")

    @step
    def look(self):
        print("seen", self.target, self.image, self.compute)
"""


@pytest.mark.parametrize(
    ("words", "name"),
    [
        (("--target", "airflow"), "target"),
        (("--image", "sky.png"), "image"),
        (("--compute", "much"), "compute"),
    ],
)
def test_an_option_that_may_be_a_parameter_is_refused(words: tuple[str, ...], name: str, tmp_path: Path) -> None:
    (tmp_path / "sky.py").write_text(FLOW)
    result = flowc("simulate", "sky.py", *words, cwd=tmp_path, env={"FLOWC_TARGET": "airflow"})
    assert (result.returncode, result.stdout) == (2, "")
    assert f"--{name} may be flowc's option, or the parameter `{name}` of flow Sky" in result.stderr


def test_parameters_called_like_options_stand_behind_the_divider(tmp_path: Path) -> None:
    (tmp_path / "sky.py").write_text(FLOW)
    own = ("--target", "airflow", "--compute", "kubernetes", "--image", "runner:1")
    words = (*own, "--", "--target", "mars", "--image=red.png", "--compute", "much")
    result = flowc("simulate", "sky.py", *words, cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    assert "look | seen mars red.png much\n" in result.stdout
