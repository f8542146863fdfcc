"""Faults of a file in words: what each is called, and what it does to a number."""

from dataclasses import dataclass

from retention_lab.analysis.quality.study import QualityStudy
from retention_lab.findings.words import covariate_name
from retention_lab.text import Text


def kind_name(kind: str, text: Text) -> str:
    """Why a row was set aside, or what a remark is about."""
    whole = {
        "wrong_number_of_fields": text.say("too many or too few fields"),
        "ended_before_started": text.say("ended before it started"),
        "ended_before_observed": text.say("ended before the export began"),
        "negative_earn": text.say("points earned are negative"),
        "negative_tenure": text.say("negative duration"),
        "negative_entry_tenure": text.say("observed from before the start"),
        "unknown_customer": text.say("not in the customers table"),
        "duplicate_row": text.say("identical to an earlier row"),
        "exact_copy": text.say("identical to an earlier row"),
        "superseded_row": text.say("another row of the same key is kept"),
        "self_referral": text.say("who invited and who was invited are the same"),
        "negative_actions": text.say("fewer than no actions"),
        "rating_off_scale": text.say("a mark outside the scale"),
        "first_response_before_opened": text.say("answered before it was opened"),
        "resolved_before_opened": text.say("resolved before it was opened"),
        "due_before_opened": text.say("due before it was opened"),
        "opened_before_sent": text.say("opened before it was sent"),
        "responded_before_sent": text.say("answered before it was sent"),
        "converted_before_sent": text.say("converted before it was sent"),
        "converted_before_invited": text.say("converted before the invitation"),
    }
    starts = {
        "missing": text.say("blank, but needed"),
        "unreadable": text.say("not readable"),
        "implausible": text.say("not a plausible date"),
        "destroyed": text.say("id rounded by a spreadsheet"),
        "conflicting": text.say("same id, different rows"),
        "swapped": text.say("day and month swapped"),
        "rounded": text.say("id rounded by a spreadsheet"),
        "impossible": text.say("not a possible duration"),
        "per": text.say("a percentage where a number is expected"),
        "decimal": text.say("decimal mark unclear"),
        "other": text.say("another currency"),
    }
    prefix = kind.split("_", maxsplit=1)[0]
    return whole.get(kind) or _remark_name(kind, text) or starts.get(prefix) or covariate_name(kind)


def _remark_name(kind: str, text: Text) -> str:
    """What concerns a table as a whole, or looks wrong and may be right; nothing for any other kind."""
    names = {
        "refused": text.say("the table is refused"),
        "observed_through": text.say("last day not known"),
        "blank": text.say("blank"),
        "likely_missing": text.say("a code for “not known”, it seems"),
        "swapped_dates": text.say("day and month swapped, it seems"),
        "order_of_dates": text.say("order of day and month"),
        "mixed_offsets": text.say("times of several zones"),
        "partial_period": text.say("the last month is not whole"),
        "gap_in_time": text.say("months without a row"),
        "future_dates": text.say("after the last day of the exports"),
        "currency_signs": text.say("currency signs"),
        "overlapping_files": text.say("the same rows in several files"),
        "several_rows_a_key": text.say("several rows for one key"),
        "nearly_a_key": text.say("nearly a key"),
        "unknown_reference": text.say("not in the customers table"),
        "constant_column": text.say("one value in every row"),
        "odd_values": text.say("far from all other values"),
    }
    return names.get(kind, "")


def consequence(table: str, level: str, kind: str, text: Text) -> str:
    """What a fault does to the numbers, as far as that can be said before it is mended."""
    if level == "stops":
        return text.say("Nothing can be said from this table until it is mended.")
    bends = {
        "likely_missing": text.say("The code counts as if it were a value: averages and groups are wrong by it."),
        "swapped_dates": text.say("The rows count in the wrong month."),
        "mixed_offsets": text.say("Times are off by hours, and some days by one."),
        "partial_period": text.say("The last month looks like a fall in activity that never was."),
        "gap_in_time": text.say("Customers look silent while only the export was."),
        "future_dates": text.say("What is to come does not count: who ends later is still here, the rest is left out."),
        "overlapping_files": text.say("Each row counts as often as it is there: amounts are too high."),
        "currency_signs": text.say("Amounts of several currencies would be added as if they were one."),
        "odd_values": text.say("A few values can carry a whole average."),
        "unknown_reference": text.say("These rows cannot be joined to a customer."),
    }
    if kind in bends:
        return bends[kind]
    if level == "told":
        return text.say("Nothing is bent by it.")
    lost = {
        "customers": text.say("These customers count nowhere. If leavers are hit more than others, churn is misread."),
        "transactions": text.say("These purchases are missing: customers look more silent than they are."),
        "assignments": text.say(
            "These customers are missing from their group, which the check of its size cannot see."
        ),
        "feedback": text.say("These comments are not counted."),
        "tickets": text.say("These tickets are not counted in response times."),
        "contacts": text.say("These contacts are not counted: response rates have another base."),
        "loyalty": text.say("These movements are missing: balances do not add up."),
        "referrals": text.say("These invitations are not counted."),
    }
    return lost[table]


def place_name(table: str, column: str, text: Text) -> str:
    """Where a fault is: the table, and the column as the file calls it."""
    if not table:
        return text.say("client file")
    return text.say("{table}, {column}", table=table, column=column) if column else table


@dataclass(frozen=True, slots=True, kw_only=True)
class Consequence:
    """What the faults of a table do to the numbers: in how many rows, and which playbooks look there."""

    table: str
    said: str
    n_rows: int
    playbooks: tuple[str, ...]


def consequences(study: QualityStudy, text: Text) -> list[Consequence]:
    """What the faults of each table do, the worst first; faults that do the same are told once."""
    found: dict[tuple[str, str], Consequence] = {}
    for issue in study.of_level("stops", "loses", "bends"):
        where = place_name(issue.table, "", text)
        said = consequence(issue.table, issue.level, issue.kind, text) if issue.table else issue.found
        before = found.get((where, said))
        found[where, said] = Consequence(
            table=where,
            said=said,
            n_rows=issue.n_rows + (before.n_rows if before else 0),
            playbooks=tuple(sorted({*issue.playbooks, *(before.playbooks if before else ())})),
        )
    return list(found.values())
