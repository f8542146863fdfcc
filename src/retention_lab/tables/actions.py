"""The list of customers to contact, as a spreadsheet for people.

Ids are text, so that none loses its zeros and none is run as a formula. Who is held out is not in it.
"""

import math
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path
from typing import Any, Literal

import pandas as pd
import xlsxwriter

from retention_lab.text import Text

Form = Literal["text", "count", "number", "share", "money", "blank"]
# What a sheet can hold, its header left out.
MOST_ROWS = 1_048_575
_FORMATS = {
    "text": "@",
    "count": "#,##0",
    "number": "#,##0.0",
    "share": "0.0%",
    "money": "#,##0.00",
    "blank": "General",
}
# The same, to know how wide a cell is.
_WRITTEN = {"count": ",.0f", "number": ",.1f", "share": ".1%", "money": ",.2f"}
# For the person who calls to fill in, and how wide each is.
_TO_FILL = {"called_on": 14, "reached": 12, "note": 40}
_WIDEST, _LINE, _LINE_HEIGHT = 40, 100, 15


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """A column as people read it: its head, what it means, and how its values are written."""

    head: str
    meaning: str
    form: Form


def headings(columns: list[str], horizon_days: int, text: Text) -> list[Heading]:
    """How the columns of an action list are shown; one that is not known here keeps its own name, as text."""
    known = _known(horizon_days, text)
    return [known.get(name, Heading(head=name, meaning="", form="text")) for name in columns]


def write_workbook(path: Path, frame: pd.DataFrame, *, horizon_days: int, as_of: date, text: Text) -> None:
    """Write the list and a sheet that explains it. The same list gives the same bytes: its date is the list's day."""
    sheet = _for_the_caller(frame)
    shown = headings([str(name) for name in sheet], horizon_days, text)
    with xlsxwriter.Workbook(path, {"in_memory": True}) as book:
        book.set_properties({"created": datetime.combine(as_of, time())})
        _write_list(book, sheet.head(MOST_ROWS), shown, text)
        _write_explanation(book, len(frame), shown, as_of, text)


def _for_the_caller(frame: pd.DataFrame) -> pd.DataFrame:
    """With columns to fill in; the name in the report, which nobody needs on the telephone, comes last."""
    last = [name for name in frame if name == "pseudonym"]
    blank = pd.DataFrame("", index=frame.index, columns=list(_TO_FILL))
    return pd.concat([frame.drop(columns=last), blank, frame[last]], axis=1)


def _write_list(book: Any, frame: pd.DataFrame, shown: list[Heading], text: Text) -> None:
    sheet = book.add_worksheet(text.say("Contact"))
    bold = book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bottom": 1})
    for place, (name, heading) in enumerate(zip(frame, shown, strict=True)):
        cells = frame[name].tolist()
        sheet.write_string(0, place, heading.head, bold)
        form = book.add_format({"num_format": _FORMATS[heading.form]})
        sheet.set_column(place, place, _width(str(name), cells, heading), form)
        if heading.form == "blank":
            continue
        write = sheet.write_string if heading.form == "text" else sheet.write_number
        for row, cell in enumerate(cells, 1):
            write(row, place, str(cell) if heading.form == "text" else cell, form)
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, len(frame), max(len(shown) - 1, 0))
    _lay_out(sheet)


def _lay_out(sheet: Any) -> None:
    """On paper: all columns on one page, and the heads on every page."""
    sheet.set_landscape()
    sheet.set_paper(9)  # A4
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)


def _width(name: str, cells: list[Any], heading: Heading) -> int:
    """Wide enough for the head with its filter button, and for the values unless they are very long."""
    written = _WRITTEN.get(heading.form, "")
    longest = max((len(f"{cell:{written}}") for cell in cells), default=0)
    return max(len(heading.head) + 4, min(longest, _WIDEST) + 2, _TO_FILL.get(name, 0))


def _write_explanation(book: Any, n: int, shown: list[Heading], as_of: date, text: Text) -> None:
    sheet = book.add_worksheet(text.say("Read me"))
    bold = book.add_format({"bold": True, "valign": "top", "text_wrap": True})
    wrapped = book.add_format({"text_wrap": True, "valign": "top"})
    sheet.set_column(0, 0, 26)
    sheet.set_column(1, 1, 88)
    for row, line in enumerate(_lines(n, as_of, text)):
        # The height of merged cells is not fitted to their text by itself.
        sheet.set_row(row, _LINE_HEIGHT * math.ceil(len(line) / _LINE))
        sheet.merge_range(row, 0, row, 1, line, wrapped)
    first = len(_lines(n, as_of, text)) + 1
    for row, heading in enumerate(shown, first):
        sheet.write_string(row, 0, heading.head, bold)
        sheet.write_string(row, 1, heading.meaning, wrapped)


def _lines(n: int, as_of: date, text: Text) -> list[str]:
    lines = [
        text.say("Call from the top; stop when time runs out."),
        text.say_many(
            "{n} customer to contact, as the data stood on {day}.",
            "{n} customers to contact, as the data stood on {day}. The most worthwhile comes first.",
            n,
            day=text.date(as_of),
        ),
        text.say(
            "Customers who are not in this file must not be called about leaving: some of them are left out on "
            "purpose, to show later what the calls achieved."
        ),
        text.say("The numbers are what is expected on average, not what one customer will do."),
    ]
    if n > MOST_ROWS:
        lines.append(
            text.say(
                "A sheet holds {most} customers and no more. The whole list is in actions.csv.",
                most=text.count(MOST_ROWS),
            )
        )
    return lines


def _known(horizon_days: int, text: Text) -> dict[str, Heading]:
    currency = text.currency
    span = text.say_many("{n} day", "{n} days", horizon_days)
    tenures = {
        "days": text.say("Days as a customer"),
        "weeks": text.say("Weeks as a customer"),
        "months": text.say("Months as a customer"),
        "years": text.say("Years as a customer"),
    }
    known = {
        "rank": Heading(head=text.say("Rank"), meaning=text.say("1 is the most worthwhile."), form="count"),
        "customer_id": Heading(
            head=text.say("Customer"), meaning=text.say("The id, as your system writes it."), form="text"
        ),
        "pseudonym": Heading(
            head=text.say("Name in the report"),
            meaning=text.say("The report calls the customer so, and never by the id."),
            form="text",
        ),
        "risk": Heading(
            head=text.say("Chance of leaving"),
            meaning=text.say("The chance of leaving within {span}, if nothing is done.", span=span),
            form="share",
        ),
        "monthly_value": Heading(
            head=text.say("Monthly value ({currency})", currency=currency),
            meaning=text.say("What the customer brings in a month, as the data has it."),
            form="money",
        ),
        "expected_saving": Heading(
            head=text.say("Expected saving ({currency})", currency=currency),
            meaning=text.say("The margin that a contact is expected to save, less what the contact costs."),
            form="money",
        ),
    }
    known |= _of_feedback(text) | _to_fill(text)
    meaning = text.say("How long the customer has been here.")
    return known | {
        f"tenure_{unit}": Heading(head=head, meaning=meaning, form="number") for unit, head in tenures.items()
    }


def _of_feedback(text: Text) -> dict[str, Heading]:
    return {
        "reason": Heading(
            head=text.say("Reason"),
            meaning=text.say(
                "leaving: has announced it; complaint: one is likely to be open; unhappy: a valuable customer, unhappy "
                "for long."
            ),
            form="text",
        ),
        "last_comment_on": Heading(
            head=text.say("Last comment on"), meaning=text.say("The day of the last comment."), form="text"
        ),
        "n_comments": Heading(
            head=text.say("Comments"), meaning=text.say("How many comments the reason stands on."), form="count"
        ),
        "feedback_id": Heading(
            head=text.say("Comment"), meaning=text.say("The number of the comment that decided."), form="text"
        ),
        "chance_unhappy": Heading(
            head=text.say("Chance"),
            meaning=text.say(
                "The chance that the goodbye or the complaint still stands, or that the next comment is an unhappy one."
            ),
            form="share",
        ),
    }


def _to_fill(text: Text) -> dict[str, Heading]:
    return {
        "called_on": Heading(
            head=text.say("Called on"), meaning=text.say("For you to fill in: the day of the call."), form="blank"
        ),
        "reached": Heading(
            head=text.say("Reached"),
            meaning=text.say("For you to fill in: whether the customer could be spoken to."),
            form="blank",
        ),
        "note": Heading(
            head=text.say("Note"), meaning=text.say("For you to fill in: what the customer said."), form="blank"
        ),
    }
