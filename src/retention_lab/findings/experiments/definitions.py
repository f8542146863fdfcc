"""What an outcome of an experiment counts, in a sentence."""

from retention_lab.analysis.experiments.study import ExperimentStudy
from retention_lab.findings.experiments.amounts import horizon_name
from retention_lab.findings.words import covariate_name
from retention_lab.tables.experiment_file import Outcome
from retention_lab.text import Text


def definition_of(study: ExperimentStudy, name: str, spec: Outcome, text: Text) -> str:
    """What an outcome counts: of a customer, or of a row where customers have several."""
    values = {"outcome": covariate_name(name), "span": horizon_name(spec, text)}
    if spec.kind == "survival":
        return text.say(
            "How long a customer stays within {span} of the assignment, on average (restricted mean); who is still "
            "here counts for as long as observed.",
            **values,
        )
    if spec.kind == "ratio" and spec.source:
        return text.say("Sum of the amounts over their number within {span} of the assignment.", **values)
    if spec.kind == "ratio":
        return text.say(
            "Sum of “{numerator}” over the sum of “{denominator}”.",
            numerator=spec.numerator,
            denominator=spec.denominator,
        )
    if spec.source:
        return _of_purchases(spec, values, text)
    return _of_rows(study, spec, text) if is_by_row(study, spec) else _of_customers(spec, text)


def is_by_row(study: ExperimentStudy, spec: Outcome) -> bool:
    """Whether an outcome is the average or the share of rows, of which a customer has several."""
    by_order = study.trial is not None and study.trial.by_order
    return by_order and not spec.source and spec.kind in ("mean", "proportion")


def _of_purchases(spec: Outcome, values: dict[str, str], text: Text) -> str:
    if spec.kind == "proportion":
        return text.say("Share of customers with a transaction within {span} of the assignment.", **values)
    if spec.source == "transactions.amount":
        return text.say("Sum of a customer's transactions within {span} of the assignment, on average.", **values)
    return text.say("Number of a customer's transactions within {span} of the assignment, on average.", **values)


def _of_customers(spec: Outcome, text: Text) -> str:
    if spec.kind == "proportion":
        return text.say("Share of customers with “{column}”.", column=spec.column)
    return text.say("“{column}” of a customer, on average.", column=spec.column)


def _of_rows(study: ExperimentStudy, spec: Outcome, text: Text) -> str:
    if spec.kind == "proportion":
        said = text.say(
            "Share of the file's rows with “{column}”, of which a customer has several.", column=spec.column
        )
    else:
        said = text.say("“{column}” of a row of the file, on average; a customer has several.", column=spec.column)
    if study.trial is not None and study.trial.randomised == "cluster":
        return f"{said} " + text.say("How sure it is, is reckoned from clusters: those were drawn.")
    return f"{said} " + text.say("How sure it is, is reckoned from customers: those were drawn.")
