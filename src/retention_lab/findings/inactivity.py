"""When a customer counts as gone where nobody says goodbye, in sentences."""

from retention_lab.analysis.inactivity import CustomerActivity
from retention_lab.analysis.study import ChurnStudy
from retention_lab.findings.alive import alive_finding
from retention_lab.findings.finding import NOT_A_NUMBER, Finding, Findings, Verdict
from retention_lab.findings.words import span
from retention_lab.tables.inactivity import MOST_WRONG
from retention_lab.text import Text

# Where more than half come back, what is called leaving is a pause.
_MOSTLY_WRONG = 0.5


def activity_findings(study: ChurnStudy, activity: CustomerActivity | None, text: Text) -> Findings:
    """The rule, and how many are still customers; where contracts end on a day, that no rule is needed."""
    if activity is None:
        return Findings((_no_rule_needed(study, text),))
    return Findings((rule_finding(study, activity, text), alive_finding(activity, text)))


def no_rule_sentence(text: Text) -> str:
    """What to say of a client whose contracts end."""
    return text.say("The contracts of this client end on a day, so no rule is needed to say who has left.")


def _no_rule_needed(study: ChurnStudy, text: Text) -> Finding:
    return Finding(
        id="churn.rule",
        question=text.say("When does a customer count as gone?"),
        headline=no_rule_sentence(text),
        action="",
        verdict="fine",
        estimate=NOT_A_NUMBER,
        ci_lower=NOT_A_NUMBER,
        ci_upper=NOT_A_NUMBER,
        unit="",
        n_obs=int(study.table.n_obs),
        method=text.say("the last day of each contract"),
        definition=text.say("Gone: the contract has ended."),
    )


def rule_finding(study: ChurnStudy, activity: CustomerActivity, text: Text) -> Finding:
    """After how many silent days a customer counts as gone, and how often that would have been wrong."""
    wrong, rule = activity.chosen.wrong, activity.rule
    known = not wrong.reason
    return Finding(
        id="churn.rule",
        question=text.say("When does a customer count as gone?"),
        headline=_how_wrong(activity, text) if known else _why_not_judged(activity, text),
        action=_what_to_do(activity, text),
        verdict=_rule_verdict(activity),
        estimate=100 * wrong.value if known else NOT_A_NUMBER,
        ci_lower=100 * wrong.ci_lower if known else NOT_A_NUMBER,
        ci_upper=100 * wrong.ci_upper if known else NOT_A_NUMBER,
        unit=text.say("of 100 silences beyond the rule"),
        n_obs=activity.chosen.n_silent,
        method=wrong.method,
        definition=text.say(
            "Gone: more than {days} without a purchase, counted from the last one before. Purchases of one day are "
            "one; returns and amounts of nought are none.",
            days=span(rule.inactive_days, "days", text),
        ),
        caveats=(*_follow_up_caveats(activity, text), *_customer_caveats(study, activity, text)),
    )


def _rule_verdict(activity: CustomerActivity) -> Verdict:
    wrong = activity.chosen.wrong
    if wrong.reason:
        return "not_enough_data"
    if wrong.value > _MOSTLY_WRONG:
        return "invalid"
    return "watch" if wrong.value > MOST_WRONG else "fine"


def _how_wrong(activity: CustomerActivity, text: Text) -> str:
    wrong, rule = activity.chosen.wrong, activity.rule
    values = {
        "days": span(rule.inactive_days, "days", text),
        "share": text.percent(wrong.value),
        "interval": text.percent_interval(wrong.ci_lower, wrong.ci_upper),
        "limit": text.percent(MOST_WRONG, 0),
    }
    if rule.source == "auto" and wrong.value > MOST_WRONG:
        return text.say(
            "No silence tells for sure that a customer has gone: even after {days}, the longest that can be judged, "
            "{share} of the silent buy again ({interval}).",
            **values,
        )
    return text.say(
        "A customer counts as gone after {days} without a purchase; {share} of those silent for longer buy again all "
        "the same ({interval}).",
        **values,
    )


def _why_not_judged(activity: CustomerActivity, text: Text) -> str:
    return text.say(
        "A customer counts as gone after {days} without a purchase. How often that is wrong cannot be said: it takes "
        "silences that were followed for twice as long, and they were for {followed}.",
        days=span(activity.rule.inactive_days, "days", text),
        followed=span(activity.rule.followed, "days", text),
    )


def _what_to_do(activity: CustomerActivity, text: Text) -> str:
    verdict, rule = _rule_verdict(activity), activity.rule
    days = span(rule.inactive_days, "days", text)
    if verdict == "fine":
        return text.say("Use the word “gone” for nothing else: more than {days} without a purchase.", days=days)
    if verdict == "not_enough_data":
        return text.say("Ask the client for older purchases, or take a shorter rule.")
    good = [one for one in activity.candidates if not one.wrong.reason and one.wrong.value <= MOST_WRONG]
    if good:
        return text.say(
            "Set inactive_days to {days} in the client file: that would have been wrong for {share}.",
            days=text.count(good[0].inactive_days),
            share=text.percent(good[0].wrong.value),
        )
    if verdict == "watch":
        return text.say(
            "Of 100 silences that count as leaving by this rule, about {n} end with a purchase all the same. Older "
            "purchases would allow a longer rule.",
            n=text.count(100 * activity.chosen.wrong.value),
        )
    return text.say(
        "Read “gone” as “paused for more than {days}” in this report, and ask for older purchases.", days=days
    )


def _follow_up_caveats(activity: CustomerActivity, text: Text) -> list[str]:
    rule = activity.rule
    caveats = []
    if not activity.chosen.wrong.reason:
        caveats.append(
            text.say(
                "Silences were followed for {followed}. Customers who come back after that are not seen, so the rule "
                "is wrong at least as often as this says.",
                followed=span(rule.followed, "days", text),
            )
        )
    if rule.n_came_back:
        caveats.append(
            text.say_many(
                "{n} customer was silent for longer and came back; in this report the customer left before that.",
                "{n} customers were silent for longer and came back; in this report they left before that.",
                rule.n_came_back,
            )
        )
    return caveats


def _customer_caveats(study: ChurnStudy, activity: CustomerActivity, text: Text) -> list[str]:
    """Whose time here may be counted wrongly, and who is not counted at all."""
    rule = activity.rule
    days, known = span(rule.inactive_days, "days", text), text.date(rule.known_through)
    older = text.say_many(
        "{n} customer may be older than the export: the first purchase seen lies within its first {days}.",
        "{n} of {all} customers may be older than the export: the first purchase seen lies within its first {days}.",
        rule.n_maybe_older,
        all=text.count(rule.n_buyers),
        days=days,
    )
    early = text.say_many(
        "{n} customer bought before the day of the start; time here is counted from that purchase.",
        "{n} customers bought before the day of their start; their time here is counted from that purchase.",
        rule.n_before_start,
    )
    never = text.say_many(
        "{n} customer never bought and is left out.",
        "{n} customers never bought and are left out.",
        rule.n_never_bought,
    )
    n_new = study.observation.left_out.get("started_after", 0)
    new = text.say_many(
        "{n} customer first bought after {day} and is left out: nobody can know yet.",
        "{n} customers first bought after {day} and are left out: nobody can know yet.",
        n_new,
        day=known,
    )
    maybe_older = 0 if rule.starts_known else rule.n_maybe_older
    told = ((older, maybe_older), (early, rule.n_before_start), (never, rule.n_never_bought), (new, n_new))
    return [sentence for sentence, n in told if n]
