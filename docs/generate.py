"""Write the pages of docs/ that say what the code says, and the table of modules in ARCHITECTURE.md.

python docs/generate.py          write them
python docs/generate.py --check  exit with 1, naming what is out of date
"""

import ast
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "retention_lab"
GENERATED = "<!-- Written by `make docs`; changes here are lost. -->\n\n"


def data_dictionary() -> str:
    from retention_lab.tables.checks import checks_for
    from retention_lab.tables.contract import CONTRACT, ONLY_KNOWN_CUSTOMERS
    from retention_lab.tables.duplicates import duplicate_checks

    parts = [
        "# Data dictionary\n\n",
        "The canonical tables, to which `client.yml` maps a client's own columns. Required columns are in bold.\n",
        "A customer needs `started_on` with `ended_on` (blank while still here), or `tenure` with `churned`.\n",
    ]
    for table, columns in CONTRACT.items():
        parts += [f"\n## {table}\n\n", "| column | kind | meaning |\n|---|---|---|\n"]
        for column in columns:
            name = f"**{column.name}**" if column.required else column.name
            codes = f" ({', '.join(column.codes)})" if column.codes else ""
            parts.append(f"| {name} | {column.kind}{codes} | {column.meaning} |\n")
        parts += [
            "\nA row is set aside for the first of these reasons that holds:\n\n",
            "| reason | what to do |\n|---|---|\n",
        ]
        names = {column.name for column in columns}
        checks = [*checks_for(table, list(columns), None), *duplicate_checks(table, names)]
        parts += [f"| `{check.reason}` | {check.remedy} |\n" for check in checks]
        if table in ONLY_KNOWN_CUSTOMERS:
            parts.append("| `unknown_customer` | ask for a complete export of customers |\n")
    return "".join(parts)


def command_line() -> str:
    os.environ["COLUMNS"] = "100"
    from typer.main import get_command
    from typer.testing import CliRunner

    from retention_lab.cli.app import app

    parts = ["# Command line\n"]
    for words in _verbs(get_command(app)):
        result = CliRunner().invoke(app, [*words, "--help"], prog_name="retention-lab")
        parts.append(f"\n## {' '.join(['retention-lab', *words])}\n\n```\n{result.output.strip()}\n```\n")
    parts.append("\nExit codes: 0 done, 1 a run failed, 2 the request or the data was wrong.\n")
    return "".join(parts)


def _verbs(command: Any, *words: str) -> Iterator[list[str]]:
    """A command and those below it, each as one would type it."""
    yield list(words)
    for name, below in getattr(command, "commands", {}).items():
        yield from _verbs(below, *words, name)


def playbooks() -> str:
    from retention_lab.runner.catalogue import find_playbooks
    from retention_lab.tables.workspace import Workspace

    parts = ["# Playbooks\n"]
    for playbook in find_playbooks(Workspace(ROOT)):
        parts.append(
            f"\n## {playbook.name}\n\n{playbook.title}\n\n| parameter | type | default | meaning |\n|---|---|---|---|\n"
        )
        parts += [f"| `{p.name}` | {p.type} | `{p.default!r}` | {p.help} |\n" for p in playbook.parameters]
        needs, uses = (
            "; ".join(f"{table}: {', '.join(columns)}" if columns else table for table, columns in tables.items())
            for tables in (playbook.needs, playbook.uses)
        )
        parts.append(f"\nNeeds {needs.replace('|', ' or ')}.\n")
        parts.append(f"Uses, where they are there, {uses.replace('|', ' or ')} and the declared covariates.\n")
        parts.append(f"Findings: {', '.join(f'`{each}`' for each in playbook.findings)}.\n")
        parts.append(f"Writes {', '.join(f'`{each}`' for each in ('report.html', *playbook.files))}.\n")
    return "".join(parts)


def modules() -> Iterator[str]:
    """A row for each module: its path, and the first sentence of what it says of itself."""
    yield "| module | what it is |"
    yield "|---|---|"
    for path in sorted(SOURCE.rglob("*.py")):
        if path.name != "__init__.py":
            said = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
            first = " ".join(said.split("\n\n")[0].split())
            yield f"| `{path.relative_to(SOURCE)}` | {first} |"


def architecture() -> str:
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    table = "\n".join(modules())
    return re.sub(r"(?<=<!-- modules -->\n).*?(?=\n<!-- end -->)", lambda _: table, text, flags=re.DOTALL)


PAGES = {
    "docs/data-dictionary.md": lambda: GENERATED + data_dictionary(),
    "docs/command-line.md": lambda: GENERATED + command_line(),
    "docs/playbooks.md": lambda: GENERATED + playbooks(),
    "ARCHITECTURE.md": architecture,
}


def main() -> int:
    stale = []
    for name, write in PAGES.items():
        path, page = ROOT / name, write()
        if "--check" not in sys.argv:
            path.write_text(page, encoding="utf-8")
        elif not path.exists() or path.read_text(encoding="utf-8") != page:
            stale.append(name)
    if stale:
        print(f"Out of date: {', '.join(stale)}. Run `make docs`.")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
