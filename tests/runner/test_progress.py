import time
from pathlib import Path

from retention_lab.runner.batch import Progress
from retention_lab.runner.outcome import RunResult
from retention_lab.runner.plan import plan_runs
from retention_lab.runner.progress import batch_line, progress_display


def test_a_log_gets_a_line_when_a_run_begins_and_one_when_it_ends(workspace, capsys) -> None:
    (run,) = plan_runs(workspace, "acme").runs
    with progress_display(1) as show:
        show(Progress(run=run))
        show(Progress(run=run, done=1, total=5, cell="step-1"))
        show(Progress(run=run, result=RunResult(run=run, status="ok", folder=Path(), seconds=3.21)))
    told = capsys.readouterr()
    assert told.err == "acme · stay: started\nacme · stay: done in 3.2 s\n"
    assert told.out == ""


def test_a_terminal_shows_which_cell_is_being_executed(workspace, capsys, monkeypatch) -> None:
    (run,) = plan_runs(workspace, "acme").runs
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("FORCE_COLOR", "1")
    with progress_display(1) as show:
        show(Progress(run=run))
        show(Progress(run=run, done=3, total=5, cell="survival-by-plan"))
        # Longer than the display's own pace of four pictures a second.
        time.sleep(0.4)
        show(Progress(run=run, result=RunResult(run=run, status="current", folder=Path())))
    told = capsys.readouterr().err
    assert "cell 4 of 5: survival-by-plan" in told
    assert "acme · stay: up to date" in told


def test_the_rate_and_the_time_left_come_from_what_was_made_and_not_from_what_was_up_to_date(workspace) -> None:
    (run,) = plan_runs(workspace, "acme").runs
    made, current = (RunResult(run=run, status=status, folder=run.folder) for status in ("ok", "current"))
    assert batch_line([current] * 30, 40, 1) == "30 of 40 done"
    assert batch_line([current] * 30 + [made] * 4, 40, 60) == "34 of 40 done · 4 a minute · about 2 min left"
    assert batch_line([made] * 40, 40, 60) == "40 of 40 done"
