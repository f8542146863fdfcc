import shutil

import pytest

from retention_lab.errors import DataError, ParameterError
from retention_lab.runner.plan import plan_batch, plan_runs


def test_all_playbooks_whose_needs_are_met_are_planned_and_the_rest_told_with_what_they_miss(workspace, write) -> None:
    write(workspace, "points", needs={"loyalty": ["points"]})
    write(workspace, "money", needs={"customers": ["monthly_value"]})
    plan = plan_runs(workspace, "acme")
    assert [run.playbook.name for run in plan.runs] == ["stay"]
    missing = {skipped.playbook: skipped.missing for skipped in plan.skipped}
    assert missing == {"points": ("table loyalty",), "money": ("customers.monthly_value",)}


def test_a_playbook_that_is_named_but_cannot_run_is_an_error(workspace, write) -> None:
    write(workspace, "points", needs={"loyalty": ["points"]})
    with pytest.raises(DataError, match="lacks table loyalty"):
        plan_runs(workspace, "acme", playbooks=["points"])


def test_a_parameter_goes_to_the_playbooks_that_know_it(workspace, write) -> None:
    write(workspace, "other", parameters='client: str = "acme"  # Client\ndepth: int = 1  # Depth\n')
    other, stay = plan_runs(workspace, "acme", texts={"depth": "2"}).runs
    assert (other.changed, stay.changed) == ({"depth": 2}, {})


def test_a_parameter_that_no_playbook_knows_is_an_error(workspace) -> None:
    with pytest.raises(ParameterError, match="did you mean horizon_days"):
        plan_runs(workspace, "acme", texts={"horizon_dys": "30"})


def test_a_named_playbook_must_know_every_parameter(workspace, write) -> None:
    write(workspace, "other", parameters='client: str = "acme"  # Client\ndepth: int = 1  # Depth\n')
    with pytest.raises(ParameterError, match="stay has no such parameter"):
        plan_runs(workspace, "acme", playbooks=["stay", "other"], texts={"depth": "2"})


def test_a_wrong_value_is_told_once_and_not_once_a_playbook(workspace, write) -> None:
    write(workspace, "other")
    with pytest.raises(ParameterError) as caught:
        plan_runs(workspace, "acme", texts={"horizon_days": "soon"})
    assert len(caught.value.faults) == 1


def test_the_last_day_is_given_once(workspace) -> None:
    with pytest.raises(ParameterError, match="given twice"):
        plan_runs(workspace, "acme", texts={"as_of": "2026-01-31"}, as_of="2026-02-28")


def test_the_folder_is_named_by_the_day_that_was_asked_for_else_by_the_last_day_of_the_exports(workspace) -> None:
    assert plan_runs(workspace, "acme").runs[0].folder.name == "2026-09-30"
    assert plan_runs(workspace, "acme", as_of="2026-08-31").runs[0].folder.name == "2026-08-31"
    file = workspace.data / "acme" / "client.yml"
    file.write_text(file.read_text().replace("observed_through: 2026-09-30\n", ""))
    assert plan_runs(workspace, "acme").runs[0].folder.name == "latest"


def test_the_day_that_counts_is_never_after_the_exports_end(workspace) -> None:
    assert plan_runs(workspace, "acme", as_of="2026-12-31").runs[0].as_of == "2026-09-30"


def test_values_from_a_program_are_not_read_as_text(workspace) -> None:
    assert plan_runs(workspace, "acme", values={"horizon_days": 30}).runs[0].changed == {"horizon_days": 30}
    with pytest.raises(ParameterError):
        plan_runs(workspace, "acme", values={"horizon_days": "30"})


def test_a_client_whose_files_cannot_be_read_does_not_keep_the_others_from_their_reports(workspace) -> None:
    shutil.copytree(workspace.data / "acme", workspace.data / "bravo")
    (workspace.data / "bravo" / ".key").mkdir()
    plan = plan_batch(workspace, ["acme", "bravo"])
    assert [run.key.client for run in plan.runs] == ["acme"]
    assert "Is a directory" in str(plan.broken["bravo"])
