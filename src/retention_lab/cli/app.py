"""The command line: thin verbs over the runner.

Exit codes: 0 done; 1 a run failed; 2 the request or the data is wrong, and the message says what to do next.
Nothing heavy is imported before a verb needs it, so that --help and a typing mistake are answered at once.
"""

from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from retention_lab.cli.clients import check, demo
from retention_lab.cli.history import history, show
from retention_lab.cli.new import new
from retention_lab.cli.playbooks import describe, playbooks
from retention_lab.cli.run import run
from retention_lab.cli.schedule import run_due, schedule
from retention_lab.cli.watch import watch
from retention_lab.errors import RetentionLabError

_WRONG, _INTERRUPTED = 2, 130


class _Verbs(TyperGroup):
    """What a person can put right ends in a message, never in a traceback."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except RetentionLabError as error:
            typer.echo(str(error), err=True)
            raise typer.Exit(_WRONG) from error
        except OSError as error:
            if isinstance(error, BrokenPipeError):
                # Nobody reads on: typer ends quietly then.
                raise
            where = f"{error.filename}: " if error.filename else ""
            typer.echo(f"{where}{error.strerror or error}", err=True)
            raise typer.Exit(_WRONG) from error
        except KeyboardInterrupt as error:
            typer.echo("Stopped. Reports that were finished before are kept.", err=True)
            raise typer.Exit(_INTERRUPTED) from error


app = typer.Typer(
    cls=_Verbs, no_args_is_help=True, add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False
)


def _show_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"retention-lab {version('retention-lab')}")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Playbooks that tell a company who leaves, when and why: notebooks in, HTML reports out.

    \b
    Example:
      retention-lab run demo
    """


for _verb in (run, history, show, playbooks, describe, new, check, demo, watch):
    app.command()(_verb)
app.command("run-due")(run_due)
app.add_typer(schedule, name="schedule")
