"""What is to be asked of a person about a guess, and what each answer changes."""

from collections.abc import Iterator
from dataclasses import replace

from retention_lab.tables.client_rules import nearest
from retention_lab.tables.contract import CONTRACT, Column, column_of
from retention_lab.tables.guessing.doubt_questions import of_client, of_control, of_table
from retention_lab.tables.guessing.draft_tables import column_text, key_of
from retention_lab.tables.guessing.guesses import ClientGuess, ColumnGuess, Doubt, TableGuess, Unused
from retention_lab.tables.guessing.question import NONE, TOLD, Question, with_table

_MOST_EXAMPLES = 5
_NOT_THERE = f"{TOLD}: no column of the file is it"


def next_question(guess: ClientGuess) -> Question | None:
    """The first thing that is not sure, or None: what a file is, then what its columns are, what matters most first."""
    return next(_questions(guess), None)


def _questions(guess: ClientGuess) -> Iterator[Question]:
    for table in guess.tables:
        if not table.is_sure:
            yield _which_table(guess, table)
    for table in guess.tables:
        for column in sorted(table.columns, key=lambda found: (not _is_needed(table, found), not found.is_vital)):
            if not column.is_sure:
                yield _which_column(guess, table, column)
        yield from _what_is_lacking(guess, table)
        yield from of_table(guess, table)
        yield from of_control(guess, table)
    yield from of_client(guess)


def _which_table(guess: ClientGuess, table: TableGuess) -> Question:
    taken = {other.table: other.sample.told for other in guess.tables if other is not table}
    others = [(name, share) for name, share in table.others if name not in taken]

    def apply(answer: str) -> ClientGuess:
        if answer == NONE:
            left_out = Unused(source=table.sample.told, why=f"{TOLD}: it is not {table.table}")
            tables = tuple(other for other in guess.tables if other is not table)
            return replace(guess, tables=tables, unused=(*guess.unused, left_out))
        if answer in taken:
            raise ValueError(f"a table that no other file is; {answer} is {taken[answer]}")
        return with_table(guess, table, replace(_taken_for(table, answer), confidence=1.0))

    return Question(
        key=f"tables.{table.table}",
        asked=f"Which table is {table.sample.told}?",
        choices=(table.table, *(name for name, _ in others)),
        remarks=(f"{table.confidence:.0%}", *(f"{share:.0%}" for _, share in others)),
        examples=tuple(tuple(table.sample.rows.column_names) for _ in (table, *others)),
        may_be_none=True,
        apply=apply,
    )


def _taken_for(table: TableGuess, name: str) -> TableGuess:
    """The same file, taken for another canonical table."""
    if name == table.table:
        return table
    if name not in CONTRACT:
        raise ValueError(f"{nearest(name, [*CONTRACT])} {', '.join(CONTRACT)}".strip())
    from retention_lab.tables.guessing.checking import second_thoughts
    from retention_lab.tables.guessing.profiles import profile_file
    from retention_lab.tables.guessing.scoring import fit_table
    from retention_lab.tables.guessing.tables import table_guess

    return table_guess(second_thoughts(fit_table(name, profile_file(table.sample), {})), 1.0, ())


def _is_needed(table: TableGuess, found: ColumnGuess) -> bool:
    column = column_of(table.table, found.name)
    return bool(column and column.required)


def _which_column(guess: ClientGuess, table: TableGuess, found: ColumnGuess) -> Question:
    key = f"columns.{found.name}"
    doubted = [other for doubt in table.doubts if key_of(doubt, table.table) == key for other in doubt.others]
    others = [(name, f"{share:.0%}") for name, share in found.runners_up] + [(name, "") for name in doubted]
    others = [(name, said) for name, said in dict(others).items() if name != column_text(found.column)]
    choices = (column_text(found.column), *(name for name, _ in others))

    def apply(answer: str) -> ClientGuess:
        return with_table(guess, table, _answered_column(table, found, answer))

    column = column_of(table.table, found.name) or Column(found.name, "text", found.name)
    return Question(
        key=f"tables.{table.table}.{key}",
        asked=f"Which column of {table.sample.told} is {found.name} ({column.meaning})?",
        choices=choices,
        remarks=(", ".join((f"{found.confidence:.0%}", *found.reasons)), *(said for _, said in others)),
        examples=tuple(_examples(table, choice) for choice in choices),
        may_be_none=True,
        apply=apply,
    )


def _what_is_lacking(guess: ClientGuess, table: TableGuess) -> Iterator[Question]:
    """A required column that nothing was taken for: whoever knows the file may know it under another name."""
    asked = {key_of(doubt, table.table) for doubt in table.doubts if doubt.why == _NOT_THERE}
    for name in table.lacking:
        column = column_of(table.table, name)
        if column and f"columns.{name}" not in asked:
            yield _lacking(guess, table, column)


def _lacking(guess: ClientGuess, table: TableGuess, column: Column) -> Question:
    key = f"columns.{column.name}"

    def apply(answer: str) -> ClientGuess:
        if answer == NONE:
            doubts = (*table.doubts, Doubt(key=key, taken="", why=_NOT_THERE))
            return with_table(guess, table, replace(table, doubts=doubts))
        new = ColumnGuess(name=column.name, column="", confidence=0.0, reasons=())
        lacking = tuple(name for name in table.lacking if name != column.name)
        added = replace(table, columns=(*table.columns, new), lacking=lacking)
        return with_table(guess, table, _answered_column(added, new, answer))

    names = tuple(name for name in table.sample.rows.column_names if not _is_taken(table, name))
    return Question(
        key=f"tables.{table.table}.{key}",
        asked=f"No column of {table.sample.told} looks like {column.name} ({column.meaning}). Is it one of these?",
        choices=(NONE, *names),
        remarks=("none: the client is to be asked", *("" for _ in names)),
        examples=((), *(_examples(table, name) for name in names)),
        may_be_none=True,
        apply=apply,
    )


def _is_taken(table: TableGuess, name: str) -> bool:
    return any(name == found.column for found in table.columns)


def _answered_column(table: TableGuess, found: ColumnGuess, answer: str) -> TableGuess:
    key, codes = f"columns.{found.name}", f"values.{found.name}"
    settled = replace(table, doubts=tuple(d for d in table.doubts if key_of(d, table.table) != key))
    undecided = tuple(d for d in settled.doubts if key_of(d, table.table) != codes)
    without = {name: meanings for name, meanings in table.values.items() if name != found.name}
    if answer == NONE:
        rest = tuple(other for other in table.columns if other is not found)
        lacking = (*table.lacking, found.name) if _is_needed(table, found) else table.lacking
        asked = (*undecided, Doubt(key=key, taken="", why=_NOT_THERE)) if _is_needed(table, found) else undecided
        return replace(settled, columns=rest, lacking=lacking, values=without, doubts=asked)
    column = found.column if answer == column_text(found.column) else _named(table, answer)
    told = replace(found, column=column, confidence=1.0, reasons=(TOLD,), runners_up=())
    settled = replace(settled, columns=tuple(told if other is found else other for other in table.columns))
    if column == found.column:
        return settled
    # What was read off the other column does not hold for this one.
    meanings, doubts = _meanings(table, found.name, column)
    values = {**without, found.name: meanings} if meanings else without
    return replace(settled, values=values, doubts=(*undecided, *doubts))


def _meanings(
    table: TableGuess, name: str, column: str | tuple[str, str]
) -> tuple[dict[str, str | bool], tuple[Doubt, ...]]:
    """What the codes of a column mean, where it is to have codes."""
    canonical = column_of(table.table, name)
    if canonical is None or canonical.kind not in ("flag", "code") or not isinstance(column, str):
        return {}, ()
    from retention_lab.tables.guessing.codes import churn_values, flag_values, kind_values
    from retention_lab.tables.guessing.profiles import profile_file

    profile = profile_file(table.sample).column(column)
    if canonical.kind == "code":
        return kind_values(profile)
    return churn_values(profile) if name == "churned" else (flag_values(profile), ())


def _named(table: TableGuess, answer: str) -> str | tuple[str, str]:
    names = table.sample.rows.column_names
    if answer in names:
        return answer
    parts = [part.strip() for part in answer.split(" * ")]
    if len(parts) == 2 and set(parts) <= set(names):
        return (parts[0], parts[1])
    raise ValueError(f"{nearest(answer, names)} A number, or one of: {', '.join(names)}".strip())


def _examples(table: TableGuess, choice: str) -> tuple[str, ...]:
    """The first values of a column, each once; of two, those of both."""
    rows = table.sample.rows
    names = [choice] if choice in rows.column_names else choice.split(" * ")
    found: list[str] = []
    for name in names:
        values = (str(value) for value in (rows[name].to_pylist() if name in rows.column_names else []))
        found += list(dict.fromkeys(value for value in values if value.strip() and value != "None"))[:_MOST_EXAMPLES]
    return tuple(found)
