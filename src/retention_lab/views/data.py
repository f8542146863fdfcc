"""What was read from a client, what was set aside and why, and what was left as it is."""

from retention_lab.findings.quality.words import kind_name
from retention_lab.findings.words import span
from retention_lab.tables.client import Client
from retention_lab.tables.loading import LoadedTable
from retention_lab.tables.observation import Observation
from retention_lab.text import Text
from retention_lab.views.display import Table

_Row = tuple[str, str, str, str, str]


def table_of_tables(client: Client) -> Table:
    """The tables that were read: rows, kept, set aside."""
    text = client.text
    rows = tuple(
        (
            loaded.table,
            loaded.source,
            text.count(loaded.n_read),
            text.count(loaded.n_kept),
            text.count(loaded.n_rejected),
            text.percent(loaded.n_rejected / loaded.n_read, 2),
        )
        for loaded in client.inputs
    )
    return Table(
        caption=text.say("What was read. Rows that were set aside lie untouched in the client's quarantine folder."),
        columns=(
            text.say("Table"),
            text.say("File"),
            text.say("Rows"),
            text.say("Kept"),
            text.say("Set aside"),
            text.say("Share"),
        ),
        align=("left", "left", "right", "right", "right", "right"),
        rows=rows,
    )


def table_of_faults(client: Client, observation: Observation | None = None) -> Table:
    """What was found, and what was done about it; of an `observation` also whom it leaves out."""
    text = client.text
    rows = [row for loaded in client.inputs for row in _found(loaded, text)]
    rows += _observed(observation, text) if observation else []
    return Table(
        caption=text.say("What was found, and what was done. Row numbers are those that a spreadsheet shows."),
        columns=(
            text.say("Found"),
            text.say("Where"),
            text.say("Rows"),
            text.say("First row"),
            text.say("Done"),
        ),
        align=("left", "left", "right", "right", "left"),
        rows=tuple(rows) or ((text.say("Nothing"), "", "", "", ""),),
    )


def _found(loaded: LoadedTable, text: Text) -> list[_Row]:
    set_aside = [
        (
            kind_name(found.reason, text),
            _where(loaded, found.column),
            text.count(found.n_rows),
            text.count(found.first_row),
            text.say("set aside"),
        )
        for found in loaded.rejections
    ]
    blank = [
        (
            text.say("blank"),
            _where(loaded, found.column),
            text.count(found.n_rows),
            text.count(found.first_row),
            text.say("left as it is") if found.used else text.say("column not used"),
        )
        for found in loaded.blanks
    ]
    notes = [(text.say("note"), loaded.table, "", "", note) for note in loaded.notes]
    return [*set_aside, *blank, *notes]


def _where(loaded: LoadedTable, column: str) -> str:
    return f"{loaded.table}, {column}" if column else loaded.table


def _observed(observation: Observation, text: Text) -> list[_Row]:
    whole = {
        "days": text.say("never observed for a whole day"),
        "weeks": text.say("never observed for a whole week"),
        "months": text.say("never observed for a whole month"),
        "years": text.say("never observed for a whole year"),
    }
    words = {
        "started_after": text.say("started after {day}", day=text.date(observation.as_of)),
        "observed_after": whole[observation.unit],
    }
    rows = [
        (words[reason], "customers", text.count(n), "", text.say("left out"))
        for reason, n in observation.left_out.items()
    ]
    if observation.n_at_zero:
        found = text.say("no time here yet: {span}", span=span(0, observation.unit, text))
        done = text.say("kept; they count at time 0 and say nothing about later")
        rows.append((found, "customers", text.count(observation.n_at_zero), "", done))
    return rows
