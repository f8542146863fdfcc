"""What to do where a gate warns or fails, in sentences."""

from retention_lab.analysis.experiments.balance import DAYS
from retention_lab.analysis.experiments.gates import Gate
from retention_lab.methods.sequential import false_alarm_rate
from retention_lab.text import Text


def gate_action(gate: Gate, text: Text) -> str:
    """What a warning or a failure means for the reader, and what to do about it."""
    if gate.name == "balance" and gate.about == DAYS:
        return _days_differ(gate, text)
    if gate.status == "failed":
        return _where_failed(gate, text)
    return _where_warned(gate, text)


def repair(gate: Gate, text: Text) -> str:
    """What to do about a gate that has failed, without why."""
    if gate.name == "balance" and gate.about == DAYS:
        return text.say("Draw all variants anew, on the same days and in the planned shares on each.")
    return {
        "sample_ratio": text.say(
            "Find the step between drawing and this file where customers were lost or added, repair it, and run the "
            "experiment again."
        ),
        "assignment": text.say(
            "Find out how customers came to see what was not meant for them, and run the experiment again."
        ),
        "unit": text.say(
            "Take the cluster out of the client file if customers were drawn; else run the experiment again."
        ),
        "filter": text.say("Take the condition away."),
        "lost": text.say("Find out why one variant lost more customers than another, and get their outcomes."),
        "balance": text.say(
            "Find out whether the draw was not random, or the column holds what came later: the one takes a new "
            "experiment, the other a right column."
        ),
    }.get(gate.name, text.say("Repair this, and run the experiment again."))


def _where_failed(gate: Gate, text: Text) -> str:
    why = {
        "sample_ratio": text.say(
            "Customers were lost or added on the way, and those are not like the rest: do not read any effect."
        ),
        "assignment": text.say(
            "Too many customers saw what they should not have, so the variants are no longer different: do not read "
            "any effect."
        ),
        "unit": text.say(
            "Too many clusters have customers in several variants, so clusters were not what was drawn: do not read "
            "any effect."
        ),
        "filter": text.say(
            "The treatment may have changed who meets the condition, so the variants no longer compare: do not read "
            "any effect."
        ),
        "lost": text.say("Who is lost is not like who is left: do not read any effect."),
        "balance": text.say(
            "No treatment reaches back, so the draw was not random, or the column holds what came later: do not read "
            "any effect."
        ),
    }.get(gate.name, text.say("Do not read any effect."))
    return f"{why} {repair(gate, text)}"


def _where_warned(gate: Gate, text: Text) -> str:
    if gate.name == "unit":
        return _unit_warned(gate, text)
    return {
        "sample_ratio": text.say(
            "It may be chance, and it may be customers lost on the way: check how customers came from the draw into "
            "this file before you rely on the effect."
        ),
        "assignment": text.say(
            "They are few enough to go on. Where customers got what was not theirs, the effect is, if anything, larger "
            "than shown."
        ),
        "maturity": text.say("Come back when everybody's time is over: the answer will be firmer then."),
        "early_look": _looked_early(text),
        "filter": text.say(
            "Choose only by what was known before the assignment: a condition that the treatment may have changed "
            "picks other customers in each variant."
        ),
        "lost": text.say("The effect speaks only of those whose outcome is known: find out what became of the others."),
        "balance": text.say(
            "It may be chance. Where an outcome is adjusted for it, the effect allows for it; read the others with "
            "care."
        ),
        "size": text.say("Run the experiment on more customers: with so few the intervals do not hold what they say."),
        "outliers": text.say(
            "Look at these customers: resellers, test accounts and mistakes are no customers. Read the trimmed numbers "
            "beside the untrimmed ones."
        ),
    }[gate.name]


def _days_differ(gate: Gate, text: Text) -> str:
    if gate.status == "failed":
        why = text.say("What the season did looks like what the treatment did: do not read any effect.")
        return f"{why} {repair(gate, text)}"
    return text.say(
        "It may be chance. Look whether a variant began later, ended sooner or changed its share on the way: what the "
        "season did would then look like an effect."
    )


def _unit_warned(gate: Gate, text: Text) -> str:
    if gate.facts["by_order"]:
        return text.say(
            "Nothing needs doing: a test that takes each row for a customer would look surer than it is. Where the sum "
            "of a customer is meant, give the file one row for each."
        )
    if gate.facts["n_mixed"]:
        return text.say("Find out how customers of one cluster came into several variants: the effect is blurred.")
    return text.say("So few clusters show only large effects. More clusters help; more customers in each hardly do.")


def _looked_early(text: Text) -> str:
    return text.say(
        "Wait for the planned end. A test at 5% that stops at the first good look finds effects that are not there in "
        "{two} of cases with two looks, and in {ten} with ten. If you need to look early, plan the next one with "
        "design: anytime.",
        two=text.percent(false_alarm_rate(2), 0),
        ten=text.percent(false_alarm_rate(10), 0),
    )
