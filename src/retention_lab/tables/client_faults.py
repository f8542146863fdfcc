"""What is wrong with a client file, for whoever wrote it: what pydantic finds, and the files that are missing."""

import re
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from retention_lab.errors import DataError, Fault
from retention_lab.tables.client_rules import AS_VARIABLE, nearest
from retention_lab.tables.contract import CONTRACT
from retention_lab.tables.workspace import source_files
from retention_lab.tables.yaml_file import without_address

_LONGEST = 80
_PATTERNS = {"currency": "three capital letters, such as EUR", "delimiter": "one character, such as ;"}
_UNION_TAG = re.compile(r"^KeyedDuplicates$|^Database$|^constrained-|^literal\[|^\[key\]$")


def type_faults(path: Path, error: ValidationError, model: type[BaseModel]) -> list[Fault]:
    """What pydantic found wrong with a client file, in our words; `model` is that of the whole file."""
    return [_fault(path, dict(detail), model) for detail in error.errors() if not _is_other_branch(detail)]


def tables_of(raw: dict[Any, Any]) -> dict[str, dict[Any, Any]]:
    """The tables of a client file as written, as far as they can be read."""
    tables = raw.get("tables")
    known = tables.items() if isinstance(tables, dict) else ()
    return {name: spec for name, spec in known if name in CONTRACT and isinstance(spec, dict)}


def file_faults(path: Path, raw: dict[Any, Any]) -> list[Fault]:
    """The files that are not there, where the client file must be mended anyway."""
    faults: list[Fault] = []
    for name, spec in tables_of(raw).items():
        source = spec.get("source")
        if isinstance(source, str) and "://" not in source:
            try:
                source_files(path.parent, source)
            except DataError as error:
                faults += [replace(fault, where=f"{path}, tables.{name}.source") for fault in error.faults]
    return faults


def _is_other_branch(detail: Any) -> bool:
    """Whether it is said that a table of a database is no name of a file, or the reverse: once is enough."""
    if detail["loc"][-2:] == ("duplicates", "KeyedDuplicates"):
        return bool(detail["type"] == "model_type")
    if "source" not in detail["loc"]:
        return False
    return detail["type"] == "model_type" or (detail["loc"][-1] == "str" and isinstance(detail["input"], dict))


def _fault(path: Path, detail: dict[str, Any], model: type[BaseModel]) -> Fault:
    """One of pydantic's errors in our words."""
    location = _location(detail["loc"])
    where = f"{path}, {'.'.join(location) or 'the file'}"
    if detail["type"] == "extra_forbidden":
        known = _known_keys(location[:-1], model)
        remedy = nearest(location[-1], known) or "remove it"
        return Fault(where=where, found="this key is not known", allowed=", ".join(known), remedy=remedy)
    if detail["type"] == "missing":
        return Fault(where=where, found="this key is missing", remedy="add it")
    if location == ["tables"] and not detail["input"]:
        remedy = "add one; or ask the client for what a table lacks, and take the # away from its lines"
        return Fault(where=where, found="no table can be used", allowed=", ".join(CONTRACT), remedy=remedy)
    if detail["type"] == "too_short":
        allowed = f"{detail['ctx']['min_length']} or more"
        return Fault(where=where, found=_shown(detail["input"]), allowed=allowed, remedy="add what is missing")
    if location[-2:] == ["source", "url"]:
        return Fault(where=where, found="not the name of a variable", allowed="env:NAME", remedy=AS_VARIABLE)
    found, allowed = detail["input"], str(detail["msg"]).removeprefix("Value error, ").removeprefix("Input should be ")
    allowed = _PATTERNS.get(location[-1], allowed) if detail["type"] == "string_pattern_mismatch" else allowed
    allowed += ", or {key: […], keep: last}" if location[-1:] == ["duplicates"] else ""
    remedy = nearest(str(found), re.findall(r"'([^']*)'", allowed)) if detail["type"] == "literal_error" else ""
    if detail["type"] == "string_type" and isinstance(found, (bool, int, float, date)):
        remedy = "put it in quotes"
    if detail["type"] in ("float_type", "int_type") and isinstance(found, str):
        remedy = "write it without quotes, with a decimal point"
    return Fault(where=where, found=_shown(found), allowed=allowed, remedy=remedy)


def _location(found: tuple[object, ...]) -> list[str]:
    """The way to a key, without tags such as 'KeyedDuplicates' or 'constrained-int', which name a branch of a union."""
    parts = [str(part) for part in found if not _UNION_TAG.search(str(part))]
    of_union = parts[:1] == ["tables"] and parts[2:3] in (["source"], ["constants"], ["values"])
    return parts[:-1] if of_union and parts[-1] in ("str", "float", "bool", "date") and len(parts) > 3 else parts


def _shown(value: object) -> str:
    shown = without_address(str(value) if isinstance(value, date) else repr(value))
    return shown if len(shown) <= _LONGEST else f"{shown[:_LONGEST]}…"


def fit_to_show(faults: list[Fault]) -> list[Fault]:
    """Faults in which no address is repeated, wherever it stood: it may hold a password."""
    return [
        Fault(
            where=without_address(fault.where), found=without_address(fault.found),
            allowed=without_address(fault.allowed), remedy=without_address(fault.remedy),
        )
        for fault in faults
    ]  # fmt: skip


def _known_keys(location: list[str], model: type[BaseModel]) -> list[str]:
    """The keys that client.yml knows at a place; names that the user chose are walked past."""
    for part in location:
        if part in model.model_fields:
            model = _model_in(model.model_fields[part].annotation) or model
    return [field.alias or name for name, field in model.model_fields.items()]


def _model_in(annotation: Any) -> type[BaseModel] | None:
    """The first model inside an annotation such as `dict[str, Model]`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((model for model in map(_model_in, get_args(annotation)) if model), None)
