"""What the documents claim about the tree is true of the tree."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "retention_lab"
MODULES = sorted(path for path in SOURCE.rglob("*.py") if path.name != "__init__.py")
FORBIDDEN_NAMES = {"utils", "helpers", "common", "misc", "util", "helper"}


def tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout.decode()
    return [ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file()]


def test_the_table_of_modules_names_every_module_and_no_other() -> None:
    table = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    named = set(re.findall(r"^\| `([a-z_/]+\.py)` \|", table, re.MULTILINE))

    assert named == {str(path.relative_to(SOURCE)) for path in MODULES}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_a_module_is_small_says_what_it_is_and_has_a_telling_name(path: Path) -> None:
    text = path.read_text(encoding="utf-8")

    assert len(text.splitlines()) <= 300
    assert ast.get_docstring(ast.parse(text))
    assert path.stem not in FORBIDDEN_NAMES


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_functions_are_short_and_public_ones_are_explained(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef):
            body = node.body[1:] if ast.get_docstring(node) else node.body
            length = (node.end_lineno or 0) - body[0].lineno + 1 if body else 0
            assert length <= 40, f"{node.name} has {length} lines"
    tree = ast.parse(path.read_text(encoding="utf-8"))
    public = [n for n in tree.body if isinstance(n, ast.FunctionDef | ast.ClassDef) and not n.name.startswith("_")]
    assert [node.name for node in public if not ast.get_docstring(node)] == []


def test_packages_import_nothing_so_that_a_typing_mistake_is_answered_at_once() -> None:
    for path in SOURCE.rglob("__init__.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        assert len(tree.body) == 1, path


def test_help_loads_nothing_heavy() -> None:
    heavy = "pandas numpy ibis duckdb papermill nbconvert matplotlib scipy pyarrow babel"
    code = (
        "import sys\nfrom typer.testing import CliRunner\nfrom retention_lab.cli.app import app\n"
        "assert CliRunner().invoke(app, ['run', '--help']).exit_code == 0\n"
        f"print([name for name in {heavy.split()} if name in sys.modules])"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"


def test_conda_users_get_python_pip_and_the_lock_and_nothing_else() -> None:
    environment = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))

    names = [item if isinstance(item, str) else "pip:" for item in environment["dependencies"]]
    assert [re.split(r"[=<>]", name)[0] for name in names] == ["python", "pip", "pip:"]
    assert environment["dependencies"][2] == {"pip": ["-r requirements.lock"]}


def test_the_two_locks_agree() -> None:
    def versions(name: str) -> set[str]:
        return set(
            re.findall(r"^[a-z0-9._-]+==[^ \\]+(?: ;[^\\]*)?", (ROOT / name).read_text(encoding="utf-8"), re.MULTILINE)
        )

    def names(found: set[str]) -> set[str]:
        return {line.split(" ;")[0].strip() for line in found}

    assert names(versions("requirements.lock")) <= names(versions("requirements-dev.lock"))


def test_locks_have_names_versions_and_hashes_and_no_address() -> None:
    for lock in ("requirements.lock", "requirements-dev.lock"):
        text = (ROOT / lock).read_text(encoding="utf-8")
        assert "://" not in text
        assert "--index-url" not in text
        packages = re.findall(r"^[a-z0-9]", text, re.MULTILINE)
        assert len(re.findall(r"^[a-z0-9._-]+==", text, re.MULTILINE)) == len(packages)


def test_every_make_target_of_the_readme_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    for document in ("README.md", "CONTRIBUTING.md"):
        text = (ROOT / document).read_text(encoding="utf-8")
        assert set(re.findall(r"\bmake ([a-z]+)\b(?=`|\n|\s+#|$)", text)) <= targets, document


def test_the_readme_is_short_and_its_links_lead_somewhere() -> None:
    for document in ROOT.glob("*.md"):
        text = document.read_text(encoding="utf-8")
        for link in re.findall(r"\]\((?!https?://|#)([^)#]+)", text):
            assert (ROOT / link).exists(), f"{document.name}: {link}"
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= 150


def test_nothing_generated_secret_or_foreign_is_committed() -> None:
    for path in tracked():
        name = str(path.relative_to(ROOT))
        assert not re.match(r"data/(?!demo/)|reports/(?!README\.md)", name), name
        assert path.stat().st_size < 3_000_000, name
        assert path.suffix not in (".html", ".sqlite", ".pyc"), name
        assert path.suffix != ".png" or name == "docs/report.png", name
