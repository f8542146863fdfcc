"""What an outcome's columns say, row by row, whether a client's files were read or the table lies in a warehouse."""

import ibis
import ibis.expr.types as ir

from retention_lab.errors import DataError, Fault
from retention_lab.tables.client_rules import nearest
from retention_lab.tables.experiment_file import Experiment, Outcome
from retention_lab.tables.loading import COVARIATE, NUMBER, SINCE

Y, D, X, T, E, M = "y:", "d:", "x:", "t:", "e:", "m:"
REWARDED = "rewarded"
_IDS = ("customer_id", "experiment", "variant")


def number_of(rows: ir.Table, name: str) -> ir.FloatingValue:
    """A column as numbers; null where there is none, or none that counts."""
    if f"{NUMBER}{name}" in rows.columns:
        return rows[f"{NUMBER}{name}"]
    column = _own(rows, name)
    if column.type().is_boolean():
        return column.cast("int32").cast("float64")
    if not column.type().is_numeric():
        found = f"it holds {column.type()}"
        raise DataError(Fault(where=f"column {name!r}", found=found, allowed="numbers", remedy="turn it into numbers"))
    number = column.cast("float64")
    return ibis.ifelse(number.isnan() | number.isinf(), None, number) if column.type().is_floating() else number


def double(value: float) -> ir.FloatingScalar:
    """A number that every engine takes for one of double precision: bare, Spark takes it for a decimal and rounds."""
    return ibis.literal(str(value)).cast("float64")


def flag_of(rows: ir.Table, name: str) -> ir.FloatingValue:
    """A column that says yes (1.0) or no (0.0); null where it says neither."""
    if f"{COVARIATE}{name}" in rows.columns:
        text, number = rows[f"{COVARIATE}{name}"].lower(), rows[f"{NUMBER}{name}"]
        yes, no = (text == "true") | (number == 1), (text == "false") | (number == 0)
        return ibis.cases((yes, double(1)), (no, double(0)), else_=None)
    number = number_of(rows, name)
    return ibis.ifelse(number.isin([0.0, 1.0]), number, None)


def _own(rows: ir.Table, name: str) -> ir.Value:
    if name in rows.columns:
        return rows[name]
    known = list(rows.columns)
    remedy = nearest(name, known) or "correct the experiment, or ask for the column"
    raise DataError(
        Fault(where=f"column {name!r}", found="the table has none", allowed=", ".join(known), remedy=remedy)
    )


def text_columns(table: ir.Table) -> dict[str, str]:
    """The columns by which customers can be told apart, by the names that a person knows them under."""
    found: dict[str, str] = {}
    for column in table.columns:
        kind = table[column].type()
        if (kind.is_string() or kind.is_boolean()) and not column.startswith((NUMBER, SINCE)) and column not in _IDS:
            found.setdefault(column.removeprefix(COVARIATE), column)
    return found


def column_names(outcome: Outcome) -> tuple[str, ...]:
    """The columns of the assignments that an outcome is read from."""
    named = (
        outcome.column,
        outcome.numerator,
        outcome.denominator,
        outcome.duration,
        outcome.event_observed,
        outcome.covariate,
    )
    return tuple(name for name in named if name)


def experiment_columns(spec: Experiment) -> tuple[str, ...]:
    """The columns of the assignments that an experiment is read from, each once."""
    named = [name for outcome in spec.outcomes.values() for name in column_names(outcome)]
    return tuple(dict.fromkeys([*named, *([spec.costs.rewarded] if spec.costs.rewarded else [])]))


def columns_after(spec: Experiment) -> tuple[str, ...]:
    """The columns of an experiment that are known only after the assignment: all but the covariates."""
    before = {outcome.covariate for outcome in spec.outcomes.values()}
    return tuple(name for name in experiment_columns(spec) if name not in before)


def read_columns(rows: ir.Table, spec: Experiment) -> dict[str, ir.Value]:
    """For each outcome what its own columns say: `y:`, `d:`, `x:`, `t:` and `e:`; and who got the reward."""
    found: dict[str, ir.Value] = {}
    for name, outcome in spec.outcomes.items():
        if outcome.column:
            read = flag_of if outcome.kind == "proportion" else number_of
            found[Y + name] = read(rows, outcome.column)
        if outcome.numerator and outcome.denominator:
            over, under = (number_of(rows, column) for column in (outcome.numerator, outcome.denominator))
            # One without the other is neither.
            found[Y + name] = ibis.ifelse(under.isnull(), None, over)
            found[D + name] = ibis.ifelse(over.isnull(), None, under)
        if outcome.duration and outcome.event_observed:
            found[T + name] = number_of(rows, outcome.duration)
            found[E + name] = flag_of(rows, outcome.event_observed)
        if outcome.covariate:
            found[X + name] = number_of(rows, outcome.covariate)
    if spec.costs.rewarded:
        found[REWARDED] = flag_of(rows, spec.costs.rewarded)
    return found
