"""Whether the data are fit to decide on: what can be used, what must be mended first, which questions can be asked."""

from retention_lab.analysis.quality.issues import Issue
from retention_lab.analysis.quality.study import QualityStudy, TableQuality
from retention_lab.findings.finding import NOT_A_NUMBER, Finding, Findings, Verdict
from retention_lab.findings.quality.words import consequence, kind_name, place_name
from retention_lab.text import Text

_LONGEST = 300


def quality_headline(study: QualityStudy, text: Text) -> Findings:
    """The findings of a study, in the order in which a decision needs them."""
    return Findings(
        (
            rows_finding(study, text),
            mend_finding(study, text),
            playbooks_finding(study, text),
            period_finding(study, text),
        )
    )


def table_findings(study: QualityStudy, text: Text) -> Findings:
    """A finding for each table."""
    return Findings(tuple(table_finding(study, one, text) for one in study.tables))


def rows_finding(study: QualityStudy, text: Text) -> Finding:
    """How many of all rows can be used."""
    refused = [table.table for table in study.tables if table.is_refused]
    n = study.n_kept + study.n_faulty
    share = study.n_kept / n if n else NOT_A_NUMBER
    if not n:
        headline = text.say("No table could be read.")
    elif study.n_faulty:
        headline = text.say(
            "{usable} of {n} rows can be used; {faulty} are set aside for a fault.",
            usable=_nearly_all(share, text),
            n=text.count(n),
            faulty=text.count(study.n_faulty),
        )
    else:
        headline = text.say("All {n} rows can be used.", n=text.count(n))
    if refused and n:
        headline += " " + text.say("Not counted, because refused whole: {tables}.", tables=text.join(refused))
    action = text.say("The rows set aside lie untouched in the quarantine folder, each with its reason.")
    return _finding(
        id="quality.rows",
        question=text.say("How much of the exports can be used?"),
        headline=headline,
        action=action if study.n_faulty else "",
        verdict="act" if refused else "watch" if _is_lossy(study) else "fine",
        estimate=share,
        n_obs=n,
        definition=text.say(
            "Rows without a fault, of all rows of the tables that could be read. Rows that the client file says to "
            "drop, such as exact copies, are not counted."
        ),
        text=text,
    )


def _nearly_all(share: float, text: Text) -> str:
    """A share that is not whole never reads as 100 %."""
    digits = next((digits for digits in (1, 2, 3, 4) if round(share, digits + 2) < 1), 5)
    return text.percent(share, digits)


# Fewer lost rows than one in a hundred move no number that is told with its interval.
_MATERIAL = 0.01


def _verdict(study: QualityStudy, table: str = "") -> Verdict:
    """Act where a table is refused; watch where one loses more than a few rows, or something bends the rest."""
    issues = [issue for issue in study.issues if not table or issue.table == table]
    if any(issue.level == "stops" for issue in issues):
        return "act"
    bent = any(issue.level == "bends" for issue in issues)
    return "watch" if bent or _is_lossy(study, table) else "fine"


def _is_lossy(study: QualityStudy, table: str = "") -> bool:
    return any(1 - one.usable >= _MATERIAL for one in study.tables if not table or one.table == table)


def mend_finding(study: QualityStudy, text: Text) -> Finding:
    """What is to be mended first."""
    to_mend = study.of_level("stops", "loses", "bends")
    if not to_mend:
        headline, action = text.say("Nothing has to be mended."), ""
    else:
        first = to_mend[0]
        headline = text.say_many("{n} thing is to be mended.", "{n} things are to be mended.", len(to_mend))
        headline += " " + text.say("First: {what}.", what=issue_name(first, text))
        action = consequence(first.table, first.level, first.kind, text) if first.table else ""
        if first.remedy:
            action = f"{action} {text.say('To do: {remedy}.', remedy=first.remedy.rstrip('.'))}".strip()
    return _finding(
        id="quality.mend",
        question=text.say("What must be mended first?"),
        headline=headline,
        action=action,
        verdict=_verdict(study),
        estimate=NOT_A_NUMBER,
        n_obs=study.n_kept + study.n_faulty,
        definition=text.say("Tables that are refused come first, then lost rows, then what may bend a number."),
        text=text,
    )


def issue_name(issue: Issue, text: Text) -> str:
    """A fault in half a sentence: where, what, and in how many rows."""
    where, what = place_name(issue.table, issue.column, text), kind_name(issue.kind, text)
    if issue.level == "stops":
        said = issue.found if len(issue.found) <= _LONGEST else f"{issue.found[:_LONGEST]}…"
        return text.say("{where}: {found}", where=where, found=said)
    if not issue.n_rows:
        return text.say("{where}: {what}", where=where, what=what)
    rows = text.say_many("{n} row", "{n} rows", issue.n_rows)
    return text.say("{where}: {what} ({rows})", where=where, what=what, rows=rows)


def playbooks_finding(study: QualityStudy, text: Text) -> Finding:
    """Which questions these data can answer, and what would enable the others."""
    n = len(study.able) + len(study.lacking)
    if not study.lacking:
        headline, action = text.say_many("{n} playbook can run.", "All {n} playbooks can run.", n), ""
    else:
        headline = text.say("{n} of {all} playbooks can run.", n=text.count(len(study.able)), all=text.count(n))
        asks = [
            text.say("{playbook} needs {missing}", playbook=name, missing=text.join(list(missing)))
            for name, missing in study.lacking.items()
        ]
        action = text.say("To ask the client for: {asks}.", asks="; ".join(asks))
    return _finding(
        id="quality.playbooks",
        question=text.say("Which questions can these data answer?"),
        headline=headline,
        action=action,
        verdict="watch" if study.lacking and study.able else "act" if study.lacking else "fine",
        estimate=len(study.able) / n if n else NOT_A_NUMBER,
        n_obs=n,
        definition=text.say("A playbook can run when the columns that it needs are mapped and their table is read."),
        method=text.say("Held against what each playbook says it needs."),
        text=text,
    )


def period_finding(study: QualityStudy, text: Text) -> Finding:
    """Which time the exports cover."""
    days = [day for table in study.tables for day in (table.first_day, table.last_day) if day]
    through = study.through
    if through is None:
        headline = text.say("The last day that the exports cover is not known.")
        action = text.say("Write observed_through into the client file: nothing can be said about time without it.")
    elif not days:
        headline = text.say("The exports have no dates; they count up to {day}.", day=text.date(through))
        action = ""
    else:
        first, last = text.date(min(days)), text.date(through)
        headline = text.say("The exports reach from {first} to {last}.", first=first, last=last)
        action = _ends_early(study, text)
    return _finding(
        id="quality.period",
        question=text.say("Which time do the exports cover?"),
        headline=headline,
        action=action,
        verdict="act" if through is None else "watch" if action else "fine",
        estimate=NOT_A_NUMBER,
        n_obs=study.n_kept + study.n_faulty,
        definition=text.say("From the first day in any table to the last day that counts."),
        text=text,
    )


# A table of events whose last row is older than this, while others go on, was probably exported earlier.
_DAYS_BEHIND = 14
_OF_EVENTS = ("transactions", "feedback", "tickets", "contacts", "loyalty", "referrals")


def _ends_early(study: QualityStudy, text: Text) -> str:
    through = study.through
    early = [
        text.say("{table} on {day}", table=table.table, day=text.date(table.last_day))
        for table in study.tables
        if through and table.last_day and table.table in _OF_EVENTS and (through - table.last_day).days > _DAYS_BEHIND
    ]
    if not early:
        return ""
    return text.say(
        "Some tables end before that: {tables}. Ask whether these were exported earlier.", tables=text.join(early)
    )


def table_finding(study: QualityStudy, one: TableQuality, text: Text) -> Finding:
    """One table: how many of its rows can be used, and its gravest fault."""
    own = [issue for issue in study.of_level("stops", "loses", "bends") if issue.table == one.table]
    if one.is_refused:
        headline = text.say("{table} is refused: it cannot be used as it is.", table=one.table)
    elif one.n_faulty:
        headline = text.say(
            "{table}: {share} of {n} rows can be used.",
            table=one.table,
            share=_nearly_all(one.usable, text),
            n=text.count(one.n_kept + one.n_faulty),
        )
    else:
        headline = text.say("{table}: all {n} rows can be used.", table=one.table, n=text.count(one.n_kept))
    action = text.say("Gravest: {what}.", what=issue_name(own[0], text).rstrip(".")) if own else ""
    return _finding(
        id=f"quality.table.{one.table}",
        question=text.say("Is {table} fit to decide on?", table=one.table),
        headline=headline,
        action=action,
        verdict=_verdict(study, one.table),
        estimate=one.usable,
        n_obs=one.n_kept + one.n_faulty,
        definition=text.say("Rows without a fault, of all rows of the table."),
        text=text,
    )


def _finding(
    *,
    id: str,
    question: str,
    headline: str,
    action: str,
    verdict: Verdict,
    estimate: float,
    n_obs: int,
    definition: str,
    text: Text,
    method: str = "",
) -> Finding:
    """A finding that was counted, not estimated: the range is the number itself."""
    return Finding(
        id=id,
        question=question,
        headline=headline,
        action=action,
        verdict=verdict,
        estimate=estimate,
        ci_lower=estimate,
        ci_upper=estimate,
        unit="share",
        n_obs=n_obs,
        method=method or text.say("Counted: every row was looked at."),
        definition=definition,
    )
