"""What must hold before an effect is worth reading, in sentences: whether the outcomes can be compared."""

import math

from retention_lab.analysis.experiments.balance import DAYS
from retention_lab.analysis.experiments.effects import has_covariate
from retention_lab.analysis.experiments.gates import FEW_EVENTS, WARNS, Gate, GateRow
from retention_lab.analysis.experiments.study import ExperimentStudy
from retention_lab.findings.experiments.amounts import horizon_name
from retention_lab.findings.words import covariate_name
from retention_lab.text import Text


def maturity_sentence(study: ExperimentStudy, gate: Gate, text: Text) -> str:
    """Whose window or horizon is over."""
    if gate.status == "not_applicable":
        if any(outcome.window_days or outcome.kind == "survival" for outcome in study.outcomes.values()):
            return text.say(
                "The file does not say on which days customers were assigned, so nobody can say whose time is over: "
                "all count."
            )
        return text.say("No outcome of this experiment takes time to be known.")
    spec = study.outcomes[gate.about]
    over, n = sum(row.n for row in gate.rows), sum(row.of for row in gate.rows)
    values = {
        "over": text.count(over),
        "n": text.count(n),
        "share": _percent(over, n, text),
        "span": horizon_name(spec, text),
        "outcome": covariate_name(gate.about),
    }
    if gate.status == "passed":
        return text.say("The time of all {n} customers is over ({span} for “{outcome}”).", **values)
    if over >= n:
        return text.say(
            "For “{outcome}” the time of all {n} customers is over; for other outcomes it is over for {all}.",
            **values,
            all=_percent(gate.facts["over"], gate.facts["n"], text),
        )
    if spec.kind == "survival":
        return text.say(
            "{over} of {n} customers ({share}) have left or been followed for all of the {span}; the others count for "
            "as long as they were seen.",
            **values,
        )
    return text.say(
        "The {span} of {over} of {n} customers ({share}) are over, and only those count for “{outcome}”.", **values
    )


def early_sentence(study: ExperimentStudy, gate: Gate, text: Text) -> str:
    """Whether the experiment is looked at when it was planned to be."""
    if gate.status == "not_applicable":
        if gate.facts.get("anytime"):
            return text.say("The experiment is made to be looked at whenever one likes: its intervals allow for it.")
        return text.say("The client file does not say when the experiment was to end, so nobody can say if it has.")
    said = plan_sentence(study, gate, text)
    if gate.status == "passed":
        return text.say("The experiment is looked at when it was planned to be. {plan}", plan=said)
    return text.say("The experiment is looked at before it was planned to be. {plan}", plan=said)


def plan_sentence(study: ExperimentStudy, gate: Gate, text: Text) -> str:
    """How many customers and until when, planned and found."""
    planned, ends_on = gate.facts["n_planned"], study.trial.spec.ends_on if study.trial else None
    values = {
        "n": text.count(gate.facts["n"]),
        "planned": text.count(planned),
        "today": text.date(study.as_of),
        "end": text.date(ends_on) if ends_on else "",
    }
    if ends_on is None:
        return text.say("It has {n} customers; {planned} were planned.", **values)
    if math.isnan(planned):
        return text.say("The data ends on {today}; the experiment was to end on {end}.", **values)
    return text.say(
        "It has {n} customers, of {planned} planned; the data ends on {today}, and it was to end on {end}.", **values
    )


def filter_sentence(study: ExperimentStudy, gate: Gate, text: Text) -> str:
    """Whom a condition left over in each variant."""
    if gate.status == "not_applicable":
        return text.say("No condition was set: everybody who was assigned is asked about.")
    values = {
        "where": text.join(list(study.where)),
        "kept": _shares(gate.rows, text),
        "p": text.pvalue(gate.pvalue),
    }
    if math.isnan(gate.pvalue):
        return text.say("Only customers with {where} count: {kept}.", **values)
    if gate.status == "warned":
        return text.say("Only customers with {where} count: {kept}; {p}.", **values)
    return text.say(
        "Only customers with {where} count, and that keeps another share of each variant: {kept}; {p}.", **values
    )


def lost_sentence(study: ExperimentStudy, gate: Gate, text: Text) -> str:
    """Of how many the outcome is not known, and whether that is alike in each variant."""
    if not gate.facts["share"]:
        return text.say("Nobody was lost: every outcome of every customer is known.") + _who_lost(study, gate, text)
    lost, n = sum(row.n for row in gate.rows), sum(row.of for row in gate.rows)
    values = {
        "outcome": covariate_name(gate.about),
        "lost": _shares(gate.rows, text),
        "p": text.pvalue(gate.pvalue),
    }
    if lost >= n > 0 or (math.isnan(gate.pvalue) and not n):
        said = text.say("Of no customer is “{outcome}” known.", **values)
    elif math.isnan(gate.pvalue):
        said = text.say("Without a known “{outcome}” are {lost}.", **values)
    elif gate.status == "passed":
        said = text.say(
            "The variants lost customers alike: “{outcome}” is not known of {n} of {of} ({share}); {p}.",
            **values,
            n=text.count(lost),
            of=text.count(n),
            share=_percent(lost, n, text),
        )
    elif gate.pvalue < WARNS:
        said = text.say(
            "The variants lost customers differently. Without a known “{outcome}” are {lost}; {p}.", **values
        )
    else:
        said = text.say(
            "The variants lost customers alike. Without a known “{outcome}” are {lost}, which chance explains; {p}.",
            **values,
        )
    return said + _lost_elsewhere(gate, lost / n if n else 0.0, text) + _who_lost(study, gate, text)


def _lost_elsewhere(gate: Gate, share: float, text: Text) -> str:
    """The largest share that any outcome lacks, where that is another outcome than the one told."""
    most = gate.facts["share"]
    if round(most, 3) <= round(share, 3):
        return ""
    return " " + text.say("The outcome that most lack is not known of {share}.", share=_percent(most, 1, text))


def _who_lost(study: ExperimentStudy, gate: Gate, text: Text) -> str:
    said = ""
    if gate.facts["gone"]:
        said += " " + text.say_many(
            "{n} customer had left before they were assigned.",
            "{n} customers had left before they were assigned.",
            round(gate.facts["gone"]),
        )
    if gate.facts["unknown"]:
        said += " " + _not_followed(study, round(gate.facts["unknown"]), text)
    return said


def _not_followed(study: ExperimentStudy, n: int, text: Text) -> str:
    """Of whom nobody knows how long they stayed: by the file's own durations, or by the client's tables."""
    by_file = {bool(outcome.duration) for outcome in study.outcomes.values() if outcome.kind == "survival"}
    if by_file == {True}:
        return text.say_many(
            "The duration of {n} customer cannot be used: it is blank or below nought, or it is not said whether they "
            "left.",
            "The durations of {n} customers cannot be used: they are blank or below nought, or it is not said whether "
            "they left.",
            n,
        )
    if by_file == {False}:
        return text.say_many(
            "Of {n} customer the client's tables do not say whether they were here when assigned.",
            "Of {n} customers the client's tables do not say whether they were here when assigned.",
            n,
        )
    return text.say_many(
        "Of {n} customer it is not known how long they stayed.",
        "Of {n} customers it is not known how long they stayed.",
        n,
    )


def balance_sentence(study: ExperimentStudy, gate: Gate, text: Text) -> str:
    """Whether the variants differ in what was known before the assignment, or in its days."""
    if gate.status == "not_applicable":
        if not any(map(has_covariate, study.outcomes.values())):
            return text.say("Nothing is known of the customers from before the assignment that could be compared.")
        return text.say("What is known from before the assignment is the same for all, or known of too few.")
    if gate.about == DAYS:
        return _days_sentence(gate, text)
    values = {
        "outcome": covariate_name(gate.about),
        "means": text.join(
            [text.say("{n} in “{variant}”", n=_mean(row, gate.rows, text), variant=row.variant) for row in gate.rows]
        ),
        "p": text.pvalue(gate.pvalue),
    }
    if gate.status == "passed":
        return text.say(
            "Before the assignment the variants were alike. Farthest apart is what is known before of “{outcome}”, on "
            "average {means}; {p}.",
            **values,
        )
    return text.say(
        "The variants differed already before the assignment: what is known before of “{outcome}” is on average "
        "{means}; {p}.",
        **values,
    )


def _days_sentence(gate: Gate, text: Text) -> str:
    values = {
        "means": text.join(
            [
                text.say("{n} days in “{variant}”", n=_mean(row, gate.rows, text), variant=row.variant)
                for row in gate.rows
            ]
        ),
        "p": text.pvalue(gate.pvalue),
    }
    if gate.status == "passed":
        return text.say(
            "Nothing tells the variants apart before the assignment. It came on average {means} after the first one; "
            "{p}.",
            **values,
        )
    return text.say(
        "The variants were not assigned in the same weeks, so season and variant cannot be told apart: on average "
        "{means} after the first assignment; {p}.",
        **values,
    )


def _mean(row: GateRow, rows: tuple[GateRow, ...], text: Text) -> str:
    largest = max(abs(one.n) for one in rows)
    return text.number(row.n, 3 if largest < 1 else 2 if largest < 1000 else 0)


def size_sentence(study: ExperimentStudy, gate: Gate, text: Text) -> str:
    """How many customers the smallest variant has, and how many events."""
    values = {"outcome": covariate_name(gate.about), "events": text.count(gate.facts["events"])}
    fewest = round(gate.facts["fewest"])
    said = text.say_many(
        "The smallest variant has {n} customer with a known “{outcome}”.",
        "The smallest variant has {n} customers with a known “{outcome}”.",
        fewest,
        **values,
    )
    if gate.status == "warned" and gate.facts.get("nonzero", math.nan) < 2 * FEW_EVENTS:
        few = text.count(gate.facts["nonzero"])
        return f"{said} " + text.say("With the control, only {few} have a value other than nought.", few=few)
    if math.isnan(gate.facts["events"]):
        return said
    if study.outcomes[gate.about].kind == "survival":
        if not gate.facts["events"]:
            return f"{said} " + text.say("There is a variant in which nobody has left.")
        left = text.say_many("{n} has left", "{n} have left", round(gate.facts["events"]))
        return f"{said} " + text.say("Where fewest left, {left}.", left=left)
    return f"{said} " + text.say("Of the rarer answer, yes or no, the variant with fewest has {events}.", **values)


def outliers_sentence(gate: Gate, text: Text) -> str:
    """Whether the largest values change the answer."""
    if gate.status == "not_applicable":
        return text.say("No outcome is an average that a few customers could carry.")
    outcome, n = covariate_name(gate.about), round(gate.facts["n_extreme"])
    found = text.say_many(
        "{n} customer has more than ten times what nearly all others have.",
        "{n} customers have more than ten times what nearly all others have.",
        n,
    )
    if gate.facts["turned"]:
        turned = text.say(
            "A few customers make the answer: with the largest values trimmed, “{outcome}” has another answer.",
            outcome=outcome,
        )
        return f"{turned} {found}" if n else turned
    if n:
        return f"{found} " + text.say("The answer is the same without them.")
    return text.say("No customer is far above the others, and the answer is the same with the largest values trimmed.")


def _shares(rows: tuple[GateRow, ...], text: Text) -> str:
    return text.join(
        [
            text.say(
                "{n} of {of} in “{variant}” ({share})",
                n=text.count(row.n),
                of=text.count(row.of),
                variant=row.variant,
                share=_percent(row.n, row.of, text),
            )
            for row in rows
        ]
    )


def _percent(n: float, of: float, text: Text) -> str:
    share = n / of if of else 0.0
    # 99.96% must not read as all.
    digits = 2 if 0 < share < 0.01 or 0.99 < share < 1 else 1
    return text.percent(share, digits)
