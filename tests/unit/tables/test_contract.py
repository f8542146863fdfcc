from dataclasses import replace

import pytest

from retention_lab.tables.checks import checks_for
from retention_lab.tables.contract import CONTRACT, KEYS, ONLY_KNOWN_CUSTOMERS


@pytest.mark.parametrize("table", CONTRACT)
def test_each_column_says_what_it_is_and_each_check_what_is_allowed_and_what_to_do(table: str) -> None:
    columns = CONTRACT[table]
    checks = checks_for(table, [replace(column) for column in columns], None)

    assert all(column.meaning for column in columns)
    assert all((column.kind == "code") == bool(column.codes) for column in columns)
    assert len({column.name for column in columns}) == len(columns)
    assert all(check.allowed and check.remedy for check in checks)
    # A reason names one fault of one column, or its count would be that of two.
    reasons = [(check.reason, check.column) for check in checks]
    assert len(set(reasons)) == len(reasons)


@pytest.mark.parametrize("table", CONTRACT)
def test_each_required_column_is_checked_for_blanks(table: str) -> None:
    reasons = {check.reason for check in checks_for(table, list(CONTRACT[table]), None)}

    # A mark without a word is an answer too.
    required = {column.name for column in CONTRACT[table] if column.required} - {"text"}
    assert {f"missing_{name}" for name in required} <= reasons


def test_keys_and_references_are_columns_of_their_tables() -> None:
    for table, name in [*KEYS.items(), *ONLY_KNOWN_CUSTOMERS.items()]:
        assert name in {column.name for column in CONTRACT[table]}
