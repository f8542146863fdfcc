"""The `schedule` of client.yml: which playbooks are run when, as cron expressions.

The expression is judged here, strictly. What computes the times reads `mon/2` and `mon-5` as Monday and 1 as Tuesday,
and other crons read `0 6 1 * mon` as the first of the month and every Monday besides.
"""

import re
from collections.abc import Sequence
from datetime import date
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, JsonValue

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
MOST_RETRIES = 10
_FIVE = "five fields, minute hour day month weekday, as in 0 6 * * mon"
_BY_NAME = "weekdays by name, as in mon, tue-fri or mon,wed: by number, 1 is Monday to some and Tuesday to others"
# The ends of the fields that are numbers, in their order.
_NUMBERS = (("minutes", 0, 59), ("hours", 0, 23), ("days", 1, 31), ("months", 1, 12))
_LONGEST_MONTHS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_ITEM = re.compile(r"(?:\*|(?P<first>\d{1,2})(?:-(?P<last>\d{1,2}))?)(?:/(?P<step>\d{1,2}))?")


def known_cron(text: str) -> str:
    """A cron expression in the one way that it is written here. Raises ValueError with what is allowed."""
    fields = text.lower().split()
    if len(fields) != 5:
        raise ValueError(_FIVE)
    days, months = fields[2], _month_numbers(fields[3])
    numbers = (fields[0], fields[1], days, months)
    values = [_values(field, *ends) for field, ends in zip(numbers, _NUMBERS, strict=True)]
    _check_weekdays(fields[4])
    if days != "*" and fields[4] != "*":
        raise ValueError("days of the month or weekdays, with * for the other: crons differ in what both together mean")
    if not any(day <= _LONGEST_MONTHS[month - 1] for day in values[2] for month in values[3]):
        raise ValueError("a day that one of its months has")
    return " ".join((*fields[:3], months, fields[4]))


def _month_numbers(field: str) -> str:
    return re.sub(r"[a-z]+", lambda name: str(MONTHS.index(name[0]) + 1) if name[0] in MONTHS else name[0], field)


def _values(field: str, what: str, low: int, high: int) -> set[int]:
    """The numbers that a field stands for."""
    names = ", or jan to dec" if what == "months" else ""
    allowed = f"{what} from {low} to {high}{names}: *, */5, 3, 1,3, 1-5 or 1-5/2, each step within its range"
    chosen: set[int] = set()
    for item in field.split(","):
        parts = _ITEM.fullmatch(item)
        if parts is None:
            raise ValueError(allowed)
        first = int(parts["first"] or low)
        last = int(parts["last"] or parts["first"] or high)
        step = int(parts["step"] or 1)
        stepless = parts["step"] is None
        if not low <= first <= last <= high or not (stepless or 1 <= step <= last - first):
            raise ValueError(allowed)
        chosen |= set(range(first, last + 1, step))
    return chosen


def _check_weekdays(field: str) -> None:
    for item in field.split(","):
        if item == "*":
            continue
        names = item.split("-")
        if any(name not in WEEKDAYS for name in names) or len(names) > 2:
            raise ValueError(_BY_NAME)
        if len(names) == 2 and WEEKDAYS.index(names[0]) > WEEKDAYS.index(names[1]):
            raise ValueError("a range of weekdays within one week, which begins with mon; sat-mon is sat,sun,mon")


def _no_date(value: object) -> object:
    if isinstance(value, date):
        raise ValueError("days in quotes")
    return value


class ScheduleEntry(BaseModel):
    """One playbook that is run again and again.

    `catch_up`: after a pause, the latest due time is made up for, or all of them. `retries`: how often a run that
    crashed is tried again.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    playbook: str
    cron: Annotated[str, AfterValidator(known_cron)]
    parameters: dict[str, Annotated[JsonValue, BeforeValidator(_no_date)]] = {}
    catch_up: Literal["latest", "all"] = "latest"
    retries: Annotated[int, Field(ge=0, le=MOST_RETRIES)] = 3


def each_once(entries: Sequence[ScheduleEntry]) -> Sequence[ScheduleEntry]:
    """The entries of a client, none of which may be there twice. Raises ValueError."""
    seen: list[tuple[str, str, dict[str, JsonValue]]] = []
    for entry in entries:
        if (entry.playbook, entry.cron, entry.parameters) in seen:
            raise ValueError(f"entries that differ: {entry.playbook} at {entry.cron} is there twice")
        seen.append((entry.playbook, entry.cron, entry.parameters))
    return entries


Schedule = Annotated[list[ScheduleEntry], AfterValidator(each_once)]
