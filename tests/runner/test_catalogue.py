import subprocess
import sys

import pytest

from retention_lab.errors import PlaybookError
from retention_lab.runner.catalogue import find_playbooks


def test_a_playbook_is_its_title_its_parameters_and_its_needs(workspace) -> None:
    (stay,) = find_playbooks(workspace)
    assert (stay.name, stay.title) == ("stay", "Who stays?")
    assert [parameter.name for parameter in stay.parameters] == ["client", "as_of", "language", "horizon_days"]
    assert stay.needs == {"customers": ["customer_id"]}


def test_a_template_is_not_a_playbook(workspace, write) -> None:
    write(workspace, "_template")
    assert [playbook.name for playbook in find_playbooks(workspace)] == ["stay"]


def test_a_misspelt_playbook_is_answered_with_the_nearest_one(workspace) -> None:
    with pytest.raises(PlaybookError, match="did you mean stay") as caught:
        find_playbooks(workspace, ["stya", "other"])
    assert len(caught.value.faults) == 2


def test_faults_of_all_playbooks_come_together_with_file_cell_and_line(workspace, write) -> None:
    write(workspace, "one", parameters='client: str = "acme"  # Client\nx = 1\n')
    write(workspace, "two", parameters="x: int = 1  # One\n")
    (workspace.playbooks / "three.ipynb").write_text("{}")
    with pytest.raises(PlaybookError) as caught:
        find_playbooks(workspace)
    told = str(caught.value)
    assert "one.ipynb, cell parameters, line 2" in told
    assert "there is no `client: str`" in told
    assert "three.ipynb: not a notebook" in told


def test_listing_playbooks_imports_nothing_heavy() -> None:
    code = "import sys, retention_lab.cli, retention_lab.runner.plan; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {"papermill", "nbformat", "pandas", "ibis", "pyarrow", "matplotlib", "babel"} & set(loaded)


def test_a_draft_of_jupyterlab_and_what_papermill_wrote_are_no_playbooks(workspace) -> None:
    (workspace.playbooks / "Untitled.ipynb").write_text('{"cells": [], "metadata": {}}', encoding="utf-8")
    result = '{"cells": [], "metadata": {"retention_lab": {}, "papermill": {}}}'
    (workspace.playbooks / "out.ipynb").write_text(result, encoding="utf-8")

    assert [playbook.name for playbook in find_playbooks(workspace)] == ["stay"]
