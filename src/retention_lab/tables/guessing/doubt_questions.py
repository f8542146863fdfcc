"""What is asked about what could not be made out: how a file is to be read, what a code means, what holds for all."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from typing import Any

from pydantic import ValidationError

from retention_lab.tables.client_file import ClientFile, ReadOptions
from retention_lab.tables.contract import column_of
from retention_lab.tables.guessing.draft_tables import key_of
from retention_lab.tables.guessing.guesses import ClientGuess, Doubt, TableGuess
from retention_lab.tables.guessing.question import NONE, Question, with_table

_ALLOWED = {"unit": ("days", "weeks", "months", "years"), "duplicates": ("keep", "drop_exact")}
_READ = ("read.decimal", "read.dates")
"""What can be read another way without looking into the file again."""
_ASKED = {
    "observed_through": "Which is the last day that the exports cover?",
    "max_rejected": "How large a share of a table's rows may be set aside?",
    "currency": "Which currency is it?",
    "language": "In which language are the reports to be?",
    "churn": "Who counts as gone: contract (whose contract has ended), or inactivity (who has fallen silent)?",
}
_ASKED_OF_TABLE = {
    "unit": "In which unit is it counted?",
    "duplicates": "What is to be done with them?",
    "decimal": "Which sign stands before the decimals?",
    "dates": "What comes first: day (dmy) or month (mdy)?",
    "churned": "Which codes mean that a customer has left?",
}
_OF_CLIENT = ("observed_through", "max_rejected", "currency", "language", "churn", "churn.kind")


def of_table(guess: ClientGuess, table: TableGuess) -> Iterator[Question]:
    """The questions that the doubts about a table lead to; a doubt that leaves no choice is only told."""
    for doubt in (*table.sample.doubts, *table.doubts):
        key = key_of(doubt, table.table)
        if key == "values.churned" and doubt.others:
            yield _who_is_gone(guess, table, doubt)
        elif key == "values.kind" and (code := _unknown_code(table)):
            yield _what_code_means(guess, table, doubt, code)
        elif key.startswith("outcomes.") and key.removeprefix("outcomes.") in table.outcomes and NONE in doubt.others:
            yield _is_it_an_outcome(guess, table, doubt, key.removeprefix("outcomes."))
        elif (key in _ALLOWED or key in _READ) and doubt.others:
            yield _plain_doubt(guess, table, doubt, key)


def of_control(guess: ClientGuess, table: TableGuess) -> Iterator[Question]:
    """Which variant is compared against, where none is called so."""
    names = sorted(name for name, _ in table.variants)
    if table.control or not names:
        return

    def apply(answer: str) -> ClientGuess:
        return with_table(guess, table, replace(table, control=_one_of(answer, names)))

    yield Question(
        key=f"tables.{table.table}.control", asked=f"Which variant of {table.sample.told} is the control?",
        choices=tuple(names), remarks=tuple("" for _ in names), examples=tuple(() for _ in names), may_be_none=False,
        must_choose=True, apply=apply,
    )  # fmt: skip


def of_client(guess: ClientGuess) -> Iterator[Question]:
    """The questions about what holds for the whole client."""
    for doubt in guess.doubts:
        if doubt.key in _OF_CLIENT and (doubt.others or (doubt.key == "observed_through" and doubt.taken)):
            yield _whole_client(guess, doubt)


def _plain_doubt(guess: ClientGuess, table: TableGuess, doubt: Doubt, key: str) -> Question:
    def apply(answer: str) -> ClientGuess:
        settled = _settled(table, doubt)
        if answer == doubt.taken:
            return with_table(guess, table, settled)
        if key in _READ:
            read = _read_with(table.sample.read, key.removeprefix("read."), answer)
            return with_table(guess, table, replace(settled, sample=replace(settled.sample, read=read)))
        named: dict[str, Any] = {key: _one_of(answer, _ALLOWED[key])}
        return with_table(guess, table, replace(settled, **named))

    return _about(table, doubt, key, apply)


def _who_is_gone(guess: ClientGuess, table: TableGuess, doubt: Doubt) -> Question:
    """Which codes mean that a customer has left: taken the wrong way round, everybody who stays would have gone."""
    before = table.values.get("churned", {})
    codes = [*before] or [*(doubt.taken.split(", ") if doubt.taken else ()), *doubt.others]

    def apply(answer: str) -> ClientGuess:
        gone = [answer] if answer in codes else [part.strip() for part in answer.split(",")]
        if before and answer == doubt.taken:
            gone = [code for code in codes if before[code]]
        if not set(gone) <= set(codes) or len({*codes} - {*gone}) == 0:
            raise ValueError(f"some of {', '.join(codes)}, with commas between them, but not all")
        meanings: dict[str, str | bool] = {code: code in gone for code in codes}
        settled = _settled(table, doubt)
        return with_table(guess, table, replace(settled, values={**table.values, "churned": meanings}))

    return _about(table, doubt, "churned", apply)


def _unknown_code(table: TableGuess) -> str:
    """The first code of a column of codes that has no meaning yet."""
    column = next((found.column for found in table.columns if found.name == "kind"), "")
    known = column_of(table.table, "kind")
    rows = table.sample.rows
    if not isinstance(column, str) or column not in rows.column_names or known is None:
        return ""
    meant = table.values.get("kind", {})
    texts = dict.fromkeys(str(value).strip() for value in rows[column].to_pylist() if value is not None)
    missing = {*table.missing, ""}
    return next((t for t in texts if t not in meant and t.lower() not in known.codes and t not in missing), "")


def _what_code_means(guess: ClientGuess, table: TableGuess, doubt: Doubt, code: str) -> Question:
    known = column_of(table.table, "kind")
    kinds = known.codes if known else ()

    def apply(answer: str) -> ClientGuess:
        values = {**table.values, "kind": {**table.values.get("kind", {}), code: _one_of(answer, kinds)}}
        told = replace(table, values=values)
        return with_table(guess, table, told if _unknown_code(told) else _settled(told, doubt))

    return Question(
        key=f"tables.{table.table}.values.kind", asked=f"What does the code {code!r} of {table.sample.told} mean?",
        choices=kinds, remarks=tuple("" for _ in kinds), examples=tuple(() for _ in kinds), may_be_none=False,
        must_choose=True, apply=apply,
    )  # fmt: skip


def _is_it_an_outcome(guess: ClientGuess, table: TableGuess, doubt: Doubt, name: str) -> Question:
    def apply(answer: str) -> ClientGuess:
        settled = _settled(table, doubt)
        if answer != NONE:
            _one_of(answer, (doubt.taken,))
            return with_table(guess, table, settled)
        outcomes = {other: found for other, found in table.outcomes.items() if other != name}
        return with_table(guess, table, replace(settled, outcomes=outcomes))

    question = _about(table, replace(doubt, others=()), f"outcomes.{name}", apply)
    return replace(question, may_be_none=True)


def _whole_client(guess: ClientGuess, doubt: Doubt) -> Question:
    key = doubt.key.partition(".")[0]

    def apply(answer: str) -> ClientGuess:
        settled = replace(guess, doubts=tuple(other for other in guess.doubts if other is not doubt))
        named: dict[str, Any] = {key: _top(key, answer)}
        return settled if answer == doubt.taken else replace(settled, **named)

    choices = (doubt.taken, *(other for other in doubt.others if other != doubt.taken))
    return Question(
        key=doubt.key, asked=f"{_capital(doubt.why)}. {_ASKED[key]}", choices=choices,
        remarks=("as taken", *("" for _ in choices[1:])), examples=tuple(() for _ in choices), may_be_none=False,
        apply=apply,
    )  # fmt: skip


def _about(table: TableGuess, doubt: Doubt, key: str, apply: Callable[[str], ClientGuess]) -> Question:
    choices = tuple(dict.fromkeys(choice for choice in (doubt.taken, *doubt.others) if choice))
    return Question(
        key=f"tables.{table.table}.{key}",
        asked=f"{table.sample.told}: {doubt.why}. {_question_about(key)}",
        choices=choices,
        remarks=("as taken" if doubt.taken else "", *("" for _ in choices[1:])),
        examples=tuple(() for _ in choices),
        may_be_none=False,
        must_choose=not doubt.taken,
        apply=apply,
    )


def _question_about(key: str) -> str:
    if key.startswith("outcomes."):
        return "Did it come out of the experiment?"
    last = key.rpartition(".")[2]
    return _ASKED_OF_TABLE.get(last, f"{last}?")


def _settled(table: TableGuess, doubt: Doubt) -> TableGuess:
    """The table without a doubt that was put to somebody."""
    sample = replace(table.sample, doubts=tuple(other for other in table.sample.doubts if other.key != doubt.key))
    return replace(table, sample=sample, doubts=tuple(other for other in table.doubts if other.key != doubt.key))


def _one_of(answer: str, allowed: Any) -> str:
    if answer not in allowed:
        raise ValueError(", ".join(allowed))
    return answer


def _read_with(read: ReadOptions, key: str, answer: str) -> ReadOptions:
    try:
        return ReadOptions.model_validate({**read.model_dump(), key: answer})
    except ValidationError as error:
        raise ValueError(str(error.errors()[0]["msg"]).removeprefix("Input should be ")) from error


def _top(key: str, answer: str) -> str:
    if key == "churn":
        return _one_of(answer, ("contract", "inactivity"))
    if key == "observed_through":
        try:
            return date.fromisoformat(answer).isoformat()
        except ValueError as error:
            raise ValueError("a day such as 2026-10-31") from error
    if key == "max_rejected":
        return _share(answer)
    return _accepted(key, answer)


def _share(answer: str) -> str:
    try:
        share = float(answer)
    except ValueError:
        share = -1.0
    if not 0 <= share <= 1:
        raise ValueError("a share from 0 to 1, such as 0.2")
    return f"{share:g}"


def _accepted(key: str, answer: str) -> str:
    """An answer that the client file takes at that key."""
    try:
        ClientFile.model_validate({key: answer, "tables": {}})
    except ValidationError as error:
        for detail in error.errors():
            if detail["loc"] == (key,):
                plain = str(detail["msg"]).removeprefix("Input should be ")
                raise ValueError("three capital letters, such as EUR" if key == "currency" else plain) from error
    return answer


def _capital(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}"
