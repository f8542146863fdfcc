"""Every playbook makes the same report of the demo client whether its kernel is forked or started anew."""

import json
from pathlib import Path

import pytest

from retention_lab.runner.batch import run_batch
from retention_lab.runner.plan import plan_runs
from retention_lab.tables.workspace import Workspace

PLAYBOOKS = sorted(path.stem for path in (Path(__file__).parents[2] / "playbooks").glob("[a-z]*.ipynb"))

# What each engine made: playbook -> the bytes of its files by their name.
Made = dict[str, dict[str, dict[str, bytes]]]


@pytest.fixture(scope="module")
def made(demo_workspace: Path) -> Made:
    found: Made = {}
    runs = plan_runs(Workspace(demo_workspace), "demo", force=True).runs
    with pytest.MonkeyPatch.context() as patch:
        # ipykernel treats the output of child processes in another way where it sees this.
        patch.delenv("PYTEST_CURRENT_TEST")
        for engine in ("warm", "plain"):
            results = run_batch(runs, engine=engine, on_progress=lambda _: None)
            assert [result.error for result in results] == [None] * len(runs)
            found[engine] = {
                result.run.playbook.name: {
                    path.name: path.read_bytes() for path in result.folder.iterdir() if path.name != "run.json"
                }
                for result in results
            }
    return found


@pytest.mark.parametrize("name", PLAYBOOKS)
def test_a_notebook_is_the_same_cell_by_cell(made: Made, name: str) -> None:
    warm, plain = (json.loads(files[name]["playbook.ipynb"]) for files in made.values())
    assert len(warm["cells"]) == len(plain["cells"])
    for ours, theirs in zip(warm["cells"], plain["cells"], strict=True):
        assert ours == theirs, ours["id"]
    assert warm == plain


@pytest.mark.parametrize("name", PLAYBOOKS)
def test_a_report_and_its_lists_are_the_same_to_the_last_byte(made: Made, name: str) -> None:
    warm, plain = (files[name] for files in made.values())
    assert warm.keys() == plain.keys() >= {"report.html", "playbook.ipynb"}
    assert [file for file in warm if warm[file] != plain[file]] == []
