"""What the runner recorded about the run, and the parameters with their defaults. No HTML here."""

import ast
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from retention_lab.report.blocks import Json, as_text

_PARAMETER_LINE = re.compile(r"^(?P<name>\w+)\s*(?::[^=#]+)?=\s*(?P<default>[^#]+?)\s*(?:#\s*(?P<help>.*))?$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One value that the run used; `default` is None where the playbook declares none."""

    name: str
    value: object
    default: object
    help: str

    @property
    def given(self) -> bool:
        return self.value != self.default


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """One table that went in: how many rows, how many were kept, why the rest was set aside."""

    table: str
    source: str
    rows: int
    kept: int
    rejected: tuple[tuple[str, int], ...]
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """The record of one run. A notebook that plain papermill executed has none."""

    run_id: str
    playbook: str
    playbook_sha256: str
    version: str
    versions: tuple[tuple[str, str], ...]
    inputs: tuple[Input, ...]


def read_run(record: Json) -> Run | None:
    """The provenance in `metadata.retention_lab.run`, or nothing where there is no such record."""
    if not record:
        return None
    return Run(
        run_id=as_text(record.get("run_id")),
        playbook=as_text(record.get("playbook")),
        playbook_sha256=as_text(record.get("playbook_sha256")),
        version=as_text(record.get("version")),
        # Sorted, because a notebook on disk and one in memory keep keys in different orders.
        versions=tuple(
            sorted(
                (str(name), as_text(version)) for name, version in _pairs(record, "versions") if name != "retention-lab"
            )
        ),
        inputs=tuple(_input(entry) for entry in record.get("inputs") or ()),
    )


def _pairs(record: Json, key: str) -> list[tuple[Any, Any]]:
    return list((record.get(key) or {}).items())


def _input(entry: Json) -> Input:
    rejected = [(str(reason), int(n)) for reason, n in _pairs(entry, "rejected") if int(n) > 0]
    return Input(
        table=as_text(entry.get("table")),
        source=as_text(entry.get("source")),
        rows=int(entry.get("rows") or 0),
        kept=int(entry.get("kept") or 0),
        rejected=tuple(sorted(rejected, key=lambda pair: (-pair[1], pair[0]))),
        sha256=as_text(entry.get("sha256")),
    )


def read_date(value: object) -> date | None:
    """A day from its ISO form; nothing where it is not one."""
    try:
        return date.fromisoformat(as_text(value))
    except ValueError:
        return None


def read_parameters(source: str, values: Mapping[str, object]) -> tuple[Parameter, ...]:
    """The parameters in the order of the playbook's cell, then any others by name."""
    declared = _declared(source)
    names = [*declared, *sorted(set(values) - set(declared))]
    return tuple(_parameter(name, declared, values) for name in names)


def _parameter(name: str, declared: Mapping[str, tuple[object, str]], values: Mapping[str, object]) -> Parameter:
    default, help_text = declared.get(name, (None, ""))
    return Parameter(name=name, value=values.get(name, default), default=default, help=help_text)


def _declared(source: str) -> dict[str, tuple[object, str]]:
    declared: dict[str, tuple[object, str]] = {}
    for line in source.splitlines():
        match = _PARAMETER_LINE.match(line)
        if match:
            declared[match["name"]] = (_literal(match["default"]), match["help"] or "")
    return declared


def _literal(code: str) -> object:
    try:
        value: object = ast.literal_eval(code)
    except (ValueError, SyntaxError):
        return code
    return value
