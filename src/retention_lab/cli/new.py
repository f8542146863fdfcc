"""The verb that takes on a client: new."""

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from retention_lab.cli.words import echo, near, plain, wrapped
from retention_lab.errors import DataError, Fault, ParameterError

if TYPE_CHECKING:
    from retention_lab.tables.guessing.drafts import Draft
    from retention_lab.tables.guessing.guesses import ClientGuess, Doubt, Sample, Unused
    from retention_lab.tables.guessing.question import Question

_WRONG, _INTERRUPTED = 2, 130
_LARGE = 100_000_000
_DATABASE = "env:"
_INDENT = 21


def new(
    name: Annotated[str, typer.Argument(metavar="NAME", help="What the client is to be called: a folder in data/.")],
    more: Annotated[list[str] | None, typer.Argument(metavar="PATH...", hidden=True)] = None,
    sources: Annotated[
        list[str] | None,
        typer.Option("--from", metavar="PATH...", help="Files or folders with the exports; env:NAME for a database."),
    ] = None,
    table: Annotated[
        list[str] | None, typer.Option(metavar="TABLE", help="Of a database, this table only; may be said again.")
    ] = None,
    language: Annotated[str, typer.Option(metavar="LANGUAGE", help="Of the reports: en it es fr sl.")] = "",
    yes: Annotated[bool, typer.Option("--yes", help="Ask nothing: what is not sure is marked in client.yml.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print client.yml, and leave nothing behind.")] = False,
) -> None:
    """Take on a client: look at its exports, guess what they are, and write a client.yml that says how sure that is.

    The files are copied into data/NAME; those that are there already stay where they are.

    \b
    Example:
      retention-lab new acme --from exports/ --yes
    """
    from retention_lab.tables.guessing.intake import new_folder
    from retention_lab.tables.workspace import find_workspace

    _refuse_language(language)
    paths, databases = _told_apart([*(sources or []), *(more or [])])
    folder = new_folder(find_workspace().data, name)
    try:
        usable = _make(folder, paths, databases, table or [], language, ask=not yes and is_terminal(), keep=not dry_run)
    except (KeyboardInterrupt, typer.Abort) as error:
        typer.echo("Stopped: nothing was written.", err=True)
        raise typer.Exit(_INTERRUPTED) from error
    if not usable:
        raise typer.Exit(_WRONG)


def is_terminal() -> bool:
    """Whether there is somebody who can be asked."""
    return sys.stdin.isatty()


def _refuse_language(language: str) -> None:
    if not language:
        return
    from retention_lab.text import LANGUAGES

    if language not in LANGUAGES:
        raise ParameterError(Fault(where="--language", found=repr(language), allowed=", ".join(LANGUAGES)))


def _told_apart(sources: list[str]) -> tuple[list[Path], list[str]]:
    """Paths and databases. An address is refused and never repeated: it may hold a password."""
    if any("://" in source for source in sources):
        remedy = "put the address into a variable of the environment, and say --from env:NAME; "
        remedy += "if it held a password, change it: others can see a command line"
        raise ParameterError(Fault(where="--from", found="an address", allowed="PATH or env:NAME", remedy=remedy))
    databases = [source for source in sources if source.startswith(_DATABASE)]
    return [Path(source).expanduser() for source in sources if source not in databases], databases


def _make(
    folder: Path, paths: list[Path], databases: list[str], tables: list[str], language: str, *, ask: bool, keep: bool
) -> bool:
    """Look, guess, ask, write; whether any table can be used."""
    from dataclasses import replace
    from datetime import date

    from retention_lab.tables.client_key import KEY, read_key
    from retention_lab.tables.guessing.clients import guess_client
    from retention_lab.tables.guessing.drafts import make_draft
    from retention_lab.tables.guessing.intake import CLIENT_FILE, bring_in, find_files, settle, staged

    files = find_files(paths or ([folder] if folder.is_dir() else []), folder) if paths or not databases else []
    with staged(folder) as stage:
        names = bring_in(files, stage, folder, _tell_copying)
        samples, unused = _look(stage, databases, tables)
        guess = _with_last_day(guess_client(samples, today=date.today()), stage)
        guess = replace(guess, unused=(*guess.unused, *unused), language=language or guess.language)
        guess = _asked(guess) if ask else guess
        draft = make_draft(guess, folder.name)
        if not keep:
            typer.echo(draft.text, nl=False)
            return bool(draft.usable)
        (stage / CLIENT_FILE).write_text(draft.text, encoding="utf-8", newline="\n")
        own_key = [] if (folder / KEY).exists() else [KEY]
        if own_key:
            read_key(stage)
        settle(stage, folder, [*names, *own_key, CLIENT_FILE])
    echo(wrapped(plain(line), _INDENT if line.startswith("  ") else 2) for line in _summary(guess, draft, folder))
    return bool(draft.usable)


def _tell_copying(path: Path, size: int) -> None:
    if size >= _LARGE:
        echo([f"copying {near(path)} ({size / 1e9:.1f} GB)"], err=True)


def _look(stage: Path, databases: list[str], tables: list[str]) -> "tuple[list[Sample], list[Unused]]":
    """Every file and every table of a database, looked into; what cannot be read is told with why."""
    from retention_lab.tables.guessing.guesses import Unused
    from retention_lab.tables.sources.layouts import group_files, look_into_all

    samples: list[Sample] = []
    unused: list[Unused] = []
    for source, files in group_files(stage):
        echo([f"looking into {source}"], err=True)
        try:
            samples += look_into_all(stage, files, source)
        except DataError as error:
            unused.append(Unused(source=source, why=_one_line(error)))
    for reference in databases:
        found = _look_at_database(reference, tables)
        samples += found
    return samples, unused


def _look_at_database(reference: str, tables: list[str]) -> "list[Sample]":
    from retention_lab.tables.client_file import Database
    from retention_lab.tables.sources.databases import list_tables, sample_table

    samples = []
    for table in tables or list_tables(reference):
        echo([f"looking into {reference} {table}"], err=True)
        samples.append(sample_table(Database(url=reference, table=table)))
    return samples


def _one_line(error: DataError) -> str:
    """Why a file cannot be read, and what to do about it, without the places of a program."""
    return "; ".join(f"{fault.found}{f' ({fault.remedy})' if fault.remedy else ''}" for fault in error.faults)


def _with_last_day(guess: "ClientGuess", stage: Path) -> "ClientGuess":
    """The last day that the exports cover, where all rows were looked at.

    Where they were not, it is left to be found when they are read: rows after a day that is too early would not exist.
    Not so where a few rows lie after all others: the last of them is then no better guess.
    Without any date in the tables, the exports are taken to go as far as the day that they were written on.
    """
    from dataclasses import replace
    from datetime import UTC, datetime

    from retention_lab.tables.guessing.guesses import Doubt

    others = tuple(doubt for doubt in guess.doubts if doubt.key != "observed_through")
    files = [path.stat().st_mtime for path in stage.iterdir() if path.is_file()]
    if guess.observed_through:
        if any(doubt.key == "observed_through" and doubt.others for doubt in guess.doubts):
            return guess
        is_whole = all(found.sample.rows.num_rows >= found.sample.n_rows for found in guess.tables)
        return guess if is_whole else replace(guess, observed_through="", doubts=others)
    if not files:
        return guess
    day = datetime.fromtimestamp(max(files), UTC).date().isoformat()
    why = "no table has a date; the newest file was written on this day, and its data may be older"
    doubt = Doubt(key="observed_through", taken=day, why=why)
    return replace(guess, observed_through=day, doubts=(*others, doubt))


def _asked(guess: "ClientGuess") -> "ClientGuess":
    """Ask about what is not sure, one question after the other."""
    from retention_lab.tables.guessing.questions import next_question

    if next_question(guess):
        echo(["", "A number or a name answers; Enter takes the first, - means none,", "? shows what is in the file."])
    while question := next_question(guess):
        guess = _answer(question)
    return guess


def _answer(question: "Question") -> "ClientGuess":
    from retention_lab.tables.guessing.question import NONE

    echo(["", wrapped(plain(question.asked), 0)])
    for number, (choice, remark) in enumerate(zip(question.choices, question.remarks, strict=True), start=1):
        echo([wrapped(plain(f"  {number:>2}  {choice}{f'   {remark}' if remark else ''}"), 8)])
    echo([f"   {NONE}  none of them"] if question.may_be_none and NONE not in question.choices else [])
    while True:
        default = None if question.must_choose else "1"
        said = str(typer.prompt("", default=default, show_default=False, prompt_suffix="> ")).strip()
        if said == "?":
            echo(_examples(question))
            continue
        try:
            return question.apply(_chosen(question, said))
        except ValueError as error:
            echo([f"{plain(repr(said))} is no answer to this. Allowed: {error}"])


def _chosen(question: "Question", said: str) -> str:
    from retention_lab.tables.guessing.question import NONE

    if said == NONE and not question.may_be_none:
        raise ValueError(", ".join(question.choices))
    is_number = said.isdecimal() and 1 <= int(said) <= len(question.choices) and said not in question.choices
    return question.choices[int(said) - 1] if is_number else said


def _examples(question: "Question") -> Iterable[str]:
    told = [(choice, found) for choice, found in zip(question.choices, question.examples, strict=True) if found]
    for choice, examples in told:
        yield wrapped(f"  {choice}: {', '.join(plain(example)[:60] for example in examples)}", 4)
    yield from () if told else ("  nothing in the files tells",)


def _summary(guess: "ClientGuess", draft: "Draft", folder: Path) -> Iterable[str]:
    """What was taken for what, what is not sure, and what to ask the client for."""
    from retention_lab.tables.guessing.draft_tables import UNSURE, column_text, said_of, said_of_column

    unsure = sum(UNSURE in line for line in draft.text.splitlines()) - 1
    yield ""
    yield f"{near(folder / 'client.yml')}: {len(draft.usable)} of {len(guess.tables)} tables can be used"
    yield from (f"{unsure} of its lines {'is' if unsure == 1 else 'are'} marked {UNSURE}",) if unsure else ()
    for found in guess.tables:
        rows = f"{'' if found.sample.is_exact else 'about '}{found.sample.n_rows:,} rows"
        sure = said_of(found.confidence, (), () if found.is_sure else found.others, sure=found.is_sure)
        yield f"{found.sample.told} -> {found.table}: {sure}, {rows}"
        for column in found.columns:
            said = said_of_column(found, column, briefly=True)
            yield f"  {column.name:<18} {column_text(column.column):<28} {said}"
        yield from map(_doubt_line, (*found.sample.doubts, *found.doubts))
        yield from (f"  cannot be used yet: {why}" for why in draft.why_not.get(found.table, ()))
    yield from (_doubt_line(doubt).lstrip() for doubt in guess.doubts)
    for left in guess.unused:
        yield f"{left.source} is not used: {left.why}{f' (nearest: {left.nearest})' if left.nearest else ''}"
    if draft.usable:
        yield f"Next: retention-lab check {folder.name}"
    elif guess.tables:
        yield "Next: ask the client for what is missing; what was guessed stands in client.yml as comments"
    else:
        yield "Next: ask the client for its customers or their purchases, as docs/data-dictionary.md describes them"


def _doubt_line(doubt: "Doubt") -> str:
    return f"  {doubt.key:<18} {doubt.taken:<28} UNSURE: {doubt.why}"
