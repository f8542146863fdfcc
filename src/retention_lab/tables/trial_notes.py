"""What was done to the rows of an experiment before anything was counted, in words."""

from collections.abc import Iterator, Sequence

from retention_lab.tables.experiment_file import Experiment
from retention_lab.tables.trial_rows import People
from retention_lab.tables.variants import Spellings


def trial_notes(people: People, spec: Experiment, where: Sequence[str]) -> tuple[str, ...]:
    """One sentence for each thing that a reader would want to know, and none where there is nothing."""
    filtered = [f"Only customers with {' and '.join(where)} are analysed; the sample ratio is that of all."]
    return (*_of_rows(people.spellings, spec), *_of_customers(people, spec), *(filtered if where else []))


def _of_rows(seen: Spellings, spec: Experiment) -> Iterator[str]:
    if seen.respelled:
        yield f"Variants written in other letters or with spaces around them were read as one: {seen.respelled} rows."
    if seen.outside:
        named = ", ".join(map(repr, seen.outside_names[:10]))
        yield f"Variants that are not declared were left out: {seen.outside} rows ({named})."
    if seen.n_late:
        yield f"Assigned after the last day that counts, and left out: {seen.n_late} rows."
    if seen.first_assigned is None and any(outcome.window_days for outcome in spec.outcomes.values()):
        yield "The rows do not say when customers were assigned, so nobody can tell whose window is over: all count."
    elif seen.n_without_day:
        yield f"Without a day of assignment, and taken as if the window were over: {seen.n_without_day} rows."
    if seen.n_without_id:
        yield f"Without a customer number, and each taken for a customer of its own: {seen.n_without_id} rows."
    if seen.n_without_cluster:
        yield f"Without a cluster, and left out: {seen.n_without_cluster} rows."


def _of_customers(people: People, spec: Experiment) -> Iterator[str]:
    if people.n_repeated and people.by_order:
        yield (
            f"Customers have several rows, which were summed: {people.n_repeated} rows beyond the first of each. "
            "An average or a share is that of a row, with the error of customers."
        )
        if any(outcome.duration for outcome in spec.outcomes.values()):
            yield "Of durations the first row of each customer counts."
    elif people.n_repeated:
        yield f"Rows that say the same of a customer again were counted once: {people.n_repeated} rows."
