"""What was asked for, held against what a playbook knows. Every fault is found before any kernel starts."""

import difflib
import json
import re
from collections.abc import Iterable, Mapping
from datetime import date

from retention_lab.errors import Fault, ParameterError
from retention_lab.runner.catalogue import Playbook
from retention_lab.runner.contract import Parameter, fits

# The command line has its own place for the client: it is the first argument.
_NOT_ASKED = ("client",)
_ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


def check_parameters(playbook: Playbook, given: Mapping[str, object]) -> dict[str, object]:
    """All parameters of a playbook but `client`, those given in place of the defaults.

    Raises ParameterError with every fault: a name that the playbook does not know, a value of another type.
    """
    known = {parameter.name: parameter for parameter in playbook.parameters if parameter.name not in _NOT_ASKED}
    faults = [_unknown(playbook.name, name, known.values()) for name in given if name not in known]
    faults += [
        _wrong(known[name], value) for name, value in given.items() if name in known and not _fits(known[name], value)
    ]
    if faults:
        raise ParameterError(faults)
    return {name: _exact(parameter, given.get(name, parameter.default)) for name, parameter in known.items()}


def parse_parameters(playbook: Playbook, texts: Mapping[str, str]) -> dict[str, object]:
    """Values from a command line, read by the declared types. A `str` is taken as it is: "007" stays "007".

    Text that is not of the type is handed on as text, so that `check_parameters` finds it with all else.
    """
    kinds = {parameter.name: parameter.type for parameter in playbook.parameters}
    return {name: _parse(text, kinds.get(name, "str")) for name, text in texts.items()}


def reject_unknown(playbooks: Iterable[Playbook], names: Iterable[str]) -> None:
    """Raise ParameterError where a name is known to none of the playbooks."""
    known = {
        parameter.name: parameter
        for playbook in playbooks
        for parameter in playbook.parameters
        if parameter.name not in _NOT_ASKED
    }
    faults = [_unknown("no playbook", name, known.values()) for name in names if name not in known]
    if faults:
        raise ParameterError(faults)


def changed_parameters(playbook: Playbook, values: Mapping[str, object]) -> dict[str, object]:
    """The parameters whose value is not the default, without `as_of`, which a run key holds by itself."""
    return {
        parameter.name: values[parameter.name]
        for parameter in playbook.parameters
        if parameter.name in values.keys() - {"as_of"} and values[parameter.name] != parameter.default
    }


def _parse(text: str, kind: str) -> object:
    if kind == "bool":
        return {"true": True, "false": False}.get(text.lower(), text)
    if kind == "int" and re.fullmatch(r"[+-]?\d+", text):
        return int(text)
    if kind == "float":
        return _number(text)
    if kind == "dict" or (kind.startswith("list") and text.lstrip().startswith("[")):
        try:
            return json.loads(text)
        except ValueError:
            return text
    if kind.startswith("list"):
        items = [item.strip() for item in text.split(",") if item.strip()]
        return items if kind == "list[str]" else [_number(item) for item in items]
    return text


def _number(text: str) -> object:
    try:
        return float(text)
    except ValueError:
        return text


def _fits(parameter: Parameter, value: object) -> bool:
    return fits(value, parameter.type) and (parameter.name != "as_of" or value == "" or _is_day(value))


def _is_day(value: object) -> bool:
    try:
        return bool(_ISO_DATE.fullmatch(str(value)) and date.fromisoformat(str(value)))
    except ValueError:
        return False


def _exact(parameter: Parameter, value: object) -> object:
    """30 for a float is 30.0, so that a record and a run key know one way to write a number."""
    if parameter.type == "float" and isinstance(value, int):
        return float(value)
    if parameter.type == "list[float]" and isinstance(value, list):
        return [float(item) for item in value]
    return value


def _unknown(owner: str, name: str, known: Iterable[Parameter]) -> Fault:
    allowed = {parameter.name: parameter.type for parameter in known}
    if name in _NOT_ASKED:
        found, remedy = f"{name} is not given with -p", "name the client first: retention-lab run CLIENT"
        return Fault(where=f"parameter {name}", found=found, remedy=remedy)
    found = f"{owner} has no such parameter" if owner != "no playbook" else "no playbook has such a parameter"
    near = difflib.get_close_matches(name, allowed, n=1)
    listed = ", ".join(f"{other} ({kind})" for other, kind in allowed.items())
    remedy = f"did you mean {near[0]}?" if near else "retention-lab describe says what each of them does"
    return Fault(where=f"parameter {name}", found=found, allowed=listed or "none", remedy=remedy)


def _wrong(parameter: Parameter, value: object) -> Fault:
    allowed = "a day such as 2026-10-31, or nothing" if parameter.name == "as_of" else parameter.type
    return Fault(where=f"parameter {parameter.name}", found=repr(value), allowed=f"{allowed}: {parameter.help}")
