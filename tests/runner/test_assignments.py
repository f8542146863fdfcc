"""From a kernel to the client's folder: what a list leaves behind, and when. Two real kernels, made once."""

import os
from pathlib import Path
from typing import NamedTuple

import pytest

from retention_lab.errors import DataError
from retention_lab.runner.batch import run_batch
from retention_lab.runner.catalogue import find_playbooks
from retention_lab.runner.fingerprints import open_cache, take_fingerprint
from retention_lab.runner.outcome import RunResult
from retention_lab.runner.plan import plan_runs
from retention_lab.runner.publish import hand_over_assignments
from retention_lab.tables.client_file import load_client_file
from retention_lab.tables.workspace import Workspace

# As a client writes it, without the seconds that its imports take.
LIST = """\
import os
from pathlib import Path
output = Path(os.environ["RETENTION_LAB_OUTPUT"])
name = "{list}-2026-09-30" + os.environ["RETENTION_LAB_MARK"]
(output / "assignments").mkdir()
(output / "assignments" / f"{{name}}.csv").write_text(f"experiment,customer_id\\n{{name}},1\\n")
(output / "actions.csv").write_text("customer_id\\n1\\n")
"""


class Sent(NamedTuple):
    workspace: Workspace
    results: dict[str, RunResult]
    folder: Path


@pytest.fixture(scope="module")
def sent(tmp_path_factory, new_workspace, write) -> Sent:
    """A playbook that draws a list, and one that fails after it has drawn one."""
    workspace = new_workspace(tmp_path_factory.mktemp("sent") / "lab")
    write(workspace, "stay", LIST.format(list="stay"))
    write(workspace, "breaks", LIST.format(list="breaks"), "1 / 0")
    runs = plan_runs(workspace, "acme", texts={"horizon_days": "30"}).runs
    results = {result.run.playbook.name: result for result in run_batch(runs, jobs=2, on_progress=lambda _: None)}
    return Sent(workspace, results, workspace.data / "acme" / "assignments")


def test_a_list_is_handed_over_when_its_report_is_made(sent: Sent) -> None:
    result = sent.results["stay"]
    name = f"stay-2026-09-30{result.run.key.mark}"

    assert result.status == "ok"
    assert (sent.folder / f"{name}.csv").read_text() == f"experiment,customer_id\n{name},1\n"
    # Who is held out must not lie beside the list that people are sent.
    assert not (result.folder / "assignments").exists()
    assert (result.folder / "actions.csv").is_file()


def test_a_report_with_other_parameters_does_not_take_the_place_of_the_list(sent: Sent) -> None:
    (name,) = (path.stem for path in sent.folder.iterdir())

    assert sent.results["stay"].folder.name == name.removeprefix("stay-")
    assert "+" in name


def test_a_run_that_fails_hands_nothing_over(sent: Sent) -> None:
    assert sent.results["breaks"].status == "failed"
    assert [path.name.split("-")[0] for path in sent.folder.iterdir()] == ["stay"]


def test_a_report_is_not_out_of_date_because_of_its_own_list(sent: Sent) -> None:
    planned = {
        run.playbook.name: run.current for run in plan_runs(sent.workspace, "acme", texts={"horizon_days": "30"}).runs
    }

    assert planned == {"stay": True, "breaks": False}


def test_the_first_run_already_has_a_key_and_the_second_the_same(workspace: Workspace) -> None:
    first, second = (plan_runs(workspace, "acme").runs[0].fingerprint for _ in range(2))

    assert ".key" in first.files
    assert first == second


def wave(workspace: Workspace, name: str) -> None:
    folder = workspace.data / "acme" / "assignments"
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.csv").write_text("experiment\n")


@pytest.mark.parametrize(
    ("name", "as_of", "counts"),
    [
        ("stay-2026-09-29", "", True),
        ("stay-2026-09-29+0a1b2c", "", True),
        ("other-2026-09-29", "", True),
        ("mine", "", True),
        ("stay-2026-09-30", "", False),
        ("stay-2026-09-30+0a1b2c", "", False),
        ("stay-2026-09-29", "2026-09-29", False),
        # No day is later than the last of the exports, whatever was asked for.
        ("stay-2026-09-30", "2026-12-31", False),
    ],
)
def test_lists_of_earlier_days_are_inputs_and_those_of_the_day_are_not(
    workspace: Workspace, name: str, as_of: str, counts: bool
) -> None:
    before = plan_runs(workspace, "acme", as_of=as_of).runs[0].fingerprint
    wave(workspace, name)
    after = plan_runs(workspace, "acme", as_of=as_of).runs[0].fingerprint

    assert (after.digest != before.digest) == counts


def test_where_only_the_kernel_knows_the_day_lists_are_no_inputs(workspace: Workspace) -> None:
    path = workspace.data / "acme" / "client.yml"
    path.write_text(path.read_text().replace("observed_through: 2026-09-30\n", ""))
    file, playbook = load_client_file(path.parent), find_playbooks(workspace)[0]
    before = take_fingerprint(workspace, "acme", file, playbook, "2026-12-31", open_cache(workspace))
    wave(workspace, "stay-2026-09-29")

    assert take_fingerprint(workspace, "acme", file, playbook, "2026-12-31", open_cache(workspace)) == before


def test_nothing_is_handed_over_to_a_place_outside_the_client(workspace: Workspace, tmp_path: Path) -> None:
    output, elsewhere = tmp_path / "output", tmp_path / "elsewhere"
    (output / "assignments").mkdir(parents=True)
    (output / "assignments" / "stay-2026-09-30.csv").write_text("x")
    elsewhere.mkdir()
    os.symlink(elsewhere, workspace.data / "acme" / "assignments")

    with pytest.raises(DataError, match="leads out of the client's folder"):
        hand_over_assignments(output, workspace.data / "acme")
    assert not list(elsewhere.iterdir())


def test_a_list_made_again_takes_its_own_place_and_leaves_the_others(workspace: Workspace, tmp_path: Path) -> None:
    wave(workspace, "stay-2026-09-23")
    wave(workspace, "stay-2026-09-30")
    made = tmp_path / "output" / "assignments"
    made.mkdir(parents=True)
    (made / "stay-2026-09-30.csv").write_text("new")

    hand_over_assignments(tmp_path / "output", workspace.data / "acme")

    folder = workspace.data / "acme" / "assignments"
    assert {path.name: path.read_text() for path in folder.iterdir()} == {
        "stay-2026-09-23.csv": "experiment\n",
        "stay-2026-09-30.csv": "new",
    }
