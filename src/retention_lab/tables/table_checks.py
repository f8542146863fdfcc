"""What cannot be true of a row of one canonical table: dates before and after each other, impossible durations."""

from collections.abc import Iterator
from functools import cache

import ibis
import ibis.expr.types as ir

from retention_lab.tables.check import Check
from retention_lab.tables.durations import UNIT_DAYS

LONGEST_YEARS = 100
_ASK = "ask the client which of the two is right"
_SCALE = r"^\s*(-?\d+)\s*(?:-|–|to|a|à|do|/)\s*(-?\d+)\s*$"


def checks_of_table(table: str, names: set[str], unit: str) -> Iterator[Check]:
    """The checks of a table that has the columns `names`; a tenure counts in `unit`."""
    for needed, check in _all(unit)[table]:
        if needed <= names:
            yield check


_Rule = tuple[frozenset[str], Check]


@cache
def _all(unit: str) -> dict[str, tuple[_Rule, ...]]:
    return {
        "customers": (*_OF_CUSTOMERS, _too_long("tenure", unit), _too_long("entry_tenure", unit)),
        "transactions": (),
        "feedback": (_OFF_SCALE,),
        "assignments": (),
        "tickets": tuple(_never_before("opened_at", late) for late in ("first_response_at", "resolved_at", "due_at")),
        "contacts": (
            *(_never_before("sent_at", late) for late in ("opened_at", "responded_at", "converted_at")),
            _negative("actions", "a count cannot be negative: ask the client how it was made"),
        ),
        "loyalty": (_NEGATIVE_EARN,),
        "referrals": (_never_before("invited_at", "converted_at"), _SELF_REFERRAL),
    }


def _rule(needed: set[str], check: Check) -> _Rule:
    return frozenset(needed), check


def _never_before(first: str, second: str) -> _Rule:
    """What follows cannot come first; a day without a clock may be that of the moment before it."""

    def failing(rows: ir.Table) -> ir.BooleanValue:
        early, late = rows[first], rows[second]
        return (late < early) & ((late.date() < early.date()) | (late != late.truncate("D")))

    stem, other = second.removesuffix("_at"), first.removesuffix("_at")
    allowed = f"a time at or after {first} of the same row"
    return _rule(
        {first, second},
        Check(reason=f"{stem}_before_{other}", column=second, failing=failing, allowed=allowed, remedy=_ASK),
    )


def _negative(name: str, remedy: str) -> _Rule:
    return _rule(
        {name},
        Check(
            reason=f"negative_{name}",
            column=name,
            failing=lambda rows: rows[name] < 0,
            allowed="0 or more",
            remedy=remedy,
        ),
    )


def _too_long(name: str, unit: str) -> _Rule:
    most = LONGEST_YEARS * UNIT_DAYS["years"] / UNIT_DAYS[unit]
    return _rule(
        {name},
        Check(
            reason=f"impossible_{name}",
            column=name,
            failing=lambda rows: rows[name] > most,
            allowed=f"at most {most:.0f} {unit}, which are {LONGEST_YEARS} years",
            remedy="if the number stands for 'none', list it under read.missing; else correct the table's unit",
        ),
    )


_BEFORE_IT_BEGAN = "the export cannot know a customer who had left before it began: " + _ASK
_DURATION = "a duration cannot be negative: ask the client how it was computed"
_OF_CUSTOMERS = (
    _rule(
        {"started_on", "ended_on"},
        Check(
            reason="ended_before_started",
            column="ended_on",
            failing=lambda rows: rows.ended_on < rows.started_on,
            allowed="a day at or after started_on of the same row",
            remedy=_ASK,
        ),
    ),
    _rule(
        {"observed_from", "ended_on", "started_on"},
        Check(
            reason="ended_before_observed",
            column="observed_from",
            failing=lambda rows: (rows.observed_from > rows.started_on) & (rows.ended_on <= rows.observed_from),
            allowed="a day before ended_on of the same row",
            remedy=_BEFORE_IT_BEGAN,
        ),
    ),
    _negative("tenure", _DURATION),
    _negative("entry_tenure", _DURATION),
    _rule(
        {"tenure", "entry_tenure"},
        Check(
            reason="ended_before_observed",
            column="entry_tenure",
            failing=lambda rows: (rows.entry_tenure > 0) & (rows.tenure <= rows.entry_tenure),
            allowed="less than tenure of the same row",
            remedy=_BEFORE_IT_BEGAN,
        ),
    ),
)


def _off_scale(rows: ir.Table) -> ir.BooleanValue:
    ends = [rows.rating_scale.re_extract(_SCALE, end).try_cast("float64") for end in (1, 2)]
    # A scale may run downwards: on 6-1 the worst mark is 6.
    return (rows.rating < ibis.least(*ends)) | (rows.rating > ibis.greatest(*ends))


_OFF_SCALE = _rule(
    {"rating", "rating_scale"},
    Check(
        reason="rating_off_scale",
        column="rating",
        failing=_off_scale,
        allowed="a mark within rating_scale of the same row",
        remedy="if it stands for 'no mark', list it under read.missing; else ask for the scale",
    ),
)
_NEGATIVE_EARN = _rule(
    {"kind", "points"},
    Check(
        reason="negative_earn",
        column="points",
        failing=lambda rows: (rows.kind == "earn") & (rows.points < 0),
        allowed="0 or more where points are earned",
        remedy="points that are taken back are an adjustment: map that code to adjust",
    ),
)
_SELF_REFERRAL = _rule(
    {"referrer_id", "referred_id"},
    Check(
        reason="self_referral",
        column="referred_id",
        failing=lambda rows: rows.referrer_id == rows.referred_id,
        allowed="another customer than the one who invited",
        remedy="ask whether this is a test, or a customer who used an invitation of his own",
    ),
)
