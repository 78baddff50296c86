"""Who sees flowc under the name `metaflow`, and which module is found."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path

SCRIPT = "import sys; from flowc.runner.loader import load_flow; f = load_flow({root!r}, 'my_flow', 'F'); {then}"


def write(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(textwrap.dedent(text))
    return root


def load(root: Path, then: str, *path: Path) -> str:
    """Load a flow in a fresh interpreter, and say something about it."""
    script = SCRIPT.format(root=str(root), then=then)
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, path)), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        cwd="/",
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


FLOW = "from metaflow import FlowSpec\nclass F(FlowSpec): pass\n"


def test_the_class_has_its_canonical_module(tmp_path: Path) -> None:
    root = write(tmp_path, {"my_flow.py": FLOW})
    assert load(root, "print(f.__module__, f.__mro__[1].__module__, 'metaflow' in sys.modules)") == (
        "my_flow flowc.spec False"
    )


def test_every_way_of_importing_metaflow_means_flowc(tmp_path: Path) -> None:
    root = write(
        tmp_path,
        {
            "my_flow.py": """
            import metaflow
            import metaflow as mf
            from metaflow import *
            from metaflow import FlowSpec as Base
            def late():
                from metaflow import current
                return current
            class F(Base):
                found = [metaflow.__name__, mf.__name__, step.__module__, late().__class__.__module__]
            """
        },
    )
    assert load(root, "print(*f.found)") == "flowc flowc flowc.spec flowc.spec"


def test_modules_and_packages_beside_the_flow_see_flowc(tmp_path: Path) -> None:
    root = write(
        tmp_path,
        {
            "my_flow.py": """
            import sibling
            from package.deep import inner
            from plain.folder import module
            from metaflow import FlowSpec
            class F(FlowSpec):
                found = [sibling.home, inner.home, inner.relative, module.home]
            """,
            "sibling.py": "import metaflow; home = metaflow.__name__",
            "package/__init__.py": "where = 'package'",
            "package/deep/__init__.py": "",
            "package/deep/inner.py": """
            import metaflow
            from .. import where
            from . import other
            home, relative = metaflow.__name__, where + other.name
            """,
            "package/deep/other.py": "name = '-other'",
            "plain/folder/module.py": "import metaflow; home = metaflow.__name__",
        },
    )
    assert load(root, "print(*f.found)") == "flowc flowc package-other flowc"
    link = tmp_path.parent / f"{tmp_path.name}-link"
    link.symlink_to(root)
    assert load(link, "print(*f.found)") == "flowc flowc package-other flowc"


def test_a_library_sees_what_is_installed(tmp_path: Path) -> None:
    libraries = write(
        tmp_path / "libraries",
        {
            "metaflow/__init__.py": "FlowSpec = 'the real one'",
            "library/__init__.py": "import metaflow; seen = metaflow.__file__",
            "library/part.py": "from metaflow import FlowSpec as seen",
        },
    )
    root = write(
        tmp_path / "flow",
        {"my_flow.py": FLOW + "import library, library.part\nfound = [library.seen, library.part.seen]\n"},
    )
    assert load(root, "print(*sys.modules['my_flow'].found)", libraries) == (
        f"{libraries}/metaflow/__init__.py the real one"
    )


def test_a_library_in_an_environment_below_the_flow_is_a_library(tmp_path: Path) -> None:
    files = {"metaflow/__init__.py": "", "library/__init__.py": "", "library/part.py": "import metaflow as seen"}
    root = write(tmp_path, {"my_flow.py": FLOW + "import library.part\n"})
    for place in ("venv/lib/python3/site-packages", ".venv/lib"):
        write(root / place, files)
        seen = load(root, "print(sys.modules['library.part'].seen.__file__)", root / place)
        assert seen == f"{root / place}/metaflow/__init__.py"


def test_the_flows_own_modules_come_first(tmp_path: Path) -> None:
    other = write(tmp_path / "other", {"my_flow.py": "class F: pass", "sibling.py": "who = 'other'"})
    root = write(tmp_path / "flow", {"my_flow.py": FLOW + "import sibling\n", "sibling.py": "who = 'own'"})
    assert load(root, "import sibling; print(f.__mro__[1].__name__, sibling.who)", other) == "FlowSpec own"


def test_for_a_notebook_its_own_modules_come_first_again(tmp_path: Path) -> None:
    notebook = write(tmp_path / "notebook", {"shared.py": "who = 'notebook'", "early.py": "who = 'notebook'"})
    root = write(
        tmp_path / "flow",
        {"my_flow.py": FLOW, "early.py": "who = 'flow'", "shared.py": "who = 'flow'", "only.py": "who = 'flow'"},
    )
    script = f"""
import sys
from flowc.runner.loader import folder_first
for _ in range(2):
    with folder_first({str(root)!r}):
        import early
import shared, only
print(early.who, shared.who, only.who, sum(type(f).__name__ == "FlowFinder" for f in sys.meta_path))
"""
    done = subprocess.run(
        [sys.executable, "-c", script], env={"PYTHONPATH": str(notebook)}, capture_output=True, text=True
    )
    assert done.stdout == "flow notebook flow 1\n", done.stderr
