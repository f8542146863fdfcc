import pytest

from retention_lab.runner.contract import read_contract


def test_each_line_declares_a_name_a_type_a_default_and_a_help_sentence() -> None:
    source = "horizon_days: int = 90  # How far to look\nwhere: list[str] = []  # Which rows\n"
    parameters, faults = read_contract(source, "x")
    assert not faults
    assert [(known.name, known.type, known.default, known.help) for known in parameters] == [
        ("horizon_days", "int", 90, "How far to look"),
        ("where", "list[str]", [], "Which rows"),
    ]


def test_a_hash_inside_a_string_is_no_comment() -> None:
    parameters, faults = read_contract('colour: str = "#336699"  # Colour of the curve, such as #000000\n', "x")
    assert not faults
    assert parameters[0].default == "#336699"
    assert parameters[0].help == "Colour of the curve, such as #000000"


def test_a_default_may_span_lines_and_its_help_stands_on_the_last_one() -> None:
    parameters, faults = read_contract('costs: dict = {\n    "reward": 5.0,\n}  # What a contact costs\n', "x")
    assert not faults
    assert parameters[0].default == {"reward": 5.0}
    assert parameters[0].help == "What a contact costs"


def test_a_whole_number_may_be_the_default_of_a_float() -> None:
    assert not read_contract("share: float = 1  # Share\n", "x")[1]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("horizon_days = 90  # No type", "declares no parameter"),
        ("horizon_days: int  # No default", "declares no parameter"),
        ("print('hello')  # Not a parameter", "declares no parameter"),
        ("horizon: float | None = None  # Not a type of ours", "float | None"),
        ("horizon: int = 9 * 10  # Not a literal", "not a literal"),
        ("horizon: int = True  # A flag", "True, which is not int"),
        ("horizon: float = 1e999  # No JSON can hold it", "which is not float"),
        ("names: list[str] = [1]  # Not text", "which is not list[str]"),
        ("horizon: int = 90", "no help sentence"),
        ("horizon: int = (", "not valid Python"),
    ],
)
def test_a_line_that_breaks_the_form_is_told_with_its_place(line: str, told: str) -> None:
    parameters, faults = read_contract(f"# first\n{line}\n", "stay.ipynb, cell parameters")
    assert not parameters
    assert len(faults) == 1
    assert told in faults[0].found
    assert faults[0].where == "stay.ipynb, cell parameters, line 2"


def test_all_faults_come_together_and_a_name_is_declared_once() -> None:
    _, faults = read_contract("a: int = 1  # One\na: int = 2  # Two\nb = 3\n", "x")
    assert [fault.where for fault in faults] == ["x, line 2", "x, line 3"]
