"""From the rows of an experiment to its customers: who was assigned to what, and who was there more than once."""

from dataclasses import dataclass
from datetime import date

import ibis
import ibis.expr.types as ir

from retention_lab.errors import DataError, Fault
from retention_lab.tables.experiment_file import Experiment
from retention_lab.tables.trial_columns import REWARDED, D, E, T, X, Y, read_columns
from retention_lab.tables.variants import Spellings, as_variant, read_spellings

# Beside the columns of outcomes: whether a customer is in several variants, how many rows there are, what was received.
SEVERAL, ROWS, OTHER, RECEIVED = "several", "rows", "received_other", "received_known"
_KEY = "key"
_MOST_SHOWN = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """A row for each customer and variant: `variant`, `several`, `rows`, and the columns of outcomes.

    `by_order`: customers have rows that differ, and are summed over them; `n_repeated` rows said the same again.
    """

    rows: ir.Table
    spellings: Spellings
    by_order: bool
    n_repeated: int


def find_people(
    assignments: ir.Table, spec: Experiment, name: str, as_of: date, also: dict[str, str] | None = None
) -> People:
    """The customers of an experiment through `as_of`, those in several variants among them, once for each.

    `also`: columns that are wanted as text, by the name that they are to have.
    """
    spellings = read_spellings(assignments, spec, name, as_of)
    _refuse_received(assignments, spellings, name)
    rows = _of_experiment(assignments, spec, spellings, as_of, also or {})
    once = rows.mutate(**{SEVERAL: ibis.literal(False), ROWS: ibis.literal(1)})
    if "customer_id" not in rows.columns or _is_once(rows):
        return People(rows=once, spellings=spellings, by_order=False, n_repeated=0)
    rows = stored(rows.mutate(**{_KEY: _key(rows, spellings)}), "assigned")
    by_order, n_repeated = _differ(rows)
    single = _merged(rows, by_order=by_order)
    return People(rows=stored(single, "people"), spellings=spellings, by_order=by_order, n_repeated=n_repeated)


def _refuse_received(assignments: ir.Table, spellings: Spellings, name: str) -> None:
    """Where no customer received anything that is called as a variant is, the column is in another language."""
    if "received" not in assignments.columns:
        return
    if spellings.experiments and set(spellings.experiments) != {""}:
        assignments = assignments.filter(_experiment(assignments).isin(spellings.experiments))
    text = assignments.received.cast("string").strip()
    known = assignments.filter(text.notnull() & (text != "")).select(received=text)
    ours = {variant.strip().lower() for variant in spellings.variants}
    if known.filter(known.received.lower().isin(sorted(ours))).count().to_pyarrow().as_py():
        return
    shown = known.distinct().order_by("received").limit(_MOST_SHOWN).to_pyarrow()["received"].to_pylist()
    if shown:
        found = f"no value of it is a variant: {', '.join(map(repr, shown))}"
        remedy = "say under values of tables.assignments which value of received is which variant"
        allowed = ", ".join(spellings.variants)
        raise DataError(Fault(where=f"experiment {name}, received", found=found, allowed=allowed, remedy=remedy))


def stored(rows: ir.Table, name: str) -> ir.Table:
    """Rows put down in their engine for as long as we talk to it, so that they are not worked out once a question."""
    try:
        table: ir.Table = rows.get_backend().create_table(ibis.util.gen_name(name), rows, temp=True)
    except NotImplementedError:
        # Spark has no temporary tables, and keeps the rows in its memory.
        table = rows.cache()
    return table


def _of_experiment(
    rows: ir.Table, spec: Experiment, spellings: Spellings, as_of: date, also: dict[str, str]
) -> ir.Table:
    """The rows that count, with our own names for what they say."""
    has = set(rows.columns)
    variant = as_variant(rows.variant, spellings.named)
    values: dict[str, ir.Value] = {"variant": variant}
    if "customer_id" in has:
        values["customer_id"] = rows.customer_id.cast("string")
    if "assigned_on" in has:
        values["assigned_on"] = rows.assigned_on.cast("date")
    if "cluster" in has:
        values["cluster"] = rows.cluster.cast("string")
    if "received" in has:
        received = rows.received.cast("string").strip()
        known = received.notnull() & (received != "")
        values |= {RECEIVED: known, OTHER: known & (received.lower() != variant.strip().lower())}
    texts = {name: rows[column].cast("string") for name, column in also.items()}
    picked = rows.select(**values, **read_columns(rows, spec), **texts, experiment=_experiment(rows))
    kept = picked.filter(picked.variant.notnull())
    if spellings.experiments and set(spellings.experiments) != {""}:
        kept = kept.filter(kept.experiment.isin(spellings.experiments))
    if "assigned_on" in has:
        kept = kept.filter((kept.assigned_on <= ibis.literal(as_of)).fill_null(True))
    if "cluster" in has:
        kept = kept.filter(kept.cluster.notnull())
    return kept.drop("experiment")


def _experiment(rows: ir.Table) -> ir.StringValue:
    return rows.experiment.cast("string") if "experiment" in rows.columns else ibis.literal("")


def _key(rows: ir.Table, spellings: Spellings) -> ir.StringValue:
    """The customer; a row that names none stands for itself."""
    if not spellings.n_without_id:
        return rows.customer_id
    return rows.customer_id.fill_null("\n" + ibis.row_number().cast("string"))


def _is_once(rows: ir.Table) -> bool:
    """Whether each customer has one row; those without a number are not told apart, and have one each."""
    found = rows.aggregate(rows=rows.customer_id.count(), keys=rows.customer_id.nunique()).to_pyarrow().to_pylist()[0]
    return bool(found["rows"] == found["keys"])


def _differ(rows: ir.Table) -> tuple[bool, int]:
    """Whether a customer's rows of one variant differ in an outcome, and how many rows there are beyond the first."""
    names = [name for name in rows.columns if name.startswith((Y, D, T, E))]
    alike = [
        (rows[name].min() == rows[name].max()).fill_null(True) & rows[name].count().isin([0, 1])
        | (rows[name].min() == rows[name].max()).fill_null(False) & (rows[name].count() == rows.count())
        for name in names
    ]
    one = rows.group_by(_KEY, "variant").aggregate(n=rows.count(), alike=ibis.and_(ibis.literal(True), *alike))
    found = one.aggregate(differ=((one.n > 1) & ~one.alike).any(), beyond=(one.n - 1).sum()).to_pyarrow().to_pylist()[0]
    return bool(found["differ"]), int(found["beyond"])


def _merged(rows: ir.Table, *, by_order: bool) -> ir.Table:
    """One row for each customer and variant: of rows that are alike the one, else their sums and their number."""
    rows = rows.mutate(
        _first=ibis.row_number().over(ibis.window(group_by=[_KEY, "variant"], order_by=_order(rows))) == 0
    )
    values: dict[str, ir.Value] = {ROWS: rows.count()}
    for name in rows.columns:
        column = rows[name]
        if name.startswith((Y, D)) and by_order:
            values[name] = column.sum()
        elif name.startswith(X) or (name == REWARDED):
            values[name] = column.mean() if name.startswith(X) else column.max()
        elif name in (OTHER, RECEIVED):
            values[name] = column.any()
        elif name not in (_KEY, "variant", "_first"):
            values[name] = column.max(where=rows._first)
    if by_order:
        values |= _numbers_of_rows(rows)
    one = rows.group_by(_KEY, "variant").aggregate(**values)
    several = one.group_by(_KEY).aggregate(n=one.count())
    return one.mutate(**{SEVERAL: one[_KEY].isin(several.filter(several.n > 1)[_KEY])}).drop(_KEY)


def _order(rows: ir.Table) -> list[ir.Value]:
    """The first row of a customer is the earliest; of equal ones the same one each time."""
    first = [name for name in ("assigned_on", "cluster") if name in rows.columns]
    return [rows[name] for name in (*first, *(name for name in rows.columns if name.startswith((T, E, Y, D))))]


def _numbers_of_rows(rows: ir.Table) -> dict[str, ir.Value]:
    """For a mean or a proportion over orders, the number of orders is what the sum is divided by."""
    plain = [n for n in rows.columns if n.startswith(Y) and D + n.removeprefix(Y) not in rows.columns]
    return {D + name.removeprefix(Y): rows[name].count().cast("float64") for name in plain}
