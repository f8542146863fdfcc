import pytest

from retention_lab.errors import ParameterError
from retention_lab.runner.catalogue import find_playbooks
from retention_lab.runner.parameters import changed_parameters, check_parameters, parse_parameters

PARAMETERS = """\
client: str = "acme"  # Client
as_of: str = ""  # Last day that counts
horizon_days: int = 90  # How far to look, in days
share: float = 0.5  # Share to contact
all_plans: bool = False  # Whether to show every plan
segment: str = ""  # Segment
where: list[str] = []  # Which rows
cuts: list[float] = [1.0]  # Where to cut
costs: dict = {}  # What things cost
"""


@pytest.fixture
def playbook(workspace, write):
    write(workspace, "asks", parameters=PARAMETERS)
    return find_playbooks(workspace, ["asks"])[0]


def test_an_unknown_name_is_answered_with_the_nearest_and_with_all_that_are_allowed(playbook) -> None:
    with pytest.raises(ParameterError) as caught:
        check_parameters(playbook, {"horizon_dys": 30})
    assert "did you mean horizon_days?" in str(caught.value)
    assert "share (float)" in str(caught.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("horizon_days", "ninety"),
        ("horizon_days", 1.5),
        ("horizon_days", True),
        ("share", "half"),
        ("share", float("nan")),
        ("share", True),
        ("all_plans", 1),
        ("segment", 7),
        ("where", "gold"),
        ("cuts", [1.0, "two"]),
        ("costs", []),
        ("as_of", "31.10.2026"),
        ("as_of", "20261031"),
        ("as_of", "2026-02-30"),
    ],
)
def test_a_value_of_another_type_is_told_with_the_type_and_the_help(playbook, name: str, value: object) -> None:
    help_of = {parameter.name: parameter.help for parameter in playbook.parameters}
    with pytest.raises(ParameterError) as caught:
        check_parameters(playbook, {name: value})
    assert repr(value) in str(caught.value)
    assert help_of[name] in str(caught.value)


def test_all_faults_come_together(playbook) -> None:
    with pytest.raises(ParameterError) as caught:
        check_parameters(playbook, {"nonsense": 1, "share": "half", "horizon_days": "x"})
    assert len(caught.value.faults) == 3


def test_the_client_is_not_a_parameter_to_give(playbook) -> None:
    with pytest.raises(ParameterError, match="retention-lab run CLIENT"):
        check_parameters(playbook, {"client": "other"})


def test_a_whole_number_given_for_a_float_is_that_float(playbook) -> None:
    values = check_parameters(playbook, {"share": 1, "cuts": [1, 2]})
    assert (repr(values["share"]), repr(values["cuts"])) == ("1.0", "[1.0, 2.0]")


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("segment", "007", "007"),
        ("segment", "true", "true"),
        ("segment", "a=b", "a=b"),
        ("horizon_days", "-30", -30),
        ("share", "0.25", 0.25),
        ("share", "1", 1.0),
        ("all_plans", "True", True),
        ("where", "plan=gold, region=north", ["plan=gold", "region=north"]),
        ("where", '["a,b", "c"]', ["a,b", "c"]),
        ("where", "", []),
        ("cuts", "0.1,0.2", [0.1, 0.2]),
        ("costs", '{"reward": 5}', {"reward": 5}),
    ],
)
def test_text_from_the_command_line_is_read_by_the_declared_type(playbook, name: str, text: str, value: object) -> None:
    assert check_parameters(playbook, parse_parameters(playbook, {name: text}))[name] == value


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("horizon_days", "30.5"),
        ("share", "0,5"),
        ("share", "nan"),
        ("all_plans", "yes"),
        ("cuts", "a,b"),
        ("costs", "x"),
    ],
)
def test_text_that_is_not_of_the_type_is_refused(playbook, name: str, text: str) -> None:
    with pytest.raises(ParameterError):
        check_parameters(playbook, parse_parameters(playbook, {name: text}))


def test_only_what_differs_from_the_defaults_makes_another_run(playbook) -> None:
    values = check_parameters(playbook, {"as_of": "2026-01-31", "share": 0.5, "segment": "gold"})
    assert changed_parameters(playbook, values) == {"segment": "gold"}
