"""The columns of the assignments' file that outcomes are read from: loaded, and held against what they are to be."""

from collections.abc import Iterator

import ibis
import ibis.expr.types as ir

from retention_lab.errors import DataError, Fault
from retention_lab.tables.client_file import Covariate, TableFile
from retention_lab.tables.experiment_file import Experiment
from retention_lab.tables.loading import COVARIATE, NUMBER
from retention_lab.tables.trial_columns import experiment_columns, flag_of

_MOST_SHOWN = 10
_MOST_UNREADABLE = 0.5


def with_outcomes(spec: TableFile, experiments: dict[str, Experiment]) -> TableFile:
    """The assignments' table with what experiments are read from: a covariate, a canonical column, or one of the file.

    They come like covariates: as text, and as numbers where they can be read so. A row whose outcome cannot be read is
    no fault of the row: the customer was assigned all the same.
    """
    named = dict.fromkeys(name for experiment in experiments.values() for name in experiment_columns(experiment))
    added = {name: Covariate(column=spec.columns.get(name, name)) for name in named if name not in spec.covariates}
    return spec.model_copy(update={"covariates": {**spec.covariates, **added}})


def refuse_unreadable(rows: ir.Table, source: str, experiments: dict[str, Experiment]) -> None:
    """Raises DataError where a column cannot be what client.yml takes it for.

    That is a value of a yes or no that is neither, or a number that most rows with a value have not.
    """
    flags, numbers = _flags(experiments), _numbers(experiments)
    wanted: dict[str, ir.Value] = {"rows": rows.count()}
    for name in flags:
        given = rows[f"{COVARIATE}{name}"].notnull()
        wanted[f"flags:{name}"] = (given & flag_of(rows, name).isnull()).sum()
    for name in numbers:
        wanted[f"read:{name}"] = rows[f"{NUMBER}{name}"].count()
    found = rows.aggregate(**wanted).to_pyarrow().to_pylist()[0]
    for name in numbers:
        # What came as numbers is written out only where one cannot be read.
        unread = rows.filter(rows[f"{NUMBER}{name}"].isnull()) if found[f"read:{name}"] < found["rows"] else None
        n = 0 if unread is None else int(unread[f"{COVARIATE}{name}"].count().to_pyarrow().as_py())
        found |= {f"numbers:{name}": n, f"given:{name}": found[f"read:{name}"] + n}
    faults = [_not_a_flag(rows, source, name, what) for name, what in flags.items() if found[f"flags:{name}"]]
    faults += [
        _not_a_number(rows, source, name, what, found[f"numbers:{name}"], found[f"given:{name}"])
        for name, what in numbers.items()
        if found[f"numbers:{name}"] > _MOST_UNREADABLE * found[f"given:{name}"]
    ]
    if faults:
        raise DataError(faults)


def _flags(experiments: dict[str, Experiment]) -> dict[str, str]:
    """The columns that say yes or no, and which outcome wants them."""
    return dict(_named(experiments, flags=True))


def _numbers(experiments: dict[str, Experiment]) -> dict[str, str]:
    return dict(_named(experiments, flags=False))


def _named(experiments: dict[str, Experiment], *, flags: bool) -> Iterator[tuple[str, str]]:
    for experiment, spec in experiments.items():
        for name, outcome in spec.outcomes.items():
            told = f"{experiment}, outcome {name}"
            yes_no = [outcome.column] if outcome.kind == "proportion" else []
            numbers = [outcome.column] if outcome.kind != "proportion" else []
            numbers += [outcome.numerator, outcome.denominator, outcome.duration, outcome.covariate]
            yield from ((column, told) for column in (yes_no if flags else numbers) if column)
            if flags and outcome.event_observed:
                yield outcome.event_observed, told
        if flags and spec.costs.rewarded:
            yield spec.costs.rewarded, f"{experiment}, costs.rewarded"


def _not_a_flag(rows: ir.Table, source: str, name: str, what: str) -> Fault:
    shown, codes = _values(rows, name, flag_of(rows, name).isnull())
    asked = ", ".join(f'"{code}": …' for code in codes)
    return Fault(
        where=f"{source}, column {name!r}",
        found=f"values that are neither yes nor no, as {what} wants them: {shown}",
        allowed="true, false, 1, 0, or what tables.assignments.values says",
        remedy=f"say in client.yml which is which (true or false for each): values: {{{name}: {{{asked}}}}}",
    )


def _not_a_number(rows: ir.Table, source: str, name: str, what: str, n: int, of: int) -> Fault:
    shown, _ = _values(rows, name, rows[f"{NUMBER}{name}"].isnull())
    return Fault(
        where=f"{source}, column {name!r}",
        found=f"{n} of {of} values are no numbers, as {what} wants them: {shown}",
        allowed="numbers",
        remedy="name another column, set read.decimal, or list what stands for 'none' under read.missing",
    )


def _values(rows: ir.Table, name: str, unread: ir.BooleanValue) -> tuple[str, list[str]]:
    """The values that cannot be read, the most frequent first, as they are told."""
    bad = rows.filter(rows[f"{COVARIATE}{name}"].notnull() & unread)
    counted = bad.group_by(value=bad[f"{COVARIATE}{name}"]).aggregate(n=bad.count())
    found = counted.order_by(ibis.desc("n"), "value").limit(_MOST_SHOWN + 1).to_pyarrow().to_pylist()
    told = [f"{item['value']!r} ({item['n']} rows)" for item in found[:_MOST_SHOWN]]
    more = ["and others"] if len(found) > _MOST_SHOWN else []
    return ", ".join([*told, *more]), [item["value"] for item in found[:_MOST_SHOWN]]
