"""The verbs that tell what playbooks there are: playbooks, describe."""

from typing import TYPE_CHECKING, Annotated

import typer

from retention_lab.cli.words import echo, either

if TYPE_CHECKING:
    from retention_lab.runner.catalogue import Playbook


def playbooks() -> None:
    """List the playbooks and the question that each answers.

    \b
    Example:
      retention-lab playbooks
    """
    found = _find()
    width = max((len(playbook.name) for playbook in found), default=0)
    echo(f"{playbook.name:<{width}}  {playbook.title}" for playbook in found)


def describe(playbook: Annotated[str, typer.Argument(metavar="PLAYBOOK", help="The name of a playbook.")]) -> None:
    """Say what a playbook asks, which parameters and tables it takes, and what it gives.

    \b
    Example:
      retention-lab describe churn-survival
    """
    echo(_describe_lines(_find([playbook])[0]))


def _find(names: list[str] | None = None) -> list["Playbook"]:
    from retention_lab.runner.catalogue import find_playbooks
    from retention_lab.tables.workspace import find_workspace

    return find_playbooks(find_workspace(), names)


def _describe_lines(playbook: "Playbook") -> list[str]:
    lines = [playbook.title, "", "Parameters"]
    for parameter in playbook.parameters:
        lines += [f"  {parameter.name}: {parameter.type} = {parameter.default!r}", f"      {parameter.help}"]
    for title, tables in (("Needs", playbook.needs), ("Uses if there", playbook.uses)):
        lines += ["", title] if tables else []
        named = {table.replace("|", " or "): columns for table, columns in tables.items()}
        lines += [f"  {table}: {either(columns)}" if columns else f"  {table}" for table, columns in named.items()]
    lines += ["", "Findings", *(f"  {finding}" for finding in playbook.findings)] if playbook.findings else []
    written = ("report.html", "playbook.ipynb", "run.json", *playbook.files)
    return [*lines, "", "Writes", *(f"  {name}" for name in written)]
