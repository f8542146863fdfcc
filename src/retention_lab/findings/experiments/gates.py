"""What must hold before an effect is worth reading, in sentences: who was assigned, and whether all of them count."""

import math
from collections.abc import Callable, Sequence

from retention_lab.analysis.experiments.gates import Gate, GateRow
from retention_lab.analysis.experiments.study import ExperimentStudy
from retention_lab.findings.experiments.gate_actions import gate_action
from retention_lab.findings.experiments.gates_of_outcomes import (
    balance_sentence,
    early_sentence,
    filter_sentence,
    lost_sentence,
    maturity_sentence,
    outliers_sentence,
    size_sentence,
)
from retention_lab.findings.finding import NOT_A_NUMBER, Finding, Findings, Verdict
from retention_lab.text import Text

# Of more variants than this, only the one farthest from its plan is named.
_MANY_VARIANTS = 4
_LARGE = 100_000
_VERDICTS: dict[str, Verdict] = {
    "passed": "fine",
    "warned": "watch",
    "failed": "invalid",
    "not_applicable": "not_enough_data",
}


def gate_findings(study: ExperimentStudy, gates: Sequence[Gate], text: Text) -> Findings:
    """One finding for each gate, in their order."""
    return Findings(tuple(gate_finding(study, gate, text) for gate in gates))


def gate_finding(study: ExperimentStudy, gate: Gate, text: Text) -> Finding:
    """What one gate checked and found, and what that means where it is not passed."""
    return Finding(
        id=f"experiment.gate.{gate.name}",
        question=gate_question(gate.name, text),
        headline=gate_sentence(study, gate, text),
        action=gate_action(gate, text) if gate.status in ("warned", "failed") else "",
        verdict=_VERDICTS[gate.status],
        estimate=NOT_A_NUMBER,
        ci_lower=NOT_A_NUMBER,
        ci_upper=NOT_A_NUMBER,
        unit="",
        n_obs=_n_assigned(study),
        method=_method(gate, text),
        definition="",
    )


def _n_assigned(study: ExperimentStudy) -> int:
    return int(study.trial.counts["rows"].sum()) if study.trial else 0


def gate_name(name: str, text: Text) -> str:
    """A gate's name in a table."""
    return {
        "sample_ratio": text.say("Sample ratio"),
        "assignment": text.say("Assignment"),
        "unit": text.say("Unit of analysis"),
        "maturity": text.say("Windows over"),
        "early_look": text.say("Early look"),
        "filter": text.say("Filter"),
        "lost": text.say("Lost customers"),
        "balance": text.say("Alike before"),
        "size": text.say("Size"),
        "outliers": text.say("Outliers"),
    }[name]


def gate_question(name: str, text: Text) -> str:
    """What a gate asks."""
    return {
        "sample_ratio": text.say("Are the variants as large as planned?"),
        "assignment": text.say("Was everybody in one variant, and got what it says?"),
        "unit": text.say("Is what was drawn also what is compared?"),
        "maturity": text.say("Is everybody's time over?"),
        "early_look": text.say("Is it the planned time to look?"),
        "filter": text.say("Was anybody picked by what the treatment may have changed?"),
        "lost": text.say("Were customers lost on the way?"),
        "balance": text.say("Were the variants alike before?"),
        "size": text.say("Are there enough customers?"),
        "outliers": text.say("Do a few customers make the answer?"),
    }[name]


def gate_sentence(study: ExperimentStudy, gate: Gate, text: Text) -> str:
    """What one gate found, with its numbers."""
    say: dict[str, Callable[[], str]] = {
        "sample_ratio": lambda: _sample_ratio(study, gate, text),
        "assignment": lambda: _assignment(gate, text),
        "unit": lambda: _unit(gate, text),
        "maturity": lambda: maturity_sentence(study, gate, text),
        "early_look": lambda: early_sentence(study, gate, text),
        "filter": lambda: filter_sentence(study, gate, text),
        "lost": lambda: lost_sentence(study, gate, text),
        "balance": lambda: balance_sentence(study, gate, text),
        "size": lambda: size_sentence(study, gate, text),
        "outliers": lambda: outliers_sentence(gate, text),
    }
    return say[gate.name]()


def _method(gate: Gate, text: Text) -> str:
    if math.isnan(gate.pvalue):
        return ""
    method = {
        "sample_ratio": text.say("chi-squared test against the planned shares, before anybody is left out"),
        "filter": text.say("chi-squared test of the share that is left"),
        "lost": text.say("chi-squared test of the share that is lost, times the number of outcomes"),
        "balance": text.say("Welch's test of what was known before and of the days, Holm over all comparisons"),
    }.get(gate.name, "")
    return text.say("{method}; {p}", method=method, p=text.pvalue(gate.pvalue)) if method else ""


def _sample_ratio(study: ExperimentStudy, gate: Gate, text: Text) -> str:
    n = sum(row.n for row in gate.rows)
    if gate.status == "not_applicable":
        found = text.join([text.say("“{variant}” {n}", variant=row.variant, n=text.count(row.n)) for row in gate.rows])
        if not n:
            return text.say("Nobody was assigned to any variant, so there are no shares to compare.")
        return text.say(
            "The client file does not say which shares were planned, so nobody can say whether customers are missing: "
            "{found}. {remedy}",
            found=found,
            remedy=write_shares(study, text),
        )
    values = {
        "n": _units(study, n, text),
        "found": _shares_found(gate.rows, text),
        "p": text.pvalue(gate.pvalue),
    }
    if gate.status == "passed":
        return text.say("The variants are as large as planned. Of {n}: {found}; {p}.", **values)
    if gate.status == "warned":
        return text.say("The variants are not quite as large as planned. Of {n}: {found}; {p}.", **values)
    return text.say(
        "The variants are not as large as planned, and chance does not explain it. Of {n}: {found}; {p}.", **values
    )


def write_shares(study: ExperimentStudy, text: Text) -> str:
    """What to write in the client file so that a broken sample ratio can be seen."""
    return text.say(
        "Write the planned share of each variant under experiments.{experiment}.shares in the client file.",
        experiment=study.trial.name if study.trial else "",
    )


def _units(study: ExperimentStudy, n: float, text: Text) -> str:
    if study.trial is not None and study.trial.randomised == "cluster":
        return text.say_many("{n} cluster", "{n} clusters", round(n))
    return text.say_many("{n} customer", "{n} customers", round(n))


def _shares_found(rows: Sequence[GateRow], text: Text) -> str:
    shown = list(rows)
    if len(rows) > _MANY_VARIANTS:
        shown = [max(rows, key=lambda row: abs(row.n - row.expected) / math.sqrt(row.expected))]
    # The larger the experiment, the smaller the shift that tells.
    digits = 1 if sum(row.n for row in rows) < _LARGE else 2
    parts = [
        text.say(
            "{share} “{variant}” (planned {planned})",
            variant=row.variant,
            share=text.percent(row.n / row.of, digits),
            planned=text.percent(row.expected / row.of, digits),
        )
        for row in shown
    ]
    if len(rows) > _MANY_VARIANTS:
        return text.say("farthest off, of {n} variants, is {part}", n=text.count(len(rows)), part=parts[0])
    return text.join(parts)


def _assignment(gate: Gate, text: Text) -> str:
    facts, parts = gate.facts, []
    if facts["n_double"]:
        parts.append(
            text.say_many(
                "{n} customer ({share}) is in more than one variant, and in none of the numbers.",
                "{n} customers ({share}) are in more than one variant, and in none of the numbers.",
                round(facts["n_double"]),
                share=_share(facts["double"], text),
            )
        )
    if facts["n_received"]:
        parts.append(
            text.say_many(
                "{n} of {known} customers ({share}) got another variant than theirs, and counts in the assigned one.",
                "{n} of {known} customers ({share}) got another variant than theirs, and count in the assigned one.",
                round(facts["n_received"]),
                known=text.count(facts["n_received_known"]),
                share=_share(facts["received"], text),
            )
        )
    if facts["n_outside"]:
        parts.append(
            text.say_many(
                "{n} row ({share}) names a variant that the client file does not, and is left out.",
                "{n} rows ({share}) name a variant that the client file does not, and are left out.",
                round(facts["n_outside"]),
                share=_share(facts["outside"], text),
            )
        )
    return " ".join(parts) or _all_in_one(gate, text)


def _all_in_one(gate: Gate, text: Text) -> str:
    if gate.facts["n_received_known"]:
        return text.say_many(
            "Nobody is in two variants, and the one customer of whom it is recorded got their own.",
            "Nobody is in two variants, and all {n} customers of whom it is recorded got their own.",
            round(gate.facts["n_received_known"]),
        )
    return text.say("Nobody is in two variants. What each customer really got is not recorded.")


def _share(share: float, text: Text) -> str:
    return text.percent(share, 2 if share < 0.01 else 1)


def _unit(gate: Gate, text: Text) -> str:
    facts = gate.facts
    values = {
        "rows": text.count(facts["n_rows"]),
        "customers": text.count(facts["n_customers"]),
        "clusters": text.count(facts["n_clusters"]),
    }
    if gate.rows:
        return _clusters(gate, values, text)
    if facts["by_order"]:
        return text.say(
            "Customers were drawn, but the file has {rows} rows for {customers} of them. An average or a share of the "
            "file's columns is that of a row; how sure it is, is reckoned from customers.",
            **values,
        )
    if not facts["has_customers"]:
        return text.say(
            "The file has no customer ids: each of its {rows} rows counts as one customer, and nobody can check that "
            "it is.",
            **values,
        )
    return text.say("Customers were drawn, and customers are compared: {customers}, one row each.", **values)


def _clusters(gate: Gate, values: dict[str, str], text: Text) -> str:
    said = text.say("Clusters were drawn, and clusters are compared: {clusters}, with {customers} customers.", **values)
    fewest = min(gate.rows, key=lambda row: row.n)
    if gate.facts["n_mixed"]:
        said += " " + text.say_many(
            "{n} of them has customers in several variants.",
            "{n} of them have customers in several variants.",
            round(gate.facts["n_mixed"]),
        )
    if gate.status == "warned" and not gate.facts["n_mixed"]:
        said += " " + text.say_many(
            "“{variant}” has only {n}.", "“{variant}” has only {n}.", round(fewest.n), variant=fewest.variant
        )
    return said
